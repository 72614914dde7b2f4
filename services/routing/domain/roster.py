"""The agents and who of them qualifies for what; used by the choice, kept between transactions by `known_roster.py`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from services.routing.domain.needs import HIGHEST, LOWEST
from services.routing.domain.policy import ScoreWeights
from shared.contracts.routing import Needs
from shared.hours.calendar import Absence, Calendar

EVERYWHERE = "*"
MOST_FIELDS = 5000  # different needs that are remembered; the values come from upstream, so there is no end to them


class Lack(StrEnum):
    """Why an agent was not a candidate; of several lacks the first in this order counts."""

    SKILL = "skill"
    SKILL_LEVEL = "skill_level"
    LANGUAGE = "language"
    LANGUAGE_LEVEL = "language_level"
    REGION = "region"
    TEAM = "team"
    TRIED = "tried"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"
    OFF_SHIFT = "off_shift"
    ON_BREAK = "on_break"
    ABSENT = "absent"
    ON_HOLIDAY = "on_holiday"
    FULL = "full"
    KEPT = "kept"


@dataclass(frozen=True)
class Agent:
    """Who works on complaints. skills, languages: levels from 1 to 5 by name; regions may hold EVERYWHERE.

    capacity: points. holidays: the country, or its subdivision, whose public holidays are free. `revision` is the
    roster's when they last changed.
    """

    id: str
    name: str
    skills: Mapping[str, int]
    languages: Mapping[str, int]
    regions: tuple[str, ...]
    capacity: int
    teams: tuple[str, ...] = ()
    holidays: str | None = None
    calendar: Calendar = field(default_factory=lambda: Calendar("UTC"))
    absences: tuple[Absence, ...] = ()
    revision: int = 0

    def lack(self, needs: Needs) -> Lack | None:
        """What the agent does not bring; None when qualified."""
        if needs.skill is not None:
            level = self.skills.get(needs.skill, 0)
            if level < (needs.skill_level or LOWEST):
                return Lack.SKILL_LEVEL if level else Lack.SKILL
        if needs.language is not None:
            level = self.languages.get(needs.language, 0)
            if level < (needs.language_level or LOWEST):
                return Lack.LANGUAGE_LEVEL if level else Lack.LANGUAGE
        if needs.region is not None and needs.region not in self.regions and EVERYWHERE not in self.regions:
            return Lack.REGION
        if needs.team is not None and needs.team not in self.teams:
            return Lack.TEAM
        return None

    def fit(self, needs: Needs) -> "Fit":
        """How well a qualified agent fits."""
        skill = self.skills[needs.skill] / HIGHEST if needs.skill else 0.0
        return Fit(skill, self.languages[needs.language] / HIGHEST if needs.language else 0.0)


class Fit(NamedTuple):
    """Levels relative to the highest, 0 to 1; 0 where nothing was asked for, of all alike."""

    skill: float
    language: float

    def score(self, weights: ScoreWeights) -> float:
        """The share of the whole score that the levels give."""
        return (weights.skill * self.skill + weights.language * self.language) / weights.whole


class Field:
    """Who qualifies for some needs, by id, and how many do not, by reason."""

    def __init__(self, needs: Needs, qualified: set[str], lacks: Counter[Lack]):
        self.needs, self.qualified, self.lacks = needs, qualified, lacks

    def change(self, before: Agent | None, now: Agent) -> None:
        if before is not None and (lack := before.lack(self.needs)) is not None:
            self.lacks[lack] -= 1
        self.qualified.discard(now.id)
        lack = now.lack(self.needs)
        if lack is None:
            self.qualified.add(now.id)
        else:
            self.lacks[lack] += 1


class Roster:
    """All agents at one revision; remembers who qualifies for which needs, and keeps that up as agents change."""

    def __init__(self, agents: Iterable[Agent] = ()):
        self._agents: dict[str, Agent] = {}
        self._fields: dict[Needs, Field] = {}
        # Ids by what agents bring: most of them need not be looked at one by one.
        self._bringing: dict[tuple[Lack, str], set[str]] = {}
        # Shares of scores by what they depend on: needs that differ in other things have the same.
        self._static: dict[tuple[str | None, str | None, ScoreWeights], dict[str, float]] = {}
        self.revision = 0
        self.change(agents)

    def __getitem__(self, agent_id: str) -> Agent:
        return self._agents[agent_id]

    def __contains__(self, agent_id: str) -> bool:
        return agent_id in self._agents

    def agents(self) -> tuple[Agent, ...]:
        return tuple(self._agents.values())

    def __len__(self) -> int:
        return len(self._agents)

    def change(self, agents: Iterable[Agent]) -> None:
        """These agents as they are now; one that is older than the known one is ignored."""
        for agent in agents:
            before = self._agents.get(agent.id)
            if before is not None and agent.revision <= before.revision:
                continue
            for brought in _brought(before) if before else ():
                self._bringing[brought].discard(agent.id)
            for brought in _brought(agent):
                self._bringing.setdefault(brought, set()).add(agent.id)
            self._agents[agent.id] = agent
            self._static.clear()
            self.revision = max(self.revision, agent.revision)
            for known in self._fields.values():
                known.change(before, agent)

    def field(self, needs: Needs) -> Field:
        found = self._fields.get(needs)
        if found is None:
            if len(self._fields) >= MOST_FIELDS:
                self._fields.clear()
            found = self._fields[needs] = self._look_for(needs)
        return found

    def fit(self, agent_id: str, needs: Needs) -> Fit:
        return self._agents[agent_id].fit(needs)

    def static(self, needs: Needs, weights: ScoreWeights) -> Mapping[str, float]:
        """The share of the score that levels give, by id, of all who have the skill and speak the language."""
        key = needs.skill, needs.language, weights
        found = self._static.get(key)
        if found is None:
            if len(self._static) >= MOST_FIELDS:
                self._static.clear()
            able = self._who(Lack.SKILL, needs.skill) if needs.skill else set(self._agents)
            if needs.language:
                able = able & self._who(Lack.LANGUAGE, needs.language)
            found = self._static[key] = {id_: self.fit(id_, needs).score(weights) for id_ in able}
        return found

    def _look_for(self, needs: Needs) -> Field:
        """One need after the other, in the order in which lacks count."""
        left, lacks = set(self._agents), Counter[Lack]()

        def only(lack: Lack, able: set[str]) -> None:
            nonlocal left
            still = left & able
            if len(still) < len(left):
                lacks[lack] += len(left) - len(still)
            left = still

        if needs.skill is not None:
            only(Lack.SKILL, self._who(Lack.SKILL, needs.skill))
            least = needs.skill_level or LOWEST
            if least > LOWEST:
                only(Lack.SKILL_LEVEL, {id_ for id_ in left if self._agents[id_].skills[needs.skill] >= least})
        if needs.language is not None:
            only(Lack.LANGUAGE, self._who(Lack.LANGUAGE, needs.language))
            least = needs.language_level or LOWEST
            if least > LOWEST:
                only(Lack.LANGUAGE_LEVEL, {id_ for id_ in left if self._agents[id_].languages[needs.language] >= least})
        if needs.region is not None:
            only(Lack.REGION, self._who(Lack.REGION, needs.region) | self._who(Lack.REGION, EVERYWHERE))
        if needs.team is not None:
            only(Lack.TEAM, self._who(Lack.TEAM, needs.team))
        return Field(needs, left, lacks)

    def _who(self, what: Lack, word: str) -> set[str]:
        return self._bringing.get((what, word), set())


def _brought(agent: Agent) -> Iterator[tuple[Lack, str]]:
    """What an agent brings, under the lack that it would be."""
    for lack, words in (
        (Lack.SKILL, agent.skills),
        (Lack.LANGUAGE, agent.languages),
        (Lack.REGION, agent.regions),
        (Lack.TEAM, agent.teams),
    ):
        for word in words:
            yield lack, word

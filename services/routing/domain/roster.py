"""The agents and who of them qualifies for what; used by the choice, kept between transactions by `roster_store.py`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.routing.domain.calendar import Absence, Calendar
from services.routing.domain.needs import HIGHEST, LOWEST
from shared.contracts.routing import Needs

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


@dataclass(frozen=True)
class Fit:
    """Levels relative to the highest, 0 to 1; 0 where nothing was asked for, of all alike."""

    skill: float
    language: float


@dataclass
class Field:
    """Who qualifies for some needs, by id, and how many do not, by reason."""

    qualified: dict[str, Fit]
    lacks: Counter[Lack]

    def change(self, needs: Needs, before: Agent | None, now: Agent) -> None:
        if before is not None and (lack := before.lack(needs)) is not None:
            self.lacks[lack] -= 1
        self.qualified.pop(now.id, None)
        self.add(needs, now)

    def add(self, needs: Needs, agent: Agent) -> None:
        lack = agent.lack(needs)
        if lack is None:
            self.qualified[agent.id] = agent.fit(needs)
        else:
            self.lacks[lack] += 1


class Roster:
    """All agents as of one revision; remembers who qualifies for which needs, and keeps that up as agents change."""

    def __init__(self, agents: Iterable[Agent] = ()):
        self._agents: dict[str, Agent] = {}
        self._fields: dict[Needs, Field] = {}
        self.revision = 0
        self.change(agents)

    def __getitem__(self, agent_id: str) -> Agent:
        return self._agents[agent_id]

    def __contains__(self, agent_id: str) -> bool:
        return agent_id in self._agents

    def __len__(self) -> int:
        return len(self._agents)

    def change(self, agents: Iterable[Agent]) -> None:
        """These agents as they are now; one that is older than the known one is ignored."""
        for agent in agents:
            before = self._agents.get(agent.id)
            if before is not None and agent.revision <= before.revision:
                continue
            self._agents[agent.id] = agent
            self.revision = max(self.revision, agent.revision)
            for needs, known in self._fields.items():
                known.change(needs, before, agent)

    def field(self, needs: Needs) -> Field:
        found = self._fields.get(needs)
        if found is None:
            if len(self._fields) >= MOST_FIELDS:
                self._fields.clear()
            found = self._fields[needs] = Field({}, Counter())
            for agent in self._agents.values():
                found.add(needs, agent)
        return found

"""The agents and who of them qualifies for what; used by the choice, kept between transactions by `roster_store.py`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.routing import Needs

EVERYWHERE = "*"


class Lack(StrEnum):
    """Why an agent was not a candidate; of several lacks the first in this order counts."""

    SKILL = "skill"
    LANGUAGE = "language"
    REGION = "region"
    FULL = "full"


@dataclass(frozen=True)
class Agent:
    """Who works on complaints; regions may hold EVERYWHERE. `revision` is the roster's when they last changed."""

    id: str
    name: str
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    regions: tuple[str, ...]
    capacity: int
    revision: int = 0

    def lack(self, needs: Needs) -> Lack | None:
        """What the agent does not bring; None when qualified."""
        if needs.skill is not None and needs.skill not in self.skills:
            return Lack.SKILL
        if needs.language is not None and needs.language not in self.languages:
            return Lack.LANGUAGE
        if needs.region is not None and needs.region not in self.regions and EVERYWHERE not in self.regions:
            return Lack.REGION
        return None


@dataclass(frozen=True)
class Field:
    """Who qualifies for some needs, by id, and how many do not, by reason."""

    qualified: tuple[str, ...]
    lacks: Mapping[Lack, int]


class Roster:
    """All agents at one revision; remembers the answer for each needs, so that a batch asks once."""

    def __init__(self, agents: Mapping[str, Agent] | None = None):
        self._agents = dict(agents or {})
        self._fields: dict[Needs, Field] = {}
        self.revision = max((a.revision for a in self._agents.values()), default=0)

    def __getitem__(self, agent_id: str) -> Agent:
        return self._agents[agent_id]

    def __contains__(self, agent_id: str) -> bool:
        return agent_id in self._agents

    def with_changes(self, agents: Iterable[Agent]) -> "Roster":
        """The roster with these agents as they are now; one that is older than the known one is ignored."""
        newer = {a.id: a for a in agents if a.id not in self._agents or a.revision > self._agents[a.id].revision}
        return Roster({**self._agents, **newer})

    def field(self, needs: Needs) -> Field:
        found = self._fields.get(needs)
        if found is None:
            found = self._fields[needs] = self._look_for(needs)
        return found

    def _look_for(self, needs: Needs) -> Field:
        lacks = {id_: agent.lack(needs) for id_, agent in self._agents.items()}
        qualified = tuple(sorted(id_ for id_, lack in lacks.items() if lack is None))
        return Field(qualified, Counter(lack for lack in lacks.values() if lack is not None))

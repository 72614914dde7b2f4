"""What is told of agents: who they are, whether they are there. From doors.py and decoding.py, for workforce.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.routing.domain.presence import Said
from services.routing.domain.roster import Agent
from shared.hours.calendar import Absence, Shift


@dataclass(frozen=True)
class AgentTold:
    """An agent as upstream knows them. at: when it said so; None = now."""

    agent: Agent
    at: datetime | None = None

    @property
    def subject(self) -> str:
        return self.agent.id


@dataclass(frozen=True)
class Content:
    """All that a roster says of an agent, in the words and the order of a body."""

    name: str
    skills: Mapping[str, int]
    languages: Mapping[str, int]
    regions: tuple[str, ...]
    capacity: int
    teams: tuple[str, ...]
    timezone: str
    shifts: tuple[Shift, ...]
    absences: tuple[Absence, ...]
    holidays: str | None


@dataclass(frozen=True)
class PresenceTold:
    agent_id: str
    said: Said

    @property
    def subject(self) -> str:
        return self.agent_id


def content(a: Agent) -> Content:
    return Content(
        a.name,
        a.skills,
        a.languages,
        a.regions,
        a.capacity,
        a.teams,
        a.calendar.timezone,
        a.calendar.shifts,
        a.absences,
        a.holidays,
    )

"""Ladders: whom each level alerts, how long they have, when it may be alerted. Made by the policy reader; pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from services.escalation.domain.conditions import ANYTHING, When
from shared.contracts.event import Severity

MAX_LEVELS = 5  # the metrics have one series per level
BySeverity = Mapping[Severity, timedelta]


class Kind(StrEnum):
    """How a recipient of a level is named. ROLE: on the ladder; TEAM_LEAD: of the agent who has the complaint."""

    PERSON = "person"
    ROLE = "role"
    DUTY = "duty"
    TEAM_LEAD = "team_lead"


@dataclass(frozen=True)
class Recipient:
    """name: of the person, the role or the rota; empty for TEAM_LEAD."""

    kind: Kind
    name: str = ""


class Needed(StrEnum):
    """Who must answer at a level so that it does not climb."""

    ONE = "one"
    ALL = "all"


class Outside(StrEnum):
    """What becomes of a level outside its hours."""

    CLIMB = "climb"
    WAIT = "wait"


@dataclass(frozen=True)
class Level:
    """A rung: whom it alerts, and how long they have to answer, by severity.

    repeat: how many times it is alerted again before the case climbs. hours: name of the hours in which it may be
    alerted; None = always.
    """

    name: str
    recipients: tuple[Recipient, ...]
    respond_within: BySeverity
    needed: Needed = Needed.ONE
    repeat: int = 0
    hours: str | None = None
    outside: Outside = Outside.CLIMB

    def needs_all(self, recipients: Collection[str]) -> bool:
        """Whether the answer of one of them is not enough."""
        return self.needed is Needed.ALL and len(recipients) > 1


@dataclass(frozen=True)
class Ladder:
    """Levels are counted from 1. start: the level at which a case of that severity begins; 1 if not said."""

    name: str
    levels: tuple[Level, ...]
    when: When = ANYTHING
    start: Mapping[Severity, int] = field(default_factory=dict)

    @property
    def top_level(self) -> int:
        return len(self.levels)

    def level(self, number: int) -> Level:
        return self.levels[number - 1]

    def start_of(self, severity: Severity) -> int:
        return self.start.get(severity, 1)

    def levels_above(self, number: int) -> Iterator[tuple[int, Level]]:
        return ((n, level) for n, level in enumerate(self.levels, start=1) if n > number)

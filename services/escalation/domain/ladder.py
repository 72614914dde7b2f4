"""The ladder: policy, levels, triggers, and who is alerted. Used by the decisions and by the policy reader."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity

EVERYWHERE = "*"
NOT_ASKED = "none"
# Strongest first: a wish for a supervisor counts more than one for any human.
ASK_KINDS = ("supervisor", "executive", "human")
MAX_LEVELS = 5  # the metrics have one series per level


class Role(StrEnum):
    """What a person is on the ladder."""

    SUPERVISOR = "supervisor"
    COORDINATOR = "coordinator"
    MANAGER = "manager"


@dataclass(frozen=True)
class Supervisor:
    """A person who can be alerted; regions may hold EVERYWHERE."""

    id: str
    name: str
    role: Role
    regions: tuple[str, ...]
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Level:
    """A rung: whom it alerts, and how long they have to answer, by severity."""

    name: str
    roles: tuple[Role, ...]
    respond_within: Mapping[Severity, timedelta]


@dataclass(frozen=True)
class Trigger:
    """Escalates at once when the severity (reason `severity`) or the ask (reason `asked`) is one of `values`."""

    reason: EscalationReason
    values: frozenset[str]

    def fires(self, severity: Severity, asks_kind: str) -> bool:
        return (severity.value if self.reason is EscalationReason.SEVERITY else asks_kind) in self.values


@dataclass(frozen=True)
class Policy:
    """Levels are counted from 1; triggers are in order: the first that fires gives the reason."""

    version: str
    levels: tuple[Level, ...]
    triggers: tuple[Trigger, ...]
    first_answer_within: Mapping[Severity, timedelta]

    @property
    def top_level(self) -> int:
        return len(self.levels)

    def level(self, number: int) -> Level:
        return self.levels[number - 1]

    def levels_above(self, number: int) -> Iterator[tuple[int, Level]]:
        return ((n, level) for n, level in enumerate(self.levels, start=1) if n > number)

    def fired(self, severity: Severity, asks_kind: str) -> tuple[EscalationReason, ...]:
        """The reasons to escalate at once, in the order of the policy."""
        return tuple(t.reason for t in self.triggers if t.fires(severity, asks_kind))


def stronger_ask(one: str, other: str) -> str:
    """The ask that counts when a complaint has several contacts."""
    known = [kind for kind in ASK_KINDS if kind in (one, other)]
    if known:
        return known[0]
    return one if other == NOT_ASKED else other


def recipients_at(level: Level, people: Iterable[Supervisor], region: str | None, language: str) -> tuple[str, ...]:
    """Ids of those whose role and region fit: those who speak the language, or all of them if nobody does."""
    fitting = sorted((p for p in people if p.role in level.roles and _covers(p, region)), key=lambda p: p.id)
    speaking = [p for p in fitting if language in p.languages]
    return tuple(p.id for p in speaking or fitting)


def _covers(person: Supervisor, region: str | None) -> bool:
    # Where the region is not known, everybody with the role is asked: too many told beats nobody told.
    return region is None or EVERYWHERE in person.regions or region in person.regions

"""The case and its transitions as values; used by the decisions, the use cases and the store."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.contracts.escalation import AlertFacts, EscalationReason
from shared.contracts.event import Severity

ESCALATIONS = uuid.uuid5(uuid.NAMESPACE_DNS, "escalations.ombud")
OMBUD = "ombud"  # who acts when nobody does


class CaseState(StrEnum):
    """EARLY: an event came before its complaint, so only its revision is known. EXHAUSTED can still be answered."""

    EARLY = "early"
    OPEN = "open"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    EXHAUSTED = "exhausted"


class Ending(StrEnum):
    """How a complaint's duty ended for good; a resolved one may be opened again."""

    MERGED = "merged"
    FORGOTTEN = "forgotten"


class What(StrEnum):
    """The kinds of timeline rows: what happened to a case, or was noted about it."""

    OPENED = "opened"
    UPDATED = "updated"
    ANSWERED = "answered"
    REOPENED = "reopened"
    NOTED = "noted"
    LEVEL_EMPTY = "level_empty"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    MERGED = "merged"
    FORGOTTEN = "forgotten"
    EXHAUSTED = "exhausted"
    ASSIGNED = "assigned"
    QUEUED = "queued"
    ALERT_ACCEPTED = "alert_accepted"
    ALERT_FAILED = "alert_failed"
    ALERT_SUPPRESSED = "alert_suppressed"
    ALERT_AMBIGUOUS = "alert_ambiguous"


@dataclass(frozen=True)
class Case:
    """Our duty of care for one complaint.

    The `…_revision` fields count the complaint's events: the newest facts, answer, resolution and reopening known.
    `alarms`: by reason, the earliest complaint revision that fired it. Severity and ask never sink, so that the order
    in which two contacts arrive does not matter. `since`: start of the present wait of the customer.
    `ending`: set once the complaint is merged into another one, or forgotten; nothing is heard of it after that.
    """

    id: str
    state: CaseState = CaseState.EARLY
    revision: int = 0
    policy_version: str = ""
    severity: Severity = Severity.LOW
    facts: AlertFacts | None = None
    alarms: Mapping[EscalationReason, int] = field(default_factory=dict)
    level: int = 0
    round: int = 0
    reason: EscalationReason | None = None
    trigger: EscalationReason | None = None
    escalation_id: str | None = None
    recipients: tuple[str, ...] = ()
    due_at: datetime | None = None
    since: datetime | None = None
    escalated_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    facts_revision: int = 0
    answered_revision: int = 0
    closed_revision: int = 0
    reopened_revision: int = 0
    traceparent: str | None = None
    ending: Ending | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the customer has an answer since the complaint was last opened."""
        return self.answered_revision > self.reopened_revision

    @property
    def is_closed(self) -> bool:
        """Whether the newest word is that it is resolved: no reopening and no new alarm came after it."""
        return self.closed_revision > max(self.reopened_revision, *self.alarms.values(), 0)

    @property
    def is_forgotten(self) -> bool:
        """Whether the customer's data was erased: whatever comes late is not even looked at."""
        return self.ending is Ending.FORGOTTEN

    @property
    def trouble(self) -> EscalationReason | None:
        """The first reason to escalate at once, None when there is none."""
        return next(iter(self.alarms), None)


@dataclass(frozen=True)
class News:
    """What one contact told about the complaint, at one revision of it."""

    revision: int
    severity: Severity
    asks_kind: str
    facts: AlertFacts


@dataclass(frozen=True)
class Change:
    """One transition: the case after it, who did it and why. Each one is a row of the timeline."""

    case: Case
    what: What
    actor: str = OMBUD
    reason: EscalationReason | None = None


def escalation_id(case_id: str, level: int, round_: int) -> str:
    """The same rung in the same round always has the same id, so that a repeated step is recognised everywhere."""
    return str(uuid.uuid5(ESCALATIONS, f"{case_id}:{level}:{round_}"))

"""Events that escalation publishes on `escalation.events`, heard by routing and notify.

`case_id` is the complaint's id. `case_revision` grows with each change of the case, so that late copies are recognised.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.contracts.event import Event, Severity, event


class EscalationReason(StrEnum):
    """Why a case moved to a level."""

    SEVERITY = "severity"
    ASKED = "asked"
    OVERDUE = "overdue"
    UNANSWERED = "unanswered"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Clock:
    name: str
    due_at: datetime


@dataclass(frozen=True)
class AlertFacts:
    """What an alert may say about the complaint; `excerpt` is redacted by intake."""

    source: str
    external_id: str
    channel: str
    received_at: datetime
    language: str
    category: str
    anger: float
    asks_kind: str
    excerpt: str
    flags: tuple[str, ...] = ()
    region: str | None = None
    product: str | None = None
    tier: str | None = None
    agent_name: str | None = None


@event("escalation", "case.opened", identity=("case_id", "case_revision"), subject="case_id")
class CaseOpened(Event):
    """Our duty of care for a complaint begins."""

    case_id: str
    case_revision: int
    policy_version: str
    clocks: tuple[Clock, ...] = ()


@event("escalation", "case.escalated", identity=("escalation_id",), subject="case_id")
class CaseEscalated(Event):
    """The case moved to a level; its recipients are to be alerted and to answer by `respond_by`."""

    case_id: str
    case_revision: int
    escalation_id: str
    level: int
    reason: EscalationReason
    severity: Severity
    recipients: tuple[str, ...]
    respond_by: datetime
    facts: AlertFacts
    policy_version: str


@event("escalation", "case.acknowledged", identity=("case_id", "case_revision"), subject="case_id")
class CaseAcknowledged(Event):
    """A named person took the case: alerts of its earlier revisions are no longer needed."""

    case_id: str
    case_revision: int
    by: str
    at: datetime
    level: int
    escalation_id: str | None = None


@event("escalation", "case.resolved", identity=("case_id", "case_revision"), subject="case_id")
class CaseResolved(Event):
    """The case is closed."""

    case_id: str
    case_revision: int
    at: datetime
    level: int
    by: str | None = None
    escalation_id: str | None = None
    # The newest revision of the complaint that the case had seen: a complaint reopened since is not closed by this.
    complaint_revision: int = 0


@event("escalation", "case.exhausted", identity=("escalation_id",), subject="case_id")
class CaseExhausted(Event):
    """No level is left and nobody answered: the last-resort contact must hear of it."""

    case_id: str
    case_revision: int
    escalation_id: str
    level: int
    severity: Severity
    facts: AlertFacts
    at: datetime

"""Events that escalation publishes on `escalation.events`, heard by routing and notify.

`case_id` is the complaint's id. `case_revision` grows with each change of the case, so that late copies are recognised.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.contracts.event import Event, Severity, event


class EscalationReason(StrEnum):
    """Why a case moved to a level, or was alerted there again."""

    SEVERITY = "severity"
    ASKED = "asked"
    ANGER = "anger"
    FLAGGED = "flagged"
    TIER = "tier"
    REPEATED = "repeated"
    LOW_RATING = "low_rating"
    REOPENED = "reopened"
    UNASSIGNED = "unassigned"
    DECLINED = "declined"
    OVERDUE = "overdue"
    UPSTREAM_REQUEST = "upstream_request"
    AGENT_REQUEST = "agent_request"
    MANUAL = "manual"
    STORM = "storm"
    UNANSWERED = "unanswered"
    UNREACHABLE = "unreachable"
    STALLED = "stalled"
    SHIFT_ENDED = "shift_ended"
    SNOOZE_ENDED = "snooze_ended"


class Outcome(StrEnum):
    """What a resolved complaint came to, in the words of complaint reporting."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"
    WITHDRAWN = "withdrawn"


class Remedy(StrEnum):
    """What the customer got."""

    APOLOGY = "apology"
    REFUND = "refund"
    REPLACEMENT = "replacement"
    ALTERNATIVE = "alternative"
    OTHER = "other"


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
    # Of a major complaint: how many complaints it stands for, and where they come from.
    children: int = 0
    regions: tuple[str, ...] = ()


@event("escalation", "case.opened", identity=("case_id", "case_revision"), subject="case_id")
class CaseOpened(Event):
    """Our duty of care for a complaint begins."""

    case_id: str
    case_revision: int
    policy_version: str
    clocks: tuple[Clock, ...] = ()


@event("escalation", "case.escalated", identity=("escalation_id",), subject="case_id")
class CaseEscalated(Event):
    """The case moved to a level; its recipients are to be alerted and to answer by `respond_by`.

    all_must_answer: the answer of one of them does not take the case yet; else it does.
    """

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
    round: int = 1
    all_must_answer: bool = False


FOLLOW_UP = "follow_up"  # in place of a clock: the time of whoever took a case to go on with it


@event("escalation", "case.warned", identity=("warning_id",), subject="case_id")
class CaseWarned(Event):
    """A clock of the case has come to `percent` of its time, 100 = it is broken; the recipients are to be told.

    clock: its name in the policy, or `follow_up` for whoever took the case and has not gone on with it.
    """

    case_id: str
    case_revision: int
    warning_id: str
    clock: str
    percent: int
    due_at: datetime
    at: datetime
    level: int
    severity: Severity
    recipients: tuple[str, ...]
    facts: AlertFacts


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
    outcome: Outcome | None = None
    remedies: tuple[Remedy, ...] = ()


@event("escalation", "case.snoozed", identity=("case_id", "case_revision"), subject="case_id")
class CaseSnoozed(Event):
    """A named person put the case off: nobody is alerted of it until then, but for a new alarm."""

    case_id: str
    case_revision: int
    by: str
    at: datetime
    until: datetime
    level: int
    escalation_id: str | None = None


@event("escalation", "case.handed_back", identity=("case_id", "case_revision"), subject="case_id")
class CaseHandedBack(Event):
    """A named person gives the complaint back to routing; `needs` says what is asked for beside what the rules ask for.

    needs: names of routing's needs with the values wanted, `none` = this need plays no part.
    """

    case_id: str
    case_revision: int
    by: str
    at: datetime
    level: int
    escalation_id: str | None = None
    needs: dict[str, str] = field(default_factory=dict)
    note: str | None = None


@event("escalation", "case.muted", identity=("case_id", "case_revision"), subject="case_id")
class CaseMuted(Event):
    """The case is part of another one, `parent_id`, whose alerts speak for it: its own are no longer needed."""

    case_id: str
    case_revision: int
    parent_id: str
    at: datetime


@event("escalation", "case.corrected", identity=("case_id", "case_revision"), subject="case_id")
class CaseCorrected(Event):
    """A named person says how the complaint should have been read; what is None was right."""

    case_id: str
    case_revision: int
    by: str
    at: datetime
    severity: Severity | None = None
    category: str | None = None
    language: str | None = None
    region: str | None = None


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

"""Events that intake publishes on `intake.events`, heard by routing, escalation and notify."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.event import Event, Severity, event

COMPLAINT_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.complaints")

# The categories that are shipped; a company may have others.
CATEGORIES = (
    "billing",
    "refund",
    "delivery",
    "defect",
    "technical",
    "account",
    "conduct",
    "cancellation",
    "privacy_security",
    "safety",
    "other",
)


def complaint_id(source: str, external_id: str) -> str:
    """Follows from what upstream calls it, so that every door and every copy arrives at the same complaint."""
    return str(uuid.uuid5(COMPLAINT_IDS, f"{source}\0{external_id}"))


@dataclass(frozen=True)
class Customer:
    """What may leave intake about the customer: a reference and where and when to reach them, never an address."""

    ref: str | None = None
    tier: str | None = None
    region: str | None = None
    language: str | None = None
    timezone: str | None = None


@dataclass(frozen=True)
class ComplaintFacts(Event):
    """A complaint as read at one revision; `anger` is 0 to 1, `excerpt` is redacted and at most 160 characters."""

    complaint_id: str
    revision: int
    source: str
    external_id: str
    channel: str
    customer: Customer
    received_at: datetime
    language: str
    category: str
    severity: Severity
    anger: float
    asks_supervisor: bool
    contact_count: int
    excerpt: str
    rules: tuple[str, ...]
    rules_version: str
    product: str | None = None
    flags: tuple[str, ...] = ()
    category_second: str | None = None
    asks_kind: str = "none"
    campaign: str | None = None
    # When the contact was written that this is about, as upstream says; None if it is about none, but a correction.
    contacted_at: datetime | None = None


@event("intake", "complaint.classified", identity=("complaint_id", "revision"))
class ComplaintClassified(ComplaintFacts):
    """A new complaint is on disk and has been read."""


@event("intake", "complaint.updated", identity=("complaint_id", "revision"))
class ComplaintUpdated(ComplaintFacts):
    """A further contact came in and the complaint was read again."""


@dataclass(frozen=True)
class ComplaintStep(Event):
    """Something happened to the complaint upstream; `by` names who, when upstream says so."""

    complaint_id: str
    revision: int
    at: datetime
    by: str | None = None


@event("intake", "complaint.answered", identity=("complaint_id", "revision"))
class ComplaintAnswered(ComplaintStep):
    """The customer got an answer upstream."""


@event("intake", "complaint.resolved", identity=("complaint_id", "revision"))
class ComplaintResolved(ComplaintStep):
    """The complaint was closed upstream."""


@event("intake", "complaint.reopened", identity=("complaint_id", "revision"))
class ComplaintReopened(ComplaintStep):
    """A closed complaint was opened again upstream."""


@event("intake", "complaint.escalation_requested", identity=("complaint_id", "revision"))
class ComplaintEscalationRequested(ComplaintStep):
    """Upstream asks that a supervisor looks at the complaint."""


@event("intake", "complaint.rated", identity=("complaint_id", "revision"))
class ComplaintRated(Event):
    """The customer rated the service; `score` is 0 (worst) to 1 (best)."""

    complaint_id: str
    revision: int
    at: datetime
    score: float
    by: str | None = None


@event("intake", "complaint.merged", identity=("complaint_id", "revision"))
class ComplaintMerged(Event):
    """The complaint turned out to be the matter of another one, `into`, and ends; its contacts are there now."""

    complaint_id: str
    revision: int
    at: datetime
    into: str
    by: str | None = None


@event("intake", "complaint.forgotten", identity=("complaint_id", "revision"))
class ComplaintForgotten(Event):
    """The customer's data was erased: erase what you hold of it, and of what comes late; the complaint ends."""

    complaint_id: str
    revision: int
    at: datetime


ComplaintEnd = ComplaintResolved | ComplaintMerged | ComplaintForgotten

"""What intake answers by HTTP, as shapes for the documents; api.py says which door answers what."""

from dataclasses import dataclass
from datetime import datetime

from services.intake.classify import Evidence
from services.intake.domain.complaint import Complaint
from services.intake.domain.verdict import Verdict
from shared.api import Plumbing
from shared.contracts.event import Severity


@dataclass(frozen=True)
class Accepted:
    """It is on disk; the id is the complaint's for ever."""

    complaint_id: str


@dataclass(frozen=True)
class AcceptedEvents:
    """In the order of the events; a copy of an event that was accepted before counts, too."""

    accepted: int
    complaint_ids: tuple[str, ...]


@dataclass(frozen=True)
class ShownEvidence(Evidence):
    """matched: the customer's words; null without the scope text."""

    matched: str | None  # type: ignore[assignment]


@dataclass(frozen=True)
class ContactDocument:
    """One message of the customer as it came, and how it was read; subject and text: null without the scope text."""

    id: str
    complaint_id: str
    channel: str
    subject: str | None
    text: str | None
    received_at: datetime
    accepted_at: datetime
    verdict: Verdict
    evidence: tuple[ShownEvidence, ...]


@dataclass(frozen=True)
class CorrectionDocument:
    """What a person put right, and the revision of the complaint that came of it; null was right."""

    case_revision: int
    by: str
    at: datetime
    severity: Severity | None
    category: str | None
    language: str | None
    region: str | None
    revision: int


@dataclass(frozen=True)
class ComplaintDocument(Complaint):
    """All that intake knows about a complaint; waiting_steps: how many came before it.

    What customers wrote, what of it rules matched, and who they are is null for tokens without the scope text.

    classification: what holds. verdict: what the rules read. correction: what persons said of it, taken together.
    """

    waiting_steps: int = 0  # type: ignore[assignment]  # shown as their number
    classification: Verdict | None = None
    corrections: tuple[CorrectionDocument, ...] = ()
    contacts: tuple[ContactDocument, ...] = ()


@dataclass(frozen=True)
class Summary:
    """Complaints counted from the tables; classified: with a verdict; expected: known by a step only.

    merged: into another one as they came in; forgotten: of customers who were forgotten.
    """

    complaints: int
    classified: int
    contacts: int
    expected: int
    merged: int
    forgotten: int
    plumbing: Plumbing


@dataclass(frozen=True)
class Merged:
    """merged_into: the complaint that goes on."""

    complaint_id: str
    merged_into: str


@dataclass(frozen=True)
class WebhookSource:
    """Of which kind of system the source is."""

    kind: str

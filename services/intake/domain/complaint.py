"""What a complaint is and how contacts and steps change it; pure. Called by the use cases."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from services.intake.domain.verdict import Correction, Verdict, worse_of
from shared.contracts.intake import complaint_id

MOST_TAGS = 200  # of a complaint; the first ones stay
MOST_WAITING = 20  # steps of a kind that wait for their complaint; the newest stay


class State(StrEnum):
    """`expected`: a step came before the complaint itself; nothing has been read yet. `merged`: another one has it.

    `forgotten`: the customer's data was erased; what is left are ids, category, severity and times.
    """

    EXPECTED = "expected"
    OPEN = "open"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    MERGED = "merged"
    FORGOTTEN = "forgotten"


class StepKind(StrEnum):
    ANSWERED = "complaint.answered"
    RESOLVED = "complaint.resolved"
    REOPENED = "complaint.reopened"
    RATED = "complaint.rated"
    ESCALATION_REQUESTED = "complaint.escalation_requested"


@dataclass(frozen=True)
class Person:
    """The customer as upstream knows them; name, email and phone never leave intake."""

    ref: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    tier: str | None = None
    region: str | None = None
    language: str | None = None
    timezone: str | None = None

    def filled(self, new: "Person") -> "Person":
        """What is known stays, what is not comes from the newer one."""
        return Person(**{name: getattr(self, name) or getattr(new, name) for name in Person.__dataclass_fields__})


@dataclass(frozen=True)
class Submission:
    """One message of a customer as it came in; `contact_id` tells it apart when upstream has a name for it."""

    source: str
    external_id: str
    text: str
    channel: str = "unknown"
    subject: str = ""
    received_at: datetime | None = None
    product: str | None = None
    tags: tuple[str, ...] = ()
    customer: Person = Person()
    contact_id: str | None = None

    @cached_property
    def complaint_id(self) -> str:
        return complaint_id(self.source, self.external_id)

    @cached_property
    def id(self) -> str:
        """The same message has the same id, whatever way and however often it comes."""
        key = self.contact_id or f"{self.subject}\0{self.text}"
        return str(uuid.uuid5(uuid.UUID(self.complaint_id), key))

    def written_at(self, now: datetime) -> datetime:
        """When the customer wrote it: now, where upstream does not say."""
        return self.received_at or now


@dataclass(frozen=True)
class Step:
    """Something that upstream did with a complaint; `score` (0 to 1) only for a rating."""

    kind: StepKind
    source: str
    external_id: str
    at: datetime | None = None
    by: str | None = None
    score: float | None = None

    @property
    def complaint_id(self) -> str:
        return complaint_id(self.source, self.external_id)


@dataclass(frozen=True)
class Read:
    """A submission with its verdict and the evidence behind it, ready to be stored."""

    submission: Submission
    verdict: Verdict
    evidence: tuple[Any, ...] = ()

    @property
    def id(self) -> str:
        return self.submission.id

    @property
    def complaint_id(self) -> str:
        return self.submission.complaint_id


@dataclass(frozen=True)
class Complaint:
    """One matter of one customer; `revision` grows with every change that others hear of.

    `merged_into`: where it goes on, once it is merged, or once something new came in after it was forgotten. `verdict`:
    what the rules read; `correction`: what a person put right. What holds is the `classification`.
    """

    id: str
    source: str
    external_id: str
    state: State
    revision: int = 0
    contact_count: int = 0
    channel: str = "unknown"
    product: str | None = None
    tags: tuple[str, ...] = ()
    customer: Person = Person()
    received_at: datetime | None = None
    excerpt: str = ""
    verdict: Verdict | None = None
    waiting_steps: tuple[Step, ...] = ()
    merged_into: str | None = None
    correction: Correction | None = None

    def with_contact(self, read: Read, excerpt: str, now: datetime) -> "Complaint":
        """A further contact: what is known is kept, what is worse counts."""
        new = read.submission
        return replace(
            self,
            state=State.OPEN,
            revision=self.revision + 1,
            contact_count=self.contact_count + 1,
            channel=new.channel if self.verdict is None else self.channel,
            product=self.product or new.product,
            tags=tags_of(self.tags, new.tags),
            customer=self.customer.filled(new.customer),
            received_at=self.received_at or new.received_at or now,
            excerpt=excerpt,
            verdict=worse_of(self.verdict, read.verdict),
            correction=self.correction and self.correction.after(read.verdict.severity),
        )

    def with_step(self, step: Step) -> "Complaint":
        return replace(self, state=_LEADS_TO.get(step.kind, self.state), revision=self.revision + 1)

    def with_waiting(self, step: Step) -> "Complaint":
        """A step that came before the complaint; of those of a kind the oldest goes when there are too many."""
        alike = [waiting for waiting in self.waiting_steps if waiting.kind is step.kind]
        gone = alike[0] if len(alike) >= MOST_WAITING else None
        kept = (waiting for waiting in self.waiting_steps if waiting is not gone)
        return replace(self, waiting_steps=(*kept, step))

    def with_correction(self, correction: Correction) -> "Complaint":
        return replace(self, correction=correction, revision=self.revision + 1)

    @property
    def classification(self) -> Verdict | None:
        if self.verdict is None or self.correction is None:
            return self.verdict
        return self.correction.of(self.verdict)

    @property
    def region(self) -> str | None:
        """Where the customer belongs to, as a person put it right, or as upstream says."""
        return (self.correction and self.correction.region) or self.customer.region

    @property
    def was_announced(self) -> bool:
        """Whether others know it; one that was merged as it came in is known to us alone."""
        return self.revision > 0

    def has_taken(self, step: Step) -> bool:
        """Whether a step that says no time of its own would change nothing: then it is a copy."""
        return step.at is None and _LEADS_TO.get(step.kind) is self.state


_LEADS_TO = {StepKind.ANSWERED: State.ANSWERED, StepKind.RESOLVED: State.RESOLVED, StepKind.REOPENED: State.OPEN}


def tags_of(*several: tuple[str, ...]) -> tuple[str, ...]:
    """Each once, in their order, and no more than are kept."""
    return tuple(dict.fromkeys(tag for tags in several for tag in tags))[:MOST_TAGS]


def blank(arrival: "Read | Step") -> Complaint:
    """A complaint of which nothing is known but its name: where the first arrival starts, be it a contact or a step."""
    origin = arrival.submission if isinstance(arrival, Read) else arrival
    return Complaint(arrival.complaint_id, origin.source, origin.external_id, State.EXPECTED)

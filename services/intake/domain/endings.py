"""How complaints end for good, in another one or forgotten, and where what comes later goes; pure.

Called by the use cases.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace

from services.intake.domain.complaint import Complaint, Person, Read, State, Step, blank, tags_of
from services.intake.domain.verdict import CORRECTED, Verdict, worse_of
from shared.contracts.event import Severity


def merged(new: "Read | Step", into: str) -> Complaint:
    """A complaint that turned out to be one we have: its contacts and steps go there."""
    customer = new.submission.customer if isinstance(new, Read) else Person()
    return replace(blank(new), state=State.MERGED, merged_into=into, customer=customer)


def successor(forgotten: Complaint, arrival: "Read | Step") -> Complaint:
    """What begins when something new comes in about a forgotten complaint: a matter of its own, under a new id."""
    id_ = str(uuid.uuid5(uuid.UUID(forgotten.id), "after it was forgotten"))
    return replace(blank(arrival), id=id_)


def holder(complaint: Complaint, find: Callable[[str], Complaint | None]) -> Complaint:
    """Who has the contacts of a complaint now: itself, or the one at the end of its way."""
    while complaint.merged_into and (next_ := find(complaint.merged_into)):
        complaint = next_
    return complaint


def ended_in(complaint: Complaint, into: str) -> Complaint:
    return replace(complaint, state=State.MERGED, merged_into=into, revision=complaint.revision + 1)


def with_merged(complaint: Complaint, other: Complaint, excerpt: str) -> Complaint:
    """With another one that turned out to be this one: what is worse of both counts, with the rules of both."""
    assert complaint.verdict is not None and other.verdict is not None, "both were read"
    theirs = other.classification or other.verdict
    verdict = worse_of(theirs, complaint.verdict)
    return replace(
        complaint,
        revision=complaint.revision + 1,
        contact_count=complaint.contact_count + other.contact_count,
        product=complaint.product or other.product,
        tags=tags_of(complaint.tags, other.tags),
        customer=complaint.customer.filled(replace(other.customer, region=other.region)),
        received_at=min(filter(None, (complaint.received_at, other.received_at)), default=None),
        excerpt=excerpt,
        verdict=replace(verdict, rules=tuple(dict.fromkeys((*verdict.rules, *theirs.rules)))),
        # What it brings was not known to whoever corrected this one.
        correction=complaint.correction and complaint.correction.after(theirs.severity),
    )


def as_severe(complaint: Complaint, severity: Severity) -> Complaint:
    """With one that ended in it and was called that severe, by somebody who did not know so: what is worse counts."""
    held = complaint.classification
    assert complaint.verdict is not None and held is not None, "both were read"
    if severity.rank <= held.severity.rank:
        return complaint
    rules = tuple(dict.fromkeys((*complaint.verdict.rules, CORRECTED)))
    return replace(
        complaint,
        revision=complaint.revision + 1,
        verdict=replace(complaint.verdict, severity=severity, rules=rules),
        correction=complaint.correction and complaint.correction.after(severity),
    )


def forgotten(complaint: Complaint) -> Complaint:
    """What may stay when the customer is forgotten; upstream's id goes, too, as ours follows from it."""
    return replace(
        complaint,
        external_id=complaint.id,
        state=State.FORGOTTEN,
        revision=complaint.revision + 1 if complaint.was_announced else 0,
        product=None,
        tags=(),
        customer=Person(),
        excerpt="",
        verdict=complaint.classification and bare(complaint.classification),
        correction=None,
        waiting_steps=(),
    )


def bare(verdict: Verdict) -> Verdict:
    """Without what was read about the customer."""
    return Verdict("und", verdict.category, verdict.severity, 0.0, False, verdict.rules_version)

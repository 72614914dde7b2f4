"""Complaints as events for the other services: what may leave intake, and nothing else."""

from datetime import datetime

from services.intake.domain.arrivals import Turn
from services.intake.domain.complaint import Complaint, Step, StepKind
from services.intake.domain.matters import known
from shared.contracts import intake as events
from shared.contracts.event import Event

_STEPS = {
    StepKind.ANSWERED: events.ComplaintAnswered,
    StepKind.RESOLVED: events.ComplaintResolved,
    StepKind.REOPENED: events.ComplaintReopened,
    StepKind.ESCALATION_REQUESTED: events.ComplaintEscalationRequested,
}


def told(turn: Turn, now: datetime) -> Event:
    if isinstance(turn.cause, Step):
        return step(turn.complaint, turn.cause, now)
    written_at = turn.cause.submission.written_at(now)
    return facts(turn.complaint, is_new=turn.is_first, contacted_at=written_at)


def facts(x: Complaint, *, is_new: bool, contacted_at: datetime | None = None) -> events.ComplaintFacts:
    """The complaint at its revision, without text, name or address. contacted_at: of the contact that it is about."""
    verdict, person = x.classification, x.customer
    # Whoever put the language right means that of the answer, too, whatever upstream has noted.
    language = (x.correction and x.correction.language) or person.language
    assert verdict is not None and x.received_at is not None, "announced after its first contact"
    kind = events.ComplaintClassified if is_new else events.ComplaintUpdated
    return kind(
        complaint_id=x.id,
        revision=x.revision,
        source=x.source,
        external_id=name_for_others(x),
        channel=x.channel,
        customer=events.Customer(person.ref, person.tier, x.region, language, person.timezone),
        received_at=x.received_at,
        language=verdict.language,
        category=verdict.category,
        severity=verdict.severity,
        anger=verdict.anger,
        asks_supervisor=verdict.asks_supervisor,
        contact_count=x.contact_count,
        excerpt=x.excerpt,
        rules=verdict.rules,
        rules_version=verdict.rules_version,
        product=x.product,
        flags=verdict.flags,
        category_second=verdict.category_second,
        asks_kind=verdict.asks_kind,
        campaign=verdict.campaign,
        contacted_at=contacted_at,
    )


def name_for_others(x: Complaint) -> str:
    """What upstream calls the complaint, unless that is the customer's own address or number: then our id."""
    customer, id_ = known(x.customer), x.external_id.casefold()
    digits = "".join(filter(str.isdigit, id_))
    is_theirs = (customer.email and customer.email in id_) or (customer.phone and customer.phone in digits)
    return x.id if is_theirs else x.external_id


def step(x: Complaint, step: Step, now: datetime) -> Event:
    at = step.at or now
    if step.kind is StepKind.RATED:
        return events.ComplaintRated(x.id, x.revision, at, step.score or 0.0, step.by)
    return _STEPS[step.kind](x.id, x.revision, at, step.by)


def merged(x: Complaint, now: datetime, by: str) -> Event:
    assert x.merged_into is not None
    return events.ComplaintMerged(x.id, x.revision, now, x.merged_into, by)


def forgotten(x: Complaint, now: datetime) -> Event:
    return events.ComplaintForgotten(x.id, x.revision, now)

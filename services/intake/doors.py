"""HTTP in and out of intake: bodies to domain objects and back. Called by service.py."""

from dataclasses import asdict, replace
from functools import partial
from typing import Any
from urllib.parse import unquote

import orjson
from werkzeug.http import unquote_header_value
from werkzeug.wrappers import Request, Response

from services.intake import schemas, upstream, usecases
from services.intake.domain.complaint import Complaint, Read, Submission
from services.intake.domain.matters import MatterRules
from services.intake.limits import Limits
from shared.contracts.event import to_text
from shared.database import Transaction
from shared.errors import Rejected
from shared.loading import load
from shared.messaging import inbox
from shared.messaging import metrics as messaging
from shared.messaging.envelope import Message, Received
from shared.messaging.upstream import STRUCTURED
from shared.web import json_body, json_response, trace_of

BATCH = "application/cloudevents-batch+json"
MAX_BATCH = 500
_OF_PERSON = ("ref", "name", "email", "phone")  # of the customer: what tells who it is
HTTP_DOOR = "intake.http"
LONGEST_KEY = 200  # as long as the column that keeps it
NO_COMPLAINT = "this is a CloudEvent: those go to POST /v1/events"


def caller(request: Request) -> str:
    return str(request.caller.name)  # type: ignore[attr-defined]


def may_read(request: Request) -> bool:
    """Whether the caller may see what customers wrote and who they are."""
    return bool(request.caller.may("text"))  # type: ignore[attr-defined]


def idempotency_key(request: Request) -> str | None:
    key: str = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise Rejected(f"the Idempotency-Key may have {LONGEST_KEY} characters")
    return key or None


def traced(tx: Transaction, request: Request, read: Read) -> Transaction:
    """Lets the caller's trace go on through the events of this complaint."""
    if trace := trace_of(request):
        tx.traces[read.complaint_id] = trace
    return tx


def accepted(complaint_id: str) -> Response:
    return json_response({"complaint_id": complaint_id}, 202, {"Location": f"/v1/complaints/{complaint_id}"})


def submission_of(request: Request, limits: Limits) -> Submission:
    """The complaint in a body; raises Rejected with every fault by its path, or for how much its sender sends."""
    limits.admit_caller(caller(request))
    submission = _submission(json_body(request))
    limits.admit_sources([(submission.source, len(request.get_data()))])
    return submission


def _submission(body: Any) -> Submission:
    try:
        submission: Submission = load(schemas.SUBMISSION, body, schemas.INVALID)
    except Rejected as error:
        if isinstance(body, dict) and "specversion" in body:
            raise Rejected(NO_COMPLAINT, [{"pointer": "/specversion", "detail": NO_COMPLAINT}]) from error
        raise
    return submission


def contact_of(complaint: Complaint, request: Request, limits: Limits) -> Submission:
    """A contact of a complaint that is known; raises like submission_of."""
    limits.admit_caller(caller(request))
    limits.admit_sources([(complaint.source, len(request.get_data()))])
    body = json_body(request)
    submission = schemas.submission_from(
        load(schemas.CONTACT, body, schemas.INVALID)
        | {"source": complaint.source, "external_id": complaint.external_id}
    )
    return replace(submission, customer=complaint.customer) if body.get("customer") is None else submission


def events_of(request: Request, limits: Limits) -> list[Received]:
    """The CloudEvents of a request; raises like submission_of. All or nothing: their limits, too."""
    limits.admit_caller(caller(request))
    events = _events(request)
    if len(events) > 1:
        limits.admit_caller(caller(request), len(events) - 1)
    limits.admit_sources([(e.event.source, len(e.message.body)) for e in events])
    return events


def _events(request: Request) -> list[Received]:
    """Structured, binary or batch; each fault by its path."""
    kind = request.headers.get("Content-Type", "").lower()
    if not kind.startswith(BATCH):
        return [upstream.received(Message("", _headers(request), request.get_data(), kind))]
    batch = json_body(request)
    if not isinstance(batch, list) or len(batch) > MAX_BATCH:
        raise Rejected(f"a batch is a list of at most {MAX_BATCH} events")
    return [upstream.received(Message("", {}, orjson.dumps(e), STRUCTURED), f"/{n}") for n, e in enumerate(batch)]


def _headers(request: Request) -> dict[str, Any]:
    """By name in lower case; those of CloudEvents are read as its HTTP binding writes them (3.1.3.2)."""
    given = {name.lower(): value for name, value in request.headers.items()}
    return given | {name: unquote(unquote_header_value(value)) for name, value in given.items() if name[:3] == "ce-"}


def take_new(tx: Transaction, rules: MatterRules, received: list[Received], door: str = HTTP_DOOR) -> None:
    """Events that this door has seen before drop out, as they do at the queue."""
    fresh = inbox.only_new(tx, door, received)
    tx.traces.update({r.subject: r.traceparent for r in fresh if r.traceparent})
    usecases.take_in(tx, rules, [r.event for r in fresh])
    tx.once_committed(partial(messaging.count_taken, door, len(fresh), len(received) - len(fresh)))


def complaint_document(
    x: Complaint, contacts: list[dict[str, Any]], corrections: list[dict[str, Any]], with_texts: bool
) -> dict[str, Any]:
    """All that intake knows; null for the customer's own words and addresses, for callers who may not read texts."""
    shown: dict[str, Any] = asdict(x) | {"received_at": to_text(x.received_at), "waiting_steps": len(x.waiting_steps)}
    if not with_texts:
        shown["customer"] |= dict.fromkeys(_OF_PERSON)
        contacts = [_without_words(c) for c in contacts]
    correction = x.correction
    if correction:
        shown["correction"] |= {"at": to_text(correction.at), "severity_at": to_text(correction.severity_at)}
    return shown | {
        "classification": x.classification,
        "corrections": corrections,
        "contacts": [
            c | {"received_at": to_text(c["received_at"]), "accepted_at": to_text(c["accepted_at"])} for c in contacts
        ],
    }


def _without_words(contact: dict[str, Any]) -> dict[str, Any]:
    fired = [each | {"matched": None} for each in contact["evidence"]]
    return contact | {"subject": None, "text": None, "evidence": fired}

"""What intake's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from typing import Any

from marshmallow import fields, validate

from services.intake import doors, schemas
from services.intake.answers import Accepted, AcceptedEvents, ComplaintDocument, Merged, Summary, WebhookSource
from services.intake.classify import Classification
from services.intake.forgetting import Erased
from shared.api import A_COMPLAINT, ANOTHER_COMPLAINT, ANY_OBJECT, JSON, THIS_DOCUMENT, Operation, Shape
from shared.departures import api as departures
from shared.messaging.upstream import STRUCTURED
from shared.quarantine import api as quarantine

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 200}


def _event(type_: str, data: Shape) -> dict[str, Any]:
    """A CloudEvent in structured mode; what is missing in the data is taken from source and subject."""
    attributes = {
        "specversion": {"const": "1.0"},
        "type": {"const": type_},
        "id": _TEXT,
        "source": _TEXT,
        "subject": _TEXT,
        "time": {"type": "string", "format": "date-time"},
        "data": data,
    }
    return {"type": "object", "required": ["specversion", "type", "id", "source", "data"], "properties": attributes}


_EVENT: dict[str, Any] = {"oneOf": [_event(type_, data) for type_, data in schemas.UPSTREAM.items()]}
_BATCH: dict[str, Any] = {"type": "array", "maxItems": doors.MAX_BATCH, "items": _EVENT}
_CE_HEADERS = {f"ce-{name}": fields.String() for name in ("id", "source", "subject", "time")}
_CE_TYPE = fields.String(validate=validate.OneOf(tuple(schemas.UPSTREAM)))
_IDEMPOTENCY_KEY = fields.String(validate=validate.Length(1, doors.LONGEST_KEY))
_TRACE = {"traceparent": fields.String(metadata={"description": "W3C trace context; goes on through the events."})}
_CUSTOMER = {"ref": "C-1", "region": "CZ", "language": "en"}

_NUMBER = {"type": "integer", "minimum": 0}
_HEARD: dict[str, Any] = {
    "type": "object",
    "description": "What became of what the system said; numbers that are zero are left out.",
    "properties": {
        "complaint_ids": {"type": "array", "items": {"type": "string"}, "description": "Of what was taken in."},
        "ignored": _NUMBER | {"description": "What intake has no use for, such as a changed priority."},
        "quarantined": _NUMBER | {"description": "What could not be understood; kept as a dead letter."},
        "deferred": _NUMBER | {"description": "What could not be fetched from the system; it is tried again."},
    },
}
_XML: dict[str, Any] = {"type": "string", "description": "For kinds that want an answer of their own."}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_SOURCE = {"source": fields.String(metadata={"description": "A name of the sources file."})}
_A_TICKET = {
    "ticket_id": "2044",
    "ticket_subject": "Late parcel",
    "ticket_description": "<div>My parcel should have come on <b>Monday</b>.</div>",
    "requester_email": "jana@example.org",
    "happened": "created",
    "updated_at": "2026-03-05T10:00:00+01:00",
}

OPERATIONS = {
    "post_complaint": Operation(
        "Take a complaint in",
        body=schemas.SUBMISSION,
        answer=Accepted,
        status=202,
        answer_headers=("Location",),
        headers={"Idempotency-Key": _IDEMPOTENCY_KEY} | _TRACE,
        example={
            "source": "webshop",
            "external_id": "A-1",
            "channel": "email",
            "text": "Your kettle burned my hand. I want to speak to your manager.",
            "customer": _CUSTOMER,
        },
        problems=(429,),
    ),
    "post_contact": Operation(
        "Take a further message of the customer in",
        body=schemas.CONTACT,
        answer=Accepted,
        status=202,
        answer_headers=("Location",),
        headers=_TRACE,
        problems=(404, 429),
        example={"text": "Is anybody there?", "channel": "email"},
        example_path={"id_": A_COMPLAINT},
    ),
    "post_events": Operation(
        "Take CloudEvents in, all or none: structured, as a batch, or binary with ce- headers",
        body={
            STRUCTURED: _EVENT,
            doors.BATCH: _BATCH,
            JSON: {"anyOf": list({id(shape): shape for shape in schemas.UPSTREAM.values()}.values())},
        },
        answer=AcceptedEvents,
        status=202,
        headers=_CE_HEADERS | {"ce-type": _CE_TYPE} | _TRACE,
        example={
            "specversion": "1.0",
            "type": "complaint.answered",
            "id": "A-1/2",
            "source": "webshop",
            "data": {"source": "webshop", "external_id": "A-1", "by": "jana"},
        },
        problems=(429,),
    ),
    "post_webhook": Operation(
        "Take in what a system says in its own form, signed in its own way",
        body={JSON: {}, **dict.fromkeys(_FORMS, ANY_OBJECT), "text/xml": {"type": "string"}},
        answer=_HEARD,
        other_answers={"text/xml": _XML},
        status=202,
        pages=(200,),
        path=_SOURCE,
        headers=_TRACE,
        problems=(401, 404),
        example={"freshdesk_webhook": _A_TICKET},
        example_path={"source": "freshdesk"},
    ),
    "get_webhook": Operation(
        "See whether a source is set up",
        answer=WebhookSource,
        path=_SOURCE,
        problems=(404,),
        example_path={"source": "freshdesk"},
    ),
    "get_complaint": Operation(
        "Show a complaint with its contacts",
        answer=ComplaintDocument,
        problems=(404,),
        example_path={"id_": A_COMPLAINT},
    ),
    "merge_complaint": Operation(
        "Say that a complaint is one matter with another one, in which it ends",
        body=schemas.MERGE,
        answer=Merged,
        problems=(404, 409),
        example={"into": A_COMPLAINT, "by": "petr"},
        example_path={"id_": ANOTHER_COMPLAINT},
    ),
    "classify": Operation(
        "Read a text and show the evidence; stores nothing",
        body=schemas.CLASSIFY,
        answer=Classification,
        example={"text": "I want to speak to your manager."},
    ),
    "get_summary": Operation("Count what intake has", answer=Summary),
    **departures.OPERATIONS,
    **quarantine.OPERATIONS,
    "forget_customer": Operation(
        "Erase what is held of a customer, here and in the other services",
        body=schemas.CUSTOMER,
        answer=Erased,
        example={"ref": "C-9", "email": "jan@example.org", "phone": "+420 601 234 567"},
    ),
    "get_openapi": THIS_DOCUMENT,
}

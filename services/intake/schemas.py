"""What intake accepts: marshmallow schemas of bodies and upstream events. Every fault is named by its path."""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from services.intake.domain import Person, Step, StepKind, Submission
from shared.contracts.event import Instant
from shared.errors import Rejected

MAX_TEXT = 100_000


class Line(fields.String):
    """Text without NUL, which PostgreSQL cannot keep."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> str:
        return str(super()._deserialize(*args, **kwargs)).replace("\0", "\N{REPLACEMENT CHARACTER}").strip()


def _line(limit: int, **options: Any) -> Line:
    return Line(validate=validate.Length(max=limit, min=1 if options.get("required") else None), **options)


class _Input(Schema):
    class Meta:
        unknown = EXCLUDE


class PersonSchema(_Input):
    ref = _line(200, allow_none=True)
    name = _line(200, allow_none=True)
    email = _line(320, allow_none=True)
    phone = _line(50, allow_none=True)
    tier = _line(40, allow_none=True)
    region = _line(40, allow_none=True)
    language = _line(20, allow_none=True)
    timezone = _line(60, allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Person:
        return Person(**{name: value or None for name, value in data.items()})


class ContactSchema(_Input):
    """One message of a customer; where it belongs to comes from the path."""

    text = _line(MAX_TEXT, required=True)
    channel = _line(40, load_default="unknown")
    subject = _line(1000, load_default="", allow_none=True)
    received_at = Instant(allow_none=True)
    product = _line(200, allow_none=True)
    tags = fields.List(_line(60), validate=validate.Length(max=50))
    customer = fields.Nested(PersonSchema)
    contact_id = _line(200, allow_none=True)


class SubmissionSchema(ContactSchema):
    source = _line(100, required=True)
    external_id = _line(200, required=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Submission:
        return submission_from(data)


class StepSchema(_Input):
    source = _line(100, required=True)
    external_id = _line(200, required=True)
    at = Instant(allow_none=True)
    by = _line(200, allow_none=True)


class RatingSchema(StepSchema):
    score = fields.Float(required=True, validate=validate.Range(0, 1))


class ClassifySchema(_Input):
    text = _line(MAX_TEXT, required=True)
    subject = _line(1000, load_default="", allow_none=True)
    language = _line(20, allow_none=True)


SUBMISSION, CONTACT, STEP, RATING, CLASSIFY = (
    SubmissionSchema(),
    ContactSchema(),
    StepSchema(),
    RatingSchema(),
    ClassifySchema(),
)


def submission_from(data: dict[str, Any]) -> Submission:
    clean = {name: value for name, value in data.items() if value is not None}
    return Submission(**(clean | {"tags": tuple(clean.get("tags", ()))}))


def load(schema: Schema, data: Any, at: str = "") -> Any:
    """The loaded data; raises Rejected with a JSON pointer for each fault, below `at`."""
    try:
        return schema.load(data)
    except ValidationError as error:
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise Rejected("the data is not valid", _faults(messages, at)) from error


def upstream(type_: str, data: Any, at: str = "") -> Submission | Step:
    """The data of an upstream event by its type; raises Rejected, also for a type that does not exist."""
    if type_ in ("complaint.submitted", "complaint.contacted"):
        submission: Submission = load(SUBMISSION, data, at)
        return submission
    if type_ not in set(StepKind):
        raise Rejected(f"unknown type {type_!r}", [{"pointer": "/type", "detail": "not a type that intake knows"}])
    kind = StepKind(type_)
    return Step(kind, **load(RATING if kind is StepKind.RATED else STEP, data, at))


def _faults(messages: Any, at: str) -> list[dict[str, str]]:
    if isinstance(messages, Mapping):
        return [f for key, inner in messages.items() for f in _faults(inner, at if key == "_schema" else f"{at}/{key}")]
    return [{"pointer": at or "/", "detail": str(text)} for text in messages]

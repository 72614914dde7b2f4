"""What intake accepts: marshmallow schemas of bodies and upstream events. Every fault is named by its path.

A time that cannot be right loses no complaint: it counts as not given, see `When`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from services.intake.domain.complaint import Person, Step, StepKind, Submission
from services.intake.domain.matters import known
from shared import clock
from shared.contracts.event import Instant
from shared.errors import Rejected
from shared.loading import load

MAX_TEXT = 100_000
INVALID = "the data is not valid"
# How systems write "not known" where they must write a date: .NET, MySQL, and the last day that many can write. Often
# without an offset, and with one they may lie outside of what can be turned into UTC.
NOT_KNOWN = ("0001-01-01", "0000-00-00", "9999-12-31")
# Before it are the zeros of others (Unix 1970, SQL Server 1900, Windows 1601), in whatever zone they were written.
FIRST_BELIEVED = datetime(1970, 1, 2, tzinfo=UTC)
CLOCKS_DIFFER_BY = timedelta(days=1)  # also by a forgotten time zone


TYPE_SHOWN = 60  # characters of a type that is none; whoever sent it sees which one is meant


class Line(fields.String):
    """Text without NUL, which PostgreSQL cannot keep."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> str:
        return str(super()._deserialize(*args, **kwargs)).replace("\0", "\N{REPLACEMENT CHARACTER}").strip()


class When(Instant):
    """When something happened upstream, None when that is not known: then the time at which it came in is taken.

    A time before 1970-01-02 or more than a day ahead of our clock says "not known" as well (0001-01-01 is what .NET
    writes for a date that nobody set). It is not refused: the date matters less than the complaint beside it. Only
    what is no RFC 3339 time with an offset is a fault.
    """

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        if str(value).startswith(NOT_KNOWN):
            return None  # type: ignore[return-value]
        instant = super()._deserialize(value, *args, **kwargs)
        is_believed = FIRST_BELIEVED <= instant <= clock.now() + CLOCKS_DIFFER_BY
        return instant if is_believed else None  # type: ignore[return-value]


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
    channel = _line(40, load_default="unknown", allow_none=True)
    subject = _line(1000, load_default="", allow_none=True)
    received_at = When(allow_none=True)
    product = _line(200, allow_none=True)
    tags = fields.List(_line(60), validate=validate.Length(max=50), allow_none=True)
    customer = fields.Nested(PersonSchema, allow_none=True)
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
    at = When(allow_none=True)
    by = _line(200, allow_none=True)


class RatingSchema(StepSchema):
    score = fields.Float(required=True, validate=validate.Range(0, 1))


class ClassifySchema(_Input):
    text = _line(MAX_TEXT, required=True)
    subject = _line(1000, load_default="", allow_none=True)
    language = _line(20, allow_none=True)


class MergeSchema(_Input):
    into = _line(36, required=True)
    by = _line(200, allow_none=True)


class CustomerSchema(_Input):
    """Whom to forget, by any of the names that upstream gave."""

    ref = _line(200, allow_none=True)
    email = _line(320, allow_none=True)
    phone = _line(50, allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Person:
        person = Person(**{name: value or None for name, value in data.items()})
        if not any(known(person)):
            raise ValidationError("Needs a ref, an email, or a phone with at least six digits.")
        return person


MERGE, CUSTOMER = MergeSchema(), CustomerSchema()
SUBMISSION, CONTACT, STEP, RATING, CLASSIFY = (
    SubmissionSchema(),
    ContactSchema(),
    StepSchema(),
    RatingSchema(),
    ClassifySchema(),
)

# What the data of an upstream event must be, by its type.
UPSTREAM: dict[str, Schema] = {
    "complaint.submitted": SUBMISSION,
    "complaint.contacted": SUBMISSION,
    StepKind.ANSWERED.value: STEP,
    StepKind.RESOLVED.value: STEP,
    StepKind.REOPENED.value: STEP,
    StepKind.RATED.value: RATING,
    StepKind.ESCALATION_REQUESTED.value: STEP,
}


def submission_from(data: dict[str, Any]) -> Submission:
    """What stands empty is not known: systems write null or "" where they must write something."""
    clean = {name: value for name, value in data.items() if value is not None and value != ""}
    return Submission(**(clean | {"tags": tuple(clean.get("tags", ()))}))


def upstream(type_: str, data: Any, at: str = "") -> Submission | Step:
    """The data of an upstream event by its type; raises Rejected, also for a type that does not exist."""
    schema = UPSTREAM.get(type_)
    if schema is None:
        shown = type_ if len(type_) <= TYPE_SHOWN else f"{type_[:TYPE_SHOWN]}…"
        fault = f"{shown!r} is not a type that intake knows; it knows {', '.join(UPSTREAM)}"
        raise Rejected("unknown type", [{"pointer": f"{at.removesuffix('/data')}/type", "detail": fault}])
    loaded: Any = load(schema, data, INVALID, at)
    return loaded if isinstance(loaded, Submission) else Step(StepKind(type_), **loaded)

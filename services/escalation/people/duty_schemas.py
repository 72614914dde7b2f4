"""The forms of what is asked and said of duty by HTTP; used by its door."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.escalation.people.supervisor_schemas import PERSON
from shared.contracts.event import Instant
from shared.hours.absence import OrdinaryYear

_NO_NUL = validate.ContainsNoneOf("\0", error="no NUL, please")  # PostgreSQL cannot keep it
_NAME = [validate.Length(1, 60), _NO_NUL]


def _instant(**options: Any) -> Instant:
    return Instant(validate=OrdinaryYear(), **options)


class DutyQuery(Schema):
    """GET /v1/duty. at: now, if it is not said. region: also tell whom each level would alert."""

    at = _instant(load_default=None)
    rota = fields.String(load_default=None, validate=_NAME)
    region = fields.String(load_default=None, validate=validate.Length(1, 40))
    language = fields.String(load_default=None, validate=validate.Length(1, 40))


class CourseQuery(Schema):
    """GET /v1/rotas/{name}. from: now, to: a week later, if they are not said."""

    start = _instant(load_default=None, data_key="from")
    end = _instant(load_default=None, data_key="to")


class OverrideBody(Schema):
    """POST /v1/duty/overrides. instead_of: of this person only, while they would have the duty; else of all."""

    rota = fields.String(required=True, validate=_NAME)
    person = fields.String(required=True, validate=PERSON)
    start = _instant(required=True, data_key="from")
    end = _instant(required=True, data_key="to")
    instead_of = fields.String(load_default=None, allow_none=True, validate=PERSON)
    reason = fields.String(load_default=None, allow_none=True, validate=[validate.Length(1, 1000), _NO_NUL])

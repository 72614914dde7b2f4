"""The forms of what is asked about cases and storms. Used by their doors, and for the document of the API."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.escalation.domain.case import CaseState
from services.escalation.domain.worklist import Sort
from shared.codes import region_code
from shared.contracts.event import Instant, Severity

MOST_LISTED = 500
MOST_REGIONS = 100


class Regions(fields.Field[list[str]]):
    """Regions with commas between them, in their one spelling."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[str]:
        found = [code for code in map(region_code, str(value).split(",")[:MOST_REGIONS]) if code]
        if not found:
            raise ValidationError("names no region; write CZ, or CZ,SK")
        return found


class WorklistQuery(Schema):
    """GET /v1/cases. of: a person who has the case or is called for it; mine: the caller; my_region: the caller's."""

    state = fields.Enum(CaseState, by_value=True, load_default=None)
    of = fields.String(load_default=None, validate=validate.Length(1, 200))
    mine = fields.Boolean(load_default=False)
    region = Regions(load_default=None)
    my_region = fields.Boolean(load_default=False)
    unanswered = fields.Boolean(load_default=False)
    overdue = fields.Boolean(load_default=False)
    severity = fields.Enum(Severity, by_value=True, load_default=None)
    category = fields.String(load_default=None, validate=validate.Length(1, 40))
    parent = fields.String(load_default=None, validate=validate.Length(1, 36))
    sort = fields.Enum(Sort, by_value=True, load_default=Sort.SEVERITY)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, MOST_LISTED))
    after = fields.String(load_default=None, validate=validate.Length(1, 100))

    @validates_schema
    def _of_one_person(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["mine"] and data["of"]:
            raise ValidationError({"of": ["say either mine or of"]})


class StormsQuery(Schema):
    """GET /v1/storms. region: storms that reach one of these. since: also those that ended since then."""

    region = Regions(load_default=None)
    since = Instant(load_default=None)

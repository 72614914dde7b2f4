"""The forms of what comes in about supervisors, the people on the ladder; used by their door and its document."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.escalation.domain.duty import Leave
from services.escalation.domain.people import Role, Supervisor
from shared.codes import each_once, language_code, region_code
from shared.hours.absence import MOST_ABSENCES, AbsenceSchema, refuse_empty, span_of
from shared.hours.schedule import Zone
from shared.parts import refuse_twice

MOST_LEADS = 200
_NO_NUL = validate.ContainsNoneOf("\0", error="no NUL, please")  # PostgreSQL cannot keep it
PERSON = [validate.Length(1, 100), _NO_NUL, validate.ContainsNoneOf("/", error="no slash, please")]
# As routing writes the teams of its agents.
TEAM = validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z", error="a team such as recall")
_ZONE = {
    "type": "string",
    "description": "An IANA time zone such as Europe/Prague: of the days of absences, of times on pages.",
}


def _codes(code: Callable[[str], str | None], longest: int, at_least: int = 0, **options: Any) -> fields.List[str]:
    """Regions or languages; each must be one."""

    def names_something(text: str) -> None:
        if code(text) is None:
            raise ValidationError("names nothing")

    each = fields.String(validate=[validate.Length(max=longest), _NO_NUL, names_something])
    return fields.List(each, validate=validate.Length(at_least, 200), **options)


class SupervisorAbsenceBody(AbsenceSchema):
    """Days count as a whole, the last one too. stand_in: who is alerted instead; they may become known later."""

    stand_in = fields.String(load_default=None, allow_none=True, validate=PERSON)


class SupervisorBody(Schema):
    """PUT /v1/supervisors/{id}. leads: the teams of agents that the person leads."""

    def __init__(self, of: str | None = None, **options: Any):
        super().__init__(**options)
        self._of = of  # the id, where it is not in the body

    name = fields.String(required=True, validate=[validate.Length(1, 200), _NO_NUL])
    role = fields.Enum(Role, by_value=True, required=True)
    regions = _codes(region_code, 40, at_least=1, required=True)
    languages = _codes(language_code, 20, load_default=list)
    leads = fields.List(fields.String(validate=TEAM), load_default=list, validate=validate.Length(max=MOST_LEADS))
    timezone = Zone(load_default="UTC", metadata=_ZONE)
    absences = fields.List(
        fields.Nested(SupervisorAbsenceBody), load_default=list, validate=validate.Length(max=MOST_ABSENCES)
    )

    @validates_schema(skip_on_field_errors=True)
    def _absences_take_time(self, data: Mapping[str, Any], **_: Any) -> None:
        refuse_empty(data["absences"], data["timezone"])

    @validates_schema(skip_on_field_errors=True)
    def _nobody_stands_in_for_themselves(self, data: Mapping[str, Any], **_: Any) -> None:
        away = data.get("id", self._of)
        same = [n for n, absence in enumerate(data["absences"]) if away and absence["stand_in"] == away]
        if same:
            raise ValidationError({"absences": {n: {"stand_in": ["is who is away"]} for n in same}})


class SupervisorEntry(SupervisorBody):
    """A supervisor in a list: the same, with the id that else stands in the path."""

    id = fields.String(required=True, validate=PERSON)


class SupervisorsBody(Schema):
    """PUT /v1/supervisors."""

    supervisors = fields.List(fields.Nested(SupervisorEntry), required=True)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _nobody_twice(self, _: Any, original: Any, **__: Any) -> None:
        refuse_twice(original, "supervisors", "id")


def supervisor_from(id_: str, loaded: Mapping[str, Any]) -> Supervisor:
    """Of a checked body, with one spelling for regions and languages."""
    zone = ZoneInfo(loaded["timezone"])
    absences = (Leave(*span_of(each, zone), each["stand_in"]) for each in loaded["absences"])
    return Supervisor(
        id=id_,
        name=loaded["name"],
        role=loaded["role"],
        regions=each_once(region_code, loaded["regions"]),
        languages=each_once(language_code, loaded["languages"]),
        leads=tuple(dict.fromkeys(loaded["leads"])),
        # In order, so that the same absences in another order are no difference.
        absences=tuple(sorted(absences, key=lambda a: (a.start, a.end, a.stand_in or ""))),
        timezone=loaded["timezone"],
    )

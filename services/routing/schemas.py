"""What routing accepts by HTTP and as events of the workforce, with every fault named by its path. Used by doors.py."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from services.routing.agent_fields import (
    ID,
    LANGUAGE,
    NAME,
    NOTE,
    PLACE,
    REGION,
    SKILL,
    TEAM,
    Levels,
    Words,
    string_described,
)
from services.routing.domain.needs import HIGHEST, LOWEST
from services.routing.domain.presence import Presence
from services.routing.domain.roster import Agent
from shared.codes import each_once, language_code, region_code
from shared.contracts.event import Instant
from shared.errors import Rejected
from shared.hours.absence import MOST_ABSENCES, AbsenceSchema, refuse_empty, span_of
from shared.hours.calendar import Absence, Calendar
from shared.hours.holidaybook import holidays_of
from shared.hours.schedule import HolidaysField, ShiftSchema, Zone
from shared.parts import refuse_twice

MAX_CAPACITY = 10_000
MOST_AGENTS = 20_000
QUEUE_SHOWN, QUEUE_MOST = 100, 1000


class AgentSchema(Schema):
    class Meta:
        unknown = RAISE

    name = fields.String(required=True, validate=NAME)
    skills = Levels(SKILL, required=True)
    languages = Levels(LANGUAGE, required=True)
    regions = Words(REGION, required=True)
    capacity = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_CAPACITY))
    teams = Words(TEAM, load_default=list)
    timezone = Zone(load_default="UTC", metadata=string_described("An IANA time zone such as Europe/Prague."))
    shifts = fields.List(fields.Nested(ShiftSchema), load_default=list, validate=validate.Length(max=50))
    absences = fields.List(fields.Nested(AbsenceSchema), load_default=list, validate=validate.Length(max=MOST_ABSENCES))
    holidays = HolidaysField(
        load_default=None,
        allow_none=True,
        metadata=string_described("A country such as CZ, or a part such as DE-BY."),
    )

    @validates_schema(skip_on_field_errors=True)
    def _absences_take_time(self, data: Mapping[str, Any], **_: Any) -> None:
        refuse_empty(data["absences"], data["timezone"])


class OneAgentSchema(AgentSchema):
    id = fields.String(required=True, validate=ID)


class AgentsSchema(Schema):
    class Meta:
        unknown = RAISE

    agents = fields.List(fields.Nested(OneAgentSchema), required=True, validate=validate.Length(max=MOST_AGENTS))

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _nobody_twice(self, _: Any, original: Any, **__: Any) -> None:
        refuse_twice(original, "agents", "id")


class PresenceSchema(Schema):
    """until: it is forgotten then. at: when it was said; without it, or if it is far ahead, now."""

    class Meta:
        unknown = RAISE

    presence = fields.Enum(Presence, by_value=True, required=True)
    until = Instant(load_default=None, allow_none=True)
    at = Instant(load_default=None, allow_none=True)


class PresenceEventSchema(PresenceSchema):
    agent_id = fields.String(required=True, validate=ID)


class AnswerSchema(Schema):
    """agent_id: whoever has the complaint; an agent with a token of their own need not name themselves."""

    class Meta:
        unknown = RAISE

    agent_id = fields.String(load_default=None, allow_none=True, validate=ID)
    note = fields.String(load_default=None, allow_none=True, validate=NOTE)


class AssignSchema(Schema):
    """force: also to an agent who could not be chosen otherwise."""

    class Meta:
        unknown = RAISE

    agent_id = fields.String(required=True, validate=ID)
    note = fields.String(load_default=None, allow_none=True, validate=NOTE)
    force = fields.Boolean(load_default=False)


class NeedsSchema(Schema):
    """Needs in the place of those that the policy sees; null = does not matter."""

    class Meta:
        unknown = RAISE

    skill = fields.String(allow_none=True, validate=SKILL)
    skill_level = fields.Integer(strict=True, allow_none=True, validate=validate.Range(LOWEST, HIGHEST))
    language = fields.String(allow_none=True, validate=LANGUAGE)
    language_level = fields.Integer(strict=True, allow_none=True, validate=validate.Range(LOWEST, HIGHEST))
    region = fields.String(allow_none=True, validate=PLACE)
    team = fields.String(allow_none=True, validate=TEAM)


class HandBackSchema(Schema):
    """needs: from now on, beside what the policy says of the others; without any, those set before are gone."""

    class Meta:
        unknown = RAISE

    needs = fields.Nested(NeedsSchema, load_default=dict)
    note = fields.String(load_default=None, allow_none=True, validate=NOTE)


# The events of the exchange `workforce`, by type.
WORKFORCE: dict[str, Schema] = {"agent.changed": OneAgentSchema(), "agent.presence": PresenceEventSchema()}


def agent_from(id_: str, data: Any) -> Agent:
    """The agent that the path and the body describe; raises Rejected with a pointer for each fault."""
    faults = _id_faults(id_)
    try:
        loaded = AgentSchema().load(data)
    except ValidationError as error:
        faults += _faults(error.normalized_messages(), "")  # type: ignore[no-untyped-call]
    if faults:
        raise Rejected("this is no agent", faults)
    return _agent(loaded | {"id": id_})


def agents_from(data: Any) -> list[Agent]:
    """All agents of a roster; raises Rejected with a pointer for each fault of each of them."""
    return [_agent(agent) for agent in load(AgentsSchema(), data, "these are no agents")["agents"]]


def load(schema: Schema, data: Any, what: str = "the body cannot be used") -> dict[str, Any]:
    """Raises Rejected with a pointer for each fault."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        raise Rejected(what, _faults(error.normalized_messages(), "")) from error  # type: ignore[no-untyped-call]
    return loaded


def needs_from(loaded: Mapping[str, Any]) -> dict[str, Any]:
    """With one spelling for regions and languages."""
    spelt = {"region": region_code, "language": language_code}
    return {name: spelt[name](value) if name in spelt and value else value for name, value in loaded.items()}


def limit_from(text: str | None) -> int:
    """How many waiting complaints to show."""
    if text is None:
        return QUEUE_SHOWN
    if not (re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= QUEUE_MOST):
        fault = {"pointer": "/limit", "detail": f"a whole number from 1 to {QUEUE_MOST}"}
        raise Rejected("the limit cannot be used", [fault])
    return int(text)


def _agent(loaded: Mapping[str, Any]) -> Agent:
    zone = ZoneInfo(loaded["timezone"])
    holidays = loaded["holidays"]
    return Agent(
        id=loaded["id"],
        name=loaded["name"].strip(),
        skills=loaded["skills"],
        languages=_spelt(loaded["languages"]),
        regions=each_once(region_code, loaded["regions"]),
        capacity=loaded["capacity"],
        teams=tuple(dict.fromkeys(loaded["teams"])),
        holidays=holidays,
        calendar=Calendar(loaded["timezone"], tuple(loaded["shifts"]), holidays_of(holidays)),
        absences=_absences(loaded["absences"], zone),
    )


def _spelt(languages: Mapping[str, int]) -> dict[str, int]:
    return {code: level for name, level in languages.items() if (code := language_code(name))}


def _absences(loaded: Sequence[Mapping[str, date]], zone: ZoneInfo) -> tuple[Absence, ...]:
    return tuple(sorted((Absence(*span_of(one, zone)) for one in loaded), key=lambda a: a.start))


def _id_faults(id_: str) -> list[dict[str, str]]:
    try:
        ID(id_)
    except ValidationError as error:
        return [{"pointer": "/id", "detail": str(text)} for text in error.messages]
    return []


def _faults(messages: Any, at: str) -> list[dict[str, str]]:
    if isinstance(messages, Mapping):
        return [f for key, inner in messages.items() for f in _faults(inner, at if key == "_schema" else f"{at}/{key}")]
    return [{"pointer": at or "/", "detail": str(text)} for text in messages]

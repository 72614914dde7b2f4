"""What is accepted of agents, by HTTP and as events, with every fault by its path. Used by doors.py and decoding.py."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from services.routing.domain.presence import Presence
from services.routing.domain.roster import Agent
from services.routing.roster.agent_fields import (
    ID,
    LANGUAGE,
    NAME,
    REGION,
    SKILL,
    TEAM,
    Levels,
    Words,
    string_described,
)
from shared.codes import each_once, language_code, region_code
from shared.contracts.event import Instant
from shared.errors import Rejected
from shared.hours.absence import MOST_ABSENCES, AbsenceSchema, refuse_empty, span_of
from shared.hours.calendar import Absence, Calendar
from shared.hours.holidaybook import holidays_of
from shared.hours.schedule import HolidaysField, ShiftSchema, Zone
from shared.loading import faults_of, load
from shared.parts import refuse_twice

MAX_CAPACITY = 10_000
MOST_AGENTS = 20_000


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


# The events of the exchange `workforce`, by type.
WORKFORCE: dict[str, Schema] = {"agent.changed": OneAgentSchema(), "agent.presence": PresenceEventSchema()}


def agent_from(id_: str, data: Any) -> Agent:
    """The agent that the path and the body describe; raises Rejected with a pointer for each fault."""
    faults = _id_faults(id_)
    try:
        loaded = AgentSchema().load(data)
    except ValidationError as error:
        faults += faults_of(error)
    if faults:
        raise Rejected("this is no agent", faults)
    return _agent(loaded | {"id": id_})


def agents_from(data: Any) -> list[Agent]:
    """All agents of a roster; raises Rejected with a pointer for each fault of each of them."""
    return [_agent(agent) for agent in load(AgentsSchema(), data, "these are no agents")["agents"]]


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

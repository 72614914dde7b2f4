"""What routing accepts by HTTP and as events of the workforce, with every fault named by its path. Used by doors.py."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from services.routing.agent_rows import DEFAULT_LEVEL, levels
from services.routing.domain.calendar import Absence, Calendar
from services.routing.domain.needs import HIGHEST, LOWEST
from services.routing.domain.presence import Presence
from services.routing.domain.roster import Agent
from services.routing.holidaybook import holidays_of
from services.routing.schedule import HolidaysField, ShiftSchema, Zone
from shared.codes import each_once, language_code, region_code
from shared.contracts.event import Instant
from shared.errors import Rejected
from shared.parts import refuse_twice

MAX_CAPACITY = 10_000
MOST_AGENTS = 20_000
MOST_WORDS = 200
QUEUE_SHOWN, QUEUE_MOST = 100, 1000
ID = validate.Regexp(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z",
    error="letters, digits, '.', '_' and '-', at most 64, beginning with a letter or a digit",
)
SKILL = validate.Regexp(r"[a-z0-9][a-z0-9_]{0,39}\Z", error="a category in small letters, such as billing")
LANGUAGE = validate.Regexp(r"[A-Za-z]{2,3}\Z", error="a language of two or three letters, such as en")
PLACE = validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z", error="a region such as CZ; null for any")
REGION = validate.Regexp(r"(\*|[A-Za-z0-9][A-Za-z0-9_-]{0,39})\Z", error="a region such as CZ, or * for everywhere")
TEAM = validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z", error="a team such as recall")
NAME = [validate.Length(min=1, max=200), validate.ContainsNoneOf("\0\r\n", error="one line, please")]
NOTE = [validate.Length(max=1000), validate.ContainsNoneOf("\0", error="no NUL, please")]


def _string(text: str) -> dict[str, str]:
    """What the API document says of a field that is text with a form of its own."""
    return {"type": "string", "description": text}


class _Words(fields.List[str]):
    """Some words, none of them twice."""

    def __init__(self, check: validate.Validator, **options: Any):
        super().__init__(fields.String(validate=check), validate=validate.Length(max=MOST_WORDS), **options)


class Levels(fields.Field[dict[str, int]]):
    """Words with levels from 1 to 5, as a mapping; or a list of words, whose levels are DEFAULT_LEVEL."""

    def __init__(self, check: validate.Regexp, **options: Any):
        super().__init__(metadata=_levels_described(check), **options)
        self._list = _Words(check)
        self._mapping = fields.Dict(
            keys=fields.String(validate=check),
            values=fields.Integer(strict=True, validate=validate.Range(LOWEST, HIGHEST)),
            validate=validate.Length(max=MOST_WORDS),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, list):
            return levels([str(word) for word in self._list.deserialize(value)])
        if not isinstance(value, Mapping):
            raise ValidationError("a mapping of words to levels from 1 to 5, or a list of words")
        try:
            return self._mapping.deserialize(value)
        except ValidationError as error:
            raise ValidationError(_plain(error.messages)) from error


def _levels_described(check: validate.Regexp) -> dict[str, Any]:
    """For the API document."""
    word = {"pattern": f"^(?:{str(check.regex.pattern).removesuffix(chr(92) + 'Z')})$"}
    level = {"type": "integer", "minimum": LOWEST, "maximum": HIGHEST}
    mapping = {"type": "object", "maxProperties": MOST_WORDS, "propertyNames": word, "additionalProperties": level}
    words = {"type": "array", "maxItems": MOST_WORDS, "items": {"type": "string"} | word}
    return {"anyOf": [mapping, words], "description": f"Words with levels; those of a list have level {DEFAULT_LEVEL}."}


def _plain(messages: Any) -> Any:
    """marshmallow tells the faults of a mapping by key and by value: which of the two it was goes without saying."""
    if not isinstance(messages, Mapping):
        return messages
    return {key: inner.get("value") or inner.get("key") for key, inner in messages.items()}


class DayOrInstant(fields.Field[date]):
    """A date, or an instant with its offset."""

    def __init__(self, **options: Any):
        super().__init__(metadata=_string("A date such as 2026-12-24, or a time with an offset."), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        try:
            is_day = isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)
            found = date.fromisoformat(value) if is_day else datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise ValidationError("a date such as 2026-12-24, or a time with an offset") from error
        if isinstance(found, datetime) and found.tzinfo is None:
            raise ValidationError("a time needs an offset, such as Z or +01:00")
        return found


class OrdinaryYear(validate.Validator):
    """A day more or less, or another zone, makes no time out of it that there is not."""

    def __call__(self, at: date) -> date:
        if not 1 < at.year < 9999:
            raise ValidationError("there is no such year on our calendars")
        return at


class AbsenceSchema(Schema):
    """Days count as a whole, the last one too."""

    class Meta:
        unknown = RAISE

    start = DayOrInstant(required=True, data_key="from", validate=OrdinaryYear())
    end = DayOrInstant(required=True, data_key="to", validate=OrdinaryYear())


class AgentSchema(Schema):
    class Meta:
        unknown = RAISE

    name = fields.String(required=True, validate=NAME)
    skills = Levels(SKILL, required=True)
    languages = Levels(LANGUAGE, required=True)
    regions = _Words(REGION, required=True)
    capacity = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_CAPACITY))
    teams = _Words(TEAM, load_default=list)
    timezone = Zone(load_default="UTC", metadata=_string("An IANA time zone such as Europe/Prague."))
    shifts = fields.List(fields.Nested(ShiftSchema), load_default=list, validate=validate.Length(max=50))
    absences = fields.List(fields.Nested(AbsenceSchema), load_default=list, validate=validate.Length(max=200))
    holidays = HolidaysField(
        load_default=None, allow_none=True, metadata=_string("A country such as CZ, or its part such as DE-BY.")
    )

    @validates_schema(skip_on_field_errors=True)
    def _absences_take_time(self, data: Mapping[str, Any], **_: Any) -> None:
        zone = ZoneInfo(data["timezone"])
        wrong = {}
        for number, absence in enumerate(data["absences"]):
            start, end = _span(absence, zone)
            if end <= start:
                wrong[number] = {"to": ["is not after from"]}
        if wrong:
            raise ValidationError({"absences": wrong})


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
    return tuple(sorted((Absence(*_span(one, zone)) for one in loaded), key=lambda a: a.start))


def _span(absence: Mapping[str, date], zone: ZoneInfo) -> tuple[datetime, datetime]:
    return _instant(absence["start"], zone, 0), _instant(absence["end"], zone, 1)


def _instant(at: date, zone: ZoneInfo, days: int) -> datetime:
    """days: added to a date, not to an instant: the last day counts as a whole."""
    if isinstance(at, datetime):
        return at.astimezone(UTC)
    midnight = datetime(at.year, at.month, at.day, tzinfo=zone)
    return (midnight + timedelta(days=days)).astimezone(UTC)


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

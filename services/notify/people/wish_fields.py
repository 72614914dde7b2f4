"""How people wish to be reached, as fields of marshmallow; used by contact_schemas.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import FIELD_OF, QuietHours
from shared.contracts.event import Severity
from shared.hours.calendar import Calendar
from shared.hours.intervals import in_words
from shared.hours.schedule import ShiftSchema
from shared.policy.fields import Period

DEFAULT = "default"  # the order for the severities that have none of their own
CHANNELS = tuple(c.value for c in FIELD_OF)
LEAST_GATHER, MOST_GATHER = timedelta(minutes=1), timedelta(hours=4)
MOST_SHIFTS = 50
_PERIOD, _MONDAY = Period(), datetime(2001, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Orders:
    """default: None where nothing is said of it."""

    default: tuple[ChannelName, ...] | None = None
    by_severity: Mapping[Severity, tuple[ChannelName, ...]] = field(default_factory=dict)


class Order(fields.Field[Orders]):
    """Channels in their order; or a mapping of severities, and `default` for the others, to such lists."""

    def __init__(self, **options: Any):
        one = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(CHANNELS)}}
        by = {"type": "object", "minProperties": 1, "additionalProperties": False}
        by["properties"] = {name: one for name in (*Severity, DEFAULT)}
        super().__init__(metadata={"anyOf": [one, by]}, **options)
        self._one = fields.List(
            fields.String(validate=validate.OneOf(CHANNELS)), validate=[validate.Length(min=1), each_once]
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:
        if isinstance(value, list):
            return Orders(self._read(value))
        if not isinstance(value, Mapping) or not value:
            raise ValidationError("a list of channels, or a mapping of severities to such lists")
        found: dict[str, tuple[ChannelName, ...]] = {}
        faults: dict[str, Any] = {}
        for name, listed in value.items():
            try:
                found[_severity_or_default(name)] = self._read(listed)
            except ValidationError as error:
                faults[str(name)] = error.messages
        if faults:
            raise ValidationError(faults)
        return Orders(found.pop(DEFAULT, None), {Severity(name): order for name, order in found.items()})

    def _read(self, listed: Any) -> tuple[ChannelName, ...]:
        return tuple(map(ChannelName, self._one.deserialize(listed) or ()))


def _severity_or_default(name: Any) -> str:
    if name not in (*Severity, DEFAULT):
        raise ValidationError(f"is none of {', '.join((*Severity, DEFAULT))}")
    return str(name)


def each_once(listed: list[str]) -> None:
    if len(set(listed)) != len(listed):
        raise ValidationError("one stands twice")


class Gather(fields.Field[timedelta]):
    """A length of time such as 10m."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> timedelta:
        period: timedelta | None = _PERIOD.deserialize(value)
        if period is None or not LEAST_GATHER <= period <= MOST_GATHER:
            raise ValidationError(f"is not from {in_words(LEAST_GATHER)} to {in_words(MOST_GATHER)}")
        return period


class QuietHoursForm(Schema):
    """When somebody is not to be alerted, but of something this severe; gives QuietHours."""

    hours = fields.List(fields.Nested(ShiftSchema), required=True, validate=validate.Length(1, MOST_SHIFTS))
    but_for = fields.List(
        fields.Enum(Severity, by_value=True), load_default=lambda: [Severity.CRITICAL], validate=each_once
    )

    @validates_schema
    def _they_end(self, data: Mapping[str, Any], **_: Any) -> None:
        two_weeks = _MONDAY, _MONDAY + timedelta(days=14)
        if list(Calendar("UTC", tuple(data["hours"])).open_intervals(*two_weeks)) == [two_weeks]:
            raise ValidationError({"hours": ["never end: leave an hour of the week in which to be alerted"]})

    @post_load
    def _quiet(self, data: Mapping[str, Any], **_: Any) -> QuietHours:
        return QuietHours(tuple(data["hours"]), frozenset(data["but_for"]))

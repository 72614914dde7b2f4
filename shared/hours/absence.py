"""How absences are written, as days or instants; for the bodies of agents and of supervisors."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, validate

MOST_ABSENCES = 200
Span = tuple[datetime, datetime]


class DayOrInstant(fields.Field[date]):
    """A date, or an instant with its offset."""

    def __init__(self, **options: Any):
        described = {"type": "string", "description": "A date such as 2026-12-24, or a time with an offset."}
        super().__init__(metadata=described, **options)

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


def span_of(absence: Mapping[str, Any], zone: ZoneInfo) -> Span:
    """The instants of a loaded absence; zone: whose days are meant."""
    return _instant(absence["start"], zone, 0), _instant(absence["end"], zone, 1)


def refuse_empty(absences: Sequence[Mapping[str, Any]], timezone: str) -> None:
    """Raises marshmallow's ValidationError for loaded absences that take no time."""
    spans = (span_of(absence, ZoneInfo(timezone)) for absence in absences)
    wrong = {number: {"to": ["is not after from"]} for number, (start, end) in enumerate(spans) if end <= start}
    if wrong:
        raise ValidationError({"absences": wrong})


def _instant(at: date, zone: ZoneInfo, days: int) -> datetime:
    """days: added to a date, not to an instant: the last day counts as a whole."""
    if isinstance(at, datetime):
        return at.astimezone(UTC)
    midnight = datetime(at.year, at.month, at.day, tzinfo=zone)
    return (midnight + timedelta(days=days)).astimezone(UTC)

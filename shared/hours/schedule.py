"""How shifts, days, times and zones are written: in the policy file, and in the bodies of agents by HTTP."""

import re
from collections.abc import Iterator, Mapping
from datetime import time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from shared.hours.calendar import Pause, Shift
from shared.hours.holidaybook import UnknownCalendar, holidays_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = "daily"
MOST_BREAKS = 20
_MINUTES = 24 * 60


def shown(value: Any) -> str:
    """What somebody wrote, in quotes, at most 60 characters of it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class Days(fields.Field[frozenset[int]]):
    """Days of the week, 0 = Monday: `mon`, `mon-fri`, `daily`, or a list of such."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> frozenset[int]:
        written = value if isinstance(value, list) else [value]
        if not 1 <= len(written) <= len(DAYS):
            raise ValidationError("names no day" if not written else "names more days than there are")
        return frozenset(day for one in written for day in _days(one))


def _days(written: Any) -> Iterator[int]:
    """`fri-mon` goes over the end of the week."""
    text = written.lower() if isinstance(written, str) else ""
    if text == DAILY:
        yield from range(len(DAYS))
        return
    first, _, last = text.partition("-") if "-" in text else (text, "", text)
    if first not in DAYS or last not in DAYS:
        raise ValidationError(f"{shown(written)} is no day; write mon, mon-fri, daily or a list")
    begin, end = DAYS.index(first), DAYS.index(last)
    yield from (day % len(DAYS) for day in range(begin, end + 1 if end >= begin else end + len(DAYS) + 1))


class WallTime(fields.Field[time]):
    """A time of day as `HH:MM`; one that ends something may be 24:00, which is midnight."""

    def __init__(self, *, is_end: bool = False, **options: Any):
        super().__init__(**options)
        self._is_end = is_end

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> time:
        if self._is_end and value == "24:00":
            return time(0)
        match = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", value) if isinstance(value, str) else None
        if match is None:
            raise ValidationError(f"{shown(value)} is no time of day; write 08:00")
        return time(int(match[1]), int(match[2]))


class Zone(fields.Field[str]):
    """An IANA time zone such as Europe/Prague."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in _zones():
            raise ValidationError(f"{shown(value)} is no time zone; write Europe/Prague")
        return value


@cache
def _zones() -> frozenset[str]:
    # What `localtime` is differs from machine to machine.
    return frozenset(available_timezones() - {"localtime", "Factory"})


class HolidaysField(fields.Field[str]):
    """The code of a country (CZ) or of its subdivision (DE-BY) whose public holidays are known."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"{shown(value)} is no country; write CZ or DE-BY")
        country, dash, part = value.strip().partition("-")
        code = f"{country.upper()}{dash}{part}"
        try:
            holidays_of(code)
        except UnknownCalendar as error:
            raise ValidationError(str(error)) from error
        return code


# For the API document.
_TIME = {"type": "string", "description": "HH:MM"}
_END = {"type": "string", "description": "HH:MM, or 24:00"}


class PauseSchema(Schema):
    """One break of a shift: {from, to}; gives a Pause."""

    start = WallTime(required=True, data_key="from", metadata=_TIME)
    end = WallTime(is_end=True, required=True, data_key="to", metadata=_END)

    @validates_schema
    def _takes_time(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["start"] == data["end"]:
            raise ValidationError({"to": ["is the same as from"]})

    @post_load
    def _pause(self, data: Mapping[str, Any], **_: Any) -> Pause:
        return Pause(**data)


class ShiftSchema(Schema):
    """Weekly hours: {days, from, to, breaks: [{from, to}]}; from = to are 24 hours. Gives a Shift."""

    days = Days(required=True, metadata={"description": "mon, mon-fri, daily, or a list of such."})
    start = WallTime(required=True, data_key="from", metadata=_TIME)
    end = WallTime(is_end=True, required=True, data_key="to", metadata=_END)
    breaks = fields.List(fields.Nested(PauseSchema), load_default=list, validate=validate.Length(max=MOST_BREAKS))

    @validates_schema
    def _breaks_lie_inside(self, data: Mapping[str, Any], **_: Any) -> None:
        length = _minutes(data["start"], data["end"]) or _MINUTES
        wrong = {
            number: [fault]
            for number, pause in enumerate(data["breaks"])
            if (fault := _fault(pause, data["start"], length))
        }
        if wrong:
            raise ValidationError({"breaks": wrong})

    @post_load
    def _shift(self, data: Mapping[str, Any], **_: Any) -> Shift:
        return Shift(data["days"], data["start"], data["end"], tuple(data["breaks"]))


def shift_document(shift: Shift) -> dict[str, Any]:
    """The shift as ShiftSchema reads it: every day by its name, times as HH:MM, an end at midnight as 24:00."""
    return {
        "days": [DAYS[day] for day in sorted(shift.days)],
        "from": _shown(shift.start),
        "to": _shown_end(shift.end),
        "breaks": [{"from": _shown(pause.start), "to": _shown_end(pause.end)} for pause in shift.breaks],
    }


def _fault(pause: Pause, start: time, length: int) -> str | None:
    taken = _minutes(pause.start, pause.end)
    if _minutes(start, pause.start) + taken > length:
        return "lies outside the shift"
    return "takes the whole shift" if taken == length else None


def _minutes(start: time, end: time) -> int:
    """From one time of day to the next time at which clocks show the other."""
    return (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % _MINUTES


def _shown(at: time) -> str:
    return f"{at:%H:%M}"


def _shown_end(at: time) -> str:
    return "24:00" if at == time(0) else _shown(at)

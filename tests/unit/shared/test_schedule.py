"""How shifts, days, times and zones are written, and that what is shown can be read again."""

from datetime import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from shared.hours.calendar import Pause, Shift
from shared.hours.schedule import Days, HolidaysField, ShiftSchema, WallTime, Zone, shift_document


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon", {0}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("fri-mon", {4, 5, 6, 0}),
        ("wed-wed", {2}),
        ("tue-mon", {0, 1, 2, 3, 4, 5, 6}),
        ("daily", {0, 1, 2, 3, 4, 5, 6}),
        ("Sat", {5}),
        (["mon", "wed"], {0, 2}),
        (["mon-tue", "sat"], {0, 1, 5}),
    ],
)
def test_days(written: Any, days: set[int]) -> None:
    assert Days().deserialize(written) == days


@pytest.mark.parametrize(
    "written", ["", "monday", "mon-", "-mon", "mon-fri-sat", [], ["mon", 3], [["mon"]], 3, {}, ["mon"] * 8]
)
def test_what_is_no_day(written: Any) -> None:
    with pytest.raises(ValidationError):
        Days().deserialize(written)


@pytest.mark.parametrize(("written", "at"), [("00:00", time(0)), ("08:30", time(8, 30)), ("23:59", time(23, 59))])
def test_times_of_day(written: str, at: time) -> None:
    assert WallTime().deserialize(written) == WallTime(is_end=True).deserialize(written) == at


@pytest.mark.parametrize("written", ["8:00", "24:00", "23:60", "08:00:00", " 08:00", "٠٨:٠٠", "08:00\n", 480, None])
def test_what_is_no_time_of_day(written: Any) -> None:
    with pytest.raises(ValidationError):
        WallTime().deserialize(written)


def test_only_an_end_may_be_24_00() -> None:
    assert WallTime(is_end=True).deserialize("24:00") == time(0)
    with pytest.raises(ValidationError):
        WallTime(is_end=True).deserialize("24:01")


@pytest.mark.parametrize(
    "written", ["Mars/Base", "europe/prague", "Europe", "../UTC", "", "a\0b", "localtime", 3, "x" * 9999]
)
def test_what_is_no_zone(written: Any) -> None:
    assert Zone().deserialize("Europe/Prague") == "Europe/Prague"
    with pytest.raises(ValidationError) as caught:
        Zone().deserialize(written)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("written", "code"), [("CZ", "CZ"), ("cz", "CZ"), ("DE-BY", "DE-BY"), ("de-BY", "DE-BY"), ("no", "NO")]
)
def test_holidays(written: str, code: str) -> None:
    assert HolidaysField().deserialize(written) == code


@pytest.mark.parametrize("written", ["QQ", "DE-QQ", "", "CZ-", 3])
def test_holidays_that_nobody_knows(written: Any) -> None:
    with pytest.raises(ValidationError):
        HolidaysField().deserialize(written)


def a_shift(start: str, end: str, *breaks: tuple[str, str]) -> Any:
    pauses = [{"from": begin, "to": until} for begin, until in breaks]
    return ShiftSchema().load({"days": "mon", "from": start, "to": end, "breaks": pauses})


def test_a_shift_with_a_break() -> None:
    assert a_shift("22:00", "06:00", ("23:30", "00:30")) == Shift(
        frozenset({0}), time(22), time(6), (Pause(time(23, 30), time(0, 30)),)
    )
    assert ShiftSchema().load({"days": "mon", "from": "08:00", "to": "08:00"}) == Shift(
        frozenset({0}), time(8), time(8)
    )


@pytest.mark.parametrize(
    ("start", "end", "pause", "fault"),
    [
        ("08:00", "16:00", ("08:00", "08:30"), None),
        ("08:00", "16:00", ("15:30", "16:00"), None),
        ("08:00", "16:00", ("15:30", "16:01"), "lies outside the shift"),
        ("08:00", "16:00", ("07:59", "08:30"), "lies outside the shift"),
        ("08:00", "16:00", ("16:00", "16:30"), "lies outside the shift"),
        ("08:00", "16:00", ("08:00", "16:00"), "takes the whole shift"),
        ("08:00", "16:00", ("12:00", "12:00"), "is the same as from"),
        ("22:00", "06:00", ("05:30", "06:00"), None),
        ("22:00", "06:00", ("12:00", "12:30"), "lies outside the shift"),
        ("16:00", "24:00", ("23:30", "24:00"), None),
        ("08:00", "08:00", ("07:00", "08:00"), None),
        ("08:00", "08:00", ("07:00", "09:00"), "lies outside the shift"),
    ],
)
def test_breaks_lie_inside_their_shift(start: str, end: str, pause: tuple[str, str], fault: str | None) -> None:
    if fault is None:
        assert len(a_shift(start, end, pause).breaks) == 1
        return
    with pytest.raises(ValidationError) as caught:
        a_shift(start, end, pause)
    assert fault in str(caught.value.messages)


def test_a_shift_is_shown_as_it_may_be_written() -> None:
    assert shift_document(a_shift("16:00", "24:00", ("23:30", "24:00"))) == {
        "days": ["mon"],
        "from": "16:00",
        "to": "24:00",
        "breaks": [{"from": "23:30", "to": "24:00"}],
    }


CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
SHIFTS = st.builds(Shift, st.frozensets(st.integers(0, 6), min_size=1), CLOCKS, CLOCKS)


@given(SHIFTS, st.integers(0, 1439), st.integers(1, 1439))
def test_what_is_shown_can_be_read_again(shift: Shift, later: int, minutes: int) -> None:
    length = (minutes_of(shift.end) - minutes_of(shift.start)) % 1440 or 1440
    assume(later + minutes <= length and minutes < length)
    begin = minutes_of(shift.start) + later
    pause = Pause(clock_at(begin), clock_at(begin + minutes))
    for one in (shift, Shift(shift.days, shift.start, shift.end, (pause,))):
        assert ShiftSchema().load(shift_document(one)) == one


def minutes_of(at: time) -> int:
    return at.hour * 60 + at.minute


def clock_at(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)

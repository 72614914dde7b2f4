"""What a calendar says just before, exactly at and just after each change, and until when."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.hours.calendar import Absence, Calendar, Hours, Pause, Shift, absence_at, first_shown, next_absence

OPEN, BREAK, CLOSED, HOLIDAY = Hours
PRAGUE, NEW_YORK, LORD_HOWE, SANTIAGO = "Europe/Prague", "America/New_York", "Australia/Lord_Howe", "America/Santiago"
EVERY_DAY, WEEKDAYS = frozenset(range(7)), frozenset(range(5))
TICK = timedelta(microseconds=1)


def clock(text: str) -> time:
    return time.fromisoformat(text)


def a_shift(hours: str, *breaks: str, days: frozenset[int] = EVERY_DAY) -> Shift:
    start, end = map(clock, hours.split("-"))
    return Shift(days, start, end, tuple(Pause(*map(clock, b.split("-"))) for b in breaks))


def local(text: str, zone: str = PRAGUE, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFICE = Calendar(PRAGUE, (a_shift("09:00-17:00", "12:00-12:30", days=WEEKDAYS),), frozenset({date(2026, 11, 17)}))
NIGHT = Calendar(
    PRAGUE, (a_shift("22:00-06:00", "23:45-00:15", "02:00-02:30", days=frozenset({4})),), {date(2026, 12, 25)}
)
EVERY_NIGHT = Calendar(PRAGUE, (a_shift("22:00-06:00"),))
# Early until 14:00 and late from 13:00; what one has as a break, the other works.
TWO = Calendar(PRAGUE, (a_shift("06:00-14:00", "13:30-14:00", "10:00-10:15"), a_shift("13:00-22:00", "13:45-14:15")))
ROUND_THE_CLOCK = Calendar(PRAGUE, (a_shift("08:00-08:00", "07:00-07:30", days=frozenset({0})),))


@pytest.mark.parametrize(
    ("calendar", "change", "before", "after", "until"),
    [
        (OFFICE, "2026-11-16 09:00", CLOSED, OPEN, "2026-11-16 12:00"),
        (OFFICE, "2026-11-16 12:00", OPEN, BREAK, "2026-11-16 12:30"),
        (OFFICE, "2026-11-16 12:30", BREAK, OPEN, "2026-11-16 17:00"),
        (OFFICE, "2026-11-16 17:00", OPEN, CLOSED, "2026-11-17 09:00"),
        (OFFICE, "2026-11-17 09:00", CLOSED, HOLIDAY, "2026-11-17 17:00"),  # also while the break would be
        (OFFICE, "2026-11-17 17:00", HOLIDAY, CLOSED, "2026-11-18 09:00"),
        (OFFICE, "2026-11-20 17:00", OPEN, CLOSED, "2026-11-23 09:00"),  # over a weekend
        (OFFICE, "2026-12-31 17:00", OPEN, CLOSED, "2027-01-01 09:00"),  # no holiday of this calendar
        (OFFICE, "2028-02-29 09:00", CLOSED, OPEN, "2028-02-29 12:00"),
        (OFFICE, "2028-02-29 17:00", OPEN, CLOSED, "2028-03-01 09:00"),
        (NIGHT, "2026-12-18 22:00", CLOSED, OPEN, "2026-12-18 23:45"),
        (NIGHT, "2026-12-18 23:45", OPEN, BREAK, "2026-12-19 00:15"),
        (NIGHT, "2026-12-19 00:15", BREAK, OPEN, "2026-12-19 02:00"),
        (NIGHT, "2026-12-19 02:00", OPEN, BREAK, "2026-12-19 02:30"),
        (NIGHT, "2026-12-19 06:00", OPEN, CLOSED, "2026-12-25 22:00"),
        (NIGHT, "2026-12-25 22:00", CLOSED, HOLIDAY, "2026-12-26 00:00"),
        (NIGHT, "2026-12-26 00:00", HOLIDAY, CLOSED, "2027-01-01 22:00"),  # Saturday is none, though nobody came
        (NIGHT, "2027-01-02 06:00", OPEN, CLOSED, "2027-01-08 22:00"),
        (EVERY_NIGHT, "2026-11-16 06:00", OPEN, CLOSED, "2026-11-16 22:00"),  # Sunday's, on Monday
        (TWO, "2026-11-16 10:00", OPEN, BREAK, "2026-11-16 10:15"),
        (TWO, "2026-11-16 10:15", BREAK, OPEN, "2026-11-16 13:45"),  # the early break from 13:30 closes nothing
        (TWO, "2026-11-16 13:45", OPEN, BREAK, "2026-11-16 14:15"),  # both have theirs, then only the late shift is
        (TWO, "2026-11-16 14:15", BREAK, OPEN, "2026-11-16 22:00"),
        (ROUND_THE_CLOCK, "2026-11-16 08:00", CLOSED, OPEN, "2026-11-17 07:00"),
        (ROUND_THE_CLOCK, "2026-11-17 07:00", OPEN, BREAK, "2026-11-17 07:30"),
        (ROUND_THE_CLOCK, "2026-11-17 08:00", OPEN, CLOSED, "2026-11-23 08:00"),
    ],
)
def test_change_comes_on_the_instant(calendar: Calendar, change: str, before: Hours, after: Hours, until: str) -> None:
    at = local(change)
    assert calendar.at(at - TICK) == (before, at)
    assert calendar.at(at) == (after, local(until))
    assert calendar.at(at + TICK) == (after, local(until))
    assert calendar.is_open(at) is (after is OPEN)


def test_night_shift_from_before_a_holiday_ends_as_ever() -> None:
    calendar = Calendar(PRAGUE, (a_shift("22:00-06:00"),), {date(2026, 12, 24), date(2026, 12, 25)})
    assert calendar.at(local("2026-12-24 05:59")) == (OPEN, local("2026-12-24 06:00"))
    assert calendar.at(local("2026-12-25 05:59")) == (HOLIDAY, local("2026-12-25 06:00"))
    assert calendar.next_opening(local("2026-12-24 06:00")) == local("2026-12-26 22:00")


def test_shift_that_still_runs_is_told_before_the_holiday() -> None:
    shifts = (a_shift("09:00-17:00"), a_shift("22:00-10:00", "09:30-09:45"))
    calendar = Calendar(PRAGUE, shifts, {date(2026, 12, 25)})
    said = [calendar.at(local(f"2026-12-25 {at}"))[0] for at in ("09:29", "09:30", "09:45", "10:00", "17:00")]
    assert said == [OPEN, BREAK, OPEN, HOLIDAY, CLOSED]


@pytest.mark.parametrize(
    ("zone", "hours", "start", "end"),
    [
        # Prague: 02:00 becomes 03:00 on 29 March at 01:00 UTC, 03:00 becomes 02:00 on 25 October at 01:00 UTC.
        (PRAGUE, "02:30-05:00", "2026-03-29 01:00", "2026-03-29 03:00"),
        (PRAGUE, "01:00-02:30", "2026-03-29 00:00", "2026-03-29 01:00"),
        (PRAGUE, "22:00-06:00", "2026-03-28 21:00", "2026-03-29 04:00"),  # seven hours
        (PRAGUE, "22:00-06:00", "2026-10-24 20:00", "2026-10-25 05:00"),  # nine hours
        (PRAGUE, "02:30-05:00", "2026-10-25 00:30", "2026-10-25 04:00"),  # from the first 02:30
        (PRAGUE, "01:00-02:30", "2026-10-24 23:00", "2026-10-25 01:30"),  # until the second
        (NEW_YORK, "02:15-03:15", "2026-03-08 07:00", "2026-03-08 07:15"),
        (NEW_YORK, "01:30-01:45", "2026-11-01 05:30", "2026-11-01 06:45"),
        (LORD_HOWE, "02:10-03:00", "2026-10-03 15:30", "2026-10-03 16:00"),
        (LORD_HOWE, "01:40-04:00", "2026-04-04 14:40", "2026-04-04 17:30"),  # 01:30 to 02:00 comes twice
        (LORD_HOWE, "01:00-01:40", "2026-04-04 14:00", "2026-04-04 15:10"),
        (SANTIAGO, "00:30-08:00", "2026-09-06 04:00", "2026-09-06 11:00"),  # a day without midnight
        (SANTIAGO, "12:00-23:30", "2026-04-04 15:00", "2026-04-05 03:30"),  # set back at the stroke of midnight
        ("Asia/Tokyo", "02:30-05:00", "2026-03-28 17:30", "2026-03-28 20:00"),
        ("Pacific/Apia", "22:00-06:00", "2011-12-30 08:00", "2011-12-30 16:00"),  # without 30 December
        # Clocks set back from 02:00 to 23:00 of the day before, so that two days come twice.
        ("Antarctica/Casey", "08:00-23:30", "2010-03-03 21:00", "2010-03-04 15:30"),
        ("Antarctica/Casey", "00:30-01:30", "2010-03-04 13:30", "2010-03-04 17:30"),
    ],
)
def test_shift_when_clocks_change(zone: str, hours: str, start: str, end: str) -> None:
    calendar = Calendar(zone, (a_shift(hours),))
    assert calendar.at(utc(start) - TICK)[0] is CLOSED
    assert calendar.at(utc(start)) == (OPEN, utc(end))
    assert calendar.at(utc(end) - TICK) == (OPEN, utc(end))
    assert calendar.at(utc(end))[0] is CLOSED


@pytest.mark.parametrize(
    ("day", "breaks", "start", "end"),
    [
        ("2026-03-29", "02:15-03:30", "2026-03-29 01:00", "2026-03-29 01:30"),
        ("2026-10-25", "02:15-02:30", "2026-10-25 00:15", "2026-10-25 01:30"),
    ],
)
def test_break_when_clocks_change(day: str, breaks: str, start: str, end: str) -> None:
    calendar = Calendar(PRAGUE, (a_shift("01:00-08:00", breaks),))
    assert calendar.at(local(f"{day} 01:00")) == (OPEN, utc(start))
    assert calendar.at(utc(start)) == (BREAK, utc(end))
    assert calendar.at(utc(end)) == (OPEN, local(f"{day} 08:00"))


def test_hours_that_the_clocks_skip_altogether_are_not_open() -> None:
    calendar = Calendar(PRAGUE, (a_shift("02:10-02:50"),))
    assert calendar.next_opening(local("2026-03-28 02:50")) == local("2026-03-30 02:10")


def test_break_that_is_empty_or_outside_of_the_shift_changes_nothing() -> None:
    calendar = Calendar(PRAGUE, (a_shift("09:00-17:00", "12:00-12:00", "08:00-08:30"), a_shift("20:00-21:00")))
    assert calendar.at(local("2026-11-16 09:00")) == (OPEN, local("2026-11-16 17:00"))
    assert calendar.at(local("2026-11-16 08:10")) == (CLOSED, local("2026-11-16 09:00"))


def test_without_shifts_it_is_always_open() -> None:
    now = local("2026-12-25 03:00")
    calendar = Calendar(PRAGUE, holidays={date(2026, 12, 25)})
    hours, until = calendar.at(now)
    assert hours is OPEN and now + timedelta(days=7) < until <= now + timedelta(days=14)
    assert list(calendar.open_intervals(now, now + timedelta(days=40))) == [(now, now + timedelta(days=40))]


def test_next_opening_is_looked_for_within_400_days() -> None:
    never = Calendar(PRAGUE, (a_shift("09:00-17:00", days=frozenset()),))
    assert never.next_opening(local("2026-11-16 09:00")) is None
    leap_day = Calendar("UTC", (a_shift("09:00-17:00"),), AllBut(date(2028, 2, 29)))
    opening = utc("2028-02-29 09:00")
    assert leap_day.next_opening(opening - timedelta(days=400) + TICK) == opening
    assert leap_day.next_opening(opening - timedelta(days=400)) is None
    assert leap_day.next_opening(opening) == opening
    assert leap_day.next_opening(opening + timedelta(hours=1)) == opening + timedelta(hours=1)


class AllBut:
    """Every day is a holiday but one; it cannot be hashed."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, day: date):
        self._day = day

    def __contains__(self, day: object) -> bool:
        return day != self._day


def test_calendars_that_differ_in_holidays_are_not_taken_for_each_other() -> None:
    shifts, now = (a_shift("09:00-17:00"),), local("2026-12-25 10:00")
    one, other = (Calendar(PRAGUE, shifts, days) for days in ({date(2026, 12, 25)}, AllBut(date(2026, 12, 25))))
    assert [c.at(now)[0] for c in (one, other, one)] == [HOLIDAY, OPEN, HOLIDAY]
    assert len({one, other, Calendar(PRAGUE, shifts, {date(2026, 12, 25)})}) == 2


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "../Prague", ""])
def test_zone_that_is_not_known_is_an_error_when_first_asked(zone: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        Calendar(zone).at(utc("2026-11-16 09:00"))


@pytest.mark.parametrize(
    ("wall", "zone", "instant"),
    [
        ("2026-11-16 09:00", PRAGUE, "2026-11-16 08:00"),
        ("2026-10-25 02:30", PRAGUE, "2026-10-25 00:30"),  # shown twice: the first time
        ("2027-03-28 02:30", PRAGUE, "2027-03-28 01:00"),  # skipped: the end of the gap
        ("2026-10-04 02:15", LORD_HOWE, "2026-10-03 15:30"),
    ],
)
def test_when_clocks_first_show_a_time(wall: str, zone: str, instant: str) -> None:
    assert first_shown(datetime.fromisoformat(wall), zone) == utc(instant)


NOON, HOUR = utc("2026-12-31 12:00"), timedelta(hours=1)
TRIP = Absence(NOON, NOON + HOUR)


@pytest.mark.parametrize(
    ("absences", "after_noon", "until", "following"),
    [
        ([], 0 * HOUR, None, None),
        ([TRIP], -TICK, None, 0),
        ([TRIP], 0 * HOUR, 1, None),
        ([TRIP], HOUR - TICK, 1, None),
        ([TRIP], HOUR, None, None),
        ([Absence(NOON + HOUR, NOON + 3 * HOUR), TRIP], 0 * HOUR, 3, 1),  # touching, in any order
        ([TRIP, Absence(NOON - HOUR, NOON + 2 * HOUR)], 0 * HOUR, 2, None),
        ([TRIP, Absence(NOON + 2 * HOUR, NOON + 3 * HOUR)], 0 * HOUR, 1, 2),  # not touching
        ([Absence(NOON + HOUR, NOON + HOUR), Absence(NOON + 2 * HOUR, NOON)], -HOUR, None, None),  # never away
    ],
)
def test_absences(absences: list[Absence], after_noon: timedelta, until: int | None, following: int | None) -> None:
    now = NOON + after_noon
    assert absence_at(absences, now) == (None if until is None else NOON + until * HOUR)
    assert next_absence(absences, now) == (None if following is None else NOON + following * HOUR)

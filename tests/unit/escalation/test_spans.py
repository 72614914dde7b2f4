"""When a span ends: in open hours, after days, at the close of business days, around each instant that matters."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.escalation.domain.clocks import deadline
from services.escalation.domain.spans import Span
from shared.hours.calendar import Calendar, Shift
from tests.unit.escalation.office_hours import (
    ALWAYS,
    AMERICA,
    EVERY_NIGHT,
    HOUR,
    LUNCH,
    NEVER,
    NEW_YORK,
    NIGHTS,
    OFFICE,
    PRAGUE,
    a_clock,
    a_shift,
    local,
    of_business_days,
    of_days,
    of_hours,
)

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("calendar", "hours", "start", "due"),
    [
        (None, 8, "2026-11-16 16:00", "2026-11-17 00:00"),
        (None, 48, "2026-03-28 12:00", "2026-03-30 13:00"),  # an hour of the night does not exist
        (None, 48, "2026-10-24 12:00", "2026-10-26 11:00"),
        (ALWAYS, 48, "2026-03-28 12:00", "2026-03-30 13:00"),
        (OFFICE, 2, "2026-11-16 10:00", "2026-11-16 12:00"),
        (OFFICE, 2, "2026-11-16 15:00", "2026-11-16 17:00"),  # all used up: the closing edge, not the next opening
        (OFFICE, 2, "2026-11-16 15:01", "2026-11-18 09:01"),  # 17 November is a holiday
        (OFFICE, 2, "2026-11-16 07:00", "2026-11-16 11:00"),  # out of hours: from the opening
        (OFFICE, 2, "2026-11-16 17:00", "2026-11-18 11:00"),
        (OFFICE, 2, "2026-11-16 23:30", "2026-11-18 11:00"),
        (OFFICE, 8, "2026-11-17 12:00", "2026-11-18 17:00"),  # on the holiday
        (OFFICE, 4, "2026-11-20 16:00", "2026-11-23 12:00"),  # Friday evening
        (OFFICE, 4, "2026-11-20 17:30", "2026-11-23 13:00"),
        (OFFICE, 4, "2026-11-21 10:00", "2026-11-23 13:00"),
        (OFFICE, 16, "2026-04-02 09:00", "2026-04-07 17:00"),  # Good Friday, weekend, Easter Monday
        (OFFICE, 16, "2026-12-23 13:00", "2026-12-29 13:00"),  # 24th and 25th, the 26th is a Saturday
        (OFFICE, 16, "2028-02-28 09:00", "2028-02-29 17:00"),
        (OFFICE, 17, "2028-02-28 09:00", "2028-03-01 10:00"),
        (OFFICE, 320, "2026-01-05 09:00", "2026-02-27 17:00"),  # eight weeks without a holiday
        (LUNCH, 3, "2026-11-16 09:00", "2026-11-16 12:00"),  # until the break, not after it
        (LUNCH, 3, "2026-11-16 09:01", "2026-11-16 12:31"),
        (LUNCH, 3, "2026-11-16 12:10", "2026-11-16 15:30"),
        (NIGHTS, 7.5, "2026-11-18 22:00", "2026-11-19 06:00"),  # half an hour is a break
        (NIGHTS, 2, "2026-11-18 22:30", "2026-11-19 01:00"),
        (NIGHTS, 1, "2026-11-21 06:00", "2026-11-23 23:00"),  # Saturday morning: Friday's night is over
        (NIGHTS, 1, "2026-11-17 05:30", "2026-11-18 22:30"),  # Monday's runs into the holiday, whose own does not start
        (EVERY_NIGHT, 8, "2026-03-28 22:00", "2026-03-29 23:00"),  # of seven hours, so one is left at the next opening
        (EVERY_NIGHT, 9, "2026-10-24 22:00", "2026-10-25 06:00"),  # of nine hours
    ],
)
def test_time_is_counted_in_open_hours(calendar: Calendar | None, hours: float, start: str, due: str) -> None:
    assert deadline(of_hours(hours), calendar, "UTC", local(start)) == local(due)


@pytest.mark.parametrize(
    ("hours", "start", "due"),
    [
        (8, "2026-03-07 22:00", "2026-03-08 23:00"),  # seven hours until six
        (7, "2026-03-07 22:00", "2026-03-08 06:00"),
        (9, "2026-10-31 22:00", "2026-11-01 06:00"),
        (9.5, "2026-10-31 22:00", "2026-11-01 22:30"),
    ],
)
def test_nights_in_new_york_are_shorter_and_longer(hours: float, start: str, due: str) -> None:
    assert deadline(of_hours(hours), AMERICA, PRAGUE, local(start, NEW_YORK)) == local(due, NEW_YORK)


@pytest.mark.parametrize(
    ("zone", "days", "start", "due"),
    [
        # 02:00 becomes 03:00 in Prague on 29 March at 01:00 UTC; 03:00 becomes 02:00 on 25 October at 01:00 UTC.
        (PRAGUE, 1, "2026-03-28T11:00", "2026-03-29T10:00"),  # 12:00 to 12:00
        (PRAGUE, 1, "2026-03-28T00:59", "2026-03-29T00:59"),  # 01:59
        (PRAGUE, 1, "2026-03-28T01:00", "2026-03-29T01:00"),  # 02:00 is skipped: the end of the gap
        (PRAGUE, 1, "2026-03-28T01:30", "2026-03-29T01:00"),
        (PRAGUE, 1, "2026-03-28T02:00", "2026-03-29T01:00"),  # 03:00 exists
        (PRAGUE, 2, "2026-03-28T01:30", "2026-03-30T00:30"),  # 02:30 again
        (PRAGUE, 1, "2026-10-24T10:00", "2026-10-25T11:00"),
        (PRAGUE, 1, "2026-10-24T00:30", "2026-10-25T00:30"),  # 02:30 comes twice: the first
        (PRAGUE, 1, "2026-10-25T00:30", "2026-10-26T01:30"),  # from either of the two
        (PRAGUE, 1, "2026-10-25T01:30", "2026-10-26T01:30"),
        (NEW_YORK, 1, "2026-03-07T07:30", "2026-03-08T07:00"),  # 02:30 is skipped at 07:00 UTC
        (NEW_YORK, 1, "2026-10-31T05:30", "2026-11-01T05:30"),  # 01:30 comes twice
        (NEW_YORK, 56, "2026-02-01T15:00", "2026-03-29T14:00"),  # eight weeks
        (PRAGUE, 1, "2028-02-28T11:00", "2028-02-29T11:00"),
        (PRAGUE, 366, "2028-02-29T11:00", "2029-03-01T11:00"),
        ("Pacific/Apia", 1, "2011-12-30T09:00", "2011-12-30T10:00"),  # from 29 December to a 30th that never was
    ],
)
def test_days_end_at_the_same_time_of_day(zone: str, days: int, start: str, due: str) -> None:
    assert deadline(of_days(days), None, zone, utc(start)) == utc(due)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_days_are_of_the_calendars_zone_if_there_is_one() -> None:
    start = local("2026-03-07 12:00")
    assert deadline(of_days(1), AMERICA, PRAGUE, start) == start + 23 * HOUR
    assert deadline(of_days(1), OFFICE, NEW_YORK, start) == start + DAY


@pytest.mark.parametrize("timezone", ["", "Mars/Olympus", "Europe", "../etc", "\0", "x" * 5000])
def test_days_in_a_zone_that_nobody_knows_are_those_of_utc(timezone: str) -> None:
    start = local("2026-03-28 12:00")
    assert deadline(of_days(1), None, timezone, start) == start + DAY
    assert deadline(of_business_days(1), None, timezone, start) == utc("2026-03-31")
    assert a_clock(of_business_days(1), start, zone=timezone).due_at == utc("2026-03-31")


@pytest.mark.parametrize(
    ("calendar", "days", "start", "due"),
    [
        (OFFICE, 3, "2026-11-09 10:00", "2026-11-12 17:00"),  # Monday: Thursday's close
        (OFFICE, 3, "2026-11-09 00:00", "2026-11-12 17:00"),
        (OFFICE, 3, "2026-11-09 23:59:59.999999", "2026-11-12 17:00"),  # long after the close, but the same day
        (OFFICE, 3, "2026-11-10 00:00", "2026-11-13 17:00"),
        (OFFICE, 3, "2026-11-13 16:00", "2026-11-19 17:00"),  # Friday: weekend and Tuesday, a holiday, do not count
        (OFFICE, 3, "2026-11-14 16:00", "2026-11-19 17:00"),  # Saturday
        (OFFICE, 1, "2026-11-16 08:00", "2026-11-18 17:00"),
        (OFFICE, 1, "2026-12-23 08:00", "2026-12-28 17:00"),
        (OFFICE, 1, "2028-02-28 08:00", "2028-02-29 17:00"),
        (OFFICE, 2, "2028-02-28 08:00", "2028-03-01 17:00"),
        (OFFICE, 40, "2026-01-05 08:00", "2026-03-02 17:00"),  # eight weeks
        (LUNCH, 1, "2026-11-09 10:00", "2026-11-10 17:00"),
        (NIGHTS, 1, "2026-11-09 10:00", "2026-11-11 06:00"),  # Tuesday's night ends on Wednesday
        (NIGHTS, 1, "2026-11-10 02:00", "2026-11-12 06:00"),  # within Monday's night, but it is Tuesday
        (NIGHTS, 1, "2026-11-12 10:00", "2026-11-14 06:00"),  # Friday's ends on Saturday
        (NIGHTS, 1, "2026-11-13 10:00", "2026-11-17 06:00"),  # Monday's, within the holiday
        (NIGHTS, 2, "2026-11-13 10:00", "2026-11-19 06:00"),  # the holiday's own does not start: Wednesday's
        (EVERY_NIGHT, 1, "2026-03-27 12:00", "2026-03-29 06:00"),
        (ALWAYS, 1, "2026-11-13 10:00", "2026-11-15 00:00"),  # Saturday is a day like others
        (ALWAYS, 1, "2026-10-24 10:00", "2026-10-26 00:00"),
        (None, 1, "2026-11-12 10:00", "2026-11-14 00:00"),
        (None, 1, "2026-11-13 10:00", "2026-11-17 00:00"),
        (None, 2, "2026-11-13 10:00", "2026-11-18 00:00"),  # nobody said which holidays
        (None, 1, "2026-11-15 23:59", "2026-11-17 00:00"),
        (None, 1, "2026-11-16 00:00", "2026-11-18 00:00"),
        (None, 5, "2026-03-27 10:00", "2026-04-04 00:00"),
    ],
)
def test_business_days_end_with_the_close(calendar: Calendar | None, days: int, start: str, due: str) -> None:
    assert deadline(of_business_days(days), calendar, PRAGUE, local(start)) == local(due)


def test_business_days_are_of_the_calendars_zone() -> None:
    start = local("2026-11-16 23:30", NEW_YORK)  # Tuesday in Prague, where it is a holiday
    assert deadline(of_business_days(1), OFFICE, NEW_YORK, start) == local("2026-11-18 17:00")
    assert deadline(of_business_days(1), None, NEW_YORK, start) == local("2026-11-18 00:00", NEW_YORK)


def test_day_whose_breaks_leave_nothing_open_has_no_hours() -> None:
    shifts = (a_shift("0-4", "09:00-17:00", "16:00-17:00"), a_shift("5-5", "09:00-12:00", "09:00-12:00"))
    calendar = Calendar(PRAGUE, shifts)
    assert deadline(of_business_days(1), calendar, PRAGUE, local("2026-11-19 10:00")) == local("2026-11-20 16:00")
    assert deadline(of_business_days(1), calendar, PRAGUE, local("2026-11-20 10:00")) == local("2026-11-23 16:00")


def test_hours_that_touch_those_of_the_next_day_close_with_their_own_day() -> None:
    calendar = Calendar(PRAGUE, (a_shift("0-0", "22:00-06:00"), a_shift("1-1", "06:00-10:00")))
    assert deadline(of_business_days(1), calendar, PRAGUE, local("2026-11-15 10:00")) == local("2026-11-17 06:00")
    assert deadline(of_business_days(2), calendar, PRAGUE, local("2026-11-15 10:00")) == local("2026-11-17 10:00")


@pytest.mark.parametrize("week", range(5))
def test_hours_just_after_midnight_are_of_their_day(week: int) -> None:
    calendar = Calendar(PRAGUE, (a_shift("0-0", "00:00-00:30"), a_shift("6-6", "23:45-00:00")))
    sunday = local("2026-11-01 10:00") + week * 7 * DAY
    assert deadline(of_business_days(1), calendar, PRAGUE, sunday) == sunday + 14.5 * HOUR
    assert deadline(of_business_days(1), calendar, PRAGUE, sunday - DAY) == sunday + 14 * HOUR


@pytest.mark.parametrize("week", range(5))
def test_hours_that_end_long_after_midnight_are_of_the_day_they_start_on(week: int) -> None:
    calendar = Calendar(NEW_YORK, (a_shift("6-6", "23:00-22:00"),))
    saturday = local("2026-10-03 10:00", NEW_YORK) + week * 7 * DAY
    hour_more = HOUR if week == 4 else 0 * HOUR  # the clocks change on 1 November
    assert deadline(of_business_days(1), calendar, PRAGUE, saturday) == saturday + 60 * HOUR + hour_more


def test_holidays_close_no_calendar_that_is_always_open() -> None:
    always = replace(ALWAYS, holidays=frozenset({date(2026, 11, 17)}))
    assert deadline(of_business_days(1), always, PRAGUE, local("2026-11-16 10:00")) == local("2026-11-18 00:00")
    assert deadline(of_hours(24), always, PRAGUE, local("2026-11-16 10:00")) == local("2026-11-17 10:00")


def test_span_ends_though_the_calendar_never_opens() -> None:
    start = local("2026-03-28 12:00")
    assert deadline(of_hours(48), NEVER, PRAGUE, start) == start + 48 * HOUR
    assert deadline(of_business_days(2), NEVER, NEW_YORK, start) == local("2026-03-30 12:00")
    assert deadline(of_days(2), NEVER, NEW_YORK, start) == local("2026-03-30 12:00")


class FromNowOn:
    """Holidays for ever from a date on."""

    def __init__(self, first: date) -> None:
        self.first = first

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day >= self.first


def test_what_is_left_when_a_calendar_closes_for_ever_runs_on_from_the_last_close() -> None:
    closing = Calendar(PRAGUE, (a_shift("0-6", "09:00-17:00"),), FromNowOn(date(2026, 11, 18)))
    assert deadline(of_hours(16), closing, PRAGUE, local("2026-11-16 09:00")) == local("2026-11-17 17:00")
    assert deadline(of_hours(18), closing, PRAGUE, local("2026-11-16 09:00")) == local("2026-11-17 19:00")
    assert deadline(of_business_days(1), closing, PRAGUE, local("2026-11-16 09:00")) == local("2026-11-17 17:00")
    assert deadline(of_business_days(2), closing, PRAGUE, local("2026-11-16 09:00")) == local("2026-11-18 09:00")


def test_calendar_that_opens_once_a_year_is_waited_for() -> None:
    class AllButOne:
        def __contains__(self, day: object) -> bool:
            return isinstance(day, date) and (day.month, day.day) != (12, 5)

    yearly = Calendar(PRAGUE, (a_shift("0-6", "09:00-17:00"),), AllButOne())
    assert deadline(of_hours(10), yearly, PRAGUE, local("2026-12-06 10:00")) == local("2028-12-05 11:00")
    assert deadline(of_business_days(2), yearly, PRAGUE, local("2026-12-05 10:00")) == local("2028-12-05 17:00")


def test_minute_a_week_does_not_take_a_thousand_years() -> None:
    minute = Calendar(PRAGUE, (a_shift("2-2", "09:00-09:01"),))
    assert deadline(Span(of_hours(0).unit, time=60 * DAY), minute, PRAGUE, local("2026-11-16 10:00")).year < 2040


def test_equal_calendars_with_other_holidays_are_not_mixed_up() -> None:
    shifts: tuple[Shift, ...] = (a_shift("0-4", "09:00-17:00"),)
    monday = local("2026-11-16 10:00")
    free, busy = (Calendar(PRAGUE, shifts, days) for days in (frozenset({date(2026, 11, 17)}), frozenset[date]()))
    assert deadline(of_hours(8), free, PRAGUE, monday) == local("2026-11-18 10:00")
    assert deadline(of_hours(8), busy, PRAGUE, monday) == local("2026-11-17 10:00")
    assert deadline(of_business_days(1), free, PRAGUE, monday) == local("2026-11-18 17:00")
    assert deadline(of_business_days(1), busy, PRAGUE, monday) == local("2026-11-17 17:00")

"""Calendars, instants and pauses as the tests of clocks write them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.escalation.domain.clocks import Clock, Pause, run
from services.escalation.domain.policy import PauseReason
from services.escalation.domain.spans import Span, Unit
from shared.hours import calendar as hours
from shared.hours.calendar import Calendar, Shift
from shared.hours.holidaybook import holidays_of

PRAGUE, NEW_YORK = "Europe/Prague", "America/New_York"
TICK, HOUR = timedelta(microseconds=1), timedelta(hours=1)
WAITING = PauseReason.WAITING_FOR_CUSTOMER


def a_shift(days: str, text: str, *breaks: str) -> Shift:
    """days: "0-4" = Monday to Friday."""
    first, last = map(int, days.split("-"))
    return Shift(frozenset(range(first, last + 1)), *_times(text), tuple(hours.Pause(*_times(b)) for b in breaks))


def _times(text: str) -> tuple[time, time]:
    start, end = map(time.fromisoformat, text.split("-"))
    return start, end


OFFICE = Calendar(PRAGUE, (a_shift("0-4", "09:00-17:00"),), holidays_of("CZ"))
LUNCH = Calendar(PRAGUE, (a_shift("0-4", "09:00-17:00", "12:00-12:30"),), holidays_of("CZ"))
# Monday's night ends on Tuesday morning, Friday's on Saturday.
NIGHTS = Calendar(PRAGUE, (a_shift("0-4", "22:00-06:00", "23:45-00:15"),), holidays_of("CZ"))
EVERY_NIGHT = Calendar(PRAGUE, (a_shift("0-6", "22:00-06:00"),))
AMERICA = Calendar(NEW_YORK, (a_shift("0-6", "22:00-06:00"),))
ALWAYS = Calendar(PRAGUE)
NEVER = Calendar(PRAGUE, (Shift(frozenset(), time(9), time(17)),))


def local(text: str, zone: str = PRAGUE, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def of_hours(number: float) -> Span:
    return Span(Unit.TIME, time=number * HOUR)


def of_days(number: int) -> Span:
    return Span(Unit.DAYS, days=number)


def of_business_days(number: int) -> Span:
    return Span(Unit.BUSINESS_DAYS, days=number)


def a_pause(start: str, end: str, reason: PauseReason = WAITING) -> Pause:
    return Pause(local(start), local(end), reason)


def a_clock(
    span: Span,
    start: datetime,
    calendar: Calendar | None = None,
    *pauses: Pause,
    warn: tuple[int, ...] = (),
    stop: datetime | None = None,
    before: Clock | None = None,
    name: str = "first answer",
    zone: str = PRAGUE,
) -> Clock:
    return run(name, span, calendar, zone, warn, start, stop, pauses, before)

"""Hours of regions and shifts of agents, for the tests of routing; Monday to Friday, 8 to 16 in Prague by default."""

from collections.abc import Container
from datetime import date, time
from zoneinfo import ZoneInfo

from services.routing.domain.policy import BusinessHours
from shared.hours.calendar import Calendar, Pause, Shift

PRAGUE = ZoneInfo("Europe/Prague")
WORKDAYS = frozenset(range(5))


def shifts(
    start: int = 8,
    end: int = 16,
    *,
    zone: str = "Europe/Prague",
    days: frozenset[int] = WORKDAYS,
    breaks: tuple[tuple[int, int], ...] = (),
    holidays: Container[date] = frozenset(),
) -> Calendar:
    pauses = tuple(Pause(time(begin), time(finish)) for begin, finish in breaks)
    return Calendar(zone, (Shift(days, time(start), time(end), pauses),), holidays)


def hours_in(*regions: str, calendar: Calendar | None = None) -> BusinessHours:
    return BusinessHours(f"hours of {regions[0]}", frozenset(regions), calendar or shifts())

"""When somebody works: weekly shifts in a time zone, holidays and absences; asked by whoever plans with people's hours.

All instants are aware and in UTC; wall-clock times and local dates occur only in what a calendar is made of.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
AHEAD = 14  # days that one course covers, from a Monday on: computed once a week, and a Sunday still sees a week ahead
BEFORE = 1  # a shift of the day before the course may run into it
HORIZON = timedelta(days=400)
FIRST, LAST = 0, 1  # which occurrence of a wall-clock time that comes twice


class Hours(StrEnum):
    """What a calendar says of an instant; what one shift leaves OPEN, no other closes.

    HOLIDAY: today is a holiday, and a shift would run now if a holiday had not kept it from starting; else CLOSED.
    """

    OPEN = "open"
    BREAK = "break"
    CLOSED = "closed"
    HOLIDAY = "holiday"


@dataclass(frozen=True)
class Pause:
    """A break within a shift, in wall-clock times; an end before the start is on the next day."""

    start: time
    end: time


@dataclass(frozen=True)
class Shift:
    """Weekly hours, which belong to the day they start on; an end not after the start is on the next day.

    days: 0 = Monday to 6. breaks: those that start earlier than the shift belong to the next day.
    """

    days: frozenset[int]
    start: time
    end: time
    breaks: tuple[Pause, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """Shifts, whose union is open, in an IANA time zone; without shifts always open.

    holidays: local dates on which no shift starts; must not change. A time zone that is not known raises
    ZoneInfoNotFoundError (a KeyError) or ValueError when it is first needed.
    """

    timezone: str
    shifts: tuple[Shift, ...] = ()
    # Compared, since calendars that differ in them are not equal; not hashed, since a container need not be hashable.
    holidays: Container[date] = field(default=frozenset(), hash=False)

    def at(self, now: datetime) -> tuple[Hours, datetime]:
        """What holds at `now` and until when it surely holds: later than now, two weeks at most."""
        days = _days_around(now.astimezone(_zone(self.timezone)).date())
        off = tuple(map(self.holidays.__contains__, days))
        course = _course(self.timezone, self.shifts, days, off)
        place = bisect_right(course.instants, now)
        return course.hours[place - 1], course.instants[place]

    def is_open(self, now: datetime) -> bool:
        return self.at(now)[0] is Hours.OPEN

    def next_opening(self, now: datetime) -> datetime | None:
        """`now` if it is open, else the next instant at which it is; None if that is not within HORIZON."""
        return next((begin for begin, hours in self._walk(now, now + HORIZON) if hours is Hours.OPEN), None)

    def open_intervals(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """When it is open between start and end: half-open, in order, none touching the next."""
        since = None
        for begin, hours in self._walk(start, end):
            if hours is Hours.OPEN:
                since = since or begin
            elif since:
                yield since, begin
                since = None
        if since:
            yield since, end

    def _walk(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, Hours]]:
        """What holds from start on, and from each later instant on at which that may change."""
        while start < end:
            hours, until = self.at(start)
            yield start, hours
            start = until


@dataclass(frozen=True)
class Absence:
    """Away from start until just before end, in UTC."""

    start: datetime
    end: datetime


def absence_at(absences: Sequence[Absence], now: datetime) -> datetime | None:
    """Until when somebody who is away at `now` is away, however many absences follow closely; None = not away."""
    until = now
    for absence in sorted(absences, key=lambda a: a.start):
        if absence.start > until:
            break
        until = max(until, absence.end)
    return until if until > now else None


def next_absence(absences: Sequence[Absence], now: datetime) -> datetime | None:
    """When the next absence after `now` starts, be somebody away already or not; None = none does."""
    return min((a.start for a in absences if now < a.start < a.end), default=None)


@dataclass(frozen=True)
class _Course:
    """What holds over some days: hours[n] from instants[n] until instants[n + 1], which is one longer."""

    instants: tuple[datetime, ...]
    hours: tuple[Hours, ...]


@dataclass(frozen=True)
class _Run:
    """One shift of one day as instants; is_off: its day is a holiday, so it does not take place."""

    start: datetime
    end: datetime
    breaks: tuple[tuple[datetime, datetime], ...]
    is_off: bool

    def is_paused(self, at: datetime) -> bool:
        return any(start <= at < end for start, end in self.breaks)


# Which days are off is part of the key, so calendars with the same shifts and other holidays do not meet here.
@lru_cache(maxsize=4096)
def _course(timezone: str, shifts: tuple[Shift, ...], days: tuple[date, ...], off: tuple[bool, ...]) -> _Course:
    """What holds from days[BEFORE] until the last of the days begins; off: for each of them, if it is a holiday."""
    zone = _zone(timezone)
    midnights = [_instant(datetime.combine(day, time.min), zone, FIRST) for day in days[BEFORE:]]
    begin, end = midnights[0], midnights[-1]
    if not shifts:
        return _Course((begin, end), (Hours.OPEN,))
    runs = [
        _run(shift, day, is_off, zone)
        for day, is_off in zip(days, off, strict=True)
        for shift in shifts
        if day.weekday() in shift.days
    ]
    holidays = {day for day, is_off in zip(days, off, strict=True) if is_off}
    edges = {edge for run in runs for edge in (run.start, run.end, *(e for pause in run.breaks for e in pause))}
    points = sorted(edge for edge in edges.union(midnights) if begin <= edge < end)
    said = [(point, _hours(point, runs, point.astimezone(zone).date() in holidays)) for point in points]
    changes = [next(same) for _, same in groupby(said, key=lambda s: s[1])]
    return _Course((*(point for point, _ in changes), end), tuple(hours for _, hours in changes))


def _hours(at: datetime, runs: Sequence[_Run], is_holiday: bool) -> Hours:
    there = [run for run in runs if run.start <= at < run.end]
    working = [run for run in there if not run.is_off]
    if any(not run.is_paused(at) for run in working):
        return Hours.OPEN
    if working:
        return Hours.BREAK
    return Hours.HOLIDAY if there and is_holiday else Hours.CLOSED


def _run(shift: Shift, day: date, is_off: bool, zone: ZoneInfo) -> _Run:
    """The shift that starts on `day`; nothing of it is left (start = end) if the clocks skip all of it."""
    start = datetime.combine(day, shift.start)
    end = start + DAY if shift.end == shift.start else _next(start, shift.end)
    breaks = []
    for pause in shift.breaks:
        pause_start = _next(start, pause.start)
        pause_end = _next(pause_start, pause.end)
        breaks.append((_instant(pause_start, zone, FIRST), _instant(pause_end, zone, LAST)))
    return _Run(_instant(start, zone, FIRST), _instant(end, zone, LAST), tuple(breaks), is_off)


def _next(wall: datetime, clock: time) -> datetime:
    """The wall-clock time at or after `wall` at which clocks show `clock`."""
    same_day = datetime.combine(wall.date(), clock)
    return same_day if same_day >= wall else same_day + DAY


def _instant(wall: datetime, zone: ZoneInfo, occurrence: int) -> datetime:
    """When the zone's clocks show `wall`, the FIRST or the LAST time; the end of the gap if they skip it."""
    instant = wall.replace(tzinfo=zone, fold=occurrence).astimezone(UTC)
    if _shown(instant, zone) == wall:
        return instant
    # PEP 495: of a skipped time, fold 1 gives an instant before the gap and fold 0 one after it.
    before, after = (wall.replace(tzinfo=zone, fold=fold, microsecond=0).astimezone(UTC) for fold in (1, 0))
    seconds = range((after - before) // SECOND + 1)
    return before + SECOND * bisect_left(seconds, wall, key=lambda s: _shown(before + SECOND * s, zone))


def first_shown(wall: datetime, timezone: str) -> datetime:
    """The first instant at which the zone's clocks show `wall`; the end of the gap if they skip it."""
    return _instant(wall, _zone(timezone), FIRST)


def _shown(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=64)
def _days_around(today: date) -> tuple[date, ...]:
    """The days whose shifts matter to the course of this week and the next; it begins on Monday, days[BEFORE]."""
    monday = today - DAY * today.weekday()
    return tuple(monday + DAY * n for n in range(-BEFORE, AHEAD + 1))


@cache
def _zone(timezone: str) -> ZoneInfo:
    # ZoneInfo's own cache keeps the last eight for sure; another one is read from disk again.
    return ZoneInfo(timezone)

"""The clocks of a case: when they are due, when they warn, and what a pause does to them; pure, used by decisions."""

from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.escalation.domain.openhours import after, between, close_after
from services.escalation.domain.policy import PauseReason
from services.escalation.domain.spans import Span, Unit
from shared.hours.calendar import DAY, Calendar, Shift, first_shown
from shared.hours.intervals import Interval, merged

BROKEN = 100  # percent
UTC_ZONE = "UTC"
WEEKDAYS = Shift(frozenset(range(5)), time.min, time.min)


@dataclass(frozen=True)
class Pause:
    """The case waited for something from start until just before end; end is always said, and may yet be moved."""

    start: datetime
    end: datetime
    reason: PauseReason


class ClockState(StrEnum):
    """How a clock stands that has not stopped: it told nothing yet, it warned, or its time is over."""

    RUNNING = "running"
    WARNED = "warned"
    BROKEN = "broken"


@dataclass(frozen=True)
class Clock:
    """One clock of a case. warn_at: (percent, instant), ascending. told: the highest percent that was announced.

    stopped_at: what it measures has happened; it rests. A clock that starts anew is another run of it: told is 0 again.
    """

    name: str
    started_at: datetime
    due_at: datetime
    warn_at: tuple[tuple[int, datetime], ...] = ()
    told: int = 0
    stopped_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """When it next has something to tell; None = never more."""
        return min((at for _, at in self.untold), default=None)

    @property
    def state(self) -> ClockState | None:
        """None = it has stopped."""
        if self.stopped_at:
            return None
        if self.told >= BROKEN:
            return ClockState.BROKEN
        return ClockState.WARNED if self.told else ClockState.RUNNING

    @property
    def untold(self) -> tuple[tuple[int, datetime], ...]:
        """What it has yet to tell, its end among it."""
        if self.stopped_at:
            return ()
        return tuple(mark for mark in (*self.warn_at, (BROKEN, self.due_at)) if mark[0] > self.told)


def marks_due(clock: Clock, now: datetime) -> tuple[int, ...]:
    """The percents that should have been told by now and were not, in order."""
    return tuple(percent for percent, at in clock.untold if at <= now)


def has_kept(clock: Clock) -> bool | None:
    """Whether what it measures happened in time; None = it still may."""
    if clock.stopped_at:
        return clock.stopped_at <= clock.due_at
    return False if clock.told >= BROKEN else None


def is_paused(pauses: Sequence[Pause], at: datetime) -> Pause | None:
    """The pause that lasts then; of several the one that ends last."""
    lasting = (p for p in pauses if p.start <= at < p.end)
    return max(lasting, key=lambda p: (p.end, p.start, p.reason), default=None)


def deadline(span: Span, calendar: Calendar | None, timezone: str, start: datetime) -> datetime:
    """When the span that began at `start` ends.

    TIME: elapsed, or counted in the calendar's open hours. DAYS: the same wall-clock time so many local days later; the
    first of two, the end of the gap if clocks skip it. BUSINESS_DAYS: the close of the n-th local day with open hours
    after the local date of the start, whatever the hour; without a calendar, of Monday to Friday, midnight to midnight.
    timezone: of days, where there is no calendar; UTC if nobody knows it, for upstream may say anything.
    A calendar that never opens again (within its HORIZON) gives elapsed time, or DAYS, so that there is a deadline.
    """
    if span.unit is Unit.TIME:
        return after(calendar, start, span.time)
    zone = calendar.timezone if calendar else _known(timezone)
    wall = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if span.unit is Unit.BUSINESS_DAYS:
        close = close_after(calendar or _weekdays(zone), wall.date(), span.days)
        if close:
            return close
    return first_shown(wall + span.days * DAY, zone)


def run(
    name: str,
    span: Span,
    calendar: Calendar | None,
    timezone: str,
    warn: Sequence[int],
    start: datetime,
    stop: datetime | None,
    pauses: Sequence[Pause],
    before: Clock | None,
) -> Clock:
    """The clock as it stands, whatever order its facts came in: only `told` is taken from `before`, if that is the same
    run. While a pause lasts, nothing is due before its end; what was left of the time at its start is left at its end.

    The time that pauses save and that warnings are percents of is open time if there is a calendar (or business days),
    unless the clock has no open time at all: then it is elapsed time. Pauses after the stop change nothing.
    """
    stopped_at = max(start, stop) if stop else None
    paused = merged((max(p.start, start), p.end) for p in pauses if not stop or p.start < stop)
    planned = deadline(span, calendar, timezone, start)
    course = _course(_measure(span, calendar, timezone), start, planned, paused)
    return Clock(
        name,
        start,
        _outside(paused, max(planned, course.when(course.total))),
        tuple((percent, course.when(course.total * percent / BROKEN)) for percent in warn),
        before.told if before and (before.name, before.started_at) == (name, start) else 0,
        stopped_at,
    )


@dataclass(frozen=True)
class _Course:
    """How the time of a clock passes: since[n], when passed[n] of it had passed, it started to run (again)."""

    measure: Calendar | None
    total: timedelta
    passed: tuple[timedelta, ...]
    since: tuple[datetime, ...]

    def when(self, passed: timedelta) -> datetime:
        """The first instant by which so much has passed; what is used up as a pause starts need not await its end."""
        place = max(bisect_left(self.passed, passed) - 1, 0)
        return after(self.measure, self.since[place], passed - self.passed[place])


def _course(measure: Calendar | None, start: datetime, planned: datetime, paused: Sequence[Interval]) -> _Course:
    total = between(measure, start, planned)
    if not total:
        measure, total = None, planned - start
    passed, since = [timedelta(0)], [start]
    for begin, end in paused:
        so_far = passed[-1] + between(measure, since[-1], begin)
        if so_far >= total:
            break
        passed.append(so_far)
        since.append(end)
    return _Course(measure, total, tuple(passed), tuple(since))


def _outside(paused: Sequence[Interval], at: datetime) -> datetime:
    """`at`, or the end of the pause within which it is: days may end in closed time, and pauses save none of that."""
    return next((end for start, end in paused if start < at < end), at)


def _measure(span: Span, calendar: Calendar | None, timezone: str) -> Calendar | None:
    if calendar is None and span.unit is Unit.BUSINESS_DAYS:
        return _weekdays(_known(timezone))
    return calendar


@lru_cache(maxsize=256)
def _known(timezone: str) -> str:
    """Upstream may say anything: such names are not found, or are no names, or are folders of the zones."""
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(timezone).key
    return UTC_ZONE


@lru_cache(maxsize=256)
def _weekdays(timezone: str) -> Calendar:
    return Calendar(timezone, (WEEKDAYS,))

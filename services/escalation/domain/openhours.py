"""How much open time lies between two instants, when so much has passed, when days close; pure, used by the clocks.

What a calendar says is kept in blocks of four weeks: the clocks of all cases ask about the same weeks, and a clock of
eight weeks then costs three look-ups instead of a walk over its days.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from shared.hours.calendar import DAY, HORIZON, Calendar, Shift
from shared.hours.intervals import Interval

NOTHING = timedelta(0)
BLOCK = 28 * DAY
BEGIN = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday, as the calendar's own courses begin on one
EMPTY_BLOCKS = HORIZON // BLOCK  # a calendar that is closed for so many in a row never opens again
MOST_BLOCKS = 10 * EMPTY_BLOCKS  # whoever opens for a minute a week is not asked about a thousand years
ALL_DAY = Shift(frozenset(range(7)), time.min, time.min)


def between(calendar: Calendar | None, start: datetime, end: datetime) -> timedelta:
    """The open time from start until end, which is not before it; all of the time without a calendar."""
    if calendar is None:
        return end - start
    first, last = _number(start), _number(end)
    whole = sum((_block(calendar, n).total for n in range(first, last)), NOTHING)
    return whole + _block(calendar, last).until(end) - _block(calendar, first).until(start)


def after(calendar: Calendar | None, start: datetime, length: timedelta) -> datetime:
    """The first instant by which so much open time has passed since start; if it never opens again, all time counts."""
    if calendar is None or not length:
        return start + length
    left, closed = length + _block(calendar, _number(start)).until(start), start
    for block in _blocks_from(calendar, start):
        if left <= block.total:
            return block.when(left)
        left -= block.total
        closed = max((closed, *(end for _, end in block.openings[-1:])))
    return closed + left


def close_after(calendar: Calendar, day: date, count: int) -> datetime | None:
    """The close of the count-th day after `day` that has open hours; None if so many do not come."""
    left = None
    for block in _blocks_from(calendar, datetime.combine(day, time.min, UTC)):
        days = block.closes
        left = count + bisect_right(days, day, key=lambda d: d[0]) if left is None else left
        if left <= len(days):
            return days[left - 1][1]
        left -= len(days)
    return None


@dataclass(frozen=True)
class _Block:
    """Four weeks of a calendar, from UTC's midnight to UTC's midnight; as to `closes`, of local dates."""

    calendar: Calendar
    begin: datetime

    @cached_property
    def openings(self) -> tuple[Interval, ...]:
        return tuple(self.calendar.open_intervals(self.begin, self.begin + BLOCK))

    @cached_property
    def passed(self) -> tuple[timedelta, ...]:
        """How much open time has passed in the block when each of the openings ends."""
        return tuple(accumulate(end - start for start, end in self.openings))

    @property
    def total(self) -> timedelta:
        return self.passed[-1] if self.passed else NOTHING

    def until(self, at: datetime) -> timedelta:
        """How much of the open time has passed at that instant."""
        place = bisect_right(self.openings, at, key=_start) - 1
        return self.passed[place] - max(self.openings[place][1] - at, NOTHING) if place >= 0 else NOTHING

    def when(self, passed: timedelta) -> datetime:
        """The first instant at which so much, more than nothing and not more than the total, has passed."""
        place = bisect_left(self.passed, passed)
        return self.openings[place][1] - (self.passed[place] - passed)

    @cached_property
    def closes(self) -> tuple[tuple[date, datetime], ...]:
        """The days that have open hours, with the end of the last hours that belong to each."""
        found: dict[date, datetime] = {}
        for weekday, calendar in _by_weekday(self.calendar).items():
            found.update(self._closes_on(weekday, calendar))
        first = self.begin.date()
        return tuple(sorted((day, close) for day, close in found.items() if first <= day < first + BLOCK))

    def _closes_on(self, weekday: int, calendar: Calendar) -> Iterator[tuple[date, datetime]]:
        zone = ZoneInfo(calendar.timezone)
        for start, end in calendar.open_intervals(self.begin - DAY, self.begin + BLOCK + 2 * DAY):
            day = start.astimezone(zone).date()
            yield day - DAY * ((day.weekday() - weekday) % 7), end


def _by_weekday(calendar: Calendar) -> dict[int, Calendar]:
    """What belongs to each day of the week with shifts: an opening alone does not say on which day its shift started.

    One that is always open has shifts from midnight to midnight.
    """
    shifts, holidays = (calendar.shifts, calendar.holidays) if calendar.shifts else ((ALL_DAY,), frozenset[date]())
    return {
        weekday: Calendar(
            calendar.timezone,
            tuple(replace(shift, days=frozenset({weekday})) for shift in shifts if weekday in shift.days),
            holidays,
        )
        for weekday in frozenset[int]().union(*(shift.days for shift in shifts))
    }


def _start(opening: Interval) -> datetime:
    return opening[0]


def _number(at: datetime) -> int:
    return (at - BEGIN) // BLOCK


@lru_cache(maxsize=512)
def _block(calendar: Calendar, number: int) -> _Block:
    return _Block(calendar, BEGIN + number * BLOCK)


def _blocks_from(calendar: Calendar, start: datetime) -> Iterator[_Block]:
    """That of start and those after it, until one can say that the calendar never opens again."""
    first = opened = _number(start)
    for number in range(first, first + MOST_BLOCKS):
        block = _block(calendar, number)
        if block.openings:
            opened = number
        elif number - opened > EMPTY_BLOCKS:
            return
        yield block

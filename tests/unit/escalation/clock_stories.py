"""Whatever may be told of a clock: its span, hours, start and pauses, for the tests of what must always hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from services.escalation.domain.clocks import Clock, Pause, run
from services.escalation.domain.policy import PauseReason
from services.escalation.domain.spans import Span, Unit
from shared.hours import calendar as hours
from shared.hours.calendar import Calendar, Shift
from shared.hours.intervals import Interval, merged, without
from tests.unit.escalation.office_hours import OFFICE, TICK

DAY, MINUTE, NOTHING = timedelta(days=1), timedelta(minutes=1), timedelta(0)
# A zone and a day on which its clocks change.
CHANGES = [
    ("Europe/Prague", date(2026, 3, 29)),
    ("Europe/Prague", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6)),
    ("UTC", date(2028, 2, 29)),
]
WARN = (1, 50, 80, 99)


@dataclass(frozen=True)
class Story:
    """All that a clock is made of, but for what it may have told before."""

    span: Span
    calendar: Calendar | None
    timezone: str
    start: datetime
    pauses: tuple[Pause, ...] = ()
    stop: datetime | None = None

    def run(self, before: Clock | None = None) -> Clock:
        return run(
            "resolution", self.span, self.calendar, self.timezone, WARN, self.start, self.stop, self.pauses, before
        )


TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
BREAKS = st.lists(st.builds(hours.Pause, TIMES, TIMES), max_size=1).map(tuple)
SHIFTS = st.lists(st.builds(Shift, st.frozensets(st.integers(0, 6)), TIMES, TIMES, BREAKS), max_size=3).map(tuple)
MINUTES = st.integers(1, 9 * 24 * 60).map(lambda n: n * MINUTE)
OF_TIME = st.builds(Span, st.just(Unit.TIME), st.one_of(MINUTES, st.integers(100, 10**12).map(lambda n: n * TICK)))
OF_DAYS = st.builds(
    lambda unit, n: Span(unit, days=n), st.sampled_from([Unit.DAYS, Unit.BUSINESS_DAYS]), st.integers(1, 60)
)
SPANS = st.one_of(OF_TIME, OF_DAYS)


@st.composite
def pauses_from(draw: st.DrawFn, start: datetime, at_most: int = 4) -> tuple[Pause, ...]:
    begins = st.integers(-3 * 24, 25 * 24).map(lambda n: start + n * timedelta(hours=1))
    lengths = st.one_of(st.integers(0, 48), st.integers(0, 300)).map(lambda n: n * timedelta(hours=1))
    pairs = draw(st.lists(st.tuples(begins, lengths, st.sampled_from(PauseReason)), max_size=at_most))
    return tuple(Pause(begin, begin + length, reason) for begin, length, reason in pairs)


@st.composite
def stories(draw: st.DrawFn, spans: st.SearchStrategy[Span] = SPANS) -> Story:
    zone, change = draw(st.sampled_from(CHANGES))
    begin = datetime.combine(change, time.min, UTC)
    start = begin + draw(st.integers(-20 * 24 * 60, 2 * 24 * 60)) * MINUTE
    holidays = draw(st.frozensets(st.integers(-10, 30).map(lambda n: change + n * DAY), max_size=6))
    calendar = draw(
        st.one_of(st.none(), st.just(OFFICE), st.builds(Calendar, st.just(zone), SHIFTS, st.just(holidays)))
    )
    return Story(draw(spans), calendar, zone, start, draw(pauses_from(start)))


def zone_of(story: Story) -> ZoneInfo:
    return ZoneInfo(story.calendar.timezone if story.calendar else story.timezone)


def counted(story: Story, until: datetime) -> list[Interval]:
    """When the clock ran from its start on, told by the calendar alone."""
    begin, calendar = story.start, story.calendar
    if calendar is None and story.span.unit is Unit.BUSINESS_DAYS:
        calendar = Calendar(story.timezone, (Shift(frozenset(range(5)), time.min, time.min),))
    openings = [(begin, until)] if calendar is None else list(calendar.open_intervals(begin, until))
    return without(merged(openings), merged((p.start, p.end) for p in story.pauses))


def length(intervals: Sequence[Interval]) -> timedelta:
    return sum((end - start for start, end in intervals), NOTHING)


def opens(story: Story) -> bool:
    return story.calendar is None or story.calendar.next_opening(story.start) is not None

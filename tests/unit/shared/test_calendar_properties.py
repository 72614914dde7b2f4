"""Whatever the shifts and however the clocks change: calendars say what slow and simple counting says."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.hours.calendar import Absence, Calendar, Hours, Pause, Shift, absence_at, next_absence

STEP, DAY = timedelta(minutes=5), timedelta(days=1)
WEEK, MARGIN = 7 * DAY // STEP, 4 * DAY // STEP
# A zone and a Wednesday before its clocks change (on the Sunday, as a rule).
CHANGES = [
    ("Europe/Prague", date(2026, 3, 25)),
    ("Europe/Prague", date(2026, 10, 21)),
    ("America/New_York", date(2026, 3, 4)),
    ("America/New_York", date(2026, 10, 28)),
    ("Australia/Lord_Howe", date(2026, 4, 1)),
    ("Australia/Lord_Howe", date(2026, 9, 30)),
    ("America/Santiago", date(2026, 4, 1)),
    ("America/Santiago", date(2026, 9, 2)),
    ("Asia/Tokyo", date(2028, 2, 23)),
    ("UTC", date(2026, 12, 30)),
]


@dataclass(frozen=True)
class Film:
    """What the clocks on the wall show every STEP from MARGIN before `begin`, and the frames that first and last do."""

    begin: datetime
    shown: tuple[datetime, ...]
    first: dict[datetime, int]
    last: dict[datetime, int]

    def instant(self, frame: int) -> datetime:
        """Frame 0 is `begin`."""
        return self.begin + frame * STEP

    def frames(self, start: datetime, end: datetime) -> set[int]:
        """Those from the first that shows start until the last that shows end."""
        return set(range(self._frame(start, self.first), self._frame(end, self.last)))

    def _frame(self, wall: datetime, found: dict[datetime, int]) -> int:
        while wall not in found:
            wall += STEP
            assert wall < self.shown[-1]
        return found[wall]


@cache
def film_of(zone: str, day: date) -> Film:
    begin = datetime.combine(day, time.min, UTC)
    instants = [begin + n * STEP for n in range(-MARGIN, WEEK + MARGIN)]
    shown = [i.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for i in instants]
    last = {wall: n for n, wall in enumerate(shown, -MARGIN)}
    first = {wall: n for n, wall in reversed(list(enumerate(shown, -MARGIN)))}
    return Film(begin, tuple(shown), first, last)


def counted(film: Film, shifts: tuple[Shift, ...], holidays: frozenset[date]) -> list[Hours]:
    """What holds in each frame of the week."""
    opened, paused, kept = set[int](), set[int](), set[int]()
    for day, shift in ((film.begin.date() + n * DAY, shift) for n in range(-2, 9) for shift in shifts):
        if day.weekday() not in shift.days:
            continue
        ends = day + DAY if shift.end <= shift.start else day
        frames = film.frames(datetime.combine(day, shift.start), datetime.combine(ends, shift.end))
        if day in holidays:
            kept |= frames
            continue
        away = set[int]()
        for pause in shift.breaks:
            starts = day + DAY if pause.start < shift.start else day
            ends = starts + DAY if pause.end < pause.start else starts
            away |= film.frames(datetime.combine(starts, pause.start), datetime.combine(ends, pause.end))
        opened |= frames - away
        paused |= frames & away
    kept = {n for n in kept if film.shown[n + MARGIN].date() in holidays}
    return [
        Hours.OPEN if n in opened else Hours.BREAK if n in paused else Hours.HOLIDAY if n in kept else Hours.CLOSED
        for n in range(WEEK)
    ]


# Mostly in the hours in which clocks change.
TIMES = st.builds(
    time, st.one_of(st.integers(0, 3), st.integers(0, 3), st.integers(0, 23)), st.sampled_from([0, 10, 15, 30, 45, 55])
)
PAUSES = st.lists(st.builds(Pause, TIMES, TIMES), max_size=2).map(tuple)
DAYS = st.one_of(st.just(frozenset(range(7))), st.frozensets(st.integers(0, 6)))
SHIFTS = st.lists(st.builds(Shift, DAYS, TIMES, TIMES, PAUSES), min_size=1, max_size=3).map(tuple)
FRAMES = st.integers(0, WEEK - 1)
Week = tuple[Film, Calendar, list[Hours]]


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    zone, day = draw(st.sampled_from(CHANGES))
    holidays = draw(st.frozensets(st.integers(-1, 7).map(lambda n: day + n * DAY), max_size=4))
    film, calendar = film_of(zone, day), Calendar(zone, draw(SHIFTS), holidays)
    return film, calendar, counted(film, calendar.shifts, holidays)


@settings(max_examples=120)
@given(week=weeks(), frames=st.lists(FRAMES, min_size=5, max_size=20))
def test_calendar_says_what_counting_says(week: Week, frames: list[int]) -> None:
    film, calendar, expected = week
    for frame in frames:
        hours, until = calendar.at(film.instant(frame))
        assert hours is expected[frame]
        assert calendar.is_open(film.instant(frame)) is (hours is Hours.OPEN)
        end = (until - film.begin) // STEP
        assert film.instant(frame) < until == film.instant(end)
        assert set(expected[frame:end]) == {hours}
        # Nor does it end early, unless it is the end of the next week.
        assert end >= WEEK or expected[end] is not hours


@settings(max_examples=70)
@given(week=weeks(), start=FRAMES, length=FRAMES)
def test_open_intervals_cover_what_is_open(week: Week, start: int, length: int) -> None:
    film, calendar, expected = week
    end = min(start + length, WEEK)
    found = calendar.open_intervals(film.instant(start), film.instant(end))
    spans = [((since - film.begin) // STEP, (until - film.begin) // STEP) for since, until in found]
    covered = [n for since, until in spans for n in range(since, until)]
    assert covered == [n for n in range(start, end) if expected[n] is Hours.OPEN]
    assert all(since < until for since, until in spans)
    assert all(until < since for (_, until), (since, _) in pairwise(spans))


@settings(max_examples=70)
@given(week=weeks(), start=FRAMES)
def test_next_opening_is_the_first(week: Week, start: int) -> None:
    film, calendar, expected = week
    opening = calendar.next_opening(film.instant(start))
    first = next((n for n in range(start, WEEK) if expected[n] is Hours.OPEN), None)
    if first is not None:
        assert opening == film.instant(first)
    else:
        assert opening is None or (opening >= film.instant(WEEK) and calendar.is_open(opening))


@settings(max_examples=50)
@given(zone=st.sampled_from([zone for zone, _ in CHANGES]), day=st.dates(date(2026, 1, 1), date(2029, 12, 31)))
def test_shifts_that_meet_leave_nothing_out(zone: str, day: date) -> None:
    halves = tuple(Shift(frozenset(range(7)), time(a), time(b)) for a, b in ((0, 12), (12, 0)))
    start = datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
    assert list(Calendar(zone, halves).open_intervals(start, start + 30 * DAY)) == [(start, start + 30 * DAY)]


HOURS = st.integers(0, 12).map(lambda n: datetime(2026, 12, 31, 12, tzinfo=UTC) + n * timedelta(hours=1))
ABSENCES = st.lists(st.builds(Absence, HOURS, HOURS), max_size=6)


@given(absences=ABSENCES, now=HOURS)
def test_absences_are_what_counting_hours_says(absences: list[Absence], now: datetime) -> None:
    hours = [now + n * timedelta(hours=1) for n in range(14)]
    back = next(hour for hour in hours if not any(a.start <= hour < a.end for a in absences))
    assert absence_at(absences, now) == (back if back > now else None)
    starts = [a.start for a in absences if a.start < a.end and a.start > now]
    assert next_absence(absences, now) == (min(starts) if starts else None)

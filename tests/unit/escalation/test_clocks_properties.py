"""Whatever the hours, however the clocks of the zone change, and whatever is paused: what must hold of each clock."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.escalation.domain.clocks import Pause, deadline, marks_due
from services.escalation.domain.policy import PauseReason
from services.escalation.domain.spans import Span, Unit
from shared.hours.calendar import Calendar, Shift
from shared.hours.intervals import Interval, merged
from tests.unit.escalation.clock_stories import (
    DAY,
    MINUTE,
    MINUTES,
    OF_DAYS,
    OF_TIME,
    WARN,
    Story,
    counted,
    length,
    opens,
    pauses_from,
    stories,
    zone_of,
)
from tests.unit.escalation.office_hours import NIGHTS, OFFICE, TICK, local


@settings(max_examples=100)
@given(story=stories(OF_TIME))
def test_clock_runs_for_its_span_of_open_time_that_is_not_paused(story: Story) -> None:
    assume(opens(story))
    due = story.run().due_at
    ran = counted(story, due)
    assert length(ran) == story.span.time
    # It is the first such instant, so never in closed time nor within a pause.
    assert ran[-1][1] == due


@settings(max_examples=60)
@given(story=stories(OF_TIME))
def test_deadline_is_that_of_a_clock_without_pauses(story: Story) -> None:
    due = replace(story, pauses=()).run().due_at
    assert deadline(story.span, story.calendar, story.timezone, story.start) == due
    if not opens(story):
        assert due == story.start + story.span.time


@settings(max_examples=100)
@given(story=stories())
def test_clock_is_never_due_before_it_starts_nor_within_a_pause(story: Story) -> None:
    clock = story.run()
    assert story.start < deadline(story.span, story.calendar, story.timezone, story.start) <= clock.due_at
    assert not any(start < clock.due_at < end for start, end in merged((p.start, p.end) for p in story.pauses))


@settings(max_examples=100)
@given(story=stories())
def test_warnings_come_in_order_and_at_their_share_of_the_time(story: Story) -> None:
    clock = story.run()
    instants = [story.start, *(at for _, at in clock.warn_at), clock.due_at]
    assert [percent for percent, _ in clock.warn_at] == list(WARN)
    assert all(sooner <= later for sooner, later in pairwise(instants))
    planned = replace(story, pauses=())
    total = length(counted(planned, deadline(story.span, story.calendar, story.timezone, story.start)))
    if total and opens(story):
        for percent, at in clock.warn_at:
            assert abs(length(counted(story, at)) - total * percent / 100) <= TICK
            assert counted(story, at)[-1][1] == at


@settings(max_examples=60)
@given(story=stories(OF_TIME), more=MINUTES)
def test_longer_time_is_never_due_sooner(story: Story, more: timedelta) -> None:
    longer = replace(story, span=replace(story.span, time=story.span.time + more))
    assert story.run().due_at < longer.run().due_at


@settings(max_examples=60)
@given(story=stories(OF_DAYS), calendar=st.sampled_from([None, OFFICE, NIGHTS]), more=st.integers(1, 30))
def test_more_days_are_never_due_sooner(story: Story, calendar: Calendar | None, more: int) -> None:
    short = replace(story, calendar=calendar, pauses=())
    assert short.run().due_at < replace(short, span=replace(short.span, days=short.span.days + more)).run().due_at


@settings(max_examples=100)
@given(story=stories(), choose=st.data())
def test_further_pause_makes_nothing_earlier(story: Story, choose: st.DataObject) -> None:
    more = choose.draw(pauses_from(story.start, at_most=1))
    clock, later = story.run(), replace(story, pauses=story.pauses + more).run()
    assert clock.due_at <= later.due_at
    assert all(at <= moved for (_, at), (_, moved) in zip(clock.warn_at, later.warn_at, strict=True))


@settings(max_examples=60)
@given(story=stories(), choose=st.data())
def test_order_and_overlap_of_pauses_make_no_difference(story: Story, choose: st.DataObject) -> None:
    clock = story.run()
    shuffled = choose.draw(st.permutations(story.pauses))
    assert replace(story, pauses=tuple(shuffled)).run() == clock
    assert replace(story, pauses=(*shuffled, *story.pauses)).run() == clock
    joined = tuple(Pause(start, end, PauseReason.UNDER_INVESTIGATION) for start, end in spans_of(story.pauses))
    assert replace(story, pauses=joined).run() == clock


def spans_of(pauses: Sequence[Pause]) -> list[Interval]:
    return merged((p.start, p.end) for p in pauses)


@settings(max_examples=60)
@given(story=stories(), choose=st.data())
def test_pauses_from_the_due_instant_on_change_nothing(story: Story, choose: st.DataObject) -> None:
    clock = story.run()
    begin = clock.due_at + choose.draw(st.integers(0, 100)) * MINUTE
    later = Pause(begin, begin + DAY, PauseReason.WAITING_FOR_SUPPLIER)
    assume(all(p.end != begin for p in story.pauses))
    assert replace(story, pauses=(*story.pauses, later)).run() == clock


@settings(max_examples=60)
@given(story=stories(), told=st.sampled_from([0, *WARN, 100]), stop=st.one_of(st.none(), st.integers(-100, 9999)))
def test_running_again_changes_nothing_and_keeps_what_was_told(story: Story, told: int, stop: int | None) -> None:
    story = replace(story, stop=None if stop is None else story.start + stop * MINUTE)
    before = replace(story.run(), told=told)
    assert story.run(before) == before
    assert story.run(replace(before, started_at=before.started_at + TICK)).told == 0


@settings(max_examples=60)
@given(story=stories())
def test_telling_one_mark_after_the_other_ends_with_the_due(story: Story) -> None:
    clock, told = story.run(), list[int]()
    while clock.next_at is not None:
        assert marks_due(clock, clock.next_at - TICK) == ()
        told.append(marks_due(clock, clock.next_at)[0])
        clock = replace(clock, told=told[-1])
    assert told == [*WARN, 100]


class AllBut:
    """Every day but one is a holiday, so what is open belongs to that one."""

    def __init__(self, day: date) -> None:
        self.day = day

    def __contains__(self, day: object) -> bool:
        return day != self.day


def close_of(calendar: Calendar, day: date) -> datetime | None:
    begin = datetime.combine(day, time.min, UTC)
    if not calendar.shifts:
        calendar = replace(calendar, shifts=(Shift(frozenset(range(7)), time.min, time.min),), holidays=frozenset())
    if day in calendar.holidays:
        return None
    found = replace(calendar, holidays=AllBut(day)).open_intervals(begin - DAY, begin + 4 * DAY)
    return max((end for _, end in found), default=None)


@settings(max_examples=60)
@given(story=stories(), days=st.integers(1, 25))
def test_business_days_are_those_that_going_through_the_days_finds(story: Story, days: int) -> None:
    assume(opens(story))
    calendar = story.calendar or Calendar(story.timezone, (Shift(frozenset(range(5)), time.min, time.min),))
    day = story.start.astimezone(zone_of(story)).date()
    closes = list[datetime]()
    while len(closes) < days:
        day += DAY
        close = close_of(calendar, day)
        closes += [close] if close else []
    assert deadline(Span(Unit.BUSINESS_DAYS, days=days), story.calendar, story.timezone, story.start) == closes[-1]


@settings(max_examples=120)
@given(story=stories(), days=st.integers(1, 30))
def test_days_end_when_the_zone_first_shows_the_same_time_of_day(story: Story, days: int) -> None:
    zone = zone_of(story)

    def shown(minute: int) -> datetime:
        return (begin + minute * MINUTE).astimezone(zone).replace(tzinfo=None)

    wall = story.start.astimezone(zone).replace(tzinfo=None) + days * DAY
    begin = story.start + days * DAY - 3 * timedelta(hours=1)
    first = next(minute for minute in range(6 * 60) if shown(minute) >= wall)
    assert deadline(Span(Unit.DAYS, days=days), story.calendar, story.timezone, story.start) == begin + first * MINUTE


@settings(max_examples=60)
@given(minutes=st.integers(0, 90 * 24 * 60), hours_open=st.integers(1, 300))
def test_office_hours_over_many_weeks(minutes: int, hours_open: int) -> None:
    """Against an hour by hour count, which knows nothing of blocks of weeks."""
    start = local("2026-10-01 00:00") + minutes // 60 * timedelta(hours=1)
    ticks = [start + n * timedelta(hours=1) for n in range(24 * 120)]
    counts = [0]
    for tick in ticks:
        counts.append(counts[-1] + OFFICE.is_open(tick))
    expected = ticks[0] + bisect_left(counts, hours_open) * timedelta(hours=1)
    assert deadline(Span(Unit.TIME, hours_open * timedelta(hours=1)), OFFICE, "UTC", start) == expected

"""What pauses and warnings make of a clock, and what it has to tell, around each instant that matters."""

from dataclasses import replace
from datetime import datetime
from itertools import permutations

import pytest

from services.escalation.domain.clocks import Clock, Pause, has_kept, is_paused, marks_due
from services.escalation.domain.policy import PauseReason
from services.escalation.domain.spans import Span
from tests.unit.escalation.office_hours import (
    HOUR,
    NEVER,
    OFFICE,
    TICK,
    a_clock,
    a_pause,
    local,
    of_business_days,
    of_days,
    of_hours,
)


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ((), "2026-11-10 14:00"),  # 13 hours from Monday, 9:00
        ((("2026-11-09 10:00", "2026-11-09 12:00"),), "2026-11-10 16:00"),
        ((("2026-11-09 10:00", "2026-11-09 10:00"),), "2026-11-10 14:00"),  # of no length
        ((("2026-11-09 17:00", "2026-11-10 09:00"),), "2026-11-10 14:00"),  # by night it saves nothing
        ((("2026-11-09 16:00", "2026-11-10 10:00"),), "2026-11-10 16:00"),
        ((("2026-11-10 12:00", "2026-11-10 20:00"),), "2026-11-11 11:00"),  # spans the due: two hours were left
        ((("2026-11-10 13:59", "2026-11-13 16:00"),), "2026-11-13 16:01"),  # just before the due
        ((("2026-11-10 14:00", "2026-11-13 16:00"),), "2026-11-10 14:00"),  # exactly at the due
        ((("2026-11-10 14:01", "2026-11-13 16:00"),), "2026-11-10 14:00"),
        ((("2026-11-09 12:00", "2026-11-13 16:59"),), "2026-11-18 10:59"),  # ten left: 1 min, Monday 8 h, no Tuesday
        ((("2026-11-01 09:00", "2026-11-09 12:00"),), "2026-11-10 17:00"),  # from before the start
        ((("2026-11-01 09:00", "2026-11-09 09:00"),), "2026-11-10 14:00"),  # over at the start
        ((("2026-11-01 09:00", "2026-11-09 08:00"),), "2026-11-10 14:00"),
        ((("2026-11-09 10:00", "2026-11-09 12:00"), ("2026-11-09 11:00", "2026-11-09 13:00")), "2026-11-10 17:00"),
        ((("2026-11-09 10:00", "2026-11-09 13:00"), ("2026-11-09 11:00", "2026-11-09 12:00")), "2026-11-10 17:00"),
        ((("2026-11-09 10:00", "2026-11-09 11:00"), ("2026-11-09 11:00", "2026-11-09 12:00")), "2026-11-10 16:00"),
        ((("2026-11-09 10:00", "2026-11-09 11:00"), ("2026-11-09 15:00", "2026-11-09 16:00")), "2026-11-10 16:00"),
        # The second one pauses only because the first moved the due behind it.
        ((("2026-11-09 10:00", "2026-11-09 12:00"), ("2026-11-10 15:00", "2026-11-10 16:00")), "2026-11-10 17:00"),
        ((("2026-11-09 10:00", "2026-11-09 12:00"), ("2026-11-10 16:00", "2026-11-10 17:00")), "2026-11-10 16:00"),
    ],
)
def test_pause_leaves_what_was_left(pauses: tuple[tuple[str, str], ...], due: str) -> None:
    lasting = [a_pause(*pause) for pause in pauses]
    for order in permutations(lasting):
        assert a_clock(of_hours(13), local("2026-11-09 09:00"), OFFICE, *order).due_at == local(due)


def test_pause_over_a_weekend_saves_its_open_hours_only() -> None:
    start, pause = local("2026-11-20 13:00"), a_pause("2026-11-20 15:00", "2026-11-23 10:00")
    assert a_clock(of_hours(6), start, OFFICE, pause).due_at == local("2026-11-23 14:00")
    assert a_clock(of_hours(6), start, None, pause).due_at == local("2026-11-23 14:00")  # four of six were left
    assert a_clock(of_hours(6), start, OFFICE).due_at == local("2026-11-23 11:00")


@pytest.mark.parametrize(
    ("span", "start", "pause", "due"),
    [
        # Wednesday to Saturday 10:00, of which 23 hours are open; the pause saves eight of them.
        (of_days(3), "2026-11-11 10:00", ("2026-11-12 00:00", "2026-11-13 00:00"), "2026-11-16 17:00"),
        # By night it saves none, and the end is still on Saturday.
        (of_days(3), "2026-11-11 10:00", ("2026-11-11 20:00", "2026-11-12 07:00"), "2026-11-14 10:00"),
        # It lasts on Saturday at 10:00; nothing was left.
        (of_days(3), "2026-11-11 10:00", ("2026-11-13 18:00", "2026-11-15 12:00"), "2026-11-15 12:00"),
        (of_days(3), "2026-11-11 10:00", ("2026-11-14 10:00", "2026-11-15 12:00"), "2026-11-14 10:00"),
        (of_days(3), "2026-11-11 10:00", ("2026-11-13 16:00", "2026-11-15 12:00"), "2026-11-16 10:00"),
        (of_business_days(3), "2026-11-09 10:00", ("2026-11-10 09:00", "2026-11-11 09:00"), "2026-11-13 17:00"),
        (of_business_days(3), "2026-11-09 10:00", ("2026-11-10 12:00", "2026-11-12 12:00"), "2026-11-16 17:00"),
        (of_business_days(3), "2026-11-09 10:00", ("2026-11-12 17:00", "2026-11-20 12:00"), "2026-11-12 17:00"),
    ],
)
def test_pause_of_days_saves_open_hours(span: Span, start: str, pause: tuple[str, str], due: str) -> None:
    assert a_clock(span, local(start), OFFICE, a_pause(*pause)).due_at == local(due)


def test_pause_of_days_without_a_calendar() -> None:
    pause = a_pause("2026-11-12 12:00", "2026-11-16 12:00")  # Thursday to Monday
    assert a_clock(of_days(7), local("2026-11-11 10:00"), None, pause).due_at == local("2026-11-22 10:00")
    # Two business days: until Friday's end, of which 36 hours were left; the weekend does not count.
    assert a_clock(of_business_days(2), local("2026-11-11 10:00"), None, pause).due_at == local("2026-11-18 00:00")


def test_days_without_an_open_hour_go_by_elapsed_time() -> None:
    start = local("2026-11-14 08:00")  # Saturday to Sunday
    clock = a_clock(of_days(1), start, OFFICE, a_pause("2026-11-14 10:00", "2026-11-14 13:00"), warn=(50,))
    assert clock.warn_at == ((50, local("2026-11-14 23:00")),)
    assert clock.due_at == local("2026-11-15 11:00")


def test_clock_whose_calendar_never_opens_pauses_and_warns_by_elapsed_time() -> None:
    clock = a_clock(
        of_hours(8), local("2026-11-16 08:00"), NEVER, a_pause("2026-11-16 10:00", "2026-11-16 20:00"), warn=(25, 50)
    )
    assert clock.warn_at == ((25, local("2026-11-16 10:00")), (50, local("2026-11-16 22:00")))
    assert clock.due_at == local("2026-11-17 02:00")


def test_warnings_come_when_so_much_of_the_open_time_has_passed() -> None:
    clock = a_clock(of_hours(20), local("2026-11-13 13:00"), OFFICE, warn=(5, 20, 50, 95))
    assert clock.due_at == local("2026-11-18 17:00")
    assert clock.warn_at == (
        (5, local("2026-11-13 14:00")),
        (20, local("2026-11-13 17:00")),  # on Friday's closing edge
        (50, local("2026-11-16 15:00")),
        (95, local("2026-11-18 16:00")),
    )


def test_warnings_of_days_come_in_open_hours_if_there_are_any() -> None:
    start = local("2026-11-13 15:00")  # Friday, 3 days = 2 + 6 hours
    assert a_clock(of_days(3), start, OFFICE, warn=(25, 50)).warn_at == (
        (25, local("2026-11-13 17:00")),
        (50, local("2026-11-16 11:00")),
    )
    assert a_clock(of_days(3), start, None, warn=(25,)).warn_at == ((25, start + 18 * HOUR),)
    assert a_clock(of_business_days(1), start, OFFICE, warn=(50,)).warn_at == ((50, local("2026-11-16 12:00")),)
    # Without a calendar nine hours of Friday and all of Monday.
    assert a_clock(of_business_days(1), start, None, warn=(50,)).warn_at == ((50, local("2026-11-16 07:30")),)


def test_pause_moves_the_warnings_that_were_to_come_after_it_started() -> None:
    start = local("2026-11-09 09:00")
    pause = a_pause("2026-11-09 13:00", "2026-11-09 15:00")
    clock = a_clock(of_hours(8), start, OFFICE, pause, warn=(25, 50, 75))
    assert clock.warn_at == (
        (25, local("2026-11-09 11:00")),
        (50, local("2026-11-09 13:00")),  # just as it starts
        (75, local("2026-11-09 17:00")),
    )
    assert clock.due_at == local("2026-11-10 11:00")
    sooner = replace(pause, start=pause.start - TICK)
    assert a_clock(of_hours(8), start, OFFICE, sooner, warn=(50,)).warn_at == ((50, pause.end + TICK),)


def test_one_percent_of_a_moment_is_not_before_the_start() -> None:
    start = local("2026-11-14 09:00")
    for calendar in (None, OFFICE, NEVER):
        clock = a_clock(Span(of_hours(0).unit, time=TICK), start, calendar, warn=(1, 99))
        assert all(start <= at <= clock.due_at for _, at in clock.warn_at)


def test_stop_rests_the_clock_and_is_never_before_the_start() -> None:
    start = local("2026-11-09 09:00")
    assert a_clock(of_hours(8), start).stopped_at is None
    assert a_clock(of_hours(8), start, stop=start + HOUR).stopped_at == start + HOUR
    assert a_clock(of_hours(8), start, stop=start - HOUR).stopped_at == start


def test_pause_after_the_stop_moves_nothing() -> None:
    start, pause = local("2026-11-09 09:00"), a_pause("2026-11-09 11:00", "2026-11-09 15:00")
    before, at, after = (
        a_clock(of_hours(8), start, None, pause, stop=pause.start + shift) for shift in (-TICK, TICK * 0, TICK)
    )
    assert before.due_at == at.due_at == start + 8 * HOUR
    assert after.due_at == start + 12 * HOUR


def test_what_was_told_is_kept_for_the_same_run_only() -> None:
    start = local("2026-11-09 09:00")
    before = replace(a_clock(of_hours(8), start, warn=(50, 80)), told=80)
    assert a_clock(of_hours(8), start, warn=(50, 80), before=before) == before
    assert a_clock(of_hours(80), start, OFFICE, before=before).told == 80  # the severity sank
    assert a_clock(of_hours(8), start, stop=start, before=before).told == 80
    assert a_clock(of_hours(8), start + TICK, before=before).told == 0
    assert a_clock(of_hours(8), start, before=before, name="next answer").told == 0
    assert a_clock(of_hours(8), start).told == 0


def a_running(told: int = 0, stop: datetime | None = None) -> Clock:
    """From nine: warns at 50, 80 and 95 percent, which are 14:00, 17:00 and 18:30; due at 19:00."""
    clock = a_clock(of_hours(10), local("2026-11-09 09:00"), warn=(50, 80, 95), stop=stop)
    return replace(clock, told=told)


@pytest.mark.parametrize(
    ("told", "next_at"),
    [(0, "14:00"), (49, "14:00"), (50, "17:00"), (80, "18:30"), (95, "19:00"), (99, "19:00"), (100, None)],
)
def test_clock_next_tells_what_it_has_not_told(told: int, next_at: str | None) -> None:
    assert a_running(told).next_at == (local(f"2026-11-09 {next_at}") if next_at else None)


def test_clock_that_stopped_tells_nothing_more() -> None:
    stopped = a_running(stop=local("2026-11-09 10:00"))
    assert stopped.next_at is None
    assert marks_due(stopped, local("2026-11-20 10:00")) == ()


@pytest.mark.parametrize(
    ("told", "now", "marks"),
    [
        (0, "13:59:59.999999", ()),
        (0, "14:00", (50,)),
        (0, "17:00", (50, 80)),
        (50, "17:00", (80,)),
        (80, "17:00", ()),
        (0, "18:59:59.999999", (50, 80, 95)),
        (0, "19:00", (50, 80, 95, 100)),
        (95, "23:00", (100,)),
        (100, "23:00", ()),
    ],
)
def test_marks_are_due_from_their_instant_on(told: int, now: str, marks: tuple[int, ...]) -> None:
    assert marks_due(a_running(told), local(f"2026-11-09 {now}")) == marks


def test_clock_is_kept_if_it_stopped_when_due_or_before() -> None:
    due = local("2026-11-09 19:00")
    assert has_kept(a_running(stop=due - TICK)) is True
    assert has_kept(a_running(stop=due)) is True
    assert has_kept(a_running(stop=due + TICK)) is False
    # The answer was in time, though the word of it came after the end was told.
    assert has_kept(a_running(told=100, stop=due)) is True
    assert has_kept(a_running()) is None
    assert has_kept(a_running(told=95)) is None
    assert has_kept(a_running(told=100)) is False


def test_case_is_paused_until_just_before_the_end() -> None:
    pause = a_pause("2026-11-09 10:00", "2026-11-09 12:00")
    seen = [is_paused([pause], at) for at in (pause.start - TICK, pause.start, pause.end - TICK, pause.end)]
    assert seen == [None, pause, pause, None]
    assert is_paused([], pause.start) is None


def test_of_several_pauses_the_one_that_ends_last_is_told() -> None:
    short = a_pause("2026-11-09 11:00", "2026-11-09 12:00")
    long = a_pause("2026-11-09 10:00", "2026-11-09 13:00", PauseReason.UNDER_INVESTIGATION)
    pauses: list[Pause] = [short, long]
    for order in permutations(pauses):
        assert is_paused(order, short.start) == long

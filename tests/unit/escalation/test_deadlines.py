"""When a case moves by time, and where to: just before, exactly and just after everything that can be due."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from services.escalation.domain.answers import escalate
from services.escalation.domain.case import Case, CaseState, Change, What, escalation_id
from services.escalation.domain.clocks import Clock
from services.escalation.domain.conditions import When
from services.escalation.domain.duty import Rota, RotaShift
from services.escalation.domain.hearing import take_answer, take_unreachable
from services.escalation.domain.ladder import Kind, Ladder, Level, Outside, Recipient
from services.escalation.domain.people import People, Role
from services.escalation.domain.policy import BusinessHours, FollowUp, Measure, Policy, Trigger
from services.escalation.domain.rungs import Setting
from services.escalation.domain.timing import take_deadline
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from shared.hours.calendar import Calendar, Shift
from tests.unit.escalation.builders import (
    ANNA,
    BEN,
    CARO,
    CASE_ID,
    DORA,
    EVERYBODY,
    HOUR,
    MINUTE,
    NOON,
    SECOND,
    a_case,
    a_clock,
    a_ladder,
    a_level,
    a_policy,
    a_setting,
)

BEFORE, EXACTLY, AFTER = NOON - SECOND, NOON, NOON + SECOND
LATER = NOON + 99 * HOUR
R = EscalationReason

# What is due at noon, the state it is due in, and what it makes: the rows, and the reason of the last of them.
DUES: list[tuple[str, CaseState, int, dict[str, Any], list[What], EscalationReason | None]] = [
    ("level answered by nobody", CaseState.ESCALATED, 1, {"respond_by": NOON}, [What.ESCALATED], R.UNANSWERED),
    ("top answered by nobody", CaseState.ESCALATED, 3, {"respond_by": NOON}, [What.EXHAUSTED], R.UNANSWERED),
    ("exhausted rested", CaseState.EXHAUSTED, 3, {"respond_by": NOON}, [What.ESCALATED], R.UNANSWERED),
    ("snooze over", CaseState.SNOOZED, 2, {"respond_by": NOON}, [What.ESCALATED], R.SNOOZE_ENDED),
    ("snooze of an open one over", CaseState.SNOOZED, 0, {"respond_by": NOON}, [What.ESCALATED], R.SNOOZE_ENDED),
    ("level opens", CaseState.OPEN, 0, {"respond_by": NOON, "reason": R.ASKED}, [What.ESCALATED], R.ASKED),
    ("handed back, nothing else", CaseState.OPEN, 0, {"respond_by": NOON}, [What.ESCALATED], R.OVERDUE),
    ("nobody works on it", CaseState.OPEN, 0, {"unassigned_at": NOON}, [What.ESCALATED], R.UNASSIGNED),
    ("stalled", CaseState.ACKNOWLEDGED, 2, {"follow_up_by": NOON}, [What.ESCALATED], R.STALLED),
    ("taken, a level that opens", CaseState.ACKNOWLEDGED, 2, {"respond_by": NOON}, [What.ESCALATED], R.STALLED),
    ("stalled, never alerted", CaseState.ACKNOWLEDGED, 0, {"follow_up_by": NOON}, [What.ESCALATED], R.STALLED),
    (
        "reminded",
        CaseState.ACKNOWLEDGED,
        1,
        {"remind_at": NOON, "follow_up_by": LATER, "acknowledged_by": "anna"},
        [What.REMINDED],
        None,
    ),
    (
        "shift over, nobody else",
        CaseState.ACKNOWLEDGED,
        1,
        {"shift_ends_at": NOON, "acknowledged_by": "anna"},
        [What.KEPT],
        None,
    ),
]


@pytest.mark.parametrize(("state", "level", "due", "rows", "reason"), [d[1:] for d in DUES], ids=[d[0] for d in DUES])
@pytest.mark.parametrize("now", [BEFORE, EXACTLY, AFTER])
def test_what_is_due_moves_the_case_from_its_very_instant_on(
    state: CaseState,
    level: int,
    due: dict[str, Any],
    rows: list[What],
    reason: EscalationReason | None,
    now: datetime,
) -> None:
    case = a_case(state, level, **{"respond_by": None, **due})
    changes = take_deadline(case, a_setting(now=now))
    if now is BEFORE:
        assert changes == []
        return
    assert ([change.what for change in changes], changes[-1].reason) == (rows, reason)
    assert changes[-1].case.due_at is None or changes[-1].case.due_at > now


@pytest.mark.parametrize("state", [CaseState.RESOLVED, CaseState.MUTED, CaseState.EARLY])
def test_what_has_ended_or_is_not_read_or_is_part_of_another_does_not_move(state: CaseState) -> None:
    case = a_case(state, respond_by=None, facts=None if state is CaseState.EARLY else a_case().facts)
    assert take_deadline(case, a_setting(now=LATER)) == []


def test_a_case_without_a_deadline_rests() -> None:
    assert take_deadline(a_case(respond_by=None), a_setting(now=LATER)) == []


# -- the ladder ---------------------------------------------------------------------------------------------------


def test_an_unanswered_level_climbs_one_level_and_the_next_deadline_counts_from_now() -> None:
    hours_late = NOON + 6 * HOUR
    (change,) = take_deadline(a_case(level=1), a_setting(now=hours_late))
    case = change.case
    assert (change.what, change.reason) == (What.ESCALATED, EscalationReason.UNANSWERED)
    assert (case.state, case.level, case.recipients) == (CaseState.ESCALATED, 2, (CARO.id,))
    assert (case.respond_by, case.escalated_at) == (hours_late + 20 * MINUTE, hours_late)
    assert case.escalation_id == escalation_id(CASE_ID, 2, 1)
    assert case.revision == 3


@pytest.mark.parametrize("within", [HOUR, 5 * HOUR])
def test_past_the_top_the_case_is_exhausted_and_its_top_is_alerted_again_after_a_while(within: timedelta) -> None:
    policy = a_policy(again_after={severity: within for severity in Severity})
    (change,) = take_deadline(a_case(level=3), a_setting(policy=policy))
    exhausted = change.case
    assert (change.what, exhausted.state, exhausted.respond_by) == (What.EXHAUSTED, CaseState.EXHAUSTED, NOON + within)
    assert take_deadline(exhausted, a_setting(NOON + within - SECOND, policy=policy)) == []
    (again,) = take_deadline(exhausted, a_setting(NOON + within, policy=policy))
    assert (again.what, again.case.level, again.case.round) == (What.ESCALATED, 3, 2)
    assert again.case.escalation_id == escalation_id(CASE_ID, 3, 2)
    (exhausted_again,) = take_deadline(again.case, a_setting(NOON + within + 30 * MINUTE, policy=policy))
    assert exhausted_again.case.state is CaseState.EXHAUSTED


def test_nobodys_name_is_on_an_exhausted_case() -> None:
    case = a_case(CaseState.ACKNOWLEDGED, follow_up_by=NOON, acknowledged_by="anna", acknowledged_at=NOON)
    case = take_deadline(case, a_setting(people=()))[-1].case
    assert (case.state, case.acknowledged_by, case.acknowledged_at) == (CaseState.EXHAUSTED, None, None)


def test_a_level_is_alerted_as_often_as_the_policy_says_before_it_climbs() -> None:
    policy = a_policy(a_level(Role.SUPERVISOR, repeat=2), a_level(Role.MANAGER))
    case, seen = a_case(level=1), []
    for n in range(1, 5):
        case = take_deadline(case, a_setting(NOON + n * HOUR, policy=policy))[-1].case
        seen.append((case.state, case.level, case.round, case.repeats))
    assert seen == [
        (CaseState.ESCALATED, 1, 2, 1),
        (CaseState.ESCALATED, 1, 3, 2),
        (CaseState.ESCALATED, 2, 3, 0),
        (CaseState.EXHAUSTED, 2, 3, 0),
    ]


def test_the_time_to_respond_follows_the_severity() -> None:
    within = {Severity.LOW: HOUR, Severity.MEDIUM: HOUR, Severity.HIGH: HOUR, Severity.CRITICAL: MINUTE}
    policy = a_policy(a_level(Role.SUPERVISOR), replace(a_level(Role.COORDINATOR), respond_within=within))
    (change,) = take_deadline(a_case(severity=Severity.CRITICAL), a_setting(policy=policy))
    assert change.case.respond_by == NOON + MINUTE


@pytest.mark.parametrize(("severity", "level"), [(Severity.LOW, 1), (Severity.HIGH, 1), (Severity.CRITICAL, 3)])
def test_a_case_begins_at_the_level_that_the_ladder_names_for_its_severity(severity: Severity, level: int) -> None:
    policy = a_policy(ladders=(a_ladder(start={Severity.CRITICAL: 3}),))
    case = a_case(CaseState.OPEN, 0, severity=severity, unassigned_at=NOON)
    (change,) = take_deadline(case, a_setting(policy=policy))
    assert (change.case.level, change.case.round) == (level, 1)


def test_the_first_ladder_that_fits_is_climbed_to_its_end() -> None:
    other = Ladder("other", (a_level(Role.MANAGER),), When(region=frozenset({"CZ"})))
    policy = a_policy(ladders=(other, a_ladder()))
    (change,) = take_deadline(a_case(CaseState.OPEN, 0, unassigned_at=NOON), a_setting(policy=policy))
    assert (change.case.ladder, change.case.recipients) == ("other", ("dora",))
    (exhausted,) = take_deadline(change.case, a_setting(NOON + HOUR, policy=policy))
    assert exhausted.what is What.EXHAUSTED


def test_a_level_with_nobody_is_passed_over_at_once() -> None:
    empty, raised = take_deadline(a_case(level=1), a_setting(people=(ANNA, DORA)))
    assert (empty.what, empty.case.level, empty.case.recipients) == (What.LEVEL_EMPTY, 2, ())
    assert (raised.what, raised.case.level, raised.reason) == (What.ESCALATED, 3, EscalationReason.UNREACHABLE)
    assert raised.case.recipients == (DORA.id,)


def test_when_nobody_is_left_at_all_the_case_is_exhausted() -> None:
    changes = take_deadline(a_case(CaseState.OPEN, 0, unassigned_at=NOON), a_setting(people=()))
    assert [change.what for change in changes] == [What.LEVEL_EMPTY] * 3 + [What.EXHAUSTED]
    assert changes[-1].case.escalation_id == escalation_id(CASE_ID, 3, 1)
    assert changes[-1].case.respond_by == NOON + HOUR


def test_an_unreachable_escalation_climbs_at_once() -> None:
    case = a_case(level=1, respond_by=NOON + HOUR)
    (change,) = take_unreachable(case, {escalation_id(CASE_ID, 1, 1)}, a_setting())
    assert (change.case.level, change.reason) == (2, EscalationReason.UNREACHABLE)


@pytest.mark.parametrize("stale", [escalation_id(CASE_ID, 1, 1), escalation_id(CASE_ID, 2, 2), "another"])
def test_a_stale_word_of_unreachability_is_ignored(stale: str) -> None:
    assert take_unreachable(a_case(level=2, respond_by=NOON + HOUR), {stale}, a_setting()) == []


@pytest.mark.parametrize("state", [s for s in CaseState if s is not CaseState.ESCALATED])
def test_a_case_that_calls_nobody_does_not_climb_when_unreachable(state: CaseState) -> None:
    assert take_unreachable(a_case(state, respond_by=None), {escalation_id(CASE_ID, 1, 1)}, a_setting()) == []


# -- hours of a level ---------------------------------------------------------------------------------------------

DAILY = frozenset(range(7))
AT_NOON = BusinessHours("noon", frozenset(), Calendar("UTC", (Shift(DAILY, time(12), time(13)),)))


def by_hours(outside: Outside, repeat: int = 0) -> Policy:
    """The second of three levels may be alerted from noon until one."""
    levels = (
        a_level(Role.SUPERVISOR),
        a_level(Role.COORDINATOR, hours="noon", outside=outside, repeat=repeat),
        a_level(Role.MANAGER),
    )
    return a_policy(*levels, hours=(AT_NOON,))


@pytest.mark.parametrize(
    ("now", "level"), [(BEFORE, 3), (EXACTLY, 2), (NOON + HOUR - SECOND, 2), (NOON + HOUR, 3), (NOON + 24 * HOUR, 2)]
)
def test_outside_its_hours_a_level_is_passed_over(now: datetime, level: int) -> None:
    case = a_case(level=1, respond_by=NOON - HOUR)
    changes = take_deadline(case, a_setting(now, policy=by_hours(Outside.CLIMB)))
    assert changes[-1].case.level == level
    assert [c.what for c in changes[:-1]] == ([What.LEVEL_CLOSED] if level == 3 else [])
    assert changes[-1].reason is R.UNANSWERED, "of a level that is closed nobody was looked for"


@pytest.mark.parametrize("state", [CaseState.ESCALATED, CaseState.ACKNOWLEDGED, CaseState.SNOOZED, CaseState.EXHAUSTED])
def test_a_level_that_waits_for_its_hours_is_alerted_as_they_begin_whoever_had_the_case(state: CaseState) -> None:
    policy = by_hours(Outside.WAIT)
    level = 1 if state is CaseState.ESCALATED else 2
    due = "follow_up_by" if state is CaseState.ACKNOWLEDGED else "respond_by"
    case = a_case(state, level, acknowledged_by="anna", **{"respond_by": None, due: NOON - HOUR})
    (closed,) = take_deadline(case, a_setting(NOON - HOUR, policy=policy))
    assert (closed.what, closed.case.due_at) == (What.LEVEL_CLOSED, NOON)
    if state in (CaseState.ACKNOWLEDGED, CaseState.SNOOZED):
        assert (closed.case.state, closed.case.acknowledged_by) == (CaseState.OPEN, None), "nobody has it meanwhile"
    assert take_deadline(closed.case, a_setting(BEFORE, policy=policy)) == []
    (called,) = take_deadline(closed.case, a_setting(EXACTLY, policy=policy))
    assert (called.what, called.case.state, called.case.level) == (What.ESCALATED, CaseState.ESCALATED, 2)
    assert called.case.recipients == ("caro",) and called.case.acknowledged_by is None


@pytest.mark.parametrize("state", [CaseState.ESCALATED, CaseState.ACKNOWLEDGED, CaseState.SNOOZED])
def test_whoever_asks_for_the_next_level_while_it_is_closed_gets_it_as_it_opens(state: CaseState) -> None:
    policy = by_hours(Outside.WAIT)
    case = a_case(state, 1, acknowledged_by="anna", follow_up_by=LATER)
    asked = escalate(case, "anna", None, R.MANUAL, a_setting(NOON - HOUR, policy=policy))
    assert isinstance(asked, list)
    closed = asked[-1]
    assert (closed.what, closed.case.state, closed.case.due_at) == (What.LEVEL_CLOSED, CaseState.OPEN, NOON)
    assert closed.case.acknowledged_by is None
    (called,) = take_deadline(closed.case, a_setting(policy=policy))
    assert (called.what, called.case.level, called.reason) == (What.ESCALATED, 2, R.MANUAL)


def test_the_repeats_of_a_level_that_waits_are_counted_over_the_closed_hours() -> None:
    policy = by_hours(Outside.WAIT, repeat=1)
    case, seen, now = a_case(level=2, respond_by=NOON + HOUR), [], NOON + HOUR
    for _ in range(3):
        changes = take_deadline(case, a_setting(now, policy=policy))
        case = changes[-1].case
        assert case.due_at is not None
        seen.append((changes[-1].what, case.level, case.repeats))
        now = case.due_at
    assert seen == [(What.LEVEL_CLOSED, 2, 0), (What.ESCALATED, 2, 1), (What.ESCALATED, 3, 0)]


# -- clocks -------------------------------------------------------------------------------------------------------


def clock_due(at: datetime, name: str = "first_answer", told: int = 95) -> Clock:
    marks = tuple((percent, at - (100 - percent) * MINUTE) for percent in (50, 80, 95))
    return Clock(name, at - 100 * MINUTE, at, marks, told)


CLOCKED = [CaseState.OPEN, CaseState.ACKNOWLEDGED, CaseState.SNOOZED]


@pytest.mark.parametrize("name", [measure.value for measure in Measure])
@pytest.mark.parametrize("state", CLOCKED)
@pytest.mark.parametrize("now", [BEFORE, EXACTLY, AFTER])
def test_each_clock_escalates_from_the_instant_at_which_it_breaks(name: str, state: CaseState, now: datetime) -> None:
    policy = a_policy(triggers=(Trigger(R.OVERDUE, clocks=frozenset({name})),))
    case = a_case(state, 0, respond_by=None, clocks=(clock_due(NOON, name),), acknowledged_by="anna")
    changes = take_deadline(case, a_setting(now, policy=policy))
    if now is BEFORE:
        assert changes == []
        return
    assert [change.what for change in changes] == [What.CLOCK_BROKEN, What.ESCALATED]
    assert (changes[-1].reason, changes[-1].case.trigger, changes[-1].case.acknowledged_by) == (
        R.OVERDUE,
        R.OVERDUE,
        None,
    )
    assert changes[-1].case.overdue_since == NOON


@pytest.mark.parametrize(
    "trigger",
    [Trigger(R.OVERDUE, clocks=frozenset({"other"})), Trigger(R.OVERDUE, When(category=frozenset({"other"})))],
)
def test_a_clock_whose_end_is_no_alarm_by_the_policy_is_only_told(trigger: Trigger) -> None:
    case = a_case(CaseState.OPEN, 0, clocks=(clock_due(NOON),))
    (told,) = take_deadline(case, a_setting(policy=a_policy(triggers=(trigger,))))
    assert (told.what, told.case.state, told.case.overdue_since) == (What.CLOCK_BROKEN, CaseState.OPEN, NOON)


@pytest.mark.parametrize("state", [CaseState.ESCALATED, CaseState.EXHAUSTED, CaseState.MUTED])
def test_a_clock_that_breaks_while_somebody_is_called_is_told_and_moves_nothing(state: CaseState) -> None:
    case = a_case(state, respond_by=NOON + HOUR, clocks=(clock_due(NOON),))
    (told,) = take_deadline(case, a_setting())
    assert (told.what, told.case.state, told.case.respond_by) == (What.CLOCK_BROKEN, state, NOON + HOUR)


def test_after_six_hours_all_marks_are_told_in_their_order_and_the_case_makes_one_move() -> None:
    clocks = (clock_due(NOON, told=0), clock_due(NOON + 30 * MINUTE, "resolution", told=0))
    case = a_case(level=1, respond_by=NOON - 5 * HOUR, clocks=clocks)
    changes = take_deadline(case, a_setting(NOON + HOUR))
    assert [(c.what, c.details.get("clock"), c.details.get("percent")) for c in changes] == [
        (What.WARNED, "first_answer", 50),
        (What.WARNED, "first_answer", 80),
        (What.WARNED, "resolution", 50),
        (What.WARNED, "first_answer", 95),
        (What.CLOCK_BROKEN, "first_answer", 100),
        (What.WARNED, "resolution", 80),
        (What.WARNED, "resolution", 95),
        (What.CLOCK_BROKEN, "resolution", 100),
        (What.ESCALATED, None, None),
    ]
    assert [c.case.revision for c in changes] == list(range(3, 12))
    assert (changes[-1].case.level, changes[-1].case.respond_by) == (2, NOON + HOUR + 20 * MINUTE)
    assert take_deadline(changes[-1].case, a_setting(NOON + HOUR)) == []


def test_a_warning_reaches_whom_the_policy_names_and_of_a_muted_case_nobody() -> None:
    rule = a_clock(Measure.FIRST_ANSWER, told=(Recipient(Kind.ROLE, "coordinator"),))
    policy = a_policy(clocks=(rule, a_clock(Measure.RESOLUTION)))
    for state, recipients in ((CaseState.OPEN, ["caro"]), (CaseState.MUTED, [])):
        case = a_case(state, 0, respond_by=None, clocks=(clock_due(NOON + 5 * MINUTE, told=80),))
        (warned,) = take_deadline(case, a_setting(policy=policy))
        assert (warned.what, warned.details["percent"], warned.details["recipients"]) == (What.WARNED, 95, recipients)


# -- whoever took it ----------------------------------------------------------------------------------------------


def test_who_took_a_case_is_reminded_and_then_called_again_and_progress_starts_it_anew() -> None:
    policy = a_policy(follow_up=FollowUp(dict.fromkeys(Severity, 10 * HOUR), remind=80))
    taken = a_case(CaseState.ACKNOWLEDGED, 1, acknowledged_by="anna", follow_up_by=NOON + 2 * HOUR, remind_at=NOON)
    (reminded,) = take_deadline(taken, a_setting(policy=policy))
    assert (reminded.what, reminded.details["recipients"], reminded.case.remind_at) == (What.REMINDED, ["anna"], None)
    assert reminded.case.due_at == NOON + 2 * HOUR
    (answered,) = take_answer(reminded.case, 2, NOON, "anna", a_setting(NOON + HOUR, policy=policy))
    assert (answered.case.remind_at, answered.case.follow_up_by) == (NOON + 9 * HOUR, NOON + 11 * HOUR)
    (stalled,) = take_deadline(reminded.case, a_setting(NOON + 2 * HOUR, policy=policy))
    assert (stalled.reason, stalled.case.level, stalled.case.round) == (R.STALLED, 1, 2)
    assert (stalled.case.acknowledged_by, stalled.case.recipients) == (None, ("anna",))


def on_duty(*people: str) -> Setting:
    """One after the other has the duty for a day; at noon of the second of November the first one."""
    halves = (Shift(DAILY, time(0), time(12)), Shift(DAILY, time(12), time(0)))
    shifts = (RotaShift((person,), Calendar("UTC", (half,))) for person, half in zip(people, halves, strict=False))
    rota = Rota("night", tuple(shifts))
    level = Level("first", (Recipient(Kind.DUTY, "night"),), dict.fromkeys(Severity, HOUR))
    return Setting(a_policy(level, rotas=(rota,)), lambda: People(EVERYBODY, (rota,)), NOON)


def test_as_the_shift_ends_whoever_is_on_duty_now_is_called() -> None:
    case = a_case(CaseState.ACKNOWLEDGED, 1, acknowledged_by="anna", shift_ends_at=NOON, follow_up_by=LATER)
    (called,) = take_deadline(case, on_duty("anna", "ben"))
    assert (called.reason, called.case.state, called.case.recipients) == (R.SHIFT_ENDED, CaseState.ESCALATED, (BEN.id,))
    assert (called.case.level, called.case.round, called.case.acknowledged_by) == (1, 2, None)


def test_as_the_shift_ends_the_case_stays_while_nobody_else_is_on_duty() -> None:
    case = a_case(CaseState.ACKNOWLEDGED, 1, acknowledged_by="anna", shift_ends_at=NOON, follow_up_by=LATER)
    (kept,) = take_deadline(case, on_duty("anna"))
    assert (kept.what, kept.case.acknowledged_by, kept.case.shift_ends_at) == (What.KEPT, "anna", NOON + HOUR)
    (again,) = take_deadline(kept.case, replace(on_duty("anna"), now=NOON + HOUR))
    assert again.case.shift_ends_at == NOON + 2 * HOUR
    assert (again.row_key, again.case.revision) == (kept.row_key, case.revision), "one row, however often looked at"
    assert kept.row_key != Change(case, What.ACKNOWLEDGED).row_key, "a row of its own"


def test_as_the_shift_ends_who_has_the_next_one_too_keeps_the_case_until_that_ends() -> None:
    case = a_case(CaseState.ACKNOWLEDGED, 1, acknowledged_by="anna", shift_ends_at=NOON, follow_up_by=LATER)
    setting = on_duty("anna", "anna")
    (noted,) = take_deadline(case, setting)
    assert noted.case.acknowledged_by == "anna"
    assert noted.case.shift_ends_at is not None and noted.case.shift_ends_at > NOON + HOUR


# -- handed back while it is overdue ------------------------------------------------------------------------------


@pytest.mark.parametrize(("stopped_at", "rows"), [(None, [What.ESCALATED]), (NOON, [What.NOTED])])
def test_what_was_handed_back_overdue_is_called_again_unless_the_wait_is_over(
    stopped_at: datetime | None, rows: list[What]
) -> None:
    broken = replace(clock_due(NOON - HOUR, told=100), stopped_at=stopped_at)
    case = a_case(CaseState.OPEN, 0, respond_by=NOON, clocks=(broken, clock_due(LATER, "resolution", told=0)))
    changes = take_deadline(case, a_setting())
    assert [change.what for change in changes] == rows
    assert changes[-1].case.due_at is not None and changes[-1].case.due_at > NOON


def test_a_level_above_the_top_is_the_top() -> None:
    case: Case = a_case(CaseState.ACKNOWLEDGED, 9, acknowledged_by="nobody", follow_up_by=NOON)
    assert take_deadline(case, a_setting())[-1].case.level == 3

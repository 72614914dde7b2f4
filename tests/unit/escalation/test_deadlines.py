"""When a case moves by time, and where to."""

from dataclasses import replace
from datetime import datetime

import pytest

from services.escalation.domain.case import CaseState, What, escalation_id
from services.escalation.domain.decisions import Step, acknowledge, next_step, take_deadline, take_unreachable
from services.escalation.domain.ladder import Role
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from tests.unit.escalation.builders import (
    ANNA,
    BEN,
    CARO,
    CASE_ID,
    DORA,
    HOUR,
    MINUTE,
    NOON,
    SECOND,
    a_case,
    a_level,
    a_policy,
    a_setting,
)

BEFORE, EXACTLY, AFTER = NOON - SECOND, NOON, NOON + SECOND


@pytest.mark.parametrize(
    ("state", "level", "now", "step"),
    [
        (CaseState.OPEN, 0, BEFORE, Step.WAIT),
        (CaseState.OPEN, 0, EXACTLY, Step.ESCALATE),
        (CaseState.OPEN, 0, AFTER, Step.ESCALATE),
        (CaseState.ESCALATED, 1, BEFORE, Step.WAIT),
        (CaseState.ESCALATED, 1, EXACTLY, Step.CLIMB),
        (CaseState.ESCALATED, 2, AFTER, Step.CLIMB),
        (CaseState.ESCALATED, 3, BEFORE, Step.WAIT),
        (CaseState.ESCALATED, 3, EXACTLY, Step.EXHAUST),
        (CaseState.ESCALATED, 3, AFTER, Step.EXHAUST),
        (CaseState.ACKNOWLEDGED, 1, AFTER, Step.REST),
        (CaseState.RESOLVED, 1, AFTER, Step.REST),
        (CaseState.EXHAUSTED, 3, AFTER, Step.REST),
        (CaseState.EARLY, 0, AFTER, Step.REST),
    ],
)
def test_a_deadline_asks_for_a_step_from_its_very_instant_on(
    state: CaseState, level: int, now: datetime, step: Step
) -> None:
    assert next_step(a_case(state, level, due_at=NOON), a_policy(), now) is step


def test_a_case_without_a_deadline_rests() -> None:
    assert next_step(a_case(due_at=None), a_policy(), NOON) is Step.REST


def test_nothing_happens_before_the_deadline() -> None:
    assert take_deadline(a_case(due_at=NOON), a_setting(now=BEFORE)) == []


def test_an_unanswered_level_climbs_one_level_and_the_next_deadline_counts_from_now() -> None:
    hours_late = NOON + 6 * HOUR
    (change,) = take_deadline(a_case(level=1, due_at=NOON), a_setting(now=hours_late))
    case = change.case
    assert (change.what, change.reason) == (What.ESCALATED, EscalationReason.UNANSWERED)
    assert (case.state, case.level, case.recipients) == (CaseState.ESCALATED, 2, (CARO.id,))
    assert case.due_at == hours_late + 20 * MINUTE
    assert case.escalation_id == escalation_id(CASE_ID, 2, 1)
    assert case.revision == 3


def test_an_overdue_first_answer_escalates_to_level_1() -> None:
    (change,) = take_deadline(a_case(CaseState.OPEN, level=0, due_at=NOON), a_setting())
    assert (change.case.level, change.case.round) == (1, 1)
    assert (change.reason, change.case.trigger) == (EscalationReason.OVERDUE, EscalationReason.OVERDUE)


def test_past_the_top_the_case_is_exhausted_once() -> None:
    (change,) = take_deadline(a_case(level=3, due_at=NOON), a_setting())
    assert (change.what, change.case.state, change.case.due_at) == (What.EXHAUSTED, CaseState.EXHAUSTED, None)
    assert take_deadline(change.case, a_setting(now=NOON + 9 * HOUR)) == []


def test_the_time_to_respond_follows_the_severity() -> None:
    within = {Severity.LOW: HOUR, Severity.MEDIUM: HOUR, Severity.HIGH: HOUR, Severity.CRITICAL: MINUTE}
    policy = a_policy(a_level(Role.SUPERVISOR), replace(a_level(Role.COORDINATOR), respond_within=within))
    (change,) = take_deadline(a_case(severity=Severity.CRITICAL), a_setting(policy=policy))
    assert change.case.due_at == NOON + MINUTE


def test_an_unreachable_escalation_climbs_at_once() -> None:
    case = a_case(level=1, due_at=NOON + HOUR)
    (change,) = take_unreachable(case, {escalation_id(CASE_ID, 1, 1)}, a_setting())
    assert (change.case.level, change.reason) == (2, EscalationReason.UNREACHABLE)


@pytest.mark.parametrize("stale", [escalation_id(CASE_ID, 1, 1), escalation_id(CASE_ID, 2, 2), "another"])
def test_a_stale_word_of_unreachability_is_ignored(stale: str) -> None:
    assert take_unreachable(a_case(level=2, due_at=NOON + HOUR), {stale}, a_setting()) == []


@pytest.mark.parametrize("state", [CaseState.ACKNOWLEDGED, CaseState.RESOLVED, CaseState.EXHAUSTED])
def test_an_answered_or_finished_case_does_not_climb_when_unreachable(state: CaseState) -> None:
    assert take_unreachable(a_case(state, due_at=None), {escalation_id(CASE_ID, 1, 1)}, a_setting()) == []


def test_a_level_with_nobody_is_passed_over_at_once() -> None:
    empty, raised = take_deadline(a_case(level=1), a_setting(people=(ANNA, DORA)))
    assert (empty.what, empty.case.level) == (What.LEVEL_EMPTY, 2)
    assert (raised.what, raised.case.level, raised.reason) == (What.ESCALATED, 3, EscalationReason.UNREACHABLE)
    assert raised.case.recipients == (DORA.id,)


def test_when_nobody_is_left_at_all_the_case_is_exhausted() -> None:
    changes = take_deadline(a_case(CaseState.OPEN, level=0), a_setting(people=()))
    assert [change.what for change in changes] == [What.LEVEL_EMPTY] * 3 + [What.EXHAUSTED]
    assert changes[-1].case.escalation_id == escalation_id(CASE_ID, 3, 1)
    assert changes[-1].case.due_at is None


@pytest.mark.parametrize("state", [CaseState.OPEN, CaseState.ESCALATED, CaseState.EXHAUSTED])
def test_a_person_takes_a_case_that_nobody_has(state: CaseState) -> None:
    (change,) = acknowledge(a_case(state), BEN.id, NOON)
    case = change.case
    assert (case.state, case.acknowledged_by, case.acknowledged_at, case.due_at) == (
        CaseState.ACKNOWLEDGED,
        BEN.id,
        NOON,
        None,
    )
    assert take_deadline(case, a_setting(now=NOON + 99 * HOUR)) == []


@pytest.mark.parametrize("state", [CaseState.ACKNOWLEDGED, CaseState.RESOLVED, CaseState.EARLY])
def test_a_case_that_is_taken_or_closed_is_not_taken_again(state: CaseState) -> None:
    assert acknowledge(a_case(state), BEN.id, NOON) == []

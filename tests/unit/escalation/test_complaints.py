"""What the words about a complaint do to its case, in whatever order they come."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import pytest

from services.escalation.domain.case import Case, CaseState, Change, What, escalation_id
from services.escalation.domain.decisions import (
    acknowledge,
    take_answer,
    take_deadline,
    take_news,
    take_reopening,
    take_resolution,
)
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from tests.unit.escalation.builders import CASE_ID, HOUR, NOON, a_case, a_setting, news

LOW, MEDIUM, HIGH, CRITICAL = Severity
NEW = Case(CASE_ID, policy_version="test@1")


@pytest.mark.parametrize(
    ("severity", "asks_kind", "reason"),
    [
        (LOW, "none", None),
        (MEDIUM, "none", None),
        (LOW, "human", None),
        (HIGH, "none", EscalationReason.SEVERITY),
        (CRITICAL, "none", EscalationReason.SEVERITY),
        (LOW, "supervisor", EscalationReason.ASKED),
        (MEDIUM, "executive", EscalationReason.ASKED),
        (CRITICAL, "supervisor", EscalationReason.SEVERITY),
    ],
)
def test_a_severe_or_asked_case_goes_to_level_1_as_it_opens(
    severity: Severity, asks_kind: str, reason: EscalationReason | None
) -> None:
    changes = take_news(NEW, news(1, severity, asks_kind), a_setting())
    assert [change.what for change in changes] == [What.OPENED] + ([What.ESCALATED] if reason else [])
    assert (changes[-1].case.level, changes[-1].reason) == (1 if reason else 0, reason)


def test_any_other_case_waits_for_its_first_answer() -> None:
    (opened,) = take_news(NEW, news(1, MEDIUM), a_setting())
    assert (opened.case.state, opened.case.due_at) == (CaseState.OPEN, NOON + 3 * HOUR)


def test_a_worse_contact_brings_the_first_answer_forward() -> None:
    (opened,) = take_news(NEW, news(1, LOW), a_setting())
    (updated,) = take_news(opened.case, news(2, MEDIUM), a_setting(now=NOON + HOUR))
    assert updated.case.due_at == NOON + 3 * HOUR


def test_an_answer_ends_the_wait_for_it() -> None:
    (opened,) = take_news(NEW, news(1), a_setting())
    (answered,) = take_answer(opened.case, 2, "agent")
    assert (answered.case.state, answered.case.due_at) == (CaseState.OPEN, None)


def test_an_answer_does_not_stop_the_ladder() -> None:
    (answered,) = take_answer(a_case(due_at=NOON), 2, "agent")
    assert (answered.case.state, answered.case.due_at) == (CaseState.ESCALATED, NOON)


def test_an_update_that_becomes_severe_escalates_then() -> None:
    (opened,) = take_news(NEW, news(1), a_setting())
    updated, raised = take_news(opened.case, news(2, HIGH), a_setting())
    assert (updated.what, raised.what, raised.reason) == (What.UPDATED, What.ESCALATED, EscalationReason.SEVERITY)


def test_an_escalated_case_does_not_go_down_when_more_is_heard() -> None:
    case = a_case(level=2, due_at=NOON + HOUR)
    (updated,) = take_news(case, news(2, CRITICAL, "supervisor"), a_setting())
    assert (updated.case.level, updated.case.due_at, updated.what) == (2, NOON + HOUR, What.UPDATED)


def test_who_has_taken_a_case_is_not_alerted_of_what_was_known() -> None:
    taken = _taken(news(1, HIGH))
    (updated,) = take_news(taken, news(2, CRITICAL), a_setting())
    assert updated.case.state is CaseState.ACKNOWLEDGED


def test_a_new_alarm_escalates_a_taken_case_in_a_new_round() -> None:
    raised = take_news(_taken(news(1, HIGH)), news(2, HIGH, "supervisor"), a_setting())[-1]
    assert (raised.reason, raised.case.level, raised.case.round) == (EscalationReason.ASKED, 1, 2)
    assert raised.case.escalation_id == escalation_id(CASE_ID, 1, 2)
    assert raised.case.acknowledged_by is None


@pytest.mark.parametrize("before", [CaseState.OPEN, CaseState.ESCALATED, CaseState.ACKNOWLEDGED, CaseState.EXHAUSTED])
def test_a_resolution_closes_the_case(before: CaseState) -> None:
    (change,) = take_resolution(a_case(before), 2, NOON, "crm")
    assert (change.what, change.case.state, change.case.due_at) == (What.RESOLVED, CaseState.RESOLVED, None)
    assert (change.case.closed_at, change.case.closed_by) == (NOON, "crm")


def test_a_reopened_severe_case_begins_the_ladder_in_a_new_round() -> None:
    severe = take_news(NEW, news(1, HIGH), a_setting())[-1].case
    (resolved,) = take_resolution(severe, 2, NOON, "crm")
    reopened, raised = take_reopening(resolved.case, 3, "crm", a_setting(now=NOON + HOUR))
    assert (reopened.what, raised.what) == (What.REOPENED, What.ESCALATED)
    assert (raised.case.level, raised.case.round, raised.case.since) == (1, 2, NOON + HOUR)


def test_a_reopened_mild_case_waits_for_an_answer_again() -> None:
    (opened,) = take_news(NEW, news(1), a_setting())
    (answered,) = take_answer(opened.case, 2, "agent")
    (resolved,) = take_resolution(answered.case, 3, NOON, "crm")
    (reopened,) = take_reopening(resolved.case, 4, "crm", a_setting(now=NOON + HOUR))
    assert (reopened.case.state, reopened.case.due_at) == (CaseState.OPEN, NOON + 5 * HOUR)


def test_a_resolution_before_its_complaint_keeps_it_from_escalating() -> None:
    (early,) = take_resolution(NEW, 2, NOON, "crm")
    (late,) = take_news(early.case, news(1, CRITICAL), a_setting())
    assert (late.case.state, late.case.level, late.case.facts_revision) == (CaseState.RESOLVED, 0, 1)


def test_an_alarm_newer_than_the_resolution_opens_the_case_again() -> None:
    (early,) = take_resolution(NEW, 2, NOON, "crm")
    assert take_news(early.case, news(3, CRITICAL), a_setting())[-1].case.state is CaseState.ESCALATED


@dataclass(frozen=True)
class Told:
    """One event of a history: a name for the report, and what it does to a case."""

    name: str
    apply: Callable[[Case], list[Change]]

    def __repr__(self) -> str:
        return self.name


def classified(revision: int, severity: Severity = LOW, asks_kind: str = "none") -> Told:
    told = news(revision, severity, asks_kind)
    return Told(f"classified {revision}", lambda case: take_news(case, told, a_setting()))


def answered(revision: int) -> Told:
    return Told(f"answered {revision}", lambda case: take_answer(case, revision, "agent"))


def resolved(revision: int) -> Told:
    return Told(f"resolved {revision}", lambda case: take_resolution(case, revision, NOON, "crm"))


def reopened(revision: int) -> Told:
    return Told(f"reopened {revision}", lambda case: take_reopening(case, revision, "crm", a_setting()))


HISTORIES = [
    (classified(1), answered(2)),
    (classified(1, CRITICAL), resolved(2)),
    (classified(1), classified(2, HIGH), resolved(3)),
    (classified(1, HIGH), classified(2), resolved(3)),
    (classified(1), resolved(2), classified(3, CRITICAL)),
    (classified(1, HIGH), resolved(2), reopened(3)),
    (classified(1), answered(2), resolved(3), reopened(4)),
    (classified(1), answered(2), reopened(3)),
    (classified(1), resolved(2), reopened(3), resolved(4)),
    (classified(1), resolved(2), reopened(3), classified(4, LOW, "supervisor"), answered(5)),
]


@pytest.mark.parametrize("history", HISTORIES)
def test_the_order_in_which_a_history_is_heard_does_not_matter(history: tuple[Told, ...]) -> None:
    wanted = _outcome(history)
    for order in permutations(history):
        assert _outcome(order) == wanted, order


@pytest.mark.parametrize("history", HISTORIES)
def test_a_history_heard_twice_comes_to_the_same(history: tuple[Told, ...]) -> None:
    assert _outcome(history + history) == _outcome(history)


def _outcome(history: tuple[Told, ...]) -> tuple[CaseState, int, Severity, bool]:
    case = NEW
    for told in history:
        changes = told.apply(case)
        case = changes[-1].case if changes else case
    # A closed case may have been escalated before it was closed, or not: that is its past, not its outcome.
    return case.state, 0 if case.state is CaseState.RESOLVED else case.level, case.severity, case.due_at is None


def _taken(first: object) -> Case:
    severe = take_news(NEW, first, a_setting())[-1].case  # type: ignore[arg-type]
    assert take_deadline(severe, a_setting(now=NOON)) == []
    return acknowledge(severe, "anna", NOON)[-1].case

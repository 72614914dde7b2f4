"""What the words about a complaint do to its case, in whatever order they come."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import pytest

from services.escalation.domain.answers import acknowledge
from services.escalation.domain.case import Case, CaseState, Change, What, escalation_id
from services.escalation.domain.conditions import When
from services.escalation.domain.hearing import (
    take_answer,
    take_news,
    take_rating,
    take_reopening,
    take_request,
    take_resolution,
)
from services.escalation.domain.policy import ClockRule, Measure, Policy, Trigger
from services.escalation.domain.told import Moment
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from tests.unit.escalation.builders import (
    CASE_ID,
    HOUR,
    MINUTE,
    NOON,
    a_case,
    a_clock,
    a_ladder,
    a_policy,
    a_setting,
    news,
)

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


def test_any_other_case_waits_for_its_first_answer_and_its_resolution() -> None:
    (opened,) = take_news(NEW, news(1, MEDIUM), a_setting())
    assert opened.case.state is CaseState.OPEN
    assert {clock.name: clock.due_at - NOON for clock in opened.case.clocks} == {
        "first_answer": 3 * HOUR,
        "resolution": 23 * HOUR,
    }
    assert opened.case.due_at == NOON + 1.5 * HOUR, "the first warning"


def test_a_worse_contact_brings_the_first_answer_forward() -> None:
    (opened,) = take_news(NEW, news(1, LOW), a_setting())
    (updated,) = take_news(opened.case, news(2, MEDIUM), a_setting(now=NOON + HOUR))
    assert updated.case.clocks[0].due_at == NOON + 3 * HOUR


def test_an_answer_ends_the_wait_for_it_and_not_the_one_for_the_resolution() -> None:
    (opened,) = take_news(NEW, news(1), a_setting())
    (answered,) = take_answer(opened.case, 2, NOON, "agent", a_setting(now=NOON + HOUR))
    first, resolution = answered.case.clocks
    assert (first.stopped_at, resolution.stopped_at) == (NOON, None)
    assert (answered.case.state, answered.case.due_at) == (CaseState.OPEN, NOON + 12 * HOUR)


def test_an_answer_that_upstream_dates_in_the_future_came_now() -> None:
    (opened,) = take_news(NEW, news(1), a_setting())
    (answered,) = take_answer(opened.case, 2, NOON + HOUR, "agent", a_setting())
    assert answered.case.told.answers == (Moment(2, NOON),)


def test_an_answer_does_not_stop_the_ladder() -> None:
    (answered,) = take_answer(a_case(), 2, NOON, "agent", a_setting())
    assert (answered.case.state, answered.case.respond_by) == (CaseState.ESCALATED, NOON)


def test_a_question_after_an_answer_waits_for_the_next_one_from_the_first_question_on() -> None:
    clock = a_clock(Measure.NEXT_ANSWER, warn=())
    setting = a_setting(now=NOON + 9 * HOUR, policy=a_policy(clocks=(clock, a_clock(Measure.RESOLUTION, 24))))
    case = take_news(NEW, news(1), setting)[-1].case
    assert [c.name for c in case.clocks] == ["resolution"]
    case = take_answer(case, 2, NOON, "agent", setting)[-1].case
    case = take_news(case, news(3, at=NOON + HOUR), setting)[-1].case
    case = take_news(case, news(4, at=NOON + 2 * HOUR), setting)[-1].case
    assert (case.clocks[0].started_at, case.clocks[0].due_at) == (NOON + HOUR, NOON + 5 * HOUR)
    case = take_answer(case, 5, NOON + 3 * HOUR, "agent", setting)[-1].case
    assert case.clocks[0].stopped_at == NOON + 3 * HOUR
    case = take_news(case, news(6, at=NOON + 8 * HOUR), setting)[-1].case
    assert (case.clocks[0].started_at, case.clocks[0].stopped_at) == (NOON + 8 * HOUR, None)


def test_an_answer_before_the_reopening_does_not_make_a_question_after_it_a_second_one() -> None:
    setting = a_setting(policy=a_policy(clocks=(a_clock(Measure.NEXT_ANSWER), a_clock(Measure.RESOLUTION, 24))))
    case = take_answer(take_news(NEW, news(1), setting)[-1].case, 2, NOON, "agent", setting)[-1].case
    case = take_reopening(case, 3, NOON, "crm", setting)[-1].case
    case = take_news(case, news(4), setting)[-1].case
    assert [clock.name for clock in case.clocks] == ["resolution"], "it waits for its first answer"


def test_whoever_asks_for_somebody_waits_until_a_person_takes_the_case() -> None:
    policy = a_policy(clocks=(a_clock(Measure.SUPERVISOR), a_clock(Measure.RESOLUTION, 24)))
    case = take_news(NEW, news(1), a_setting(policy=policy))[-1].case
    assert [clock.name for clock in case.clocks] == ["resolution"]
    later = a_setting(now=NOON + HOUR, policy=policy)
    case = take_news(case, news(2, asks_kind="supervisor", at=NOON + HOUR), later)[-1].case
    assert (case.clocks[0].started_at, case.clocks[0].stopped_at) == (NOON + HOUR, None)
    taken = acknowledge(case, "anna", a_setting(now=NOON + 2 * HOUR, policy=policy))
    assert isinstance(taken, list)
    assert taken[-1].case.clocks[0].stopped_at == NOON + 2 * HOUR


def test_an_update_that_becomes_severe_escalates_then() -> None:
    (opened,) = take_news(NEW, news(1), a_setting())
    updated, raised = take_news(opened.case, news(2, HIGH), a_setting())
    assert (updated.what, raised.what, raised.reason) == (What.UPDATED, What.ESCALATED, EscalationReason.SEVERITY)


@pytest.mark.parametrize("state", [CaseState.OPEN, CaseState.ACKNOWLEDGED, CaseState.SNOOZED])
def test_a_new_alarm_escalates_what_rests_in_a_new_round_with_nobodys_name_on_it(state: CaseState) -> None:
    case = a_case(state, alarms={EscalationReason.SEVERITY: 1}, severity=HIGH, acknowledged_by="anna")
    raised = take_news(case, news(2, HIGH, "supervisor"), a_setting())[-1]
    assert (raised.case.state, raised.reason, raised.case.level, raised.case.round) == (
        CaseState.ESCALATED,
        EscalationReason.ASKED,
        1,
        2,
    )
    assert raised.case.escalation_id == escalation_id(CASE_ID, 1, 2)
    assert raised.case.acknowledged_by is None


@pytest.mark.parametrize("state", [CaseState.ACKNOWLEDGED, CaseState.SNOOZED, CaseState.OPEN])
def test_an_old_alarm_escalates_nothing_that_rests(state: CaseState) -> None:
    case = a_case(state, alarms={EscalationReason.SEVERITY: 1}, severity=HIGH)
    (updated,) = take_news(case, news(2, CRITICAL), a_setting())
    assert (updated.case.state, updated.case.level) == (state, 1)


def test_an_exhausted_case_with_a_new_alarm_is_alerted_at_once_at_its_top() -> None:
    case = a_case(CaseState.EXHAUSTED, level=3, respond_by=NOON + HOUR)
    raised = take_news(case, news(2, LOW, "supervisor"), a_setting())[-1]
    assert (raised.case.state, raised.case.level, raised.case.round) == (CaseState.ESCALATED, 3, 2)
    assert raised.reason is EscalationReason.ASKED


def test_an_exhausted_case_that_becomes_worse_is_alerted_at_once_at_its_top() -> None:
    raised = take_news(a_case(CaseState.EXHAUSTED, level=3), news(2, CRITICAL), a_setting())[-1]
    assert (raised.case.state, raised.case.level, raised.reason) == (CaseState.ESCALATED, 3, EscalationReason.SEVERITY)


def test_a_muted_case_hears_and_alerts_nobody() -> None:
    (updated,) = take_news(a_case(CaseState.MUTED, parent_id="p"), news(2, CRITICAL, "supervisor"), a_setting())
    assert (updated.case.state, updated.case.severity) == (CaseState.MUTED, CRITICAL)


def test_a_worse_contact_leaves_the_escalated_less_time_counted_from_the_alert() -> None:
    level = a_ladder().levels[0]
    within = {LOW: 4 * HOUR, MEDIUM: 3 * HOUR, HIGH: 2 * HOUR, CRITICAL: HOUR}
    policy = a_policy(type(level)(level.name, level.recipients, within))
    case = a_case(respond_by=NOON + 3 * HOUR, escalated_at=NOON - HOUR)
    updated, sooner = take_news(case, news(2, HIGH), a_setting(policy=policy))
    assert (updated.what, sooner.what) == (What.UPDATED, What.NOTED)
    assert sooner.case.respond_by == NOON + HOUR
    (same,) = take_news(case, news(2, LOW), a_setting(policy=policy))
    assert same.case.respond_by == NOON + 3 * HOUR


def test_less_severe_news_never_gives_the_escalated_more_time() -> None:
    case = a_case(respond_by=NOON + MINUTE, escalated_at=NOON, severity=MEDIUM)
    changes = take_news(case, news(2, HIGH), a_setting())
    assert changes[-1].case.respond_by == NOON + MINUTE


@pytest.mark.parametrize(("level", "climbs_to"), [(1, 2), (2, 2), (3, 3)])
def test_a_worse_contact_climbs_to_where_the_ladder_begins_for_it(level: int, climbs_to: int) -> None:
    policy = a_policy(ladders=(a_ladder(start={CRITICAL: 2}),))
    case = a_case(level=level, respond_by=NOON + MINUTE, escalated_at=NOON)
    case = take_news(case, news(2, CRITICAL), a_setting(policy=policy))[-1].case
    assert (case.level, case.reason) == (climbs_to, EscalationReason.SEVERITY if level == 1 else None)


def test_the_severity_never_sinks_by_what_is_heard() -> None:
    case = take_news(NEW, news(1, HIGH), a_setting())[-1].case
    assert take_news(case, news(2, LOW), a_setting())[-1].case.severity is HIGH


@pytest.mark.parametrize(
    "before",
    [
        CaseState.OPEN,
        CaseState.ESCALATED,
        CaseState.ACKNOWLEDGED,
        CaseState.EXHAUSTED,
        CaseState.SNOOZED,
        CaseState.MUTED,
    ],
)
def test_a_resolution_closes_the_case(before: CaseState) -> None:
    case = a_case(before, follow_up_by=NOON, remind_at=NOON, shift_ends_at=NOON, unassigned_at=NOON)
    (change,) = take_resolution(case, 2, NOON, "crm", a_setting())
    assert (change.what, change.case.state, change.case.due_at) == (What.RESOLVED, CaseState.RESOLVED, None)
    assert (change.case.closed_at, change.case.closed_by, change.actor) == (NOON, "crm", "crm")
    assert all(clock.stopped_at == NOON for clock in change.case.clocks)


def test_a_reopened_severe_case_begins_the_ladder_in_a_new_round() -> None:
    severe = take_news(NEW, news(1, HIGH), a_setting())[-1].case
    (resolved,) = take_resolution(severe, 2, NOON, "crm", a_setting())
    reopened, raised = take_reopening(resolved.case, 3, NOON + HOUR, "crm", a_setting(now=NOON + HOUR))
    assert (reopened.what, raised.what) == (What.REOPENED, What.ESCALATED)
    assert (raised.case.level, raised.case.round, raised.case.since) == (1, 2, NOON + HOUR)
    assert raised.case.opened_at == NOON


def test_a_reopened_mild_case_waits_for_an_answer_again() -> None:
    (opened,) = take_news(NEW, news(1), a_setting())
    (answered,) = take_answer(opened.case, 2, NOON, "agent", a_setting())
    (resolved,) = take_resolution(answered.case, 3, NOON, "crm", a_setting())
    (reopened,) = take_reopening(resolved.case, 4, NOON + HOUR, "crm", a_setting(now=NOON + HOUR))
    assert reopened.case.state is CaseState.OPEN
    assert [(clock.due_at, clock.stopped_at) for clock in reopened.case.clocks] == [
        (NOON + 5 * HOUR, None),
        (NOON + 25 * HOUR, None),
    ]


@pytest.mark.parametrize("state", [CaseState.ACKNOWLEDGED, CaseState.SNOOZED])
def test_a_reopening_takes_the_case_from_whoever_has_it(state: CaseState) -> None:
    case = take_reopening(a_case(state, acknowledged_by="anna", taken_at=NOON), 3, NOON, "crm", a_setting())[-1].case
    assert (case.state, case.acknowledged_by, case.taken_at, case.level) == (CaseState.OPEN, None, None, 0)


def test_a_reopening_that_is_one_too_many_is_an_alarm_even_if_the_end_before_it_was_not_heard() -> None:
    policy = _policy_with(Trigger(EscalationReason.REOPENED, When(reopenings=2)))
    case = take_news(NEW, news(1), a_setting(policy=policy))[-1].case
    case = take_reopening(case, 3, NOON, "crm", a_setting(policy=policy))[-1].case
    assert case.state is CaseState.OPEN
    case = take_reopening(case, 5, NOON, "crm", a_setting(policy=policy))[-1].case
    assert (case.state, case.reason) == (CaseState.ESCALATED, EscalationReason.REOPENED)


def test_a_resolution_before_its_complaint_keeps_it_from_escalating() -> None:
    (early,) = take_resolution(NEW, 2, NOON, "crm", a_setting())
    late = take_news(early.case, news(1, CRITICAL), a_setting())[-1].case
    assert (late.state, late.level, late.facts_revision) == (CaseState.RESOLVED, 0, 1)


def test_an_alarm_newer_than_the_resolution_opens_the_case_again() -> None:
    (early,) = take_resolution(NEW, 2, NOON, "crm", a_setting())
    assert take_news(early.case, news(3, CRITICAL), a_setting())[-1].case.state is CaseState.ESCALATED


def test_a_request_after_the_end_is_another_one_than_that_before_it() -> None:
    policy = _policy_with(Trigger(EscalationReason.UPSTREAM_REQUEST))
    setting = a_setting(policy=policy)
    case = take_news(NEW, news(1), setting)[-1].case
    case = take_request(case, 2, "crm", setting)[-1].case
    assert (case.state, case.reason) == (CaseState.ESCALATED, EscalationReason.UPSTREAM_REQUEST)
    case = take_resolution(case, 3, NOON, "crm", setting)[-1].case
    asked, reopened, raised = take_request(case, 4, "crm", setting)
    assert (asked.what, reopened.what, raised.what) == (What.REQUESTED, What.REOPENED, What.ESCALATED)
    assert take_request(raised.case, 4, "crm", setting) == []


@pytest.mark.parametrize("order", list(permutations((2, 3, 5))))
@pytest.mark.parametrize("last", [0.5, 0.1])
def test_the_newest_low_rating_counts_at_its_own_revision(order: tuple[int, ...], last: float) -> None:
    scores = {2: 0.9, 3: 0.1, 5: last}
    setting = a_setting(policy=_policy_with(Trigger(EscalationReason.LOW_RATING, When(rating=0.2))))
    case = take_news(NEW, news(1), setting)[-1].case
    for revision in order:
        changes = take_rating(case, revision, scores[revision], "crm", setting)
        case = changes[-1].case if changes else case
    assert (case.told.rating, case.rated_revision) == (0.1, 5)
    assert dict(case.alarms) == {EscalationReason.LOW_RATING: 3 if last == 0.5 else 5}


def test_what_was_told_before_the_complaint_was_read_is_an_alarm_as_it_opens() -> None:
    reopenings = Trigger(EscalationReason.REOPENED, When(reopenings=2))
    requests, ratings = (
        Trigger(EscalationReason.UPSTREAM_REQUEST),
        Trigger(EscalationReason.LOW_RATING, When(rating=0.2)),
    )
    setting = a_setting(policy=_policy_with(reopenings, requests, ratings))
    twice = take_reopening(take_reopening(NEW, 3, NOON, "crm", setting)[-1].case, 5, NOON, "crm", setting)
    for early, reason in (
        (twice, EscalationReason.REOPENED),
        (take_request(NEW, 3, "crm", setting), EscalationReason.UPSTREAM_REQUEST),
        (take_rating(NEW, 3, 0.1, "crm", setting), EscalationReason.LOW_RATING),
    ):
        assert early[-1].case.state is CaseState.EARLY
        assert take_news(early[-1].case, news(1), setting)[-1].reason is reason


def test_what_ended_and_was_never_read_is_not_opened_by_a_rating_or_a_request() -> None:
    setting = a_setting(policy=_policy_with(Trigger(EscalationReason.UPSTREAM_REQUEST)))
    early = take_resolution(NEW, 2, NOON, "crm", setting)[-1].case
    early = take_reopening(early, 3, NOON, "crm", setting)[-1].case
    for changes in (take_rating(early, 4, 0.0, "crm", setting), take_request(early, 4, "crm", setting)):
        assert (changes[-1].case.state, changes[-1].case.since) == (CaseState.RESOLVED, None)
    opened = take_news(early, news(1), setting)[0]
    assert (opened.what, opened.case.state) == (What.OPENED, CaseState.OPEN)


def _policy_with(*triggers: Trigger) -> Policy:
    return a_policy(triggers=(*triggers, Trigger(EscalationReason.OVERDUE)))


@dataclass(frozen=True)
class Heard:
    """One event of a history: a name for the report, and what it does to a case."""

    name: str
    apply: Callable[[Case], list[Change]]

    def __repr__(self) -> str:
        return self.name


def classified(revision: int, severity: Severity = LOW, asks_kind: str = "none") -> Heard:
    told = news(revision, severity, asks_kind)
    return Heard(f"classified {revision}", lambda case: take_news(case, told, a_setting()))


def answered(revision: int) -> Heard:
    return Heard(f"answered {revision}", lambda case: take_answer(case, revision, NOON, "agent", a_setting()))


def resolved(revision: int) -> Heard:
    return Heard(f"resolved {revision}", lambda case: take_resolution(case, revision, NOON, "crm", a_setting()))


def reopened(revision: int) -> Heard:
    return Heard(f"reopened {revision}", lambda case: take_reopening(case, revision, NOON, "crm", a_setting()))


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
def test_the_order_in_which_a_history_is_heard_does_not_matter(history: tuple[Heard, ...]) -> None:
    wanted = _outcome(history)
    for order in permutations(history):
        assert _outcome(order) == wanted, order


@pytest.mark.parametrize("history", HISTORIES)
def test_a_history_heard_twice_comes_to_the_same(history: tuple[Heard, ...]) -> None:
    assert _outcome(history + history) == _outcome(history)


def _outcome(history: tuple[Heard, ...]) -> tuple[object, ...]:
    case = NEW
    for told in history:
        changes = told.apply(case)
        case = changes[-1].case if changes else case
    # A closed case may have been escalated before it was closed, or not: that is its past, not its outcome.
    return case.state, 0 if case.state is CaseState.RESOLVED else case.level, case.severity, case.told, case.due_at


def test_of_a_long_complaint_the_newest_contacts_are_kept() -> None:
    case = NEW
    for revision in range(1, 60):
        case = take_news(case, news(revision), a_setting())[-1].case
    assert [moment.revision for moment in case.told.contacts] == list(range(10, 60))
    assert case.told.first_at == NOON and case.told.count == 59


def test_a_clock_that_only_some_cases_have_comes_and_goes_with_what_is_known() -> None:
    some = ClockRule(
        "severe", Measure.RESOLUTION, a_clock(Measure.RESOLUTION, 8).within, When(severity=frozenset({HIGH}))
    )
    policy = a_policy(clocks=(some, a_clock(Measure.RESOLUTION, 24)))
    case = take_news(NEW, news(1), a_setting(policy=policy))[-1].case
    assert [clock.name for clock in case.clocks] == ["resolution"]
    case = take_news(case, news(2, HIGH), a_setting(policy=policy))[-1].case
    assert [clock.name for clock in case.clocks] == ["severe", "resolution"]
    case = take_news(case, news(3, CRITICAL), a_setting(policy=policy))[-1].case
    assert [clock.name for clock in case.clocks] == ["resolution"]

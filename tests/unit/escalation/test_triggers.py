"""What escalates at once: each trigger, what is just not enough and what just is; the first rule that fits says why."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.escalation.domain.answers import escalate
from services.escalation.domain.case import Case, CaseState, Change, What
from services.escalation.domain.conditions import When
from services.escalation.domain.hearing import (
    take_answer,
    take_news,
    take_owner,
    take_rating,
    take_reopening,
    take_request,
    take_resolution,
)
from services.escalation.domain.policy import Measure, Policy, Trigger
from services.escalation.domain.rungs import Setting
from services.escalation.domain.timing import take_deadline
from services.escalation.domain.told import Owner
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from tests.unit.escalation.builders import (
    CASE_ID,
    HOUR,
    MINUTE,
    NOON,
    SECOND,
    a_case,
    a_clock,
    a_policy,
    a_setting,
    news,
)

R = EscalationReason
LOW, MEDIUM, HIGH, CRITICAL = Severity
NEW = Case(CASE_ID, policy_version="test@1")
OVERDUE = Trigger(R.OVERDUE)


def by(*triggers: Trigger, **changes: Any) -> Policy:
    return a_policy(triggers=(*triggers, OVERDUE), **changes)


def words(*values: str) -> frozenset[str]:
    return frozenset(values)


# -- by what was read in a contact --------------------------------------------------------------------------------

READ: list[tuple[EscalationReason, When, dict[str, Any], dict[str, Any]]] = [
    (R.SEVERITY, When(severity=frozenset({HIGH, CRITICAL})), {"severity": MEDIUM}, {"severity": HIGH}),
    (R.SEVERITY, When(severity=frozenset({MEDIUM})), {"severity": HIGH}, {"severity": MEDIUM}),
    (R.ASKED, When(asked=words("supervisor")), {"asks_kind": "human"}, {"asks_kind": "supervisor"}),
    (R.ANGER, When(anger=0.9), {"anger": 0.89}, {"anger": 0.9}),
    (
        R.ANGER,
        When(anger=0.9, severity=frozenset({MEDIUM})),
        {"anger": 1.0, "severity": LOW},
        {"anger": 0.9, "severity": MEDIUM},
    ),
    (R.FLAGGED, When(flags=words("safety")), {"flags": ("legal",)}, {"flags": ("legal", "safety")}),
    (R.FLAGGED, When(flags=words("*")), {"flags": ()}, {"flags": ("any",)}),
    (R.TIER, When(tier=words("gold")), {"tier": "Silver"}, {"tier": "GOLD"}),
    (R.TIER, When(tier=words("none")), {"tier": "gold"}, {"tier": None}),
    (R.REPEATED, When(contacts=3), {"count": 2}, {"count": 3}),
    (R.REPEATED, When(contacts=3, channel=words("phone")), {"count": 9}, {"count": 3, "channel": "phone"}),
    (R.SEVERITY, When(region=words("GB")), {"region": "CZ"}, {"region": "GB"}),
    (R.SEVERITY, When(product=words("x")), {"product": None}, {"product": "x"}),
    (R.SEVERITY, When(category=words("fraud")), {"category": "billing"}, {"category": "fraud"}),
]


@pytest.mark.parametrize(("reason", "when", "just_not", "just"), READ)
def test_what_is_read_in_a_contact_escalates_as_soon_as_the_rule_fits(
    reason: EscalationReason, when: When, just_not: dict[str, Any], just: dict[str, Any]
) -> None:
    setting = a_setting(policy=by(Trigger(reason, when)))
    (opened,) = take_news(NEW, news(1, **just_not), setting)
    assert (opened.case.state, dict(opened.case.alarms)) == (CaseState.OPEN, {})
    at_once = take_news(NEW, news(1, **just), setting)
    later = take_news(opened.case, news(2, **just), setting)
    for changes in (at_once, later):
        assert (changes[-1].what, changes[-1].reason, changes[-1].case.trigger) == (What.ESCALATED, reason, reason)
    assert dict(later[-1].case.alarms) == {reason: 2}


def test_anger_and_flags_of_two_contacts_are_not_added_up_to_an_alarm() -> None:
    both = When(anger=0.9, flags=words("safety"))
    setting = a_setting(policy=by(Trigger(R.ANGER, both)))
    case = take_news(NEW, news(1, anger=1.0), setting)[-1].case
    assert take_news(case, news(2, flags=("safety",)), setting)[-1].case.state is CaseState.OPEN


@pytest.mark.parametrize("first", [R.SEVERITY, R.ASKED, R.FLAGGED])
def test_of_several_rules_that_fit_the_first_of_the_policy_says_why(first: EscalationReason) -> None:
    triggers = [
        Trigger(R.SEVERITY, When(severity=frozenset({HIGH}))),
        Trigger(R.ASKED, When(asked=words("supervisor"))),
        Trigger(R.FLAGGED, When(flags=words("safety"))),
    ]
    ordered = sorted(triggers, key=lambda trigger: trigger.reason is not first)
    changes = take_news(NEW, news(1, HIGH, "supervisor", flags=("safety",)), a_setting(policy=by(*ordered)))
    assert changes[-1].reason is first
    assert changes[-1].case.alarms.keys() == {R.SEVERITY, R.ASKED, R.FLAGGED}


def test_a_rule_that_does_not_fit_leaves_the_reason_to_a_later_one_of_its_kind() -> None:
    setting = a_setting(
        policy=by(
            Trigger(R.SEVERITY, When(severity=frozenset({HIGH}), region=words("GB"))),
            Trigger(R.ASKED, When(asked=words("supervisor"))),
            Trigger(R.SEVERITY, When(severity=frozenset({HIGH, CRITICAL}))),
        )
    )
    assert take_news(NEW, news(1, HIGH), setting)[-1].reason is R.SEVERITY


# -- by what upstream and the customer do -------------------------------------------------------------------------


def an_open_case(setting: Setting) -> Case:
    return take_news(NEW, news(1), setting)[-1].case


@pytest.mark.parametrize(("score", "escalates"), [(0.21, False), (0.2, True), (0.0, True)])
def test_a_low_rating_escalates(score: float, escalates: bool) -> None:
    setting = a_setting(policy=by(Trigger(R.LOW_RATING, When(rating=0.2))))
    changes = take_rating(an_open_case(setting), 2, score, "crm", setting)
    assert [c.what for c in changes] == [What.RATED, *([What.ESCALATED] if escalates else [])]
    assert changes[-1].reason is (R.LOW_RATING if escalates else None)


@pytest.mark.parametrize(("score", "state"), [(0.21, CaseState.RESOLVED), (0.2, CaseState.ESCALATED)])
def test_a_low_rating_after_the_end_opens_the_case_again(score: float, state: CaseState) -> None:
    setting = a_setting(policy=by(Trigger(R.LOW_RATING, When(rating=0.2))))
    case = take_resolution(an_open_case(setting), 2, NOON, "crm", setting)[-1].case
    assert take_rating(case, 3, score, "crm", setting)[-1].case.state is state


@pytest.mark.parametrize("score", [0.0, 0.1])
def test_each_low_rating_after_an_end_opens_the_case_again(score: float) -> None:
    setting = a_setting(policy=by(Trigger(R.LOW_RATING, When(rating=0.2))))
    case = take_rating(an_open_case(setting), 2, 0.0, "crm", setting)[-1].case
    case = take_resolution(case, 3, NOON, "crm", setting)[-1].case
    changes = take_rating(case, 4, score, "crm", setting)
    assert [c.what for c in changes] == [What.RATED, What.REOPENED, What.ESCALATED]
    assert changes[-1].case.told.rating == 0.0
    assert take_rating(changes[-1].case, 4, score, "crm", setting) == []


def test_a_better_rating_takes_nothing_back_and_is_told() -> None:
    setting = a_setting(policy=by(Trigger(R.LOW_RATING, When(rating=0.2))))
    case = take_rating(an_open_case(setting), 2, 0.1, "crm", setting)[-1].case
    (rated,) = take_rating(case, 3, 0.9, "crm", setting)
    assert (rated.what, rated.case.state, rated.case.told.rating) == (What.RATED, CaseState.ESCALATED, 0.1)
    assert rated.case.alarms == case.alarms


def test_a_rating_before_the_end_does_not_open_what_ended_after_it() -> None:
    setting = a_setting(policy=by(Trigger(R.LOW_RATING, When(rating=0.2))))
    case = take_resolution(an_open_case(setting), 3, NOON, "crm", setting)[-1].case
    assert take_rating(case, 2, 0.1, "crm", setting)[-1].case.state is CaseState.RESOLVED


@pytest.mark.parametrize(("times", "escalates"), [(1, False), (2, True)])
def test_the_second_reopening_escalates(times: int, escalates: bool) -> None:
    setting = a_setting(policy=by(Trigger(R.REOPENED, When(reopenings=2))))
    case = an_open_case(setting)
    for n in range(times):
        case = take_resolution(case, 2 + 2 * n, NOON, "crm", setting)[-1].case
        changes = take_reopening(case, 3 + 2 * n, NOON, "crm", setting)
        case = changes[-1].case
    assert (case.state, case.reason) == ((CaseState.ESCALATED, R.REOPENED) if escalates else (CaseState.OPEN, None))


@pytest.mark.parametrize(
    "rule", [None, Trigger(R.UPSTREAM_REQUEST, When(region=words("GB"))), Trigger(R.UPSTREAM_REQUEST)]
)
def test_upstream_asks_and_gets_somebody_if_the_policy_says_so(rule: Trigger | None) -> None:
    setting = a_setting(policy=by(*([rule] if rule else [])))
    changes = take_request(an_open_case(setting), 2, "crm", setting)
    fits = rule is not None and rule.when == When()
    assert [c.what for c in changes] == [What.REQUESTED, *([What.ESCALATED] if fits else [])]


@pytest.mark.parametrize("state", [CaseState.ACKNOWLEDGED, CaseState.SNOOZED])
def test_upstream_asks_again_and_each_time_is_one_of_its_own(state: CaseState) -> None:
    setting = a_setting(policy=by(Trigger(R.UPSTREAM_REQUEST)))
    case = take_request(an_open_case(setting), 2, "crm", setting)[-1].case
    _, raised = take_request(replace(case, state=state), 3, "crm", setting)
    assert (raised.case.state, raised.reason, raised.case.round) == (CaseState.ESCALATED, R.UPSTREAM_REQUEST, 2)
    assert take_request(raised.case, 3, "crm", setting) == take_request(raised.case, 2, "crm", setting) == []


def test_a_request_that_comes_again_gives_the_reason_whatever_the_case_was_escalated_for_before() -> None:
    severe = Trigger(R.SEVERITY, When(severity=frozenset({HIGH})))
    setting = a_setting(policy=by(severe, Trigger(R.UPSTREAM_REQUEST)))
    case = take_request(take_news(NEW, news(1, HIGH), setting)[-1].case, 2, "crm", setting)[-1].case
    _, raised = take_request(replace(case, state=CaseState.ACKNOWLEDGED), 3, "crm", setting)
    assert (raised.what, raised.reason) == (What.ESCALATED, R.UPSTREAM_REQUEST)


@pytest.mark.parametrize(
    ("reason", "rule", "escalates"),
    [
        (R.AGENT_REQUEST, None, False),
        (R.AGENT_REQUEST, Trigger(R.AGENT_REQUEST, When(region=words("GB"))), False),
        (R.AGENT_REQUEST, Trigger(R.AGENT_REQUEST), True),
        (R.MANUAL, None, True),
    ],
)
def test_an_agent_asks_by_the_policy_and_a_supervisor_whatever_it_says(
    reason: EscalationReason, rule: Trigger | None, escalates: bool
) -> None:
    setting = a_setting(policy=by(*([rule] if rule else [])))
    changes = escalate(an_open_case(setting), "gita", None, reason, setting)
    if not escalates:
        assert changes == "no_rule"
        return
    assert isinstance(changes, list)
    assert [(c.what, c.actor) for c in changes] == [(What.REQUESTED, "gita"), (What.ESCALATED, "ombud")]
    assert (changes[-1].reason, changes[-1].case.trigger) == (reason, reason)


# -- by who works on it -------------------------------------------------------------------------------------------


def owned(case: Case, owner: Owner, setting: Setting) -> list[Change]:
    return take_owner(case, owner, Change(case, What.QUEUED), setting)


@pytest.mark.parametrize("severity", list(Severity))
def test_nobody_works_on_it_for_as_long_as_its_severity_may_wait(severity: Severity) -> None:
    after = {s: (4 - s.rank) * 10 * MINUTE for s in Severity}
    policy = by(Trigger(R.UNASSIGNED, after=after), clocks=(a_clock(Measure.RESOLUTION, 24, warn=()),))
    case = take_news(NEW, news(1, severity), a_setting(policy=policy))[-1].case
    due = NOON + after[severity]
    assert case.unassigned_at == due
    assert take_deadline(case, a_setting(due - SECOND, policy=policy)) == []
    (raised,) = take_deadline(case, a_setting(due, policy=policy))
    assert (raised.reason, raised.case.unassigned_at) == (R.UNASSIGNED, None)


@pytest.mark.parametrize(
    ("owner", "since", "due"),
    [
        (Owner(1, "g", "Gita"), NOON, None),
        (Owner(1, since=NOON + 5 * MINUTE), NOON, NOON + 15 * MINUTE),
        (Owner(1, since=NOON - HOUR), NOON, NOON + 10 * MINUTE),
    ],
)
def test_the_wait_for_an_agent_counts_from_when_there_was_none(
    owner: Owner, since: datetime, due: datetime | None
) -> None:
    policy = by(Trigger(R.UNASSIGNED, after=dict.fromkeys(Severity, 10 * MINUTE)))
    (told,) = owned(an_open_case(a_setting(policy=policy)), owner, a_setting(policy=policy))
    assert told.case.unassigned_at == due


def test_a_case_that_has_its_answer_waits_for_no_agent() -> None:
    policy = by(Trigger(R.UNASSIGNED, after=dict.fromkeys(Severity, 10 * MINUTE)))
    case = take_answer(an_open_case(a_setting(policy=policy)), 2, NOON, "agent", a_setting(policy=policy))[-1].case
    assert case.unassigned_at is None


@pytest.mark.parametrize("rule", [None, Trigger(R.DECLINED, When(region=words("GB"))), Trigger(R.DECLINED)])
@pytest.mark.parametrize("declined", [False, True])
def test_all_who_could_take_it_declined(rule: Trigger | None, declined: bool) -> None:
    setting = a_setting(policy=by(*([rule] if rule else [])))
    changes = owned(an_open_case(setting), Owner(1, since=NOON, declined=declined), setting)
    escalates = declined and rule is not None and rule.when == When()
    assert [c.what for c in changes] == [What.QUEUED, *([What.ESCALATED] if escalates else [])]


def test_what_all_declined_before_it_was_read_escalates_as_it_opens() -> None:
    setting = a_setting(policy=by(Trigger(R.DECLINED)))
    (told,) = owned(NEW, Owner(1, since=NOON, declined=True), setting)
    assert take_news(told.case, news(1), setting)[-1].reason is R.DECLINED


def test_older_words_about_the_owner_change_nothing() -> None:
    setting = a_setting(policy=by(Trigger(R.DECLINED)))
    case = replace(an_open_case(setting), owner=Owner(3, "g", "Gita"))
    (told,) = owned(case, Owner(3, since=NOON, declined=True), setting)
    assert told.case.owner == case.owner


@pytest.mark.parametrize("state", [CaseState.ESCALATED, CaseState.ACKNOWLEDGED, CaseState.SNOOZED, CaseState.MUTED])
def test_a_declined_case_that_a_supervisor_knows_of_stays_as_it_is(state: CaseState) -> None:
    setting = a_setting(policy=by(Trigger(R.DECLINED)))
    (told,) = owned(a_case(state), Owner(1, since=NOON, declined=True), setting)
    assert told.case.state is state


# -- by its clocks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measures", list(Measure))
@pytest.mark.parametrize("by_name", [False, True])
def test_each_clock_escalates_at_its_end_and_a_second_before_it_does_not(measures: Measure, by_name: bool) -> None:
    clock = a_clock(measures, 4, warn=())
    only = frozenset({clock.name}) if by_name else frozenset()
    clocks = (clock,) if measures is Measure.RESOLUTION else (clock, a_clock(Measure.RESOLUTION, 24, warn=()))
    policy = a_policy(triggers=(Trigger(R.OVERDUE, clocks=only),), clocks=clocks)
    case = waiting_for(measures, a_setting(policy=policy))
    end = NOON + timedelta(hours=4)
    assert case.due_at == end
    assert take_deadline(case, a_setting(end - SECOND, policy=policy)) == []
    broken, raised = take_deadline(case, a_setting(end, policy=policy))
    assert (broken.what, raised.what, raised.reason) == (What.CLOCK_BROKEN, What.ESCALATED, R.OVERDUE)


def waiting_for(measures: Measure, setting: Setting) -> Case:
    """A case whose clock of that measure runs since noon."""
    case = take_news(NEW, news(1, asks_kind="human" if measures is Measure.SUPERVISOR else "none"), setting)[-1].case
    if measures is Measure.NEXT_ANSWER:
        case = take_answer(case, 2, NOON, "agent", setting)[-1].case
        case = take_news(case, news(3), setting)[-1].case
    return case

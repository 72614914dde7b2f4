"""What holds for every policy and every course of a case: it goes on, never too early, and never back by itself."""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain.case import Case, CaseState, Change, What
from services.escalation.domain.people import People, Supervisor
from services.escalation.domain.policy import Policy
from services.escalation.domain.rungs import Setting
from services.escalation.domain.timing import take_deadline
from tests.unit.escalation.builders import EVERYBODY, NOON, a_setting
from tests.unit.escalation.histories import BY_PEOPLE, NEW, TOLD, Step, happen, hear, moment, numbered, policies, steps

INSTANT = timedelta(microseconds=1)
GOING_ON = (CaseState.OPEN, CaseState.ESCALATED, CaseState.ACKNOWLEDGED, CaseState.SNOOZED, CaseState.EXHAUSTED)
PEOPLE = st.lists(st.sampled_from(EVERYBODY), unique=True).map(tuple)
COURSES = st.lists(steps(), max_size=20).map(numbered)


def played(course: list[Step], policy: Policy, people: tuple[Supervisor, ...]) -> tuple[Case, datetime]:
    """The case after the course, and when that is; everything that must hold is looked at after each step."""
    case, now, may_sink = NEW, NOON, False
    for step in course:
        now = moment(case, step, now)
        setting = a_setting(now, people, policy)
        changes = happen(case, step, setting)
        # A person's word, or a new beginning, may lead down, and what follows it until somebody is called by itself.
        may_sink = may_sink or step.what in BY_PEOPLE or any(c.what is What.REOPENED for c in changes)
        look_at(case, changes, setting, may_sink)
        case = changes[-1].case if changes else case
        may_sink = may_sink and not (changes and changes[-1].what is What.ESCALATED and step.what not in BY_PEOPLE)
        may_sink = may_sink or case.state in (CaseState.ACKNOWLEDGED, CaseState.SNOOZED, CaseState.MUTED)
        look_at_dues(case, setting)
    return case, now


def look_at(before: Case, changes: list[Change], setting: Setting, may_sink: bool) -> None:
    for change in changes:
        after = change.case
        own = change.what in (What.QUEUED, What.KEPT)
        assert after.revision == before.revision + (0 if own else 1), "each row of the timeline has a key of its own"
        assert may_sink or after.level >= before.level or after.state is CaseState.OPEN
        if change.what is What.ESCALATED:
            assert after.recipients and after.state is CaseState.ESCALATED and after.escalated_at == setting.now
        before = after
    assert before.state is not CaseState.ACKNOWLEDGED or before.acknowledged_by
    assert before.state is not CaseState.ESCALATED or before.respond_by


def look_at_dues(case: Case, setting: Setting) -> None:
    """Whatever goes on is asked about by time, when it is due and not before, and by one move no longer is due."""
    if case.state not in GOING_ON:
        assert case.state in (CaseState.MUTED, CaseState.RESOLVED), case.state
        assert case.state is CaseState.MUTED or case.due_at is None
        return
    assert case.due_at is not None, "nothing would ever move it"
    early = Setting(setting.policy, setting.people, case.due_at - INSTANT)
    assert take_deadline(case, early) == []
    now = max(case.due_at, setting.now)
    moved = take_deadline(case, Setting(setting.policy, setting.people, now))
    assert moved, "it is due and nothing is done"
    assert moved[-1].case.due_at is not None and moved[-1].case.due_at > now, "it stays due"
    assert sum(change.what is What.ESCALATED for change in moved) <= 1


@settings(max_examples=300)
@given(COURSES, policies(), PEOPLE)
def test_whatever_happens_to_a_case_it_goes_on(
    course: list[Step], policy: Policy, people: tuple[Supervisor, ...]
) -> None:
    played(course, policy, people)


@settings(max_examples=150)
@given(COURSES, policies(), PEOPLE)
def test_left_alone_every_case_is_exhausted_at_last_and_its_top_is_called_again(
    course: list[Step], policy: Policy, people: tuple[Supervisor, ...]
) -> None:
    case, now = played(course, policy, people)
    if case.state not in GOING_ON:
        return
    case, now = until_exhausted(case, now, policy, people)
    assert case.respond_by == now + policy.again_after[case.severity]
    again, _ = until_exhausted(case, now, policy, people)
    assert again.round > case.round and again.level == policy.ladder(case.ladder).top_level


def until_exhausted(case: Case, now: datetime, policy: Policy, people: tuple[Supervisor, ...]) -> tuple[Case, datetime]:
    """Time alone passes. A ladder has at most 3 levels, each 3 times, and clocks have at most 4 marks each."""
    for _ in range(60):
        assert case.due_at is not None
        now = max(now, case.due_at)
        changes = take_deadline(case, Setting(policy, lambda: People(people), now))
        case = changes[-1].case
        if any(change.what is What.EXHAUSTED for change in changes):
            return case, now
    raise AssertionError(f"it goes round for ever: {case}")


# What may differ by the order: how often it was changed and called on the way, and who was called for which of several
# reasons first. Of one that ended, where on the ladder it was, for that is its past; a case that is reopened has none
# of it than one that never was called.
_BY_THE_WAY = {"escalated_at", "revision", "round", "escalation_id", "reason", "trigger"}
_PAST = {"level", "ladder", "recipients", "repeats", "confirmed_by", "clocks", "since", "opened_at"}


def outcome(case: Case) -> dict[str, Any]:
    left_out = _BY_THE_WAY | (_PAST if case.state is CaseState.RESOLVED else set())
    return {field.name: getattr(case, field.name) for field in fields(Case) if field.name not in left_out}


def heard(course: list[Step], setting: Setting) -> Case:
    case = NEW
    for step in course:
        changes = hear(case, step, setting)
        case = changes[-1].case if changes else case
    return case


@settings(max_examples=500)
@given(st.data(), policies(), PEOPLE)
def test_what_is_heard_at_one_instant_comes_to_the_same_in_every_order_and_when_told_twice(
    data: st.DataObject, policy: Policy, people: tuple[Supervisor, ...]
) -> None:
    merges = st.lists(steps(("merged",)), max_size=1)  # a complaint is merged once
    course = numbered([*data.draw(st.lists(steps(TOLD), max_size=8)), *data.draw(merges)])
    told_again = data.draw(st.lists(st.sampled_from(course), max_size=4))
    setting = a_setting(people=people, policy=policy)
    wanted = outcome(heard(course, setting))
    shuffled = data.draw(st.permutations([*course, *told_again]))
    found = outcome(heard(shuffled, setting))
    assert {name: value for name, value in found.items() if value != wanted.get(name)} == {}, wanted

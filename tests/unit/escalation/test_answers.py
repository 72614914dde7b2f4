"""What people may do with a case: from each state each answer, what becomes of it, or the refusal that says why not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.escalation.cases.announcements import event_of
from services.escalation.domain import answers, linking
from services.escalation.domain.answers import Answer, Correction, Refusal
from services.escalation.domain.case import Case, CaseState, Change, What, escalation_id
from services.escalation.domain.clocks import Clock, Pause
from services.escalation.domain.conditions import When
from services.escalation.domain.hearing import take_forgetting, take_news
from services.escalation.domain.ladder import Needed
from services.escalation.domain.people import Role, Supervisor
from services.escalation.domain.policy import FollowUp, Measure, PauseReason, Trigger
from services.escalation.domain.rungs import Setting
from services.escalation.domain.timing import take_deadline
from services.escalation.domain.told import Moment, Owner
from shared.contracts.escalation import (
    CaseAcknowledged,
    CaseCorrected,
    CaseEscalated,
    CaseHandedBack,
    CaseMuted,
    CaseResolved,
    CaseSnoozed,
    EscalationReason,
    Outcome,
    Remedy,
)
from shared.contracts.event import Severity
from tests.unit.escalation.builders import (
    ANNA,
    BEN,
    CASE_ID,
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
    facts,
    news,
)

R = EscalationReason
LOW, MEDIUM, HIGH, CRITICAL = Severity
EARLY, OPEN, ESCALATED, ACKNOWLEDGED, SNOOZED, MUTED, RESOLVED, EXHAUSTED = CaseState
PARENT = a_case(id="parent")
NOT_READ, ENDED, PART = Refusal.NOT_READ, Refusal.ALREADY_RESOLVED, Refusal.PART_OF_ANOTHER

ANSWERS: dict[str, Any] = {
    "acknowledge": lambda case, setting: answers.acknowledge(case, "ben", setting),
    "take_over": lambda case, setting: answers.take_over(case, "ben", setting),
    "resolve": lambda case, setting: answers.resolve(case, "ben", Outcome.UPHELD, (Remedy.REFUND,), setting),
    "hand_back": lambda case, setting: answers.hand_back(case, "ben", {"skill": "billing"}, setting),
    "escalate": lambda case, setting: answers.escalate(case, "ben", None, R.MANUAL, setting),
    "escalate_to_3": lambda case, setting: answers.escalate(case, "ben", 3, R.MANUAL, setting),
    "snooze": lambda case, setting: answers.snooze(case, "ben", NOON + HOUR, setting),
    "remark": lambda case, setting: answers.remark(case, "ben", setting),
    "pause": lambda case, setting: answers.pause(case, "ben", PauseReason.UNDER_INVESTIGATION, NOON + HOUR, setting),
    "correct": lambda case, setting: answers.correct(case, "ben", Correction(language="en"), setting),
    "link": lambda case, setting: linking.link(case, PARENT, "ben", setting),
    "unlink": lambda case, setting: linking.unlink(case, "ben", setting),
}

# The state of the case, and what each answer makes of it: a state, with the last row, or why not.
Row = CaseState | Refusal
TABLE: dict[CaseState, dict[str, Row]] = {
    EARLY: {**dict.fromkeys(ANSWERS, NOT_READ), "unlink": Refusal.NOT_LINKED},
    OPEN: {
        "acknowledge": ACKNOWLEDGED,
        "take_over": ACKNOWLEDGED,
        "resolve": RESOLVED,
        "hand_back": OPEN,
        "escalate": ESCALATED,
        "escalate_to_3": ESCALATED,
        "snooze": SNOOZED,
        "remark": OPEN,
        "pause": OPEN,
        "correct": OPEN,
        "link": MUTED,
        "unlink": Refusal.NOT_LINKED,
    },
    MUTED: {
        **dict.fromkeys(ANSWERS, PART),
        "resolve": RESOLVED,
        "remark": MUTED,
        "correct": MUTED,
        "link": MUTED,
        "unlink": OPEN,
    },
    RESOLVED: {**dict.fromkeys(ANSWERS, ENDED), "remark": RESOLVED, "unlink": Refusal.NOT_LINKED},
}
TABLE[ESCALATED] = TABLE[OPEN] | {"remark": ESCALATED, "pause": ESCALATED, "correct": ESCALATED}
TABLE[EXHAUSTED] = TABLE[OPEN] | {"remark": EXHAUSTED, "pause": EXHAUSTED, "correct": EXHAUSTED}
TABLE[SNOOZED] = TABLE[OPEN] | {"remark": SNOOZED, "pause": SNOOZED, "correct": SNOOZED}
TABLE[ACKNOWLEDGED] = TABLE[OPEN] | {
    "acknowledge": Refusal.ALREADY_TAKEN,
    "remark": ACKNOWLEDGED,
    "pause": ACKNOWLEDGED,
    "correct": ACKNOWLEDGED,
}
EVERY = [(state, name, row) for state, rows in TABLE.items() for name, row in rows.items()]


def in_state(state: CaseState, **changes: Any) -> Case:
    known: dict[CaseState, dict[str, Any]] = {
        EARLY: {"facts": None, "told": a_case().told, "since": None},
        ACKNOWLEDGED: {"acknowledged_by": "anna", "acknowledged_at": NOON - HOUR, "follow_up_by": NOON + HOUR},
        MUTED: {"parent_id": "other"},
    }
    extra = known.get(state, {})
    return a_case(state, 0 if state in (EARLY, OPEN) else 1, **{**extra, **changes})


@pytest.mark.parametrize(("state", "name", "row"), EVERY, ids=[f"{s}-{n}" for s, n, _ in EVERY])
def test_each_answer_from_each_state(state: CaseState, name: str, row: Row) -> None:
    case = in_state(state)
    answer = ANSWERS[name](case, a_setting())
    if isinstance(row, Refusal):
        assert answer is row
        return
    assert isinstance(answer, list)
    assert answer[-1].case.state is row
    assert answer[0].actor == "ben", "it is in their name"
    assert [change.case.revision for change in answer] == [case.revision + n for n in range(1, len(answer) + 1)]


TELLS: list[tuple[str, list[type | None]]] = [
    ("acknowledge", [CaseAcknowledged]),
    ("take_over", [CaseAcknowledged]),
    ("resolve", [CaseResolved]),
    ("hand_back", [CaseHandedBack]),
    ("escalate", [None, CaseEscalated]),
    ("escalate_to_3", [None, CaseEscalated]),
    ("snooze", [CaseSnoozed]),
    ("remark", [None]),
    ("pause", [None]),
    ("correct", [CaseCorrected]),
    ("link", [CaseMuted]),
]


@pytest.mark.parametrize(("name", "kinds"), TELLS)
def test_what_the_others_hear_of_an_answer(name: str, kinds: list[type | None]) -> None:
    answer = ANSWERS[name](in_state(ESCALATED), a_setting())
    events = [event_of(change, NOON) for change in answer]
    assert [type(event) if event else None for event in events] == kinds
    for change, event in zip(answer, events, strict=True):
        if event:
            assert (event.case_id, event.case_revision) == (CASE_ID, change.case.revision)  # type: ignore[attr-defined]


def changes_of(answer: Answer) -> list[Change]:
    assert isinstance(answer, list), answer
    return answer


# -- taking it ----------------------------------------------------------------------------------------------------


def test_whoever_takes_a_case_stops_the_ladder_and_starts_the_follow_up() -> None:
    policy = a_policy(follow_up=FollowUp(dict.fromkeys(Severity, 10 * HOUR), remind=70))
    (taken,) = changes_of(answers.acknowledge(in_state(ESCALATED), "anna", a_setting(policy=policy)))
    case = taken.case
    assert (taken.what, case.acknowledged_by, case.acknowledged_at) == (What.ACKNOWLEDGED, "anna", NOON)
    assert (case.respond_by, case.remind_at, case.follow_up_by) == (None, NOON + 7 * HOUR, NOON + 10 * HOUR)
    assert (case.level, case.escalation_id) == (1, escalation_id(CASE_ID, 1, 1)), "it says at which level it was taken"


def test_the_first_who_takes_it_ends_the_wait_for_a_supervisor_and_the_second_does_not_begin_it_anew() -> None:
    (first,) = changes_of(answers.acknowledge(in_state(ESCALATED), "anna", a_setting()))
    (second,) = changes_of(answers.take_over(first.case, "ben", a_setting(NOON + HOUR)))
    assert (second.what, second.case.taken_at, second.case.acknowledged_at) == (What.TAKEN_OVER, NOON, NOON + HOUR)
    assert answers.take_over(second.case, "ben", a_setting()) is Refusal.ALREADY_TAKEN


def all_must_answer(**changes: Any) -> Setting:
    return a_setting(policy=a_policy(a_level(Role.SUPERVISOR, needed=Needed.ALL), a_level(Role.MANAGER)), **changes)


def test_where_all_must_answer_the_last_of_them_takes_the_case() -> None:
    case = in_state(ESCALATED, recipients=("anna", "ben"), respond_by=NOON + HOUR)
    (confirmed,) = changes_of(answers.acknowledge(case, "anna", all_must_answer()))
    assert (confirmed.what, confirmed.case.state, confirmed.case.confirmed_by) == (What.CONFIRMED, ESCALATED, ("anna",))
    assert confirmed.case.respond_by == NOON + HOUR and event_of(confirmed, NOON) is None
    assert answers.acknowledge(confirmed.case, "anna", all_must_answer()) is Refusal.ALREADY_TAKEN
    (taken,) = changes_of(answers.acknowledge(confirmed.case, "ben", all_must_answer()))
    assert (taken.what, taken.case.acknowledged_by, taken.case.confirmed_by) == (What.ACKNOWLEDGED, "ben", ())


def test_where_all_must_answer_it_climbs_for_want_of_one_and_the_next_level_begins_with_nobody() -> None:
    case = in_state(ESCALATED, recipients=("anna", "ben"), respond_by=NOON)
    (confirmed,) = changes_of(answers.acknowledge(case, "anna", all_must_answer()))
    (climbed,) = take_deadline(confirmed.case, all_must_answer())
    assert (climbed.case.level, climbed.case.confirmed_by) == (2, ())


def all_are_told_that_they_must(needed: Needed, *people: Supervisor) -> bool:
    setting = a_setting(people=people, policy=a_policy(a_level(Role.SUPERVISOR, needed=needed)))
    case = a_case(OPEN, level=0, facts=facts(language="en"))  # both speak it
    _, change = changes_of(answers.escalate(case, "eve", None, R.MANUAL, setting))
    event = event_of(change, NOON)
    assert isinstance(event, CaseEscalated)
    return event.all_must_answer


def test_where_all_must_answer_the_event_says_so_unless_one_alone_is_called() -> None:
    assert all_are_told_that_they_must(Needed.ALL, ANNA, BEN)
    assert not all_are_told_that_they_must(Needed.ALL, ANNA)
    assert not all_are_told_that_they_must(Needed.ONE, ANNA, BEN)


@pytest.mark.parametrize("person", ["ben", "somebody else"])
def test_where_all_must_answer_a_single_recipient_or_somebody_else_may_take_it(person: str) -> None:
    case = in_state(ESCALATED, recipients=("ben",))
    (taken,) = changes_of(answers.acknowledge(case, person, all_must_answer()))
    assert (taken.case.state, taken.case.acknowledged_by) == (ACKNOWLEDGED, person)


# -- ending it ----------------------------------------------------------------------------------------------------


def test_a_resolution_says_what_the_customer_got_and_what_was_known() -> None:
    told = replace(a_case().told, answers=(Moment(7, NOON),))
    case = in_state(ACKNOWLEDGED, told=told)
    (resolved,) = changes_of(
        answers.resolve(case, "ben", Outcome.PARTLY_UPHELD, (Remedy.APOLOGY, Remedy.REFUND), a_setting())
    )
    event = event_of(resolved, NOON)
    assert isinstance(event, CaseResolved)
    assert (event.outcome, event.remedies) == (Outcome.PARTLY_UPHELD, (Remedy.APOLOGY, Remedy.REFUND))
    assert (event.by, event.at, event.complaint_revision) == ("ben", NOON, 7)
    assert resolved.details == {"outcome": "partly_upheld", "remedies": ["apology", "refund"]}
    assert resolved.case.due_at is None and resolved.case.is_closed


def test_what_was_resolved_by_a_person_is_opened_by_a_later_contact_only_if_that_is_a_new_alarm() -> None:
    (resolved,) = changes_of(answers.resolve(in_state(OPEN), "ben", Outcome.UPHELD, (), a_setting()))
    assert take_news(resolved.case, news(2), a_setting())[-1].case.state is RESOLVED
    reopened = take_news(resolved.case, news(2, HIGH), a_setting())
    assert reopened[-1].case.state is ESCALATED
    assert (reopened[-1].case.outcome, reopened[-1].case.remedies) == (None, ())


# -- giving it on -------------------------------------------------------------------------------------------------


def test_handed_back_it_is_routings_again_with_what_is_asked_for() -> None:
    owner = Owner(3, "g", "Gita", ("team-a",), declined=True)
    (back,) = changes_of(
        answers.hand_back(in_state(ACKNOWLEDGED, repeats=2, owner=owner), "anna", {"skill": "fraud"}, a_setting())
    )
    case, event = back.case, event_of(replace(back, note="ask her for the invoice"), NOON)
    assert isinstance(event, CaseHandedBack)
    assert (event.needs, event.note, event.by) == ({"skill": "fraud"}, "ask her for the invoice", "anna")
    assert (case.level, case.acknowledged_by, case.owner) == (0, None, Owner(3, since=NOON))
    assert (case.respond_by, case.follow_up_by, case.repeats, case.ladder) == (None, None, 0, "")
    assert case.due_at is not None


def test_handed_back_nobody_may_work_on_it_for_as_long_as_from_the_start() -> None:
    policy = a_policy(triggers=(Trigger(R.UNASSIGNED, after=dict.fromkeys(Severity, HOUR)), Trigger(R.OVERDUE)))
    case = in_state(ACKNOWLEDGED, since=NOON - 9 * HOUR)
    (back,) = changes_of(answers.hand_back(case, "anna", {}, a_setting(policy=policy)))
    assert back.case.unassigned_at == NOON + HOUR


def overdue() -> dict[str, Any]:
    broken = Clock("resolution", NOON - HOUR, NOON + 23 * HOUR, (), 100)
    return {"clocks": (broken,), "told": replace(a_case().told, answers=(Moment(2, NOON),))}


def test_handed_back_while_it_is_overdue_it_is_called_again_when_nothing_comes_of_it() -> None:
    policy = a_policy(clocks=(a_clock(Measure.RESOLUTION, 24),))
    (back,) = changes_of(answers.hand_back(in_state(ACKNOWLEDGED, **overdue()), "anna", {}, a_setting(policy=policy)))
    assert back.case.due_at == NOON + 2 * HOUR
    (raised,) = take_deadline(back.case, a_setting(NOON + 2 * HOUR, policy=policy))
    assert (raised.case.state, raised.reason) == (ESCALATED, R.OVERDUE)


def test_unlinked_while_it_is_overdue_it_is_called_at_once() -> None:
    policy = a_policy(clocks=(a_clock(Measure.RESOLUTION, 24),))
    alone, called = changes_of(linking.unlink(in_state(MUTED, **overdue()), "anna", a_setting(policy=policy)))
    assert (alone.what, called.case.state, called.reason) == (What.UNLINKED, ESCALATED, R.OVERDUE)


@pytest.mark.parametrize(("level", "then"), [(None, 2), (1, 1), (2, 2), (3, 3)])
@pytest.mark.parametrize("state", [ESCALATED, ACKNOWLEDGED, SNOOZED, EXHAUSTED])
def test_escalated_by_a_person_it_goes_to_the_next_level_or_to_the_one_they_name(
    state: CaseState, level: int | None, then: int
) -> None:
    asked, raised = changes_of(answers.escalate(in_state(state), "anna", level, R.MANUAL, a_setting()))
    assert (asked.what, asked.actor, asked.reason) == (What.REQUESTED, "anna", R.MANUAL)
    assert (raised.case.state, raised.case.level, raised.reason) == (ESCALATED, then, R.MANUAL)
    assert (raised.case.acknowledged_by, raised.case.follow_up_by) == (None, None)
    if level:
        assert raised.case.escalation_id == escalation_id(CASE_ID, then, 2), "also of a level that was alerted before"


@pytest.mark.parametrize("level", [0, 4, -1])
def test_there_is_no_other_level(level: int) -> None:
    assert answers.escalate(in_state(ESCALATED), "anna", level, R.MANUAL, a_setting()) is Refusal.NO_SUCH_LEVEL


def test_an_open_case_that_a_person_escalates_to_a_level_has_its_ladder_and_its_reason() -> None:
    _, raised = changes_of(answers.escalate(in_state(OPEN), "anna", 2, R.MANUAL, a_setting()))
    case = raised.case
    assert (case.ladder, case.level, case.round, case.trigger, case.reason) == ("standard", 2, 1, R.MANUAL, R.MANUAL)


@pytest.mark.parametrize("state", [ESCALATED, ACKNOWLEDGED, EXHAUSTED])
def test_above_the_top_there_is_nobody_so_the_top_is_called_again(state: CaseState) -> None:
    case = replace(in_state(state), level=3)
    _, raised = changes_of(answers.escalate(case, "anna", None, R.MANUAL, a_setting()))
    assert (raised.case.state, raised.case.level, raised.case.round) == (ESCALATED, 3, 2)


# -- putting it off -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "refusal"),
    [
        (timedelta(0), Refusal.TOO_LATE),
        (-SECOND, Refusal.TOO_LATE),
        (SECOND, None),
        (24 * HOUR, None),
        (24 * HOUR + SECOND, Refusal.TOO_LONG),
    ],
)
def test_how_long_a_case_may_be_snoozed(until: timedelta, refusal: Refusal | None) -> None:
    answer = answers.snooze(in_state(ESCALATED), "anna", NOON + until, a_setting())
    if refusal:
        assert answer is refusal
        return
    (snoozed,) = changes_of(answer)
    event = event_of(snoozed, NOON)
    assert isinstance(event, CaseSnoozed) and event.until == NOON + until == snoozed.case.due_at


@pytest.mark.parametrize(
    ("until", "refusal"),
    [
        (timedelta(0), Refusal.TOO_LATE),
        (SECOND, None),
        (14 * 24 * HOUR, None),
        (14 * 24 * HOUR + SECOND, Refusal.TOO_LONG),
    ],
)
def test_how_long_a_case_may_be_paused(until: timedelta, refusal: Refusal | None) -> None:
    answer = answers.pause(in_state(OPEN), "anna", PauseReason.UNDER_INVESTIGATION, NOON + until, a_setting())
    assert answer is refusal if refusal else changes_of(answer)[0].case.pauses[0].end == NOON + until


WAITING = PauseReason.WAITING_FOR_CUSTOMER


def test_a_pause_stops_the_clocks_that_the_policy_stops_for_it_until_it_is_resumed() -> None:
    clock = a_clock(Measure.RESOLUTION, 4, pauses=frozenset({WAITING}), warn=())
    other = a_clock(Measure.FIRST_ANSWER, 4, pauses=frozenset({PauseReason.WAITING_FOR_SUPPLIER}), warn=())
    policy = a_policy(clocks=(other, clock))
    case = in_state(OPEN, since=NOON)
    (paused,) = changes_of(answers.pause(case, "anna", WAITING, NOON + 2 * HOUR, a_setting(policy=policy)))
    assert [c.due_at - NOON for c in paused.case.clocks] == [4 * HOUR, 6 * HOUR]
    (resumed,) = changes_of(answers.resume(paused.case, "anna", a_setting(NOON + HOUR, policy=policy)))
    assert [c.due_at - NOON for c in resumed.case.clocks] == [4 * HOUR, 5 * HOUR]
    assert resumed.case.pauses == (Pause(NOON, NOON + HOUR, WAITING),)
    assert answers.resume(resumed.case, "anna", a_setting(NOON + HOUR)) is Refusal.NOT_PAUSED


def test_the_second_pause_takes_the_place_of_the_first() -> None:
    case = in_state(OPEN, pauses=(Pause(NOON - HOUR, NOON + 9 * HOUR, WAITING),))
    (paused,) = changes_of(answers.pause(case, "anna", PauseReason.UNDER_INVESTIGATION, NOON + HOUR, a_setting()))
    assert [(p.start, p.end) for p in paused.case.pauses] == [(NOON - HOUR, NOON), (NOON, NOON + HOUR)]


@pytest.mark.parametrize(("at", "refusal"), [(NOON - SECOND, None), (NOON, Refusal.NOT_PAUSED)])
def test_a_pause_ends_by_itself(at: Any, refusal: Refusal | None) -> None:
    answer = answers.resume(in_state(OPEN, pauses=(Pause(NOON - HOUR, NOON, WAITING),)), "anna", a_setting(at))
    assert answer is refusal if refusal else isinstance(answer, list)


# -- progress -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("person", "follow_up_by"), [("anna", NOON + 2 * HOUR), ("ben", NOON + HOUR)])
def test_a_note_of_whoever_has_the_case_is_progress_and_one_of_others_is_not(person: str, follow_up_by: Any) -> None:
    (remarked,) = changes_of(answers.remark(in_state(ACKNOWLEDGED), person, a_setting()))
    assert (remarked.what, remarked.case.follow_up_by) == (What.REMARKED, follow_up_by)


def test_a_note_on_a_forgotten_case_is_refused() -> None:
    (forgotten,) = take_forgetting(in_state(OPEN), 2, NOON)
    assert answers.remark(forgotten.case, "anna", a_setting()) is Refusal.ALREADY_RESOLVED


def test_a_pause_of_a_taken_case_puts_the_follow_up_off_and_its_end_starts_it() -> None:
    until = NOON + 5 * HOUR
    (paused,) = changes_of(answers.pause(in_state(ACKNOWLEDGED), "anna", WAITING, until, a_setting()))
    assert paused.case.follow_up_by == until + 2 * HOUR
    (resumed,) = changes_of(answers.resume(paused.case, "anna", a_setting(NOON + HOUR)))
    assert resumed.case.follow_up_by == NOON + 3 * HOUR


# -- correcting it ------------------------------------------------------------------------------------------------


def test_a_correction_may_let_the_severity_sink_and_older_news_does_not_raise_it_again() -> None:
    severe = take_news(Case(CASE_ID, policy_version="test@1"), news(3, CRITICAL), a_setting())[-1].case
    (corrected,) = changes_of(answers.correct(severe, "anna", Correction(severity=LOW), a_setting()))
    case, event = corrected.case, event_of(corrected, NOON)
    assert isinstance(event, CaseCorrected) and (event.severity, event.category) == (LOW, None)
    assert (case.severity, dict(case.alarms), case.state) == (LOW, {}, ESCALATED)
    late = take_news(case, news(2, HIGH), a_setting())[-1].case
    assert (late.severity, dict(late.alarms)) == (LOW, {})
    assert take_news(case, news(4, MEDIUM), a_setting())[-1].case.severity is MEDIUM


@pytest.mark.parametrize(
    ("state", "then"), [(OPEN, ESCALATED), (ACKNOWLEDGED, ACKNOWLEDGED), (SNOOZED, SNOOZED), (MUTED, MUTED)]
)
def test_a_case_corrected_to_be_severe_escalates_unless_somebody_has_it(state: CaseState, then: CaseState) -> None:
    changes = changes_of(answers.correct(in_state(state), "anna", Correction(severity=HIGH), a_setting()))
    assert (changes[-1].case.state, changes[-1].case.severity) == (then, HIGH)
    assert dict(changes[-1].case.alarms) == {R.SEVERITY: 1}


def test_an_escalated_case_corrected_to_be_worse_climbs_to_where_its_ladder_begins() -> None:
    policy = a_policy(ladders=(a_ladder(start={CRITICAL: 2}),))
    changes = changes_of(
        answers.correct(in_state(ESCALATED), "anna", Correction(severity=CRITICAL), a_setting(policy=policy))
    )
    assert (changes[-1].case.level, changes[-1].reason) == (2, R.SEVERITY)


def test_a_correction_of_words_changes_what_the_alerts_say_and_the_clocks() -> None:
    only = When(category=frozenset({"fraud"}))
    policy = a_policy(clocks=(a_clock(Measure.FIRST_ANSWER, 4, when=only), a_clock(Measure.RESOLUTION, 24)))
    said = Correction(category="fraud", language="en", region="GB")
    (corrected,) = changes_of(answers.correct(in_state(ESCALATED), "anna", said, a_setting(policy=policy)))
    known = corrected.case.facts
    assert known is not None and (known.category, known.language, known.region) == ("fraud", "en", "GB")
    assert [clock.name for clock in corrected.case.clocks] == ["first_answer", "resolution"]
    assert corrected.details == {"category": "fraud", "language": "en", "region": "GB"}


# -- part of another one ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parent", "refusal"),
    [
        (a_case(id=CASE_ID), Refusal.ITSELF),
        (a_case(id="p", parent_id=CASE_ID), Refusal.ITSELF),
        (a_case(RESOLVED, id="p"), Refusal.PARENT_ENDED),
        (a_case(EARLY, id="p"), Refusal.PARENT_ENDED),
        (a_case(MUTED, id="p"), Refusal.PARENT_IS_PART),
        *((a_case(state, id="p"), None) for state in (OPEN, ESCALATED, ACKNOWLEDGED, SNOOZED, EXHAUSTED)),
    ],
)
def test_which_case_may_speak_for_another(parent: Case, refusal: Refusal | None) -> None:
    answer = linking.link(in_state(ESCALATED), parent, "anna", a_setting())
    if refusal:
        assert answer is refusal
        return
    (linked,) = changes_of(answer)
    assert (linked.case.parent_id, linked.case.respond_by, linked.details) == ("p", None, {"parent": "p"})


def test_a_major_complaint_is_part_of_nothing() -> None:
    assert linking.link(in_state(OPEN, is_major=True), PARENT, "anna", a_setting()) is Refusal.HAS_CHILDREN


def test_unlinked_what_was_an_alarm_is_one_now() -> None:
    case = in_state(MUTED, alarms={R.ASKED: 1}, facts=facts(asks_kind="supervisor"))
    alone, raised = changes_of(linking.unlink(case, "anna", a_setting()))
    assert (alone.what, alone.case.parent_id) == (What.UNLINKED, None)
    assert (raised.case.state, raised.case.level, raised.reason) == (ESCALATED, 1, R.ASKED)


def test_time_to_answer_counts_from_the_alert_again_after_a_person_raised_it() -> None:
    _, raised = changes_of(answers.escalate(in_state(ESCALATED), "anna", 2, R.MANUAL, a_setting(NOON + HOUR)))
    assert raised.case.respond_by == NOON + HOUR + 20 * MINUTE


def test_escalated_to_where_nobody_is_it_is_nobodys() -> None:
    changes = changes_of(answers.escalate(in_state(ACKNOWLEDGED), "anna", None, R.MANUAL, a_setting(people=())))
    case = changes[-1].case
    assert (case.state, case.acknowledged_by, case.acknowledged_at) == (EXHAUSTED, None, None)

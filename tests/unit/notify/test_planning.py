"""From events to alerts: once, in any order, and not after an answer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify.domain.alert import AlertState
from services.notify.domain.outcomes import Reason, Temporary
from services.notify.domain.rules import Rules
from services.notify.settings import LAST_RESORT
from shared.contracts.failure import EventFailed
from tests.harness.events import NOON
from tests.unit.notify.build import (
    BOTH,
    CASE,
    EMAIL,
    TRACE,
    Office,
    a_contact,
    acknowledged,
    escalated,
    exhausted,
    failed,
    handed_back,
    muted,
    resolved,
    snoozed,
)

PENDING, FAILED, SUPPRESSED = AlertState.PENDING, AlertState.FAILED, AlertState.SUPPRESSED


def test_each_recipient_gets_one_alert_on_the_first_channel(office: Office):
    office.know(a_contact("ann"), a_contact("bob", email=None))
    office.hear(escalated("ann", "bob", "ann"))
    assert office.alerts() == {("ann", "email"): PENDING, ("bob", "sms"): PENDING}
    assert office.announced == []


def test_told_twice_plans_once(office: Office):
    office.know(a_contact())
    event = escalated("ann", "stranger")
    office.hear(event, event)
    office.hear(event)
    assert office.alerts() == {("ann", "email"): PENDING, ("stranger", "none"): FAILED}
    assert office.told() == ["alert.failed"]


def test_nobody_known_is_unreachable_at_once_and_once(office: Office):
    event = escalated("stranger", "alien")
    office.hear(event)
    office.hear(event)
    assert office.told() == ["alert.failed", "alert.failed", "escalation.unreachable"]
    unreachable = office.announced[-1]
    assert (unreachable.escalation_id, unreachable.level, unreachable.reasons) == (
        event.escalation_id,
        1,
        ("unknown_contact",),
    )


def test_no_recipients_at_all_is_unreachable(office: Office):
    office.hear(escalated(recipients=()))
    assert [e.reasons for e in office.announced] == [("no_recipients",)]


ANSWERS = pytest.mark.parametrize("answer", [acknowledged, resolved, snoozed, handed_back, muted])
WHY = {acknowledged: "answered", resolved: "answered", snoozed: "snoozed", handed_back: "handed_back", muted: "muted"}


@ANSWERS
def test_answer_suppresses_what_was_not_handed_off_and_says_why(office: Office, answer):
    office.know(a_contact())
    office.hear(escalated(revision=2))
    office.hear(answer(3))
    office.hear(answer(3))
    office.send()
    assert office.alerts() == {("ann", "email"): SUPPRESSED}
    assert [(e.type, e.reason) for e in office.announced] == [("alert.suppressed", WHY[answer])]
    assert office.addresses() == []


@ANSWERS
def test_retry_of_what_was_handed_off_stops_with_the_reason_of_the_answer(office: Office, answer):
    office.know(a_contact())
    office.hear(escalated(revision=2))
    office.email.script["ann@example.org"] = [Temporary(Reason.PROVIDER_DEFERRED)]
    usual = office.email.send

    def send_and_hear(letter, hand_off):
        outcome = usual(letter, hand_off)
        office.hear(answer(3))
        return outcome

    office.email.send = send_and_hear
    office.send()
    assert [(e.type, e.reason) for e in office.announced] == [("alert.suppressed", WHY[answer])]


@ANSWERS
@pytest.mark.parametrize(("answered_at", "planned"), [(1, True), (2, True), (3, False)])
def test_only_a_newer_answer_counts_also_when_it_came_first(office: Office, answer, answered_at, planned):
    office.know(a_contact())
    office.hear(answer(answered_at))
    office.hear(escalated(revision=2))
    assert office.alerts() == ({("ann", "email"): PENDING} if planned else {})


def test_answer_and_late_escalation_in_one_batch_plan_nothing(office: Office):
    office.know(a_contact())
    office.hear(escalated(revision=2), acknowledged(3))
    assert (office.alerts(), office.announced) == ({}, [])


def test_an_older_answer_that_comes_late_does_not_hide_a_newer(office: Office):
    office.know(a_contact())
    office.hear(acknowledged(7))
    office.hear(acknowledged(3))
    office.hear(escalated(revision=5))
    assert office.alerts() == {}


@ANSWERS
def test_escalation_after_an_answer_alerts_again(office: Office, answer):
    office.know(a_contact())
    office.hear(escalated(revision=2))
    office.hear(answer(3))
    office.hear(escalated(revision=4, level=2))
    office.send()
    assert office.addresses() == ["ann@example.org"]
    assert office.told() == ["alert.suppressed", "alert.accepted"]


def test_of_two_answers_the_newer_says_why_in_whatever_order(office: Office):
    office.know(a_contact())
    office.hear(escalated(revision=2), escalated(revision=2, case_id="another"))
    office.hear(acknowledged(3), snoozed(4))
    office.hear(snoozed(4, case_id="another"), acknowledged(3, case_id="another"))
    assert {e.case_id: e.reason for e in office.announced} == {CASE: "snoozed", "another": "snoozed"}


def test_a_late_older_answer_stops_no_newer_alert(office: Office):
    office.know(a_contact())
    office.hear(escalated(revision=4))
    office.hear(acknowledged(3))
    assert office.alerts() == {("ann", "email"): PENDING}


def test_old_and_new_cases_in_one_batch_are_each_judged_by_their_own_answer(office: Office):
    office.know(a_contact("ann", phone=None), a_contact("bob", phone=None))
    office.hear(acknowledged(revision=5))
    office.hear(escalated("ann", revision=3), escalated("bob", revision=3, case_id="case-new"))
    assert office.alerts() == {("bob", "email"): AlertState.PENDING}


def test_answer_of_one_case_leaves_others_alone(office: Office):
    office.know(a_contact())
    office.hear(escalated())
    office.hear(acknowledged(9, case_id="another-case"))
    assert office.alerts() == {("ann", "email"): PENDING}


def test_last_resort_hears_of_an_exhausted_case(office: Office):
    office.know(a_contact("boss"))
    office.hear(exhausted())
    office.hear(exhausted())
    office.send()
    assert office.addresses() == ["boss@example.org"]
    assert "Nobody answered" in office.email.sent[0].subject


def test_last_resort_that_cannot_be_reached_lets_nothing_climb(office: Office):
    office.hear(exhausted())
    assert office.told() == ["alert.failed"]


def test_last_resort_may_be_an_address_that_stays_inside(database_url, tmp_path):
    contact = a_contact(LAST_RESORT, email="night@example.org", phone=None)
    office = Office(database_url, tmp_path, Rules(frozenset({EMAIL}), LAST_RESORT, contact))
    office.hear(exhausted())
    office.send()
    assert office.addresses() == ["night@example.org"]
    assert [e.recipient for e in office.announced] == [LAST_RESORT]


def test_without_a_last_resort_an_exhausted_case_is_kept_in_the_books(database_url, tmp_path):
    office = Office(database_url, tmp_path, replace(BOTH, last_resort=None))
    office.hear(exhausted(), failed())
    assert (office.alerts(), office.announced) == ({}, [])


@pytest.mark.parametrize(
    ("severity", "alerted"),
    [
        ("low", 0),
        ("medium", 0),
        ("high", 1),
        ("critical", 1),
        (None, 1),
        ("no such word", 1),
    ],
)
def test_last_resort_hears_of_failures_that_are_or_may_be_severe(office: Office, severity, alerted):
    office.know(a_contact("boss"))
    office.hear(failed(severity=severity))
    office.send()
    assert len(office.email.sent) == alerted


def test_known_severe_failures_are_told_one_by_one(office: Office):
    office.know(a_contact("boss"))
    office.hear(failed(failed_id="a"), failed(failed_id="b"), failed(failed_id="b"), failed(failed_id="b", dead=True))
    office.send()
    assert len(office.email.sent) == 3


def test_flood_of_unknown_failures_is_one_alert_per_service_and_five_minutes(office: Office):
    office.know(a_contact("boss"))
    office.hear(*(failed(failed_id=n, queue=n, severity=None) for n in ("first", "second")))
    for n in range(20):
        office.hear(failed(failed_id=f"{n}", severity=None, at=NOON + timedelta(seconds=n)))
    office.hear(failed(failed_id="other", severity=None, service="intake"))
    office.hear(failed(failed_id="just before", severity=None, at=NOON + timedelta(minutes=5, microseconds=-1)))
    office.send()
    assert len(office.email.sent) == 2
    assert "first" in office.email.sent[0].text and "second" not in office.email.sent[0].text
    office.hear(failed(failed_id="next", severity=None, at=NOON + timedelta(minutes=5)))
    office.send()
    assert len(office.email.sent) == 3


def test_failure_of_telling_a_failure_is_not_told(office: Office):
    office.know(a_contact("boss"))
    office.hear(failed(service="notify", failed_type=EventFailed.type, severity=None))
    assert office.alerts() == {}


def test_answer_to_a_case_does_not_hide_a_dead_letter_of_it(office: Office):
    office.know(a_contact("boss"))
    office.hear(acknowledged(3))
    office.hear(failed())
    assert office.alerts() == {("boss", "email"): PENDING}


def test_outcome_carries_the_trace_of_its_cause(office: Office):
    office.know(a_contact())
    office.hear(escalated())
    office.send()
    assert (office.told(), office.traces) == (["alert.accepted"], [TRACE])

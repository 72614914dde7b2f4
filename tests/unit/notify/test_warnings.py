"""A clock of a case runs out: who is told of it, through what, and what becomes of it. Nobody climbs for it."""

from datetime import timedelta

import pytest
import structlog

from services.notify.domain.alert import AlertState
from services.notify.domain.outcomes import Permanent, Reason, Temporary
from shared.contracts.event import Severity
from tests.harness.events import NOON
from tests.unit.notify.build import (
    CASE,
    EMAIL,
    SMS,
    Office,
    a_contact,
    acknowledged,
    escalated,
    exhausted,
    snoozed,
    warned,
)

PENDING, ACCEPTED, FAILED = AlertState.PENDING, AlertState.ACCEPTED, AlertState.FAILED
SUPPRESSED = AlertState.SUPPRESSED
ANN = "ann@example.org"
REFUSED = Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")


def test_each_recipient_is_told_once(office: Office):
    office.know(a_contact("ann"), a_contact("bob"))
    event = warned("ann", "bob")
    office.hear(event, event)
    office.hear(event)
    office.send()
    assert sorted(office.addresses()) == [ANN, "bob@example.org"]
    assert office.told() == ["alert.accepted"] * 2


def test_a_clock_of_which_nobody_is_to_be_warned_calls_nobody_and_nobody_is_missed(office: Office):
    with structlog.testing.capture_logs() as logs:
        office.hear(warned(recipients=()))
    assert (office.announced, logs) == ([], [])


def test_outcome_says_that_it_was_a_warning_and_of_which(office: Office):
    office.know(a_contact("ann"), a_contact("boss"))
    office.hear(warned(warning_id="w-1"), escalated("ann", escalation_id="e-1"), exhausted())
    office.send()
    said = {e.escalation_id: (e.purpose, e.case_id, e.level) for e in office.announced}
    assert said == {
        "w-1": ("warning", CASE, 1),
        "e-1": ("escalation", CASE, 1),
        "round-1-over": ("exhausted", CASE, 3),
    }


@pytest.mark.parametrize(
    ("severity", "percent", "channel"),
    [
        (Severity.CRITICAL, 100, "sms"),
        (Severity.CRITICAL, 99, "email"),
        (Severity.HIGH, 100, "email"),
        (Severity.CRITICAL, 150, "sms"),
    ],
)
def test_phone_rings_only_for_a_critical_one_that_is_broken(office: Office, severity, percent, channel):
    office.know(a_contact(channels=(SMS, EMAIL)))
    office.hear(warned(severity=severity, percent=percent))
    assert office.alerts() == {("ann", channel): PENDING}


def test_who_has_only_a_phone_is_left_in_peace_and_the_books_say_why(office: Office):
    office.know(a_contact(email=None))
    office.hear(warned())
    office.send()
    assert office.alerts() == {("ann", "none"): SUPPRESSED}
    assert [(e.type, e.reason, e.purpose) for e in office.announced] == [("alert.suppressed", "not_urgent", "warning")]
    assert office.addresses() == []


def test_refused_mail_is_followed_by_no_text_message(office: Office):
    office.know(a_contact())
    office.email.script[ANN] = [REFUSED]
    office.hear(warned())
    office.send()
    assert office.alerts() == {("ann", "email"): FAILED}


def test_refused_mail_of_a_critical_broken_one_is_followed_by_a_text_message(office: Office):
    office.know(a_contact())
    office.email.script[ANN] = [REFUSED]
    office.hear(warned(severity=Severity.CRITICAL, percent=100))
    office.send()
    assert office.alerts() == {("ann", "email"): FAILED, ("ann", "sms"): ACCEPTED}


@pytest.mark.parametrize("recipients", [("stranger",), ("ann",), ()])
def test_warning_that_reaches_nobody_lets_nothing_climb(office: Office, recipients):
    office.know(a_contact())
    office.email.script[ANN] = [REFUSED]
    office.hear(warned(recipients=recipients))
    office.send()
    assert office.told() == ["alert.failed"] * len(recipients)


@pytest.mark.parametrize("answer", [acknowledged, snoozed])
def test_warning_of_a_case_that_was_answered_meanwhile_is_suppressed(office: Office, answer):
    office.know(a_contact())
    office.hear(warned(case_revision=2))
    office.hear(answer(3))
    office.hear(warned(case_revision=2, percent=95))
    office.send()
    assert (office.addresses(), office.told()) == ([], ["alert.suppressed"])


def test_reminder_to_whoever_took_the_case_is_newer_than_their_answer(office: Office):
    office.know(a_contact())
    office.hear(warned(clock="follow_up", case_revision=4, percent=100), acknowledged(3))
    office.send()
    assert office.addresses() == [ANN]
    assert "You took this case and it has not gone on" in office.email.sent[0].text


def test_warnings_of_other_clocks_and_percents_are_others(office: Office):
    office.know(a_contact())
    office.hear(warned(percent=50), warned(percent=80), warned(clock="resolution"))
    office.send()
    assert len(office.email.sent) == 3


@pytest.mark.parametrize(("percent", "tried_for"), [(80, timedelta(minutes=20)), (100, timedelta(days=1))])
def test_it_is_tried_until_it_is_due_and_a_day_once_that_is_past(office: Office, percent, tried_for):
    office.know(a_contact())
    office.email.script[ANN] = [Temporary(Reason.PROVIDER_AWAY)]
    with office.db.transaction() as tx:
        due_at = tx.now + timedelta(minutes=20)
    office.hear(warned(percent=percent, due_at=due_at))
    office.wait(seconds=tried_for.total_seconds() - 60)
    office.send()
    assert office.alerts() == {("ann", "email"): PENDING}
    office.wait(seconds=70)
    office.send()
    assert office.alerts() == {("ann", "email"): FAILED}


def test_what_calls_leaves_before_what_warns_however_severe(office: Office):
    office.know(a_contact())
    office.hear(warned(severity=Severity.CRITICAL, case_id="warned"))
    office.hear(escalated(severity=Severity.LOW, case_id="called"))
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["called", "warned"]


def test_free_senders_are_for_what_calls(office: Office):
    office.know(a_contact())
    office.hear(*[warned(severity=Severity.CRITICAL, case_id=f"warned-{n}") for n in range(30)])
    office.hear(escalated(severity=Severity.LOW, case_id="called"))
    assert "called" in {job.alert.case_id for job in office.claim()}


def test_seconds_count_from_the_warning(office: Office):
    office.know(a_contact())
    with office.db.transaction() as tx:
        now = tx.now
    office.hear(warned(at=now - timedelta(seconds=30), due_at=NOON))
    office.send()
    assert 30 <= office.announced[0].seconds < 90

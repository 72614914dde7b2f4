"""What may have arrived: sent once more, looked up, or left, and nobody is told twice for it."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import update

from services.notify import tables
from services.notify.domain.alert import AlertState
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, Temporary
from services.notify.domain.policy import InDoubt
from shared import clock
from shared.contracts.event import Severity
from tests.unit.notify.build import EMAIL, SMS, Office, a_contact, acknowledged, escalated, failed
from tests.unit.notify.looks import reasons, with_policy

PENDING, ACCEPTED, FAILED = AlertState.PENDING, AlertState.ACCEPTED, AlertState.FAILED
SUPPRESSED, AMBIGUOUS, HANDED_OFF = AlertState.SUPPRESSED, AlertState.AMBIGUOUS, AlertState.HANDED_OFF
ANN, PHONE = "ann@example.org", "+420601234567"
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL
REFUSED = Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")
AWAY = Temporary(Reason.PROVIDER_AWAY)
LOST = Ambiguous(Reason.NO_ANSWER, provider="scripted-email")
HOUR = timedelta(hours=1)


def in_doubt(channel: str, then: str) -> float:
    return REGISTRY.get_sample_value("ombud_alerts_in_doubt_total", {"channel": channel, "then": then}) or 0.0


# -- doubts -----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[InDoubt.AGAIN, InDoubt.LOOK_UP])
def unsure(office: Office, request) -> Office:
    """A mail to Ann may have arrived; it is tried again."""
    with_policy(office, in_doubt={EMAIL: {HIGH: request.param}})
    office.know(a_contact())
    office.email.script[ANN] = [LOST, LOST]
    office.hear(escalated())
    office.send()
    return office


def test_what_may_have_arrived_is_sent_once_more_after_a_minute_and_says_so(unsure: Office):
    assert (unsure.alerts(), unsure.announced) == ({("ann", "email"): PENDING}, [])
    unsure.email.script[ANN] = [Accepted()]
    unsure.wait(seconds=59)
    unsure.send()
    unsure.wait(seconds=2)
    unsure.send()
    first, second = unsure.email.sent
    assert (first.may_repeat, second.may_repeat, first.alert_id) == (False, True, second.alert_id)
    assert unsure.told() == ["alert.accepted"]


def test_second_doubt_ends_it(unsure: Office):
    unsure.wait(seconds=61)
    unsure.send()
    assert unsure.alerts() == {("ann", "email"): AMBIGUOUS, ("ann", "sms"): ACCEPTED}
    assert len(unsure.email.sent) == 2


def test_what_may_have_arrived_never_ends_as_unsent(unsure: Office):
    unsure.email.script[ANN] = [REFUSED]
    unsure.wait(seconds=61)
    unsure.send()
    assert reasons(unsure)[0] == ("alert.ambiguous", "recipient_refused")


def test_answer_meanwhile_leaves_the_doubt(unsure: Office):
    unsure.hear(acknowledged())
    unsure.wait(seconds=61)
    unsure.send()
    assert reasons(unsure) == [("alert.ambiguous", "answered")]
    assert len(unsure.email.sent) == 1


def test_provider_of_the_doubt_is_kept(unsure: Office):
    with unsure.db.read() as tx:
        assert tx.execute(tables.alerts.select()).one().provider == "scripted-email"


@pytest.mark.parametrize(
    ("found", "announced", "sent", "then"),
    [
        (Accepted("SM1"), [("alert.accepted", "accepted")], 1, "found"),
        (None, [("alert.accepted", "accepted")], 2, "not_found"),
        (LOST, [("alert.ambiguous", "no_answer"), ("alert.accepted", "accepted")], 1, "left"),
        (AWAY, [], 1, None),
    ],
)
def test_provider_is_asked_before_it_is_sent_again(office: Office, found, announced, sent, then):
    with_policy(office, in_doubt={EMAIL: {HIGH: InDoubt.LOOK_UP}})
    office.know(a_contact())
    office.email.script[ANN] = [LOST, Accepted()]
    office.email.found = found
    before = {name: in_doubt("email", name) for name in ("left", "again", "found", "not_found")}
    office.hear(escalated())
    office.send()
    office.wait(seconds=61)
    office.send()
    assert (reasons(office), len(office.email.sent)) == (announced, sent)
    changed = {name: n for name, was in before.items() if (n := in_doubt("email", name) - was)}
    assert changed == ({then: 1.0} if then else {})


def test_provider_is_asked_for_the_letter_as_it_left(office: Office):
    """Without a link, a text message is known by its words alone: those that it had, not those of a repetition."""
    with_policy(office, in_doubt={SMS: {CRITICAL: InDoubt.LOOK_UP}})
    office.know(a_contact("boss", email=None))
    office.sms.script["+420601234567"] = [Ambiguous(Reason.NO_ANSWER)]
    office.hear(failed())
    office.send()
    office.wait(seconds=61)
    office.send()
    asked, (first, again) = office.sms.asked[0], office.sms.sent
    assert (asked.text, again.may_repeat) == (first.text, True)
    assert again.text != first.text


def test_what_the_provider_does_not_know_yet_is_sent_again_only_once_it_had_its_moment(office: Office):
    """So that it does not arrive twice, however little of the level's time is left."""
    with_policy(office, in_doubt={EMAIL: {HIGH: InDoubt.LOOK_UP}})
    office.know(a_contact())
    office.email.script[ANN] = [LOST, Accepted()]
    office.hear(escalated(respond_by=clock.now() + timedelta(minutes=5)))
    office.wait(seconds=60)  # until it is tried, with 90 seconds left to the mail
    office.send()
    office.wait(seconds=30)
    office.send()
    assert (len(office.email.sent), office.alerts()) == (1, {("ann", "email"): PENDING})
    office.wait(seconds=31)
    office.send()
    assert (len(office.email.sent), office.told()) == (2, ["alert.accepted"])


def test_sender_that_died_after_the_hand_off_leaves_a_doubt_too(office: Office):
    with_policy(office, in_doubt={EMAIL: {HIGH: InDoubt.AGAIN}})
    office.know(a_contact())
    office.hear(escalated())
    office.claim()
    with office.db.transaction() as tx:
        tx.execute(update(tables.alerts).values(state="handed_off", lease_until=clock.now() - HOUR))
    before = in_doubt("email", "again")
    assert office.reap() == 1
    assert in_doubt("email", "again") == before + 1
    office.wait(seconds=61)
    office.send()
    assert [letter.may_repeat for letter in office.email.sent] == [True]
    assert office.told() == ["alert.accepted"]


def test_digest_in_doubt_is_repeated_as_the_same_digest(office: Office):
    with_policy(office, in_doubt={EMAIL: {HIGH: InDoubt.AGAIN}})
    office.know(a_contact())
    office.hear(escalated(case_id="first"))
    office.send()
    office.email.script[ANN] = [LOST, Accepted()]
    office.hear(*[escalated(case_id=f"case-{n}") for n in range(6)])
    office.send()
    office.wait(seconds=61)
    office.hear(*[escalated(case_id=f"more-{n}") for n in range(6)])
    office.send()
    _, lost, *rest = office.email.sent
    assert [letter.alert_id == lost.alert_id for letter in rest if letter.may_repeat] == [True]
    assert len(rest) == 2


@pytest.mark.parametrize("severity", [Severity.LOW, CRITICAL])
def test_doubt_of_another_severity_is_left(office: Office, severity):
    with_policy(office, in_doubt={EMAIL: {HIGH: InDoubt.AGAIN}})
    office.know(a_contact())
    office.email.script[ANN] = [LOST]
    office.hear(escalated(severity=severity))
    office.send()
    assert office.alerts() == {("ann", "email"): AMBIGUOUS, ("ann", "sms"): ACCEPTED}

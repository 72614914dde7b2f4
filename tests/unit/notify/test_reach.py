"""Nobody left to wait for, a slow channel, an alert that no sender takes: none of it keeps a level silent."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import update

from services.notify import tables
from services.notify.domain.alert import AlertState, ChannelName
from services.notify.domain.contact import QuietHours
from services.notify.domain.outcomes import Accepted, Permanent, Reason, Temporary
from services.notify.domain.policy import Policy
from services.notify.domain.timing import CHANCE
from shared import clock
from shared.contracts.event import Severity
from shared.hours.calendar import Shift
from tests.unit.notify.build import BOTH, EMAIL, SMS, Office, a_contact, acknowledged, escalated, warned
from tests.unit.notify.looks import reasons, with_policy

PENDING, ACCEPTED, FAILED = AlertState.PENDING, AlertState.ACCEPTED, AlertState.FAILED
SUPPRESSED, AMBIGUOUS, HANDED_OFF = AlertState.SUPPRESSED, AlertState.AMBIGUOUS, AlertState.HANDED_OFF
SLACK = ChannelName.SLACK
ANN, PHONE = "ann@example.org", "+420601234567"
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL
REFUSED = Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")
AWAY = Temporary(Reason.PROVIDER_AWAY)
ALWAYS = QuietHours((Shift(frozenset(range(7)), time(0), time(12)), Shift(frozenset(range(7)), time(12), time(0))))
HOUR = timedelta(hours=1)


# -- nobody left to wait for ------------------------------------------------------------------------------------------


def test_quiet_hours_of_everybody_are_told_at_once_and_once(office: Office):
    office.know(a_contact(quiet=ALWAYS), a_contact("bob", quiet=ALWAYS))
    event = escalated("ann", "bob")
    office.hear(event)
    office.hear(event)
    assert office.told() == ["alert.suppressed", "alert.suppressed", "escalation.unreachable"]
    assert (office.announced[0].channel, office.announced[0].reason) == ("none", "quiet_hours")
    assert office.announced[-1].reasons == ("quiet_hours",)


def test_quiet_hours_of_one_leave_the_others_to_be_waited_for(office: Office):
    office.know(a_contact(quiet=ALWAYS), a_contact("bob", phone=None))
    office.email.script["bob@example.org"] = [REFUSED]
    office.hear(escalated("ann", "bob"))
    assert office.told() == ["alert.suppressed"]
    office.send()
    assert office.told() == ["alert.suppressed", "alert.failed", "escalation.unreachable"]
    assert office.announced[-1].reasons == ("quiet_hours", "recipient_refused")


def test_escalation_that_one_person_got_is_not_unreachable_for_the_quiet_hours_of_another(office: Office):
    office.know(a_contact(quiet=ALWAYS), a_contact("bob"))
    office.hear(escalated("ann", "bob"))
    office.send()
    assert office.told() == ["alert.suppressed", "alert.accepted"]


def test_warning_waits_for_the_end_of_quiet_hours(office: Office):
    minutes = (clock.now() + timedelta(minutes=30)).replace(second=0, microsecond=0)
    start = clock.now() - HOUR
    quiet = QuietHours((Shift(frozenset(range(7)), start.time(), minutes.time()),))
    office.know(a_contact(quiet=quiet))
    office.hear(warned(due_at=clock.now() + timedelta(minutes=1)))
    office.send()
    assert (office.alerts(), office.addresses()) == ({("ann", "email"): PENDING}, [])
    office.wait(minutes=30, seconds=1)
    office.give_up()
    office.send()
    assert office.addresses() == [ANN]


# -- the next channel after a while -----------------------------------------------------------------------------------


@pytest.fixture
def slow(office: Office) -> Office:
    """Ann was called of something critical by mail, whose server is away."""
    with_policy(office, fall_back_after={CRITICAL: timedelta(seconds=120)})
    office.know(a_contact())
    office.email.script[ANN] = [AWAY]
    office.hear(escalated(severity=CRITICAL))
    office.send()
    return office


def test_next_channel_begins_beside_a_slow_one_which_goes_on(slow: Office):
    slow.wait(seconds=90)  # not to the second: the clock goes on while a busy machine gets here
    assert slow.fall_back() == 0
    slow.wait(seconds=31)
    assert (slow.fall_back(), slow.fall_back()) == (1, 0)
    slow.email.script[ANN] = [Accepted()]
    slow.wait(seconds=60)
    slow.send()
    assert slow.alerts() == {("ann", "email"): ACCEPTED, ("ann", "sms"): ACCEPTED}
    assert slow.told() == ["alert.accepted"] * 2


def test_next_channel_begins_beside_a_letter_that_is_on_its_way(office: Office):
    with_policy(office, fall_back_after={CRITICAL: timedelta(seconds=60)})
    office.know(a_contact())
    office.hear(escalated(severity=CRITICAL))
    office.claim()
    office.wait(seconds=61)
    assert office.fall_back() == 1
    with office.db.transaction() as tx:
        tx.execute(update(tables.alerts).values(lease_until=clock.now() + HOUR))
    office.send()
    assert office.addresses() == [PHONE]


def test_channel_that_began_beside_is_waited_for_when_the_first_one_fails(slow: Office):
    slow.wait(seconds=121)
    slow.fall_back()
    slow.sms.script[PHONE] = [AWAY]
    slow.email.script[ANN] = [REFUSED]
    slow.send()
    slow.wait(seconds=60)
    slow.dispatcher.send_due()
    assert (slow.alerts(), slow.told()) == ({("ann", "email"): FAILED, ("ann", "sms"): PENDING}, ["alert.failed"])
    slow.sms.script[PHONE] = [REFUSED]
    slow.wait(seconds=60)
    slow.send()
    assert slow.told() == ["alert.failed", "alert.failed", "escalation.unreachable"]


@pytest.fixture
def slower(office: Office) -> Office:
    """Ann has a chat, too; her mail and her text message are both under way, one beside the other."""
    policy = Policy(fall_back_after={CRITICAL: timedelta(seconds=120)})
    office.rules = replace(BOTH, configured=frozenset({EMAIL, SMS, SLACK}), policy=policy)
    office.know(a_contact(channels=(EMAIL, SMS, SLACK), addresses={SLACK: "U1"}))
    office.email.script[ANN], office.sms.script[PHONE] = [AWAY], [AWAY]
    office.hear(escalated(severity=CRITICAL))
    office.send()
    office.wait(seconds=121)
    office.fall_back()
    office.send()
    return office


def test_third_channel_begins_when_the_second_fails_and_not_when_the_first_does(slower: Office):
    slower.email.script[ANN] = [REFUSED]
    slower.wait(seconds=60)
    slower.send()
    assert slower.alerts() == {("ann", "email"): FAILED, ("ann", "sms"): PENDING}
    slower.sms.script[PHONE] = [REFUSED]
    slower.wait(seconds=60)
    slower.send()
    assert slower.alerts()["ann", "slack"] is PENDING


@pytest.mark.parametrize(("answer", "begun"), [(Accepted(), False), (AWAY, True)])
def test_third_channel_does_not_begin_beside_a_slow_second_when_the_first_got_through(slower: Office, answer, begun):
    slower.email.script[ANN] = [answer]
    slower.wait(seconds=60)
    slower.send()
    slower.wait(seconds=61)
    assert slower.fall_back() == 1
    assert (("ann", "slack") in slower.alerts()) is begun


def test_nothing_begins_for_what_was_answered_or_has_ended(slow: Office):
    slow.hear(acknowledged())
    slow.wait(seconds=121)
    assert slow.fall_back() == 0
    assert slow.alerts() == {("ann", "email"): SUPPRESSED}


def test_answer_that_came_while_it_was_on_its_way_keeps_the_next_channel_from_beginning(office: Office):
    with_policy(office, fall_back_after={CRITICAL: timedelta(seconds=10)})
    office.know(a_contact())
    office.hear(escalated(severity=CRITICAL))
    office.claim()
    with office.db.transaction() as tx:
        tx.execute(update(tables.alerts).values(state="handed_off"))
    office.hear(acknowledged())
    office.wait(seconds=11)
    assert (office.fall_back(), office.fall_back()) == (1, 0)
    assert office.alerts() == {("ann", "email"): HANDED_OFF}


# -- what nobody tries ------------------------------------------------------------------------------------------------


def test_alert_that_no_sender_takes_is_given_up_and_the_next_channel_begins(office: Office):
    office.know(a_contact())
    office.hear(escalated())
    office.wait(minutes=15, seconds=-5)
    assert office.give_up() == 0
    office.wait(seconds=10)
    assert office.give_up() == 1
    assert reasons(office) == [("alert.failed", "provider_away")]
    assert office.alerts() == {("ann", "email"): FAILED, ("ann", "sms"): PENDING}
    office.wait(minutes=15)
    assert (office.give_up(), office.give_up()) == (1, 0)
    assert office.told() == ["alert.failed", "alert.failed", "escalation.unreachable"]


def test_what_was_answered_while_a_sender_had_it_is_given_up_as_answered(office: Office):
    office.know(a_contact())
    office.hear(escalated())
    with office.db.transaction() as tx:
        tx.execute(update(tables.alerts).values(state="handed_off"))
    office.hear(acknowledged())
    with office.db.transaction() as tx:
        tx.execute(update(tables.alerts).values(state="pending"))
    office.wait(minutes=16)
    assert office.give_up() == 1
    assert reasons(office) == [("alert.suppressed", "answered")]
    assert office.alerts() == {("ann", "email"): SUPPRESSED}


def test_what_is_given_up_says_why_it_failed_last(office: Office):
    office.know(a_contact(phone=None))
    office.email.script[ANN] = [Temporary(Reason.PROVIDER_DEFERRED)]
    office.hear(escalated())
    office.send()
    office.wait(minutes=31)
    office.give_up()
    assert reasons(office)[0] == ("alert.failed", "provider_deferred")


def test_what_was_planned_too_late_is_still_given_a_chance(office: Office):
    office.know(a_contact(phone=None))
    office.hear(escalated(respond_by=clock.now() - HOUR))
    office.wait(seconds=CHANCE.total_seconds() - 5)
    assert office.give_up() == 0
    office.send()
    assert office.told() == ["alert.accepted"]

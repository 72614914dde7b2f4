"""Quiet hours, limits, wishes and doubts around a database: they keep no level silent, and tell nobody twice."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import update

from services.notify import tables
from services.notify.domain.alert import AlertState, ChannelName
from services.notify.domain.contact import QuietHours
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, Temporary
from services.notify.domain.policy import InDoubt, Limit, Policy
from services.notify.domain.timing import CHANCE
from shared import clock
from shared.contracts.event import Severity
from shared.hours.calendar import Shift
from tests.unit.notify.build import BOTH, EMAIL, SMS, Office, a_contact, acknowledged, escalated, failed, warned

PENDING, ACCEPTED, FAILED = AlertState.PENDING, AlertState.ACCEPTED, AlertState.FAILED
SUPPRESSED, AMBIGUOUS, HANDED_OFF = AlertState.SUPPRESSED, AlertState.AMBIGUOUS, AlertState.HANDED_OFF
SLACK = ChannelName.SLACK
ANN, PHONE = "ann@example.org", "+420601234567"
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL
REFUSED = Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")
AWAY = Temporary(Reason.PROVIDER_AWAY)
LOST = Ambiguous(Reason.NO_ANSWER, provider="scripted-email")
ALWAYS = QuietHours((Shift(frozenset(range(7)), time(0), time(12)), Shift(frozenset(range(7)), time(12), time(0))))
HOUR = timedelta(hours=1)


def with_policy(office: Office, **policy) -> Office:
    office.rules = replace(BOTH, policy=Policy(**policy))
    return office


def reasons(office: Office) -> list[tuple[str, str]]:
    return [(e.type, getattr(e, "reason", "")) for e in office.announced]


def in_doubt(channel: str, then: str) -> float:
    return REGISTRY.get_sample_value("ombud_alerts_in_doubt_total", {"channel": channel, "then": then}) or 0.0


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


# -- limits -----------------------------------------------------------------------------------------------------------


def test_calls_beyond_the_limit_take_the_next_channel_and_then_climb(office: Office):
    with_policy(office, person_limits={EMAIL: Limit(2, HOUR), SMS: Limit(1, HOUR)})
    office.know(a_contact())
    for n in range(4):
        office.hear(escalated(case_id=f"case-{n}"))
        office.send()
    assert office.addresses().count(ANN) == 2
    assert office.addresses().count(PHONE) == 1
    assert office.told()[-3:] == ["alert.suppressed", "alert.suppressed", "escalation.unreachable"]
    assert office.announced[-1].reasons == ("throttled",)


def test_calls_of_one_batch_count_too(office: Office):
    with_policy(office, person_limits={EMAIL: Limit(2, HOUR)})
    office.know(a_contact(phone=None))
    office.hear(*[escalated(case_id=f"case-{n}") for n in range(3)])
    assert office.told() == ["alert.suppressed", "escalation.unreachable"]


def test_calls_whose_first_channel_failed_together_count_too(office: Office):
    with_policy(office, person_limits={SMS: Limit(1, HOUR)})
    office.know(a_contact())
    office.hear(*[escalated(case_id=f"case-{n}") for n in range(2)])
    office.wait(minutes=16)
    assert office.give_up() == 2
    assert office.told() == ["alert.failed"] * 2 + ["alert.suppressed", "escalation.unreachable"]


def test_digest_counts_as_one_letter(office: Office):
    with_policy(office, person_limits={EMAIL: Limit(7, HOUR)})
    office.know(a_contact(phone=None))
    office.hear(*[escalated(case_id=f"case-{n:02}") for n in range(30)])
    office.send()  # the first one, and a digest of the rest
    assert len(office.email.sent) == 2
    office.wait(seconds=3)
    office.forget()
    office.hear(*[escalated(case_id=f"more-{n}") for n in range(5)])
    assert office.announced == []
    office.hear(warned())
    office.send()
    assert len(office.email.sent) == 5


@pytest.mark.parametrize(("pause", "told"), [(HOUR - timedelta(seconds=5), 1), (HOUR + timedelta(seconds=5), 2)])
def test_limit_forgets_what_is_long_ago_and_what_failed(office: Office, pause, told):
    with_policy(office, person_limits={EMAIL: Limit(1, HOUR)})
    office.know(a_contact(phone=None))
    office.email.script[ANN] = [REFUSED, Accepted()]
    office.hear(escalated(case_id="failed"))
    office.send()
    office.hear(escalated(case_id="one"))
    office.send()
    office.wait(seconds=pause.total_seconds())
    office.hear(escalated(case_id="two"))
    office.send()
    assert office.told().count("alert.accepted") == told


def test_critical_call_is_never_dropped_for_a_limit(office: Office):
    with_policy(office, person_limits={EMAIL: Limit(1, HOUR), SMS: Limit(1, HOUR)})
    office.know(a_contact())
    office.email.script[ANN] = [Accepted("1"), REFUSED]
    for n in range(4):
        office.hear(escalated(case_id=f"case-{n}", severity=CRITICAL))
        office.send()
    assert office.told().count("alert.accepted") == 4
    assert "escalation.unreachable" not in office.told()


# -- gathering --------------------------------------------------------------------------------------------------------


def test_what_comes_in_one_window_leaves_as_one_letter_from_two_on_and_critical_ones_at_once(office: Office):
    office.know(a_contact(gather=timedelta(minutes=2)))
    office.hear(escalated(case_id="one"), escalated(case_id="two"), escalated(case_id="bad", severity=CRITICAL))
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["bad"]
    office.wait(minutes=2)
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["bad", ""]


def test_first_call_of_somebody_is_gathered_with_the_second(office: Office):
    office.know(a_contact(gather=timedelta(minutes=2)))
    office.hear(escalated(case_id="one"))
    office.hear(escalated(case_id="two"))
    office.wait(minutes=2)
    office.send()
    assert [letter.case_id for letter in office.email.sent] == [""]


def test_one_alone_leaves_as_a_letter_of_its_own(office: Office):
    office.know(a_contact(gather=timedelta(minutes=2)))
    office.hear(escalated(case_id="one"))
    office.wait(minutes=2)
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["one"]


def test_answer_while_it_is_gathered_takes_it_out(office: Office):
    office.know(a_contact(gather=timedelta(minutes=2)))
    office.hear(escalated(), escalated(case_id="two"))
    office.hear(acknowledged())
    office.wait(minutes=2)
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["two"]


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
    slow.wait(seconds=119)
    assert slow.fall_back() == 0
    slow.wait(seconds=2)
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

"""Who is alerted through what, and what follows an outcome."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify.domain.alert import AlertState, after, is_unreachable, pause
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter, Temporary
from services.notify.domain.routes import alert_id, next_alerts
from services.notify.domain.rules import Rules
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, EMAIL, NONE, SMS, a_contact, an_escalation

NOBODY_TRIED = frozenset()
PENDING, FAILED = AlertState.PENDING, AlertState.FAILED
ONLY_SMS = Rules(frozenset({SMS}))
NOTHING = Rules(frozenset())


@pytest.mark.parametrize(
    ("contact", "tried", "rules", "expected"),
    [
        (a_contact(), set(), BOTH, [(EMAIL, PENDING, None)]),
        (a_contact(channels=(SMS, EMAIL)), set(), BOTH, [(SMS, PENDING, None)]),
        (a_contact(), {EMAIL}, BOTH, [(SMS, PENDING, None)]),
        (a_contact(), {EMAIL, SMS}, BOTH, []),
        (a_contact(phone=None), {EMAIL}, BOTH, []),
        (a_contact(email=None), set(), BOTH, [(SMS, PENDING, None)]),
        (a_contact(), set(), ONLY_SMS, [(EMAIL, FAILED, Reason.NOT_CONFIGURED), (SMS, PENDING, None)]),
        (a_contact(), set(), NOTHING, [(EMAIL, FAILED, Reason.NOT_CONFIGURED), (SMS, FAILED, Reason.NOT_CONFIGURED)]),
        (a_contact(email=None, phone=None), set(), BOTH, [(NONE, FAILED, Reason.NO_ADDRESS)]),
        (a_contact(email=None, channels=(EMAIL,)), set(), BOTH, [(NONE, FAILED, Reason.NO_ADDRESS)]),
        (None, set(), BOTH, [(NONE, FAILED, Reason.UNKNOWN_CONTACT)]),
        (None, {NONE}, BOTH, []),
    ],
)
def test_recipient_is_alerted_on_the_next_usable_channel(contact, tried, rules, expected):
    alerts = next_alerts(an_escalation(), "ann", contact, frozenset(tried), rules, NOON)
    assert [(a.channel, a.state, a.reason) for a in alerts] == expected


def an_alert(**changes):
    (alert,) = next_alerts(an_escalation(), "ann", a_contact(), NOBODY_TRIED, BOTH, NOON)
    return replace(alert, state=AlertState.HANDED_OFF, attempt=1, **changes)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Accepted("id"), AlertState.ACCEPTED, Reason.ACCEPTED),
        (Permanent(Reason.RECIPIENT_REFUSED), AlertState.FAILED, Reason.RECIPIENT_REFUSED),
        (Ambiguous(Reason.NO_ANSWER), AlertState.AMBIGUOUS, Reason.NO_ANSWER),
        (Temporary(Reason.PROVIDER_AWAY), AlertState.PENDING, Reason.PROVIDER_AWAY),
        (RetryAfter(60, Reason.PROVIDER_THROTTLED), AlertState.PENDING, Reason.PROVIDER_THROTTLED),
        (RetryAfter(901, Reason.PROVIDER_THROTTLED), AlertState.FAILED, Reason.PROVIDER_THROTTLED),
    ],
)
def test_outcome_decides_the_state(outcome: Outcome, state, reason):
    moved = after(an_alert(), outcome, NOON)
    assert (moved.state, moved.reason) == (state, reason)
    assert (moved.ended_at is not None) == moved.has_ended


@pytest.mark.parametrize(
    ("late_by", "state"),
    [
        (-timedelta(seconds=1), AlertState.PENDING),
        (timedelta(0), AlertState.PENDING),
        (timedelta(seconds=1), AlertState.FAILED),
    ],
)
def test_retry_stops_where_the_time_of_the_level_ends(late_by, state):
    alert = an_alert()
    now = alert.give_up_at - timedelta(seconds=60) + late_by
    assert after(alert, RetryAfter(60, Reason.PROVIDER_THROTTLED), now).state is state


def test_channel_before_the_last_leaves_half_of_the_time_to_the_next():
    (first,) = next_alerts(an_escalation(), "ann", a_contact(), NOBODY_TRIED, BOTH, NOON)
    (last,) = next_alerts(an_escalation(), "ann", a_contact(), frozenset({EMAIL}), BOTH, NOON)
    assert (first.give_up_at - NOON, last.give_up_at - NOON) == (timedelta(minutes=15), timedelta(minutes=30))


def test_what_was_answered_is_not_tried_again():
    moved = after(an_alert(), Temporary(Reason.PROVIDER_AWAY), NOON, Reason.SNOOZED)
    assert (moved.state, moved.reason) == (AlertState.SUPPRESSED, Reason.SNOOZED)


LOST = Ambiguous(Reason.NO_ANSWER, provider="mail-1")


@pytest.mark.parametrize(
    ("left", "pause"),
    [
        (timedelta(minutes=10), 60),
        (timedelta(seconds=240), 60),
        (timedelta(seconds=239), 59.75),
        (timedelta(microseconds=4), 0.000001),
        (timedelta(0), None),
        (-timedelta(seconds=1), None),
    ],
)
def test_what_may_have_arrived_is_tried_again_in_a_quarter_of_its_time_at_most(left, pause):
    alert = an_alert()
    now = alert.give_up_at - left
    moved = after(alert, LOST, now, repeats=True)
    assert (moved.state, moved.doubts) == ((PENDING, 1) if pause else (AlertState.AMBIGUOUS, 0))
    assert moved.provider == "mail-1"
    assert pause is None or (moved.next_at - now).total_seconds() == pause


@pytest.mark.parametrize(
    ("doubts", "answer", "repeats", "state"),
    [
        (0, None, True, PENDING),
        (0, None, False, AlertState.AMBIGUOUS),
        (0, Reason.ANSWERED, True, AlertState.AMBIGUOUS),
        (1, None, True, AlertState.AMBIGUOUS),
    ],
)
def test_what_was_answered_or_doubted_before_is_not_sent_again(doubts, answer, repeats, state):
    assert after(an_alert(doubts=doubts), LOST, NOON, answer, repeats=repeats).state is state


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (Permanent(Reason.RECIPIENT_REFUSED), None),
        (RetryAfter(901, Reason.PROVIDER_THROTTLED), None),
        (Temporary(Reason.PROVIDER_AWAY), Reason.ANSWERED),
    ],
)
def test_doubt_stays_with_whatever_ends_the_alert(outcome, answer):
    assert after(an_alert(doubts=1), outcome, NOON, answer).state is AlertState.AMBIGUOUS
    assert after(an_alert(doubts=0), outcome, NOON, answer).state in (FAILED, AlertState.SUPPRESSED)


def test_what_was_taken_and_then_came_back_has_failed_though_it_was_doubted_once():
    taken = after(an_alert(doubts=1), Accepted("1", provider="mail-2"), NOON)
    assert taken.provider == "mail-2"
    assert taken.end(FAILED, Reason.BOUNCED, NOON).state is FAILED


def test_ended_alert_has_no_next_channel_to_wait_for():
    assert after(an_alert(fall_back_at=NOON), Accepted("1"), NOON).fall_back_at is None


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.QUIET_HOURS, True),
        (Reason.THROTTLED, True),
        (Reason.OPTED_OUT, True),
        (Reason.NOT_URGENT, False),
        (Reason.ANSWERED, False),
        (Reason.SNOOZED, False),
    ],
)
def test_suppressed_for_its_recipients_sake_is_unreached(reason, expected):
    suppressed = replace(an_alert(), state=AlertState.SUPPRESSED, reason=reason)
    assert is_unreachable([suppressed, replace(an_alert(), state=FAILED)]) is expected


def test_pauses_grow_to_a_minute():
    pauses = [pause(replace(an_alert(), attempt=n, id="0000")) for n in range(1, 9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_pauses_are_spread_by_a_fifth():
    assert pause(replace(an_alert(), attempt=1, id="ffff")) == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], True),
        ([AlertState.FAILED, AlertState.AMBIGUOUS], True),
        ([AlertState.FAILED, AlertState.PENDING], False),
        ([AlertState.FAILED, AlertState.HANDED_OFF], False),
        ([AlertState.FAILED, AlertState.ACCEPTED], False),
        ([AlertState.FAILED, AlertState.SUPPRESSED], False),
    ],
)
def test_escalation_is_unreachable_when_all_ended_unreached(states, expected):
    assert is_unreachable([replace(an_alert(), state=s) for s in states]) is expected


def test_alert_id_tells_all_four_parts_apart():
    ids = {
        alert_id("e", "ann", "email", "escalation"),
        alert_id("f", "ann", "email", "escalation"),
        alert_id("e", "bob", "email", "escalation"),
        alert_id("e", "ann", "sms", "escalation"),
        alert_id("e", "ann", "email", "exhausted"),
    }
    assert len(ids) == 5
    assert alert_id("e", "ann", "email", "escalation") in ids

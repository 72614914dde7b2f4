"""By which channel somebody is alerted, and when: opted out, in quiet hours, at a limit, gathered. One table each."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from services.notify.domain.alert import Alert, AlertState, ChannelName, Purpose
from services.notify.domain.contact import QuietHours
from services.notify.domain.folding import FEW
from services.notify.domain.limits import Allowance, Spent
from services.notify.domain.outcomes import Reason
from services.notify.domain.policy import Limit, Policy
from services.notify.domain.routes import next_alerts
from services.notify.domain.timing import AFTERWARDS, CHANCE, is_given_up, window_end
from shared.contracts.event import Severity
from shared.hours.calendar import Shift
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, EMAIL, NONE, SMS, a_contact, an_escalation

SLACK, TEAMS = ChannelName.SLACK, ChannelName.TEAMS
PENDING, SUPPRESSED = AlertState.PENDING, AlertState.SUPPRESSED
TICK = timedelta(microseconds=1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LOW, HIGH, CRITICAL = Severity.LOW, Severity.HIGH, Severity.CRITICAL
TWO_AN_HOUR = {EMAIL: Limit(2, HOUR)}
THREE = replace(BOTH, configured=frozenset({EMAIL, SMS, SLACK}))


def at_noon_until_one() -> QuietHours:
    everyday = range(7)
    return QuietHours((Shift(frozenset(everyday), time(12), time(13)),))


def planned(contact, rules=BOTH, tried=(), now=NOON, allowance=None, **escalation) -> list[Alert]:
    told = an_escalation(**({"respond_by": now + 30 * MINUTE} | escalation))
    extra = [allowance] if allowance else []
    return next_alerts(told, "ann", contact, frozenset(tried), rules, now, *extra)


def shown(alerts: list[Alert]) -> list[tuple]:
    return [(a.channel, a.state, a.reason) for a in alerts]


def spent(*instants: datetime, channel=EMAIL, waiting=0, limits=None) -> Allowance:
    used = Spent(list(instants), [NOON] * waiting)
    return Allowance(limits or TWO_AN_HOUR, {("ann", channel): used})


# -- opted out --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", [LOW, CRITICAL])
@pytest.mark.parametrize("purpose", [Purpose.ESCALATION, Purpose.EXHAUSTED])
def test_channel_that_was_opted_out_of_is_left_at_once(severity, purpose):
    ann = a_contact(channels=(SMS, EMAIL), opted_out=frozenset({SMS}))
    alerts = planned(ann, severity=severity, purpose=purpose)
    assert shown(alerts) == [(SMS, SUPPRESSED, Reason.OPTED_OUT), (EMAIL, PENDING, None)]


def test_whoever_opted_out_of_all_channels_is_unreached():
    alerts = planned(a_contact(email=None, opted_out=frozenset({SMS})))
    assert shown(alerts) == [(SMS, SUPPRESSED, Reason.OPTED_OUT)]
    assert all(a.is_unreached for a in alerts)


# -- quiet hours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "is_quiet"),
    [(NOON - TICK, False), (NOON, True), (NOON + HOUR - TICK, True), (NOON + HOUR, False)],
)
def test_call_in_quiet_hours_is_suppressed_and_counts_as_unreached(now, is_quiet):
    (alert,) = planned(a_contact(quiet=at_noon_until_one()), now=now)
    assert (alert.channel, alert.reason) == ((NONE, Reason.QUIET_HOURS) if is_quiet else (EMAIL, None))
    assert alert.is_unreached is is_quiet


@pytest.mark.parametrize(
    ("purpose", "severity", "expected"),
    [
        (Purpose.ESCALATION, CRITICAL, (EMAIL, PENDING, NOON)),
        (Purpose.WARNING, HIGH, (EMAIL, PENDING, NOON + HOUR)),
        (Purpose.ASSIGNMENT, HIGH, (EMAIL, PENDING, NOON + HOUR)),
        (Purpose.TAKEN, HIGH, (NONE, SUPPRESSED, NOON)),
        (Purpose.EXHAUSTED, HIGH, (EMAIL, PENDING, NOON)),
        (Purpose.DEAD_LETTER, HIGH, (EMAIL, PENDING, NOON)),
        (Purpose.TEST, HIGH, (EMAIL, PENDING, NOON)),
    ],
)
def test_quiet_hours_by_purpose(purpose, severity, expected):
    (alert,) = planned(a_contact(quiet=at_noon_until_one()), purpose=purpose, severity=severity)
    assert (alert.channel, alert.state, alert.next_at) == expected
    assert alert.has_ended or alert.give_up_at >= alert.next_at
    assert not alert.gathered


def test_what_waits_for_the_end_of_quiet_hours_is_then_tried_though_its_time_is_over():
    ann = a_contact(quiet=at_noon_until_one())
    (alert,) = planned(ann, purpose=Purpose.WARNING, respond_by=NOON + MINUTE)
    assert alert.give_up_at == NOON + HOUR + AFTERWARDS


def test_last_resort_has_no_quiet_hours():
    (alert,) = planned(a_contact(quiet=at_noon_until_one()), replace(BOTH, last_resort="ann"))
    assert shown([alert]) == [(EMAIL, PENDING, None)]


def test_next_channel_in_quiet_hours_is_none_and_that_is_said_once():
    ann = a_contact(quiet=at_noon_until_one())
    assert shown(planned(ann, tried=[EMAIL])) == [(NONE, SUPPRESSED, Reason.QUIET_HOURS)]
    assert planned(ann, tried=[EMAIL, NONE]) == []


# -- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letters", "is_full"),
    [([NOON - HOUR + TICK], False), ([NOON - HOUR + TICK, NOON], True), ([NOON, NOON, NOON], True)],
)
def test_call_at_the_limit_takes_the_next_channel_at_once(letters, is_full):
    alerts = planned(a_contact(), allowance=spent(*letters))
    throttled = [(EMAIL, SUPPRESSED, Reason.THROTTLED), (SMS, PENDING, None)]
    assert shown(alerts) == (throttled if is_full else [(EMAIL, PENDING, None)])


def test_call_at_the_limit_of_all_channels_counts_as_unreached():
    alerts = planned(a_contact(phone=None), allowance=spent(NOON, NOON))
    assert shown(alerts) == [(EMAIL, SUPPRESSED, Reason.THROTTLED)]
    assert alerts[0].is_unreached


def test_critical_call_at_a_limit_takes_another_channel_and_keeps_the_first_for_later():
    full = spent(NOON, NOON)
    (first,) = planned(a_contact(), allowance=full, severity=CRITICAL)
    (then,) = planned(a_contact(), tried=[SMS], allowance=full, severity=CRITICAL)
    assert (first.channel, then.channel) == (SMS, EMAIL)
    assert (first.give_up_at, then.give_up_at) == (NOON + 15 * MINUTE, NOON + 30 * MINUTE)


def test_critical_call_at_the_limit_of_all_channels_is_sent_by_the_first_all_the_same():
    limits = TWO_AN_HOUR | {SMS: Limit(1, HOUR)}
    full = Allowance(limits, {("ann", EMAIL): Spent([NOON, NOON]), ("ann", SMS): Spent([NOON])})
    assert shown(planned(a_contact(), allowance=full, severity=CRITICAL)) == [(EMAIL, PENDING, None)]
    assert shown(planned(a_contact(), allowance=full)) == [(c, SUPPRESSED, Reason.THROTTLED) for c in (EMAIL, SMS)]


@pytest.mark.parametrize("purpose", [Purpose.WARNING, Purpose.ASSIGNMENT, Purpose.TAKEN])
def test_what_can_wait_waits_until_there_is_room_one_by_one(purpose):
    full = spent(NOON - 30 * MINUTE, NOON - 20 * MINUTE)
    waits = [full.note(planned(a_contact(), allowance=full, purpose=purpose))[0].next_at for _ in range(3)]
    assert waits == [NOON + 30 * MINUTE, NOON + 40 * MINUTE, NOON + 90 * MINUTE]


def test_what_waits_for_room_waits_for_the_end_of_quiet_hours_too():
    ann = a_contact(quiet=at_noon_until_one())
    (alert,) = planned(ann, now=NOON - MINUTE, allowance=spent(NOON - HOUR + TICK, NOON), purpose=Purpose.WARNING)
    assert alert.next_at == NOON + HOUR


def test_what_waits_for_room_keeps_no_call_from_leaving():
    waiting = spent(NOON - MINUTE, NOON + HOUR)
    assert shown(planned(a_contact(), allowance=waiting)) == [(EMAIL, PENDING, None)]


def test_what_is_not_sent_uses_up_no_limit():
    left = spent()
    for _ in range(3):
        left.note([alert.end(SUPPRESSED, Reason.OPTED_OUT, NOON) for alert in planned(a_contact())])
    assert shown(planned(a_contact(), allowance=left)) == [(EMAIL, PENDING, None)]


@pytest.mark.parametrize("purpose", [Purpose.EXHAUSTED, Purpose.DEAD_LETTER, Purpose.TEST])
def test_what_nobody_else_is_told_of_has_no_limits(purpose):
    (alert,) = planned(a_contact(), allowance=spent(NOON, NOON), purpose=purpose)
    assert (alert.state, alert.next_at) == (PENDING, NOON)


@pytest.mark.parametrize(
    ("most", "waiting", "is_full"),
    [(FEW, FEW - 1, False), (FEW, FEW, False), (FEW, FEW + 100, False), (FEW - 1, FEW - 1, True), (FEW - 1, 99, True)],
)
def test_calls_that_wait_together_count_as_few_letters(most, waiting, is_full):
    crowd = spent(waiting=waiting, limits={EMAIL: Limit(most, HOUR)})
    (alert, *_) = planned(a_contact(), allowance=crowd)
    assert (alert.reason is Reason.THROTTLED) is is_full


def test_limit_of_one_person_and_channel_is_nobody_elses():
    full = Allowance(TWO_AN_HOUR, {("bob", EMAIL): Spent([NOON, NOON]), ("ann", SMS): Spent([NOON, NOON])})
    assert shown(planned(a_contact(), allowance=full)) == [(EMAIL, PENDING, None)]


# -- gathering --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (NOON - TICK, NOON),
        (NOON, NOON + 5 * MINUTE),
        (NOON + TICK, NOON + 5 * MINUTE),
        (NOON + 5 * MINUTE - TICK, NOON + 5 * MINUTE),
    ],
)
def test_windows_follow_each_other_by_the_clock(now, end):
    assert window_end(5 * MINUTE, now) == end


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, 5 * MINUTE),
        ({"respond_by": NOON + 20 * MINUTE - 4 * TICK}, 5 * MINUTE - TICK),
        ({"respond_by": NOON + 20 * MINUTE}, 5 * MINUTE),
        ({"respond_by": None}, 5 * MINUTE),
        ({"respond_by": NOON - MINUTE}, 0 * MINUTE),
        ({"severity": CRITICAL}, 0 * MINUTE),
        ({"purpose": Purpose.WARNING}, 0 * MINUTE),
        ({"purpose": Purpose.EXHAUSTED}, 0 * MINUTE),
        ({"tried": [SMS]}, 0 * MINUTE),
    ],
)
def test_wish_to_gather_never_takes_more_than_a_quarter_of_the_time(changes, waits):
    (alert,) = planned(a_contact(gather=5 * MINUTE), **changes)
    assert (alert.next_at - NOON, alert.gathered) == (waits, waits > 0 * MINUTE)


def test_what_cannot_be_folded_is_not_gathered():
    hook = ChannelName.WEBHOOK
    contact = a_contact(channels=(hook,), addresses={hook: "https://example.org"}, gather=5 * MINUTE)
    (alert,) = planned(contact, replace(BOTH, configured=frozenset({hook})))
    assert alert.next_at == NOON


def test_nothing_is_gathered_into_quiet_hours():
    ann = a_contact(gather=10 * MINUTE, quiet=at_noon_until_one())
    (alert,) = planned(ann, now=NOON - MINUTE)
    assert alert.next_at == NOON - MINUTE


# -- the next channel after a while -----------------------------------------------------------------------------------

SOON = replace(THREE, policy=Policy(fall_back_after={CRITICAL: 2 * MINUTE, HIGH: 10 * MINUTE}))


@pytest.mark.parametrize(
    ("contact", "changes", "begins"),
    [
        (a_contact(), {"severity": CRITICAL}, NOON + 2 * MINUTE),
        (a_contact(), {}, NOON + 10 * MINUTE),
        (a_contact(), {"severity": LOW}, None),
        (a_contact(), {"severity": CRITICAL, "purpose": Purpose.EXHAUSTED}, NOON + 2 * MINUTE),
        (a_contact(), {"severity": CRITICAL, "purpose": Purpose.DEAD_LETTER}, NOON + 2 * MINUTE),
        (a_contact(), {"severity": CRITICAL, "purpose": Purpose.ASSIGNMENT}, None),
        (a_contact(phone=None), {"severity": CRITICAL}, None),
        (a_contact(opted_out=frozenset({SMS})), {"severity": CRITICAL}, None),
        (a_contact(channels=(EMAIL, TEAMS), addresses={TEAMS: "x"}), {"severity": CRITICAL}, None),
        (a_contact(), {"severity": CRITICAL, "tried": [EMAIL]}, None),
        (a_contact(gather=5 * MINUTE), {}, NOON + 15 * MINUTE),
    ],
)
def test_next_channel_begins_a_while_after_the_one_before_may_leave(contact, changes, begins):
    assert planned(contact, SOON, **changes)[-1].fall_back_at == begins


@pytest.mark.parametrize(
    ("give_up", "due", "is_over"),
    [
        (NOON, NOON - HOUR, False),
        (NOON - TICK, NOON - HOUR, True),
        (NOON - HOUR, NOON - CHANCE, False),
        (NOON - HOUR, NOON - CHANCE - TICK, True),
    ],
)
def test_what_nobody_tried_is_given_up_when_its_time_is_over_and_it_had_a_chance(give_up, due, is_over):
    (alert,) = planned(a_contact())
    assert is_given_up(replace(alert, give_up_at=give_up, next_at=due), NOON) is is_over

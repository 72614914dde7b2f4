"""Claim, hand-off, outcome: nobody is told twice, and nobody is given up while a channel is left."""

import pytest

from services.notify.domain.alert import AlertState
from services.notify.domain.jobs import Job
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, RetryAfter, Temporary
from services.notify.senders import sending
from services.notify.senders.sending import Attempt
from shared.contracts.event import Severity
from shared.database import Transaction
from tests.unit.notify.build import Office, a_contact, acknowledged, escalated

PENDING, ACCEPTED, FAILED = AlertState.PENDING, AlertState.ACCEPTED, AlertState.FAILED
SUPPRESSED, AMBIGUOUS, HANDED_OFF = AlertState.SUPPRESSED, AlertState.AMBIGUOUS, AlertState.HANDED_OFF
ANN, PHONE = "ann@example.org", "+420601234567"
REFUSED = Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")
LOST = Ambiguous(Reason.NO_ANSWER)


@pytest.fixture
def told(office: Office) -> Office:
    """Ann was escalated to and has both channels."""
    office.know(a_contact())
    office.hear(escalated())
    return office


def test_accepted_alert_is_announced_once_and_not_sent_again(told: Office):
    told.send()
    told.send()
    told.wait(hours=1)
    told.reap()
    told.send()
    assert told.addresses() == [ANN]
    assert told.told() == ["alert.accepted"]
    assert (told.announced[0].channel, told.announced[0].reason) == ("email", "accepted")


@pytest.mark.parametrize(
    ("outcome", "state", "announced"),
    [
        (REFUSED, FAILED, "alert.failed"),
        (LOST, AMBIGUOUS, "alert.ambiguous"),
    ],
)
def test_next_channel_starts_when_one_failed_for_good_or_is_unsure(told: Office, outcome, state, announced):
    told.email.script[ANN] = [outcome]
    told.send()
    assert told.alerts() == {("ann", "email"): state, ("ann", "sms"): ACCEPTED}
    assert told.told() == [announced, "alert.accepted"]


@pytest.mark.parametrize("last", [REFUSED, LOST])
def test_escalation_is_unreachable_once_all_channels_failed(told: Office, last):
    told.email.script[ANN] = [REFUSED]
    told.sms.script[PHONE] = [last]
    told.send()
    told.wait(hours=1)
    told.reap()
    assert told.told().count("escalation.unreachable") == 1
    assert told.told()[-1] == "escalation.unreachable"


def test_one_reached_recipient_is_enough(office: Office):
    office.know(a_contact(phone=None), a_contact("bob"))
    office.hear(escalated("ann", "bob", "stranger"))
    office.email.script[ANN] = [REFUSED]
    office.send()
    assert sorted(office.told()) == ["alert.accepted", "alert.failed", "alert.failed"]


def test_last_of_several_recipients_to_fail_makes_it_unreachable(office: Office):
    office.know(a_contact(phone=None), a_contact("bob", phone=None))
    office.hear(escalated("ann", "bob"))
    office.email.script = {ANN: [REFUSED], "bob@example.org": [Temporary(Reason.PROVIDER_AWAY), REFUSED]}
    office.dispatcher.send_due()
    assert office.told() == ["alert.failed"]
    office.wait(seconds=2)
    office.send()
    assert office.told() == ["alert.failed", "alert.failed", "escalation.unreachable"]


def test_temporary_failure_is_tried_again_later_on_the_same_channel(told: Office):
    told.email.script[ANN] = [Temporary(Reason.PROVIDER_AWAY), Accepted()]
    told.dispatcher.send_due()
    assert (told.alerts(), told.announced) == ({("ann", "email"): PENDING}, [])
    told.wait(seconds=2)
    told.send()
    assert told.alerts() == {("ann", "email"): ACCEPTED}


def test_provider_says_when_to_come_again(told: Office):
    told.email.script[ANN] = [RetryAfter(100, Reason.PROVIDER_THROTTLED), Accepted()]
    told.send()
    told.wait(seconds=80)
    told.send()
    assert told.alerts() == {("ann", "email"): PENDING}
    told.wait(seconds=21)
    told.send()
    assert told.alerts() == {("ann", "email"): ACCEPTED}


def test_retries_end_in_time_for_the_next_channel(told: Office):
    told.email.script[ANN] = [Temporary(Reason.PROVIDER_AWAY)]
    for _ in range(40):
        told.send()
        told.wait(seconds=60)
    assert told.alerts() == {("ann", "email"): FAILED, ("ann", "sms"): ACCEPTED}
    assert 10 < len(told.email.sent) < 30


def test_answer_between_claim_and_hand_off_stops_the_letter(told: Office):
    told.email.before_hand_off = lambda: told.hear(acknowledged())
    told.send()
    assert told.addresses() == []
    assert (told.alerts(), told.told()) == ({("ann", "email"): SUPPRESSED}, ["alert.suppressed"])


def test_answer_after_hand_off_lets_nothing_follow(told: Office):
    (job,) = told.claim()
    _hand_off(told, job)
    told.hear(acknowledged())
    assert told.alerts() == {("ann", "email"): HANDED_OFF}
    _settle(told, job, REFUSED)
    assert (told.alerts(), told.told()) == ({("ann", "email"): FAILED}, ["alert.failed"])


def test_answer_after_hand_off_stops_the_retry(told: Office):
    (job,) = told.claim()
    _hand_off(told, job)
    told.hear(acknowledged())
    _settle(told, job, Temporary(Reason.PROVIDER_DEFERRED))
    assert (told.alerts(), told.told()) == ({("ann", "email"): SUPPRESSED}, ["alert.suppressed"])


def test_sender_that_died_before_hand_off_left_nothing_sent_and_it_is_sent(told: Office):
    told.claim()
    told.wait(seconds=40)
    assert told.reap() == 0
    told.wait(seconds=21)
    assert told.reap() == 1
    told.wait(seconds=2)
    told.send()
    assert (told.addresses(), told.told()) == ([ANN], ["alert.accepted"])


def test_sender_that_died_after_hand_off_leaves_it_ambiguous_and_the_next_channel_follows(told: Office):
    (job,) = told.claim()
    _hand_off(told, job)
    told.wait(seconds=100)
    assert told.reap() == 0
    told.wait(seconds=21)
    assert told.reap() == 1
    told.send()
    assert told.addresses() == [PHONE]
    assert [(e.type, e.reason) for e in told.announced] == [
        ("alert.ambiguous", "sender_died"),
        ("alert.accepted", "accepted"),
    ]


def test_sender_that_stood_still_behind_its_hand_off_sends_nothing_once_others_went_on(told: Office):
    """As where its machine was paused: the next channel tells Ann, and so must not two."""

    def stand_still(_: Transaction) -> None:
        if told.alerts() == {("ann", "email"): HANDED_OFF}:
            told.wait(seconds=121)
            told.reap()

    told.db.after_commit(stand_still)
    told.send()
    assert told.addresses() == [PHONE]


def test_sender_that_stood_still_and_still_has_its_lease_goes_on(told: Office):
    pauses = [100]

    def stand_still(_: Transaction) -> None:
        if pauses and told.alerts() == {("ann", "email"): HANDED_OFF}:
            told.wait(seconds=pauses.pop())
            told.reap()

    told.db.after_commit(stand_still)
    told.send()
    assert (told.addresses(), told.told()) == ([ANN], ["alert.accepted"])


def test_slow_sender_whose_alert_was_claimed_anew_may_not_hand_off(told: Office):
    (slow,) = told.claim()
    told.wait(seconds=61)
    told.reap()
    told.wait(seconds=2)
    (fast,) = told.claim()
    assert _hand_off(told, slow) == set()
    assert _hand_off(told, fast) == {fast.alert.fence}


def test_outcome_of_an_older_attempt_is_dropped(told: Office):
    (slow,) = told.claim()
    told.wait(seconds=61)
    told.reap()
    told.wait(seconds=2)
    (fast,) = told.claim()
    assert _settle(told, slow, REFUSED) == 0
    assert _hand_off(told, fast) == {fast.alert.fence}
    assert _settle(told, fast, Accepted()) == 1
    assert _settle(told, fast, REFUSED) == 0
    assert (told.alerts(), told.told()) == ({("ann", "email"): ACCEPTED}, ["alert.accepted"])


def test_old_and_new_attempt_that_ask_at_the_same_moment_are_told_apart(told: Office):
    (slow,) = told.claim()
    told.wait(seconds=61)
    told.reap()
    told.wait(seconds=2)
    (fast,) = told.claim()
    assert _hand_off(told, fast, slow) == _hand_off(told, slow, fast) == {fast.alert.fence}
    with told.db.transaction() as tx:
        attempts = [Attempt(fast.alert, Accepted()), Attempt(slow.alert, REFUSED)]
        assert sending.settle(tx, told.rules, attempts) == 1
    assert (told.alerts(), told.told()) == ({("ann", "email"): ACCEPTED}, ["alert.accepted"])


def test_hand_off_may_be_asked_again_when_its_answer_was_lost(told: Office):
    (job,) = told.claim()
    assert _hand_off(told, job) == _hand_off(told, job) == {job.alert.fence}


def test_bug_in_a_channel_ends_as_an_outcome(told: Office):
    told.email.script[ANN] = [KeyError("bug")]
    told.send()
    assert told.alerts() == {("ann", "email"): AMBIGUOUS, ("ann", "sms"): ACCEPTED}
    assert told.announced[0].reason == "our_fault"


def test_most_severe_goes_first(office: Office):
    office.know(a_contact())
    mixed = (Severity.LOW, Severity.CRITICAL, Severity.MEDIUM, Severity.HIGH)
    office.hear(*[escalated(case_id=f"case-{severity}", severity=severity) for severity in mixed])
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["case-critical", "case-high", "case-medium", "case-low"]


def test_seconds_count_from_the_cause(told: Office):
    told.wait(seconds=30)
    told.send()
    assert 30 <= told.announced[0].seconds < 900


def _hand_off(office: Office, *jobs: Job) -> set[tuple[str, int]]:
    with office.db.transaction() as tx:
        return sending.hand_off(tx, [job.alert for job in jobs])


def _settle(office: Office, job: Job, outcome) -> int:
    with office.db.transaction() as tx:
        return sending.settle(tx, office.rules, [Attempt(job.alert, outcome)])

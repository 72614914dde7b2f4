"""What comes at the same moment to two replicas on one PostgreSQL: nothing is lost, done twice, or waits for ever."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.notify.domain.alert import Alert, AlertState
from services.notify.domain.outcomes import Accepted, Permanent, Reason
from services.notify.domain.policy import Policy
from services.notify.domain.receipts import Receipt, ReceiptKind
from services.notify.domain.reply import Reply
from services.notify.domain.routes import alert_id
from services.notify.incoming import optouts, receipts
from services.notify.plans import late
from services.notify.senders import sending
from services.notify.senders.sending import Attempt
from services.notify.service import NotifyService
from shared.contracts.event import Severity
from shared.database import Transaction
from tests.harness.process import PATIENCE, eventually
from tests.integration.notify.test_workers import colleague, in_threads, settle, waits_for_a_lock
from tests.unit.notify.build import BOTH, EMAIL, SMS, Office, a_contact, escalated

__all__ = ["colleague"]

ROUNDS = 4  # fewer than somebody is written to before what comes next is gathered
Work = Callable[[Office, Transaction], Any]
REFUSED = Permanent(Reason.RECIPIENT_REFUSED)
SLOW_AFTER_A_MINUTE = replace(BOTH, policy=Policy(fall_back_after={Severity.CRITICAL: timedelta(minutes=1)}))


def handed_off(office: Office, case_id: str, **changes) -> Alert:
    office.hear(escalated(case_id=case_id, **changes))
    (job,) = office.claim()
    with office.db.transaction() as tx:
        sending.hand_off(tx, job.alerts)
    return job.alert


def took(office: Office, kind: ReceiptKind, alert: Alert) -> None:
    office.db.run(lambda tx: receipts.take_receipt(tx, office.rules, Receipt(kind, alert.id)))


def in_turn(office: Office, first: Work, colleague: Office, second: Work) -> None:
    """The second begins while the first is not committed, and waits for it."""

    def wait() -> None:
        colleague.db.run(lambda tx: second(colleague, tx))

    behind = threading.Thread(target=wait)
    with office.db.transaction() as tx:
        first(office, tx)
        behind.start()
        eventually(lambda: waits_for_a_lock(office), "the second to wait for the first")
    behind.join(PATIENCE)
    assert not behind.is_alive()


def states_of(office: Office, alert: Alert) -> dict[str, AlertState]:
    with office.db.read() as tx:
        return {a.channel.value: a.state for a in sending.store.alerts_of_escalations(tx, [alert.escalation_key])}


def test_bounce_and_acceptance_at_once_start_the_next_channel_once(office: Office, colleague: Office):
    office.know(a_contact())
    for n in range(ROUNDS):
        alert = handed_off(office, f"case-{n}")
        in_threads(
            lambda x=alert: settle(office, Attempt(x, Accepted("m"))),
            lambda x=alert: took(colleague, ReceiptKind.BOUNCED, x),
        )
        with office.db.transaction() as tx:  # what came before the outcome
            receipts.apply_waiting(tx, office.rules)
        assert states_of(office, alert) == {"email": AlertState.FAILED, "sms": AlertState.PENDING}
        office.send()
    ends = Counter(office.told() + colleague.told())
    assert ends == {"alert.accepted": 2 * ROUNDS, "alert.failed": ROUNDS}


def test_two_receipts_at_once_end_the_alert_one_way(office: Office, colleague: Office):
    office.know(a_contact(phone=None))
    for n in range(ROUNDS):
        alert = handed_off(office, f"case-{n}")
        settle(office, Attempt(alert, Accepted("m")))
        office.forget()
        colleague.forget()
        in_threads(
            lambda x=alert: took(office, ReceiptKind.DELIVERED, x),
            lambda x=alert: took(colleague, ReceiptKind.BOUNCED, x),
        )
        told = sorted(office.told() + colleague.told())
        ended = states_of(office, alert)["email"]
        assert (ended, told) in [
            (AlertState.DELIVERED, ["alert.delivered"]),
            (AlertState.FAILED, ["alert.failed", "escalation.unreachable"]),
        ]


@pytest.mark.parametrize("is_stop_first", [True, False])
def test_stop_and_refusal_at_once_start_the_next_channel_once(office: Office, colleague: Office, is_stop_first: bool):
    office.know(a_contact(channels=(SMS, EMAIL)))
    office.hear(escalated())
    (job,) = office.claim()

    def refused(one: Office, tx: Transaction) -> None:
        sending.settle(tx, one.rules, [Attempt(job.alert, REFUSED)])

    def stopped(one: Office, tx: Transaction) -> None:
        optouts.obey(tx, one.rules, Reply("+420601234567", "STOP"))

    first, second = (stopped, refused) if is_stop_first else (refused, stopped)
    in_turn(office, first, colleague, second)
    sms = AlertState.SUPPRESSED if is_stop_first else AlertState.FAILED
    assert states_of(office, job.alert) == {"sms": sms, "email": AlertState.PENDING}
    assert office.told() + colleague.told() == [f"alert.{sms.value}"]


def test_refusal_of_what_is_too_slow_starts_the_next_channel_once(office: Office, colleague: Office):
    office.rules = colleague.rules = SLOW_AFTER_A_MINUTE
    office.know(a_contact())
    for n in range(ROUNDS):
        alert = handed_off(office, f"case-{n}", severity=Severity.CRITICAL)
        office.wait(minutes=1)
        in_threads(lambda x=alert: settle(office, Attempt(x, REFUSED)), colleague.fall_back)
        office.fall_back()
        assert states_of(office, alert) == {"email": AlertState.FAILED, "sms": AlertState.PENDING}
        office.send()
    assert Counter(office.told() + colleague.told()) == {"alert.failed": ROUNDS, "alert.accepted": ROUNDS}


def test_time_and_a_late_outcome_never_wait_for_each_other(
    office: Office, colleague: Office, monkeypatch: pytest.MonkeyPatch
):
    """Someone comes back with two letters after their lease, while a tick holds the one and would take the other."""
    office.rules = colleague.rules = SLOW_AFTER_A_MINUTE
    office.know(a_contact())
    events = [escalated(case_id=f"case-{n}") for n in range(2)]
    first, last = sorted(events, key=lambda x: alert_id(x.escalation_id, "ann", "email", "escalation"))
    office.hear(first, replace(last, severity=Severity.CRITICAL))
    late_ones = [Attempt(job.alert, Accepted()) for job in office.claim()]
    office.wait(minutes=3)
    assert office.reap() == len(late_ones) == 2
    office.wait(minutes=13)
    begin = late.begin_beside

    def begin_once_the_other_waits(*args):
        eventually(lambda: waits_for_a_lock(colleague), "the late outcome to wait for what the tick holds")
        return begin(*args)

    monkeypatch.setattr(late, "begin_beside", begin_once_the_other_waits)
    tick = SimpleNamespace(db=office.db, book=SimpleNamespace(current=office.rules))

    def come_back_late() -> None:
        eventually(lambda: holds_a_row(colleague), "the tick to hold the slow alert")
        settle(colleague, *late_ones)

    in_threads(lambda: NotifyService.fall_back(tick), come_back_late)
    assert office.alerts()["ann", "sms"] is AlertState.PENDING


def holds_a_row(office: Office) -> bool:
    """Whether somebody has locked an alert."""
    with office.db.transaction() as tx:
        free = tx.execute(sending.store.a.select().with_for_update(skip_locked=True)).all()
    return len(free) < 2

"""When the dispatcher claims: no more than it has senders for, at once when one comes free, alone without waiting."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.notify.channels.breaker import FAULTS, PROBE_AFTER
from services.notify.domain.alert import AlertState
from services.notify.domain.jobs import Job
from services.notify.domain.outcomes import Accepted, Reason, Temporary
from services.notify.domain.policy import Limit, Policy
from services.notify.lines import SENDERS
from services.notify.plans.beginnings import SENDER
from services.notify.senders.dispatcher import CLAIMS_APART, LINGER, SEVERAL
from tests.unit.notify.build import BOTH, Office, a_contact, acknowledged, escalated

MINUTE = timedelta(minutes=1)


@pytest.fixture
def waiting() -> list[Callable[[], None]]:
    """Sends that were started and whose turn has not come."""
    return []


@pytest.fixture
def dispatcher(office: Office, waiting: list[Callable[[], None]]):
    office.know(*[a_contact(f"person-{n:03}", phone=None) for n in range(SENDERS + 1)])
    return office.a_dispatcher(lambda send, job: waiting.append(lambda: send(job)))


def wakes_during(office: Office, work: Callable[[], Any]) -> set[str]:
    woken: set[str] = set()
    office.db.after_commit(lambda tx: woken.update(tx.wakes))
    work()
    return woken


def many(number: int) -> list[Any]:
    """To a person each, as one person's would be folded."""
    return [escalated(f"person-{n:03}", case_id=f"case-{n:03}") for n in range(number)]


def test_claims_no_more_than_it_has_senders_for(office: Office, dispatcher):
    office.hear(*many(SENDERS + 1))
    assert [dispatcher.send_due(), dispatcher.send_due()] == [SENDERS, 0]


def test_sender_that_comes_free_takes_the_next_at_once_when_more_are_due(office: Office, dispatcher, waiting):
    office.hear(*many(SENDERS + 1))
    dispatcher.send_due()
    taken: list[int] = []
    office.db.after_commit(lambda tx: taken.append(dispatcher.send_due()) if SENDER in tx.wakes else None)
    waiting.pop(0)()
    assert taken == [1]


def test_nobody_is_woken_when_nothing_more_is_due(office: Office, dispatcher, waiting):
    office.hear(*many(2))
    dispatcher.send_due()
    assert wakes_during(office, waiting.pop(0)) == set()


def test_sender_that_came_free_is_seen_at_the_hand_off_of_another(office: Office, dispatcher):
    """One that had nothing to send any more writes no outcome, others write theirs late: it would stand idle."""
    jobs: list[tuple[Callable[[Job], None], Job]] = []
    dispatcher = office.a_dispatcher(lambda send, job: jobs.append((send, job)))
    office.hear(*many(SENDERS + 1))
    dispatcher.send_due()
    office.hear(acknowledged(case_id=jobs[0][1].alert.case_id))
    woken: list[bool] = []
    office.db.after_commit(lambda tx: woken.append(SENDER in tx.wakes))
    for send, job in jobs[:2]:
        send(job)
    assert woken == [False, True, True]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long anybody would have slept; meanwhile the time stands still, so that no machine is too slow."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: 1_000.0)
    return slept


def test_claims_wait_for_company_while_others_are_on_their_way(office: Office, dispatcher, pauses: list[float]):
    office.hear(*many(SEVERAL))
    dispatcher.send_due()
    dispatcher.send_due()
    assert pauses == [pytest.approx(CLAIMS_APART)]


def test_few_on_their_way_hold_up_nobody(office: Office, dispatcher, waiting, pauses: list[float]):
    """Twenty a second are seldom more: each is to be claimed as it comes."""
    office.hear(*many(SEVERAL - 1))
    dispatcher.send_due()
    dispatcher.send_due()
    waiting.pop()()
    assert not any(pauses)


def test_hand_off_and_outcome_wait_for_company_while_several_are_on_their_way(
    office: Office, dispatcher, waiting, pauses: list[float]
):
    office.hear(*many(SEVERAL))
    dispatcher.send_due()
    waiting.pop()()
    waiting.pop()()
    assert pauses == [LINGER, LINGER, 0.0, 0.0]


def test_dispatcher_remembers_nobody_to_whom_nothing_is_on_its_way(office: Office):
    office.know(a_contact())
    office.hear(escalated())
    office.send()
    assert not any(office.dispatcher._busy.values())


def test_lone_alert_waits_for_nobody(office: Office, dispatcher, waiting, pauses: list[float]):
    office.hear(*many(1))
    dispatcher.send_due()
    waiting.pop()()
    dispatcher.send_due()
    assert not any(pauses)


def test_slow_sender_does_not_leave_on_the_hand_off_of_the_sender_after_it(office: Office, dispatcher, waiting):
    """Both ask in one transaction: what is allowed to the new attempt is not allowed to the old one."""
    office.hear(*many(1))
    dispatcher.send_due()
    office.wait(seconds=61)
    office.reap()
    office.wait(seconds=2)
    dispatcher.send_due()
    both_ask = threading.Barrier(2)
    office.email.before_hand_off = lambda: both_ask.wait(10)
    senders = [threading.Thread(target=send) for send in waiting]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert len(office.email.sent) == 1
    assert office.told() == ["alert.accepted"]


PEOPLE = 12


def alone(office: Office, *answers: Any) -> None:
    """Many are to be told by mail alone, and the mail server says this to each from now on."""
    people = [f"person-{n:03}" for n in range(PEOPLE)]
    office.know(*[a_contact(person, phone=None) for person in people])
    office.hear(*many(PEOPLE))
    for person in people:
        office.email.script[f"{person}@example.org"] = list(answers)


def attempts(office: Office) -> list[int]:
    with office.db.read() as tx:
        return sorted(row.attempt for row in tx.execute(office.alerts_table.select()))


def test_alerts_wait_without_an_attempt_while_their_provider_is_away(office: Office):
    office.rules = replace(office.rules, policy=Policy(provider_limits={"scripted-email": Limit(FAULTS, MINUTE)}))
    alone(office, Temporary(Reason.PROVIDER_AWAY))
    office.send()
    office.rules = BOTH
    office.wait(seconds=5)
    for _ in range(3):
        assert office.dispatcher.send_due() == 0
    assert attempts(office) == [0] * (PEOPLE - FAULTS) + [1] * FAULTS
    assert set(office.alerts().values()) == {AlertState.PENDING}


def test_provider_that_is_back_gets_one_letter_and_then_all(office: Office):
    alone(office, Temporary(Reason.PROVIDER_AWAY))
    office.send()
    office.email.script.clear()
    office.email.sent.clear()
    office.wait(seconds=PROBE_AFTER - 1)
    assert office.dispatcher.send_due() == 0
    office.wait(seconds=1)
    assert [office.dispatcher.send_due(), office.dispatcher.send_due()] == [1, PEOPLE - 1]
    assert set(office.alerts().values()) == {AlertState.ACCEPTED}


def test_provider_that_is_away_holds_up_no_other_channel(office: Office):
    office.know(a_contact("texter", email=None))
    alone(office, Temporary(Reason.PROVIDER_AWAY))
    office.send()
    office.hear(escalated("texter", case_id="another"))
    office.send()
    assert office.alerts()["texter", "sms"] is AlertState.ACCEPTED


def test_no_more_is_claimed_than_a_provider_may_get(office: Office):
    office.rules = replace(office.rules, policy=Policy(provider_limits={"scripted-email": Limit(3, MINUTE)}))
    alone(office, Accepted())
    assert [office.dispatcher.send_due(), office.dispatcher.send_due()] == [3, 0]
    assert attempts(office) == [0] * (PEOPLE - 3) + [1] * 3
    office.wait(seconds=60)
    assert office.dispatcher.send_due() == 3


def test_changed_limit_holds_for_the_next_claim(office: Office):
    office.rules = replace(office.rules, policy=Policy(provider_limits={"scripted-email": Limit(3, MINUTE)}))
    alone(office, Accepted())
    office.dispatcher.send_due()
    office.rules = BOTH
    assert office.dispatcher.send_due() == PEOPLE - 3


def test_dispatcher_sleeps_while_nothing_has_room(office: Office):
    """Else its tick would go round and round while a provider is away."""
    office.rules = replace(office.rules, policy=Policy(provider_limits={"scripted-email": Limit(3, MINUTE)}))
    alone(office, Accepted())
    office.dispatcher.send_due()
    assert not office.dispatcher.may_go_on()
    office.wait(seconds=60)
    assert office.dispatcher.may_go_on()


def test_look_at_a_channel_with_nothing_to_send_does_not_make_another_forget_that_more_is_due(
    office: Office, dispatcher, waiting
):
    """Else the senders of mail that come free wake nobody, and the next letter waits for the tick."""
    office.hear(*many(SENDERS + 1))
    dispatcher.send_due()
    assert dispatcher.send_due() == 0  # mail has no sender free, SMS has, and nothing to send
    assert wakes_during(office, waiting.pop(0)) == {SENDER}

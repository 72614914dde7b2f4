"""Several workers on one PostgreSQL: each alert leaves once, and an escalation is given up once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.notify.domain.alert import AlertState
from services.notify.domain.folding import FOLD, Openings
from services.notify.domain.jobs import Job
from services.notify.domain.outcomes import Accepted, Permanent, Reason
from services.notify.lines import SENDERS
from services.notify.senders import sending
from services.notify.senders.sending import Attempt
from services.notify.watch import overview
from tests.harness.process import PATIENCE, eventually
from tests.unit.notify.build import CASE, EMAIL, Office, a_contact, acknowledged, escalated
from tests.unit.notify.test_digests import cases_in

REFUSED = Permanent(Reason.RECIPIENT_REFUSED)
CASES = 4 * SENDERS  # the first claim of each worker takes half of them, the rest is fought over


@pytest.fixture
def colleague(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """A second replica: a process of its own would have just such a second pool of connections."""
    made = Office(database_url, tmp_path)
    yield made
    made.db.close()


def in_threads(*works: Callable[[], Any]) -> list[Any]:
    """Runs them side by side from one starting line; an error of any is raised."""
    line, results, errors = threading.Barrier(len(works)), [None] * len(works), []

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            line.wait(PATIENCE)
            results[place] = work()
        except Exception as error:  # noqa: BLE001 - raised below, in the thread of the test
            errors.append(error)

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    if errors:
        raise errors[0]
    assert not any(thread.is_alive() for thread in threads)
    return results


def settle(office: Office, *attempts: Attempt) -> None:
    with office.db.transaction() as tx:
        sending.settle(tx, office.rules, attempts)


def waits_for_a_lock(office: Office) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with office.db.read() as tx:
        return bool(tx.connection.scalar(text(waiting)))


def spawning(senders: list[threading.Thread]) -> Callable[..., None]:
    """Sends each letter in a thread of its own, which is kept to be waited for."""

    def spawn(send: Callable[[Any], None], job: Any) -> None:
        thread = threading.Thread(target=send, args=(job,))
        senders.append(thread)  # of both workers, so it need not be the last any more
        thread.start()

    return spawn


def accepted(office: Office) -> int:
    with office.db.read() as tx:
        return int(overview.counts(tx)["alerts"]["accepted"])


def test_two_workers_send_each_alert_once(office: Office, colleague: Office):
    office.know(*[a_contact(f"person-{n:03}", phone=None) for n in range(CASES)])
    office.hear(*[escalated(f"person-{n:03}", case_id=f"case-{n:03}") for n in range(CASES)])
    senders: list[threading.Thread] = []
    both_have_claimed = threading.Barrier(2)

    def work(one: Office) -> None:
        # Nothing leaves before both have all their senders busy: neither can take all, however late the other begins.
        may_go = threading.Event()
        one.email.before_hand_off = lambda: may_go.wait(PATIENCE)
        dispatcher = one.a_dispatcher(spawning(senders))
        assert dispatcher.send_due() == SENDERS
        both_have_claimed.wait(PATIENCE)
        may_go.set()
        eventually(lambda: not dispatcher.send_due() and accepted(one) == CASES, "all to be sent")

    in_threads(lambda: work(office), lambda: work(colleague))
    for sender in senders:
        sender.join(PATIENCE)
    sent = Counter(letter.case_id for one in (office, colleague) for letter in one.email.sent)
    assert sent == {f"case-{n:03}": 1 for n in range(CASES)}
    assert all(len(one.email.sent) >= SENDERS for one in (office, colleague))
    assert Counter(office.told() + colleague.told()) == {"alert.accepted": CASES}


def test_worker_passes_by_what_a_colleague_is_just_taking(office: Office, colleague: Office):
    people = [f"person-{n:02}" for n in range(50)]
    office.know(*map(a_contact, people))
    office.hear(*[escalated(person, case_id=person) for person in people])
    with office.db.transaction() as tx:
        taken = sending.claim(tx, office.rules, {EMAIL: Openings(20)}).jobs
        others = colleague.claim()
    assert len(taken) == len(others) == 20
    assert not {job.alert.id for job in taken} & {job.alert.id for job in others}


def test_two_workers_never_put_one_alert_into_two_mails(office: Office, colleague: Office):
    people = [f"person-{n}" for n in range(4)]
    office.know(*[a_contact(person, phone=None) for person in people])
    office.hear(*[escalated(people[n % 4], case_id=f"case-{n:04}") for n in range(4 * 10 * FOLD)])
    senders: list[threading.Thread] = []

    def work(one: Office) -> None:
        # A dispatcher each time: one that remembers whom it wrote to would leave the rest to a later moment.
        eventually(lambda: not one.a_dispatcher(spawning(senders)).send_due(), "nothing to be due")

    in_threads(lambda: work(office), lambda: work(colleague))
    for sender in senders:
        sender.join(PATIENCE)
    sent = Counter(case_id for one in (office, colleague) for letter in one.email.sent for case_id in cases_in(letter))
    assert sent == {f"case-{n:04}": 1 for n in range(4 * 10 * FOLD)}
    assert Counter(office.told() + colleague.told()) == {"alert.accepted": 4 * 10 * FOLD}
    assert office.email.sent and colleague.email.sent


def test_two_workers_plan_the_same_escalation_once(office: Office, colleague: Office):
    for n in range(10):
        event = escalated("stranger", case_id=f"case-{n}")
        in_threads(lambda event=event: office.hear(event), lambda event=event: colleague.hear(event))
    assert Counter(office.told() + colleague.told()) == {"alert.failed": 10, "escalation.unreachable": 10}


def test_last_two_alerts_failing_at_once_give_up_the_escalation_once(office: Office, colleague: Office):
    office.know(a_contact("ann", phone=None), a_contact("bob", phone=None))
    for n in range(10):
        office.hear(escalated("ann", "bob", case_id=f"case-{n}"))
        first, second = office.claim()
        in_threads(
            lambda x=first: settle(office, Attempt(x.alert, REFUSED)),
            lambda x=second: settle(colleague, Attempt(x.alert, REFUSED)),
        )
    assert Counter(office.told() + colleague.told()) == {"alert.failed": 20, "escalation.unreachable": 10}


def test_answer_and_failure_at_once_never_start_another_channel_behind_the_answer(office: Office, colleague: Office):
    office.know(a_contact())
    for n in range(10):
        case_id = f"case-{n}"
        office.hear(escalated(case_id=case_id))
        (job,) = office.claim()
        in_threads(
            lambda x=job: settle(office, Attempt(x.alert, REFUSED)),
            lambda x=case_id: colleague.hear(acknowledged(case_id=x)),
        )
        office.send()
    assert office.sms.sent == []


def test_answer_at_hand_off_is_decided_by_the_lock(office: Office, colleague: Office):
    office.know(a_contact(phone=None))
    for n in range(10):
        case_id = f"case-{n}"
        office.hear(escalated(case_id=case_id))
        (job,) = office.claim()

        def hand_off(job: Job = job) -> set[str]:
            with office.db.transaction() as tx:
                return sending.hand_off(tx, [job.alert])

        may_leave, _ = in_threads(hand_off, lambda x=case_id: colleague.hear(acknowledged(case_id=x)))
        with office.db.read() as tx:
            state = sending.store.alerts_of_escalations(tx, [job.alert.escalation_key])[0].state
        assert state is (AlertState.HANDED_OFF if may_leave else AlertState.SUPPRESSED)


def test_two_reapers_give_an_alert_back_once(office: Office, colleague: Office):
    office.know(a_contact())
    office.hear(escalated(case_id=CASE))
    (job,) = office.claim()
    with office.db.transaction() as tx:
        sending.hand_off(tx, [job.alert])
    office.wait(minutes=3)
    in_threads(office.reap, colleague.reap)
    assert office.told() + colleague.told() == ["alert.ambiguous"]


@pytest.mark.parametrize("is_asked_again", [False, True], ids=["at first", "again, as its answer was lost"])
def test_alert_that_is_handed_off_while_the_reaper_looks_is_left_to_its_sender(
    office: Office, colleague: Office, is_asked_again: bool
):
    office.know(a_contact())
    office.hear(escalated(case_id=CASE))
    (job,) = office.claim()
    if is_asked_again:
        with office.db.transaction() as tx:
            sending.hand_off(tx, [job.alert])
    office.wait(seconds=121)
    reaped: list[int] = []
    reaper = threading.Thread(target=lambda: reaped.append(colleague.reap()))
    with office.db.transaction() as tx:
        assert sending.hand_off(tx, [job.alert])
        reaper.start()  # reads the row as it was before the hand-off, then waits for its lock
        eventually(lambda: waits_for_a_lock(office), "the reaper to wait for the alert")
    reaper.join(30)
    settle(office, Attempt(job.alert, Accepted()))
    colleague.send()
    assert (reaped, colleague.addresses()) == ([0], [])
    assert office.told() + colleague.told() == ["alert.accepted"]


def test_one_hanging_recipient_holds_up_nobody_else(office: Office):
    office.know(a_contact("slow", phone=None), a_contact("ann", phone=None))
    release, answered = threading.Event(), threading.Event()
    office.hear(escalated("slow", case_id="case-slow"))
    usual = office.email.send

    def send(letter: Any, hand_off: Any) -> Any:
        if letter.address.startswith("slow"):
            assert release.wait(PATIENCE)
        outcome = usual(letter, hand_off)
        answered.set()
        return outcome

    office.email.send = send  # type: ignore[method-assign]
    senders: list[threading.Thread] = []
    dispatcher = office.a_dispatcher(spawning(senders))
    dispatcher.send_due()
    office.hear(escalated("ann", case_id="case-quick"))
    dispatcher.send_due()
    assert answered.wait(PATIENCE)
    assert [letter.case_id for letter in office.email.sent] == ["case-quick"]
    release.set()
    for sender in senders:
        sender.join(PATIENCE)
    assert [letter.case_id for letter in office.email.sent] == ["case-quick", "case-slow"]

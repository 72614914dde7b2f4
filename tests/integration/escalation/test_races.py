"""Two at once on PostgreSQL: the row lock decides, whoever comes second acts on what the first one wrote."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import text

from services.escalation.answers.answering import ACKNOWLEDGE, Answered, answer_case, link_case
from services.escalation.cases import store
from services.escalation.domain import answers
from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import Case, CaseState
from services.escalation.usecases import climb_due
from shared.contracts.escalation import CaseAcknowledged, CaseEscalated, CaseMuted, CaseResolved, Outcome
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintAnswered, ComplaintResolved, ComplaintUpdated
from shared.contracts.notify import AlertAnswered, EscalationUnreachable
from shared.database import Database
from tests.harness.process import eventually
from tests.unit.escalation.builders import NOON
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.test_usecases import a_complaint, id_of, severe

ROUNDS = 40
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Runs them in threads that start together and gives what they gave; an error in one is an error of the test."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def resolve(desk: Desk, case_id: str, person: str) -> Answered:
    return desk.answer(case_id, lambda case, setting: answers.resolve(case, person, Outcome.UPHELD, (), setting))


def told_by_both(kind: Any, *desks: Desk) -> list[Any]:
    return [event for desk in desks for event in desk.told(kind)]


# -- answers and time ---------------------------------------------------------------------------------------------


def test_a_taken_case_never_climbs_whichever_comes_first(desk: Desk, replica: Desk) -> None:
    for n in range(ROUNDS):
        ids = [id_of(f"{n}.{k}") for k in range(3)]
        desk.hear(*(severe(f"{n}.{k}") for k in range(3)))
        desk.jump(timedelta(minutes=11))
        at_once(desk.tick, partial(_take_all, replica, ids))
        for case_id in ids:
            assert desk.case(case_id).state is CaseState.ACKNOWLEDGED
            assert desk.timeline(case_id)[-1] == "acknowledged"


def test_a_case_that_is_being_taken_is_left_out_by_the_tick(desk: Desk, replica: Desk) -> None:
    desk.hear(severe())
    desk.jump(timedelta(minutes=11))
    with desk.db.transaction() as tx:
        answer_case(tx, desk.book, id_of("1"), lambda case, setting: answers.acknowledge(case, "anna", setting))
        assert replica.tick() == 0
    assert replica.tick() == 0
    assert desk.case(id_of("1")).state is CaseState.ACKNOWLEDGED


def test_who_takes_a_case_while_it_climbs_takes_it_at_its_new_level(desk: Desk, replica: Desk) -> None:
    desk.hear(severe())
    desk.jump(timedelta(minutes=11))
    taking = Thread(target=lambda: replica.take(id_of("1"), "anna"))
    with desk.db.transaction() as tx:
        assert climb_due(tx, desk.book) == 1
        taking.start()
        eventually(lambda: waiting_for_locks(replica.db) == 1, "the other to wait")
    taking.join()
    (told,) = replica.told(CaseAcknowledged)
    (climbed,) = [e for e in desk.told(CaseEscalated) if e.level == 2]
    assert (told.level, told.escalation_id) == (2, climbed.escalation_id)
    assert told.case_revision > climbed.case_revision


def test_of_two_people_one_takes_the_case_and_the_other_is_told(desk: Desk, replica: Desk) -> None:
    for n in range(ROUNDS):
        desk.hear(severe(f"{n}"))
        told = at_once(partial(desk.take, id_of(f"{n}"), "anna"), partial(replica.take, id_of(f"{n}"), "ben"))
        assert Counter(answer.refusal for answer in told) == {None: 1, Refusal.ALREADY_TAKEN: 1}
        assert len({answer.case.acknowledged_by for answer in told}) == 1
    assert len(told_by_both(CaseAcknowledged, desk, replica)) == ROUNDS


def test_who_resolves_and_who_takes_a_case_at_once_leave_it_resolved(desk: Desk, replica: Desk) -> None:
    for n in range(ROUNDS):
        case_id = id_of(f"{n}")
        desk.hear(severe(f"{n}"))
        ended, taken = at_once(partial(resolve, desk, case_id, "anna"), partial(replica.take, case_id, "ben"))
        assert (ended.refusal, desk.case(case_id).state) == (None, CaseState.RESOLVED)
        assert taken.refusal in (None, Refusal.ALREADY_RESOLVED)
        assert desk.case(case_id).due_at is None
        assert desk.timeline(case_id)[-1] == "resolved"
        desk.jump(timedelta(seconds=1))
    assert len(told_by_both(CaseResolved, desk, replica)) == ROUNDS


def test_what_ends_upstream_as_somebody_takes_or_resolves_it_ends_once(desk: Desk, replica: Desk) -> None:
    for n in range(ROUNDS):
        case_id = id_of(f"{n}")
        desk.hear(severe(f"{n}"))
        answer = partial(resolve, replica, case_id, "ben") if n % 2 else partial(replica.take, case_id, "ben")
        at_once(partial(desk.hear, ComplaintResolved(case_id, 2, NOON, "crm")), answer)
        case = desk.case(case_id)
        assert (case.state, case.due_at, case.closed_revision) == (CaseState.RESOLVED, None, 2)
        assert desk.timeline(case_id).count("resolved") == 1
    assert len(told_by_both(CaseResolved, desk, replica)) == ROUNDS


def test_a_reply_and_the_button_of_the_page_at_once_are_one_answer(desk: Desk, replica: Desk) -> None:
    for n in range(ROUNDS):
        case_id = id_of(f"{n}")
        desk.hear(severe(f"{n}"))
        told = desk.told(CaseEscalated)[-1]
        reply = AlertAnswered(f"a-{n}", case_id, told.escalation_id, 1, "anna", "sms", ACKNOWLEDGE, NOON)
        at_once(partial(replica.hear_alerts, reply), partial(desk.take, case_id, "anna"))
        assert desk.timeline(case_id).count("acknowledged") == 1


def test_batches_of_notify_that_cross_each_other_never_block_each_other(desk: Desk, replica: Desk) -> None:
    """Of one case nobody was reached and somebody answered for the other, and the other way round."""
    for n in range(ROUNDS):
        desk.announced.clear()
        desk.hear(severe(f"{n}.a"), severe(f"{n}.b"))
        one, other = desk.told(CaseEscalated)
        at_once(
            partial(desk.hear_alerts, unreachable(one), a_reply(other)),
            partial(replica.hear_alerts, unreachable(other), a_reply(one)),
        )
        taken = {desk.case(told.case_id).acknowledged_by for told in (one, other)}
        assert taken == {"anna"}


def unreachable(told: CaseEscalated) -> EscalationUnreachable:
    return EscalationUnreachable(told.case_id, told.escalation_id, told.level, ("rejected",), NOON)


def a_reply(told: CaseEscalated) -> AlertAnswered:
    return AlertAnswered(told.case_id, told.case_id, told.escalation_id, 1, "anna", "sms", ACKNOWLEDGE, NOON)


# -- two replicas -------------------------------------------------------------------------------------------------


def test_two_replicas_climb_each_due_case_once(desk: Desk, replica: Desk) -> None:
    names = [f"{n}" for n in range(350)]
    desk.hear(*(severe(name) for name in names))
    desk.announced.clear()
    desk.jump(timedelta(minutes=11))
    at_once(desk.settle, replica.settle, desk.settle)
    desk.settle()
    told = [e.case_id for e in told_by_both(CaseEscalated, desk, replica)]
    assert Counter(told) == {id_of(name): 1 for name in names}


def test_a_replica_does_not_wait_for_cases_that_another_one_holds(desk: Desk, replica: Desk) -> None:
    desk.hear(severe("held"), severe("free", severity=Severity.HIGH))
    desk.jump(timedelta(hours=1))
    with desk.db.transaction() as tx:
        assert [case.id for case in store.claim_due(tx, 1)] == [id_of("held")]
        assert replica.tick() == 1
    assert [e.facts.external_id for e in replica.told(CaseEscalated)] == ["free"]


# -- one is part of another ---------------------------------------------------------------------------------------


def waiting_for_locks(db: Database) -> int:
    with db.read() as tx:
        return int(tx.connection.scalar(text(WAITING)) or 0)


def test_two_cases_linked_crosswise_at_once_never_block_each_other_and_one_link_is_refused(
    desk: Desk, replica: Desk
) -> None:
    for n in range(ROUNDS):
        one, other = id_of(f"{n}.a"), id_of(f"{n}.b")
        desk.hear(severe(f"{n}.a"), severe(f"{n}.b"))
        told = at_once(partial(_link_once, desk, one, other), partial(_link_once, replica, other, one))
        assert Counter(answer.refusal is None for answer in told) == {True: 1, False: 1}
        assert {desk.case(one).state, desk.case(other).state} == {CaseState.MUTED, CaseState.ESCALATED}
    assert len(told_by_both(CaseMuted, desk, replica)) == ROUNDS


def _link_once(desk: Desk, case_id: str, parent_id: str) -> Answered:
    """Without the repetition that would hide a deadlock."""
    with desk.db.transaction() as tx:
        return link_case(tx, desk.book, case_id, parent_id, "anna", None)


# -- a new complaint ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "later",
    [
        [ComplaintUpdated],
        [ComplaintResolved],
        [ComplaintAnswered],
        [ComplaintUpdated, ComplaintResolved],
    ],
)
def test_two_replicas_may_hear_of_a_new_complaint_at_the_same_moment(
    desk: Desk, replica: Desk, later: list[type]
) -> None:
    first = [a_complaint(f"{n}") for n in range(60)]
    more = [_later(kind, f"{n}", revision) for n in range(60) for revision, kind in enumerate(later, start=2)]
    for n in range(0, 60, 20):
        late = more[n * len(later) : (n + 20) * len(later)]
        at_once(partial(desk.hear, *first[n : n + 20]), partial(replica.hear, *reversed(late)))
    outcomes = {_outcome(desk.case(event.complaint_id)) for event in first}
    assert len(outcomes) == 1
    in_order = a_complaint("in order")
    desk.hear(in_order)
    desk.hear(*(_later(kind, "in order", revision) for revision, kind in enumerate(later, start=2)))
    assert outcomes == {_outcome(desk.case(in_order.complaint_id))}


def _outcome(case: Case) -> tuple[CaseState, Severity, int, bool]:
    return case.state, case.severity, case.facts_revision, case.due_at is None


def _later(kind: Any, name: str, revision: int) -> Any:
    if kind is ComplaintUpdated:
        return severe(name, kind=ComplaintUpdated, revision=revision)
    return kind(id_of(name), revision, NOON, "crm")


def _take_all(desk: Desk, ids: list[str]) -> None:
    for case_id in ids:
        desk.take(case_id, "anna")

"""Two at once on PostgreSQL: the row lock decides, whoever comes second acts on what the first one wrote."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest

from services.escalation import store
from services.escalation.domain.case import Case, CaseState
from services.escalation.usecases import Outcome, climb_due, take_case
from shared.contracts.escalation import CaseAcknowledged, CaseEscalated
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintAnswered, ComplaintResolved, ComplaintUpdated
from shared.database import Database
from tests.unit.escalation.builders import NOON
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.test_usecases import a_complaint, id_of, severe

ROUNDS = 40


@pytest.fixture
def replica(desk: Desk) -> Iterator[Desk]:
    """A second process of the service, as far as the database can tell."""
    second = object.__new__(Desk)
    second.__dict__ |= desk.__dict__ | {"db": Database(desk.url, "escalation"), "announced": [], "traces": {}}
    second.db.announce_with(second._keep)
    yield second
    second.db.close()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Runs them in threads that start together and gives what they gave; an error in one is an error of the test."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


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
    desk.jump(timedelta(hours=1))
    with desk.db.transaction() as tx:
        take_case(tx, id_of("1"), "anna")
        assert replica.tick() == 0
    assert replica.tick() == 0
    assert desk.case(id_of("1")).state is CaseState.ACKNOWLEDGED


def test_who_takes_a_case_while_it_climbs_takes_it_at_its_new_level(desk: Desk, replica: Desk) -> None:
    desk.hear(severe())
    desk.jump(timedelta(hours=1))
    taking = Thread(target=lambda: replica.take(id_of("1"), "anna"))
    with desk.db.transaction() as tx:
        assert climb_due(tx, desk.book) == 1
        taking.start()
    taking.join()
    (told,) = replica.told(CaseAcknowledged)
    (climbed,) = [e for e in desk.told(CaseEscalated) if e.level == 2]
    assert (told.level, told.escalation_id) == (2, climbed.escalation_id)
    assert told.case_revision > climbed.case_revision


def test_of_two_people_one_takes_the_case_and_the_other_is_told(desk: Desk, replica: Desk) -> None:
    for n in range(ROUNDS):
        desk.hear(severe(f"{n}"))
        answers = at_once(partial(desk.take, id_of(f"{n}"), "anna"), partial(replica.take, id_of(f"{n}"), "ben"))
        assert Counter(answer.outcome for answer in answers) == {Outcome.TAKEN: 1, Outcome.ALREADY_TAKEN: 1}
        assert len({answer.case.acknowledged_by for answer in answers}) == 1


def test_two_replicas_climb_each_due_case_once(desk: Desk, replica: Desk) -> None:
    names = [f"{n}" for n in range(350)]
    desk.hear(*(severe(name) for name in names))
    desk.announced.clear()
    desk.jump(timedelta(minutes=11))
    at_once(partial(_tick_all, desk), partial(_tick_all, replica), partial(_tick_all, desk))
    _tick_all(desk)
    told = [e.case_id for e in desk.told(CaseEscalated) + replica.told(CaseEscalated)]
    assert Counter(told) == {id_of(name): 1 for name in names}


def test_a_replica_does_not_wait_for_cases_that_another_one_holds(desk: Desk, replica: Desk) -> None:
    desk.hear(severe("held"), severe("free", severity=Severity.HIGH))
    desk.jump(timedelta(hours=1))
    with desk.db.transaction() as tx:
        assert [case.id for case in store.claim_due(tx, 100)] == [id_of("held")]
        assert replica.tick() == 1
    assert [e.facts.external_id for e in replica.told(CaseEscalated)] == ["free"]


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


def _tick_all(desk: Desk) -> None:
    while desk.tick():
        pass

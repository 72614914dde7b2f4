"""Two who save many supervisors at once on PostgreSQL: neither is refused, and each list is there as a whole."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from services.escalation.domain.people import Role, Supervisor
from services.escalation.people import roster, supervisors
from shared.database import Database
from shared.differences import Difference
from tests.harness.process import eventually
from tests.harness.servers import patient
from tests.unit.escalation.builders import ANNA
from tests.unit.escalation.desk import Desk

ROUNDS, MANY = 15, 60
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def other(desk: Desk) -> Iterator[Database]:
    """A second process of the service, as far as the database can tell."""
    made = patient(Database(desk.url, "escalation"))
    yield made
    made.close()


def a_crowd(name: str, prefix: str) -> list[Supervisor]:
    return [Supervisor(f"{prefix}{n:03}", name, Role.SUPERVISOR, ("CZ",)) for n in range(MANY)]


def save(db: Database, people: Sequence[Supervisor]) -> Difference:
    return db.run(lambda tx: roster.save_supervisors(tx, {person.id: person for person in people}))


def save_tried_once(db: Database, people: Sequence[Supervisor]) -> Difference:
    """Without the repetition that would hide a deadlock."""
    with db.transaction() as tx:
        return roster.save_supervisors(tx, {person.id: person for person in people})


def at_once(*works: Callable[[], Any]) -> list[Any]:
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def names(db: Database, prefix: str) -> set[str]:
    with db.read() as tx:
        return {person.name for person in supervisors.everybody(tx) if person.id.startswith(prefix)}


def waiting_for_locks(db: Database) -> int:
    with db.read() as tx:
        return int(tx.connection.scalar(text(WAITING)))


def test_two_who_change_the_same_people_in_opposite_order_never_block_each_other(desk: Desk, other: Database) -> None:
    """Both have begun, and wait for one in the middle: who goes not by id holds what the other wants next."""
    save(desk.db, a_crowd("nobody", "p"))
    ours, theirs = a_crowd("ours", "p"), a_crowd("theirs", "p")[::-1]
    with ThreadPoolExecutor(2) as pool:
        with desk.db.transaction() as tx:
            supervisors.find(tx, [f"p{MANY // 2:03}"], lock=True)
            told = [pool.submit(save_tried_once, desk.db, ours), pool.submit(save_tried_once, other, theirs)]
            eventually(lambda: waiting_for_locks(other) == 2, "both to wait")
        assert [len(each.result().changed) for each in told] == [MANY, MANY]
    assert len(names(desk.db, "p")) == 1, "one list as a whole, not some of each"


def test_who_is_being_changed_is_waited_for_even_by_those_who_would_leave_them_as_they_are(
    desk: Desk, other: Database
) -> None:
    save(desk.db, a_crowd("before", "p"))
    with ThreadPoolExecutor(1) as pool:
        with desk.db.transaction() as tx:
            roster.save_supervisors(tx, {person.id: person for person in a_crowd("ours", "p")})
            told = pool.submit(save, other, a_crowd("before", "p"))
            eventually(lambda: told.done() or waiting_for_locks(other) == 1, "the other to wait")
        assert len(told.result().changed) == MANY
    assert names(desk.db, "p") == {"before"}


def test_of_two_who_add_the_same_people_one_finds_those_of_the_other(desk: Desk, other: Database) -> None:
    for n in range(ROUNDS):
        ours, theirs = a_crowd("ours", f"new{n:02}-"), a_crowd("theirs", f"new{n:02}-")[::-1]
        told = at_once(lambda x=ours: save(desk.db, x), lambda x=theirs: save(other, x))
        assert sorted((len(each.added), len(each.changed)) for each in told) == [(0, MANY), (MANY, 0)]
        assert len(names(desk.db, f"new{n:02}-")) == 1


def test_lists_that_overlap_in_new_and_known_people_are_both_stored(desk: Desk, other: Database) -> None:
    for n in range(ROUNDS):
        save(desk.db, a_crowd("before", f"m{n:02}-")[::2])
        ours, theirs = a_crowd("ours", f"m{n:02}-")[:40], a_crowd("theirs", f"m{n:02}-")[20:][::-1]
        at_once(lambda x=ours: save(desk.db, x), lambda x=theirs: save(other, x))
        assert names(desk.db, f"m{n:02}-") == {"ours", "theirs"}


def test_one_who_cannot_be_stored_keeps_all_others_out(desk: Desk) -> None:
    people = [
        replace(ANNA, name="Changed"),
        Supervisor("new", "New", Role.MANAGER, ("*",)),
        replace(ANNA, id="x" * 101),
    ]
    with pytest.raises(Exception, match="too long"):
        save(desk.db, people)
    with desk.db.read() as tx:
        assert supervisors.find(tx, ["anna", "new"]) == {"anna": ANNA}

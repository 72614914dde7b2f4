"""A customer is forgotten while another transaction takes something of theirs in, on PostgreSQL, in both orders."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, text

from services.intake import forgetting, merging, tables, usecases
from services.intake.domain.complaint import Person, Read, State
from services.intake.domain.endings import successor
from services.intake.domain.matters import known
from shared import tables as plumbing
from shared.database import Transaction
from shared.errors import Conflict
from shared.outbox import write_rows
from tests.harness.process import eventually
from tests.unit.intake.conftest import Desk, a_contact, a_step, complaint_id

EVA = Person("C-10042", "Eva Malinová", "eva@example.org", "+420 601 000 001")
BY_MAIL = Person(email="eva@example.org")  # another system, which does not know her number with us
OLD = ("rhubarb", "C-10042", "Malinov", "eva@example", "601 000 001", "A-4711")
ROUNDS = 5


def hers(words: str = "My rhubarb kettle leaks.", external_id: str = "A-4711", **changes: Any) -> Read:
    return a_contact(words, external_id, **({"customer": EVA, "channel": "email"} | changes))


# What is taken in meanwhile: each tells of the plum, the complaint before it of the rhubarb.
ARRIVALS: dict[str, Sequence[Any]] = {
    "a contact": [hers("And now the plum lid.")],
    "contacts and steps": [hers("And now the plum lid."), a_step("answered", "A-4711"), hers("Plum, again.")],
    "a new complaint": [hers("A plum pot is broken.", "B-1")],
    "a new one in the same words": [hers("My rhubarb kettle leaks plum.", "B-1", channel="phone")],
    "the same words, by mail alone": [hers("My rhubarb kettle leaks plum.", "B-1", channel="phone", customer=BY_MAIL)],
    "one of each": [hers("And now the plum lid."), hers("A plum pot is broken.", "B-1")],
}
EACH = pytest.mark.parametrize("arrivals", ARRIVALS.values(), ids=ARRIVALS.keys())


@dataclass
class Races:
    """A desk, and a second process of the service as far as the database can tell: a thread with its transactions."""

    desk: Desk
    pool: ThreadPoolExecutor

    @contextmanager
    def while_open(self, first: Callable[[Transaction], Any], then: Callable[[Transaction], Any]) -> Iterator[Any]:
        """Gives what comes of `then`, which began, and had to wait, before `first` was committed."""
        with self.desk.db.transaction() as tx:
            first(tx)
            second: Future[Any] = self.pool.submit(self.desk.db.run, then)
            eventually(lambda: second.done() or self._somebody_waits(), "the other to wait for a lock")
            assert not second.done(), "it saw nothing of what was going on"
        yield second

    def at_once(self, *works: Callable[[Transaction], Any]) -> None:
        start = Barrier(len(works))

        def run(work: Callable[[Transaction], Any]) -> None:
            start.wait()
            self.desk.db.run(work)

        list(self.pool.map(run, works))

    def _somebody_waits(self) -> bool:
        with self.desk.db.read() as tx:
            return bool(tx.connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    def taking(self, *arrivals: Any) -> Callable[[Transaction], None]:
        return lambda tx: usecases.take_in(tx, self.desk.rules, arrivals)

    def everything(self) -> str:
        """Every value of every table."""
        with self.desk.db.read() as tx:
            all_tables = (*tables.metadata.sorted_tables, *plumbing.plumbing.sorted_tables)
            return str([list(tx.execute(select(table))) for table in all_tables])

    def open_complaints(self) -> list[str]:
        c = tables.complaints
        with self.desk.db.read() as tx:
            return list(tx.execute(select(c.c.id).where(c.c.state == State.OPEN.value)).scalars())


def forgetting_her(tx: Transaction) -> forgetting.Erased:
    return forgetting.forget(tx, known(Person(ref="C-10042", email="eva@example.org")))


def forgetting_her_ref(tx: Transaction) -> forgetting.Erased:
    return forgetting.forget(tx, known(Person(ref="C-10042")))


@pytest.fixture
def races(emptied_postgres_url: str) -> Iterator[Races]:
    desk = Desk(emptied_postgres_url)
    desk.db.announce_with(lambda tx, announced: write_rows("intake", tx, announced))
    with ThreadPoolExecutor(2) as pool:
        yield Races(desk, pool)
    desk.db.close()


@EACH
def test_what_was_taken_in_first_is_forgotten_with_the_rest(races: Races, arrivals: Sequence[Any]) -> None:
    races.desk.take(hers())
    with races.while_open(races.taking(*arrivals), forgetting_her) as forgotten:
        assert forgotten.result().contacts == 1 + sum(isinstance(a, Read) for a in arrivals)
    left = races.everything()
    assert [word for word in (*OLD, "plum", "B-1") if word in left] == []
    assert races.open_complaints() == []


@EACH
@pytest.mark.parametrize("forget", [forgetting_her, forgetting_her_ref], ids=["by all names", "by one"])
def test_what_is_taken_in_afterwards_is_a_matter_of_its_own(
    races: Races, arrivals: Sequence[Any], forget: Callable[[Transaction], Any]
) -> None:
    old, is_new = hers(), arrivals[0].complaint_id != complaint_id("A-4711")
    races.desk.take(old)
    with races.while_open(forget, races.taking(*arrivals)) as taken:
        taken.result()
    stone = races.desk.find("web", "A-4711")
    assert (stone.state, stone.customer, stone.excerpt) == (State.FORGOTTEN, Person(), "")
    begun = races.open_complaints()
    assert stone.id not in begun and "plum" in races.everything()
    if stone.merged_into:
        assert stone.merged_into == successor(stone, arrivals[0]).id and stone.merged_into in begun
    assert bool(stone.merged_into) or is_new
    assert races.desk.db.run(forgetting_her).contacts == sum(isinstance(a, Read) for a in arrivals)
    left = races.everything()
    assert [word for word in (*OLD, "plum", "B-1") if word in left] == []


@pytest.mark.parametrize("first", ["A", "Z"])
def test_at_the_same_moment_it_is_one_after_the_other(races: Races, first: str) -> None:
    """Each may hold what the other one wants next: PostgreSQL ends one of them, and it is run again."""
    for n in range(ROUNDS):
        old, new = f"{n}{first}-4711", f"{n}B-1"
        races.desk.take(hers(external_id=old))
        works = (races.taking(hers("And now the plum lid.", old), hers("A plum pot is broken.", new)), forgetting_her)
        races.at_once(*works)
        assert races.desk.find("web", old).state is State.FORGOTTEN
        assert "rhubarb" not in races.everything()
        races.desk.db.run(forgetting_her)
        assert [word for word in (*OLD, "plum") if word in races.everything()] == []


def test_a_contact_by_our_id_is_refused_once_its_customer_is_forgotten(races: Races) -> None:
    """What it says of the customer is what we knew of them: it would bring it back."""
    races.desk.take(hers())
    id_ = complaint_id("A-4711")
    with races.desk.db.read() as tx:
        before = usecases.complaint_for_contact(tx, id_)
    read = hers("And now the plum lid.", customer=before.customer)
    adding: Callable[[Transaction], None] = lambda tx: usecases.add_contact(tx, races.desk.rules, id_, read)  # noqa: E731
    with races.while_open(forgetting_her, adding) as added, pytest.raises(Conflict):
        added.result()
    left = races.everything()
    assert [word for word in (*OLD, "plum") if word in left] == []


def test_merged_by_somebody_meanwhile_both_are_forgotten(races: Races) -> None:
    races.desk.take(hers(), a_contact("The plum jar.", "B-1", customer=Person(ref="X-1")))
    merge = lambda tx: merging.merge(tx, complaint_id("A-4711"), complaint_id("B-1"), "petra")  # noqa: E731
    with races.while_open(merge, forgetting_her) as forgotten:
        assert forgotten.result().complaints == 2
    assert [word for word in (*OLD, "plum", "X-1") if word in races.everything()] == []

"""What is kept in memory of the agents is what all rows say, whoever changes them, and whoever takes that back."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from sqlalchemy import select, update

from services.routing import tables
from services.routing.domain.room import Room
from services.routing.roster.agent_rows import ROOM, room_from
from services.routing.roster.known_rooms import KnownRooms
from shared.database import Transaction
from tests.unit.routing.builders import Office, an_agent

g = tables.agents


class TakenBack(Exception):
    pass


@pytest.fixture
def office(replica: Callable[[], Office]) -> Iterator[Office]:
    office = replica()
    office.employ(*(an_agent(f"a{n}", capacity=100) for n in range(5)))
    return office


def all_rows(office: Office) -> dict[str, Room]:
    with office.db.read() as tx:
        return {row.id: room_from(row) for row in tx.execute(select(*ROOM))}


def look(office: Office, rooms: KnownRooms) -> dict[str, Room]:
    with office.db.read() as tx:
        return dict(rooms.current(tx))


def load(tx: Transaction, agent_id: str, value: int) -> None:
    tx.execute(update(g).where(g.c.id == agent_id).values(load=value))


def test_a_change_that_is_committed_late_is_not_missed(office: Office) -> None:
    """Its transaction began before others that were over when somebody looked."""
    rooms = KnownRooms()
    with office.db.transaction() as slow:
        load(slow, "a0", 7)
        with office.db.transaction() as quick:
            load(quick, "a1", 8)
        assert {id_: r.load for id_, r in look(office, rooms).items()} == {"a0": 0, "a1": 8, "a2": 0, "a3": 0, "a4": 0}
    assert look(office, rooms) == all_rows(office)
    assert look(office, rooms)["a0"].load == 7


def test_what_a_transaction_wrote_itself_does_not_stay_when_it_is_taken_back(office: Office) -> None:
    rooms = KnownRooms()
    look(office, rooms)
    with suppress(TakenBack), office.db.transaction() as tx:
        load(tx, "a0", 9)
        rooms.current(tx)
        raise TakenBack
    assert look(office, rooms)["a0"].load == 0


def test_only_what_changed_is_read(office: Office) -> None:
    rooms = KnownRooms()
    before = look(office, rooms)
    look(office, rooms)
    with office.db.transaction() as tx:
        load(tx, "a3", 1)
    after = look(office, rooms)
    assert [id_ for id_ in after if after[id_] is not before[id_]] == ["a3"]


def test_new_agents_are_seen(office: Office) -> None:
    rooms = KnownRooms()
    look(office, rooms)
    office.employ(an_agent("new"))
    assert look(office, rooms).keys() == all_rows(office).keys() >= {"new"}


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_it_is_what_all_rows_say(office: Office, seed: int) -> None:
    """Transactions that overlap, are committed or taken back, in any order; two that look, now and then."""
    chance, looking = random.Random(seed), [KnownRooms(), KnownRooms()]
    open_: list[tuple[object, Transaction, str]] = []
    for _ in range(120):
        free = sorted({f"a{n}" for n in range(5)} - {id_ for *_, id_ in open_})
        if free and chance.random() < 0.5:
            scope = office.db.transaction()
            open_.append((scope, scope.__enter__(), chance.choice(free)))
            load(open_[-1][1], open_[-1][2], chance.randrange(100))
        elif open_:
            scope, _tx, _id = open_.pop(chance.randrange(len(open_)))
            error = TakenBack() if chance.random() < 0.3 else None
            with suppress(TakenBack):
                scope.__exit__(type(error) if error else None, error, None)  # type: ignore[attr-defined]
        rooms = chance.choice(looking)
        assert look(office, rooms) == all_rows(office)
    while open_:
        open_.pop()[0].__exit__(None, None, None)  # type: ignore[attr-defined]
    assert all(look(office, rooms) == all_rows(office) for rooms in looking)

"""Duty on PostgreSQL: what is told comes back as it was, and of several who say the same at once none is refused."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from services.escalation.domain.duty import Leave, Override
from services.escalation.domain.people import Role, Supervisor
from services.escalation.people import duty_store, overrides, roster, supervisors
from services.escalation.people.overrides import OverrideAsked
from services.escalation.settings import SHIPPED_POLICY
from shared.database import Database
from shared.errors import NotFound
from shared.schema import migrate
from tests.unit.escalation.rotas import HOUR, a_rota, a_shift, utc

NOON = utc("2099-06-01 12:00")
ANNA = Supervisor(
    "anna",
    "Anna",
    Role.SUPERVISOR,
    ("CZ",),
    ("cs",),
    leads=("recall",),
    absences=(Leave(NOON, NOON + timedelta(microseconds=1), "ben"), Leave(NOON + HOUR, NOON + 2 * HOUR)),
    timezone="Europe/Prague",
)
ROTAS = (a_rota(a_shift("anna")),)
SWAP = OverrideAsked("night", "anna", NOON, NOON + HOUR, None, "swapped")
ROUNDS, AT_ONCE = 10, 4


@pytest.fixture
def db(postgres_url: str) -> Iterator[Database]:
    migrate(postgres_url, "escalation", Path(SHIPPED_POLICY).parent / "migrations")
    made = Database(postgres_url, "escalation")
    made.run(lambda tx: supervisors.save(tx, ANNA))
    yield made
    made.close()


def kept(db: Database) -> tuple[Override, ...]:
    with db.read() as tx:
        return duty_store.overlapping(tx, NOON, NOON + HOUR)


def at_once(work: Callable[[], Any]) -> list[Any]:
    start = Barrier(AT_ONCE)

    def run() -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(AT_ONCE)]]


def test_people_and_overrides_come_back_as_they_were_told(db: Database) -> None:
    override = db.run(lambda tx: overrides.add_override(tx, ROTAS, SWAP, "petr"))
    assert kept(db) == (override,)
    again = db.run(lambda tx: roster.save_supervisors(tx, {"anna": ANNA}))
    assert again.unchanged == ("anna",)


def test_an_override_that_several_say_at_once_is_one(db: Database) -> None:
    for _ in range(ROUNDS):
        told = at_once(lambda: db.run(lambda tx: overrides.add_override(tx, ROTAS, SWAP, "petr")))
        assert kept(db) == (told[0],) and set(told) == {told[0]}
        db.run(lambda tx: overrides.remove_override(tx, SWAP.id))


def test_of_several_who_take_an_override_back_at_once_one_does(db: Database) -> None:
    def take_back() -> bool:
        try:
            db.run(lambda tx: overrides.remove_override(tx, SWAP.id))
        except NotFound:
            return False
        return True

    for _ in range(ROUNDS):
        db.run(lambda tx: overrides.add_override(tx, ROTAS, SWAP, "petr"))
        assert sorted(at_once(take_back)) == [False] * (AT_ONCE - 1) + [True]
    assert kept(db) == ()

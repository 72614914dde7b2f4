"""What becomes of a batch that its work, or the database, does not take; and how it is counted."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from ombud.migrate.command import migrations_of
from shared import tables
from shared.database import Database, Transaction
from shared.messaging import failures, metrics
from shared.messaging.envelope import Message, Received, decode, encode
from shared.messaging.receiver import IdempotentReceiver
from shared.schema import migrate
from tests.harness.events import a_classified

QUEUE = "routing.intake.v1"
Work = Callable[[Transaction, list[Any]], None]
Counted = Callable[[], dict[str, float]]


@pytest.fixture
def db(emptied_postgres_url: str) -> Iterator[Database]:
    migrate(emptied_postgres_url, "routing", migrations_of("routing"))
    database = Database(emptied_postgres_url, "routing")
    database.announce_with(lambda _tx, _announced: None)
    yield database
    database.close()


@pytest.fixture
def counted() -> Counted:
    """How many events ended how, since the test began."""

    def now() -> dict[str, float]:
        labels = ({"queue": QUEUE, "outcome": outcome} for outcome in metrics.OUTCOMES)
        return {each["outcome"]: REGISTRY.get_sample_value("ombud_events_total", each) or 0.0 for each in labels}

    before = now()
    return lambda: {outcome: number - before[outcome] for outcome, number in now().items() if number > before[outcome]}


def receiver(db: Database, work: Work) -> IdempotentReceiver:
    return IdempotentReceiver(QUEUE, db, decode, lambda received: received, work)


def a_message(name: str) -> Message:
    event = a_classified(name)
    headers = {"ce-id": event.event_id, "ce-source": "/ombud/intake", "ce-type": event.type, "ce-specversion": "1.0"}
    return Message(event.type, headers, encode(event).encode())


def never(_seconds: float) -> None:
    pytest.fail("the database is there: nothing is waited for")  # no Exception, which would count as the work's


def fails(_tx: Transaction, _events: list[Any]) -> None:
    raise RuntimeError("poison")


def attempts(db: Database) -> list[int]:
    with db.read() as tx:
        return list(tx.execute(select(tables.retries.c.attempt)).scalars())


def is_due(db: Database, attempt: int) -> None:
    with db.transaction() as tx:
        tx.execute(tables.retries.update().values(attempt=attempt, next_at=tx.now))


def test_a_batch_that_takes_the_database_too_long_runs_singly(db: Database, counted: Counted) -> None:
    done = []

    def work(tx: Transaction, events: list[Any]) -> None:
        if len(events) > 1:
            tx.execute(text("SET LOCAL statement_timeout = 20"))
            tx.execute(text("SELECT pg_sleep(5)"))
        done.extend(event.external_id for event in events)

    receiver(db, work).work_off([a_message("1"), a_message("2")], never)
    assert (done, counted()) == (["1", "2"], {"handled": 2})


def test_one_that_takes_too_long_by_itself_waits_in_a_row(db: Database, counted: Counted) -> None:
    def work(tx: Transaction, _events: list[Any]) -> None:
        tx.execute(text("SET LOCAL statement_timeout = 20"))
        tx.execute(text("SELECT pg_sleep(5)"))

    receiver(db, work).work_off([a_message("1")], never)
    assert (attempts(db), counted()) == ([1], {"retry": 1})


@pytest.mark.parametrize(
    ("attempt", "left", "outcomes"),
    [(4, [5], {"retry": 2}), (5, [], {"retry": 1, "dead": 1}), (failures.REPLAY, [], {"retry": 1, "dead": 1})],
)
def test_a_failure_counts_as_what_becomes_of_it(
    db: Database, counted: Counted, attempt: int, left: list[int], outcomes: dict[str, float]
) -> None:
    receiver(db, fails).work_off([a_message("1")], never)
    is_due(db, attempt)
    assert receiver(db, fails).replay_one(never)
    assert (attempts(db), counted()) == (left, outcomes)


def test_one_whose_customer_was_forgotten_while_it_failed_does_not_count(db: Database, counted: Counted) -> None:
    receiver(db, fails).work_off([a_message("1")], never)
    is_due(db, 1)

    def forgotten(_received: list[Received]) -> list[Received]:
        with db.transaction() as tx:
            tx.execute(tables.retries.delete())
        raise RuntimeError("poison")

    assert IdempotentReceiver(QUEUE, db, decode, forgotten, fails).replay_one(never)
    assert (attempts(db), counted()) == ([], {"retry": 1})

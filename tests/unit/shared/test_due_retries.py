"""Which queues have retries that are due: one look a second, whoever of the process asks."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from ombud.migrate.command import migrations_of
from shared import clock, tables
from shared.database import Database
from shared.messaging.due import DueQueues
from shared.schema import migrate


@pytest.fixture
def db(emptied_database: str) -> Iterator[Database]:
    url = emptied_database.format(service="routing")
    migrate(url, "routing", migrations_of("routing"))
    database = Database(url, "routing")
    yield database
    database.close()


def looked(db: Database, *, every: float) -> DueQueues:
    made = DueQueues(every)
    made.container = SimpleNamespace(config={"database": db})
    return made


def is_due(db: Database, queue: str, *, in_seconds: int, event_id: str = "1") -> None:
    row = {"source": "s", "type": "t", "headers": {}, "content_type": "", "body": "", "attempt": 1, "error": ""}
    at = clock.now() + timedelta(seconds=in_seconds)
    with db.transaction() as tx:
        tx.execute(tables.retries.insert(), row | {"queue": queue, "event_id": event_id, "next_at": at})


def test_queues_of_retries_that_are_due_are_told_each_once(db: Database) -> None:
    is_due(db, "one", in_seconds=-1)
    is_due(db, "one", in_seconds=-2, event_id="2")
    is_due(db, "other", in_seconds=-1)
    is_due(db, "later", in_seconds=600)
    assert looked(db, every=600).queues() == {"one", "other"}


@pytest.mark.parametrize(("every", "found"), [(600, set()), (0, {"one"})])
def test_a_look_counts_for_all_who_ask_until_the_next(db: Database, every: float, found: set[str]) -> None:
    due = looked(db, every=every)
    assert due.queues() == set()
    is_due(db, "one", in_seconds=-1)
    assert due.queues() == found

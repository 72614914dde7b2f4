"""What is to be counted once a transaction has committed: each once, and nothing of what was rolled back."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.database import Database, Transaction


class Undone(Exception):
    """What a test raises to have a transaction rolled back."""


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/counting.sqlite", "counting")


def test_what_is_counted_is_counted_once_the_transaction_has_committed_in_order(db: Database) -> None:
    counted: list[str] = []
    with db.transaction() as tx:
        tx.once_committed(lambda: counted.append("one"))
        tx.once_committed(lambda: counted.append("two"))
        assert counted == []
    assert counted == ["one", "two"]


def test_what_is_rolled_back_is_not_counted(db: Database) -> None:
    counted: list[str] = []

    def work() -> None:
        with db.transaction() as tx:
            tx.once_committed(lambda: counted.append("one"))
            raise Undone

    with pytest.raises(Undone):
        work()
    assert counted == []


def test_work_that_is_repeated_as_another_transaction_was_in_its_way_counts_once(db: Database) -> None:
    counted, tries = [], []

    def work(tx: Transaction) -> None:
        tries.append(1)
        tx.once_committed(lambda: counted.append(len(tries)))
        if len(tries) == 1:
            raise IntegrityError("INSERT", None, Exception("another one was quicker"))
        tx.execute(text("SELECT 1"))

    db.run(work)
    assert counted == [2]


def test_whoever_waits_for_a_commit_is_woken_before_anything_is_counted(db: Database) -> None:
    heard: list[str] = []
    db.after_commit(lambda tx: heard.append("woken"))
    with db.transaction() as tx:
        tx.once_committed(lambda: heard.append("counted"))
    assert heard == ["woken", "counted"]

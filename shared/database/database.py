"""A service's own database: where its transactions begin, commit, and are tried anew."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.database import engines, pool
from shared.database.transaction import Transaction
from shared.errors import Fault, fault_of

CONTENTION_TRIES = 3
T = TypeVar("T")


class Database:
    """A service's own database. `transaction()` to change it, `read()` to look; both give a Transaction."""

    def __init__(self, url: str, service: str):
        self.service = service
        self._url = engines.checked_url(url)
        self.is_postgres = self._url.get_backend_name() == "postgresql"
        self.where = self._url.database if self._url.host is None else f"{self._url.host}/{self._url.database}"
        if self.is_postgres:
            self.engine = self._reader = engines.postgres(self._url, service)
        else:
            self.engine = engines.sqlite(self._url, "IMMEDIATE")
            # Reads on SQLite must not take the write lock, so they have an engine of their own.
            self._reader = engines.sqlite(self._url, "DEFERRED")
        # SQLite has one writer; waiting for it here is green, waiting inside SQLite would stop the whole process.
        self._writer = None if self.is_postgres else threading.Lock()
        self._on_announce: Callable[[Transaction, list[tuple[Any, bool]]], None] | None = None
        self._after_commit: list[Callable[[Transaction], None]] = []

    def after_commit(self, callback: Callable[[Transaction], None]) -> None:
        self._after_commit.append(callback)

    def announce_with(self, write: Callable[[Transaction, list[tuple[Any, bool]]], None]) -> None:
        """The outbox says here how announced events become rows."""
        self._on_announce = write

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commits at the end, rolls back on any exception."""
        with pool.waiting() as got, self._one_writer(), self.engine.begin() as connection:
            got()
            tx = Transaction(connection)
            yield tx
            if tx.announced and self._on_announce:
                self._on_announce(tx, tx.announced)
        for callback in self._after_commit:
            callback(tx)
        for count in tx.afterwards:
            count()

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Runs the work in a transaction, anew when another was in its way; for HTTP, where nobody else repeats it."""
        for attempt in range(CONTENTION_TRIES):
            try:
                with self.transaction() as tx:
                    return work(tx)
            except DBAPIError as error:
                if attempt + 1 == CONTENTION_TRIES or not _was_in_the_way(error):
                    raise
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with pool.waiting() as got, self._reader.connect() as connection:
            got()
            yield Transaction(connection)

    def look_at_pool(self) -> None:
        """Sets the series of the pool; called when metrics are asked for."""
        pool.look({self.engine, self._reader})

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        if self._writer is None:
            yield
            return
        with self._writer:
            yield

    def close(self) -> None:
        self.engine.dispose()
        if self._reader is not self.engine:
            self._reader.dispose()


def _was_in_the_way(error: DBAPIError) -> bool:
    # A unique key may be hit by another replica between our look and our insert: the second look finds it.
    return fault_of(error) is Fault.CONTENTION or isinstance(error, IntegrityError)

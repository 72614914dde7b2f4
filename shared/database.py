"""Transactions of a service on its own schema: PostgreSQL, or one SQLite file. Used by use cases through `tx`."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import orjson
import psycopg2
from psycopg2 import extensions
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    Executable,
    Table,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared import bulk, clock, pool
from shared.bulk import Row as Row
from shared.bulk import to_json
from shared.errors import Fault, fault_of
from shared.tables import UtcDateTime

DRIVERS = {"postgresql": "postgresql+psycopg2", "postgres": "postgresql+psycopg2", "sqlite": "sqlite"}
# Below the 15 s after which the green wait gives up, so that the server's own answer comes first.
SERVER_TIMEOUTS = "-c statement_timeout=12000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"

CONTENTION_TRIES = 3

T = TypeVar("T")
_NOW = select(func.clock_timestamp())


class WrongUrl(ValueError):
    """The database URL cannot be used; the text says which one would."""


def checked_url(text: str) -> URL:
    """The parsed URL; raises WrongUrl for an unknown database or one without its driver named. Never repeats it."""
    try:
        url = make_url(text)
    except Exception:
        raise WrongUrl("what was given is not a database URL; try postgresql+psycopg2://user@host/name") from None
    if text != text.strip():
        raise WrongUrl("a blank or a line break is around it; a file of a secret often ends with one")
    if url.drivername in ("sqlite", "postgresql+psycopg2"):
        _require_usable(url)
        return url
    wanted = DRIVERS.get(url.drivername.partition("+")[0])
    if wanted is None:
        raise WrongUrl(f"database {url.drivername!r} is not supported; use postgresql+psycopg2://… or sqlite:///…")
    raise WrongUrl(f"name the driver: {wanted}://… instead of {url.drivername}://…")


def _require_usable(url: URL) -> None:
    """What would fail at every connection is said at the start."""
    if url.drivername == "sqlite" and url.database in (None, "", ":memory:"):
        raise WrongUrl("name a file: sqlite:////path/to/it; what is only in memory would be lost")
    if url.port is not None and not 0 < url.port < 65536:
        raise WrongUrl(f"its port is {url.port}: a port is 1 to 65535")
    if url.drivername != "sqlite":
        try:
            extensions.make_dsn(**{name: str(value) for name, value in url.query.items()})
        except psycopg2.ProgrammingError as error:
            raise WrongUrl(f"PostgreSQL: {' '.join(str(error).split())}") from None


@dataclass(eq=False)
class Transaction:
    """One transaction of one service: what use cases get. Events and wake-ups leave only if it commits."""

    connection: Connection
    traces: dict[str, str] = field(default_factory=dict)
    announced: list[tuple[Any, bool]] = field(default_factory=list)
    wakes: set[str] = field(default_factory=set)
    afterwards: list[Callable[[], None]] = field(default_factory=list, repr=False)

    @cached_property
    def now(self) -> datetime:
        """The time of this transaction, read when first asked for: after the locks, so never older than their wait."""
        if self.is_postgres:
            instant: datetime = self.connection.scalar(_NOW)  # type: ignore[assignment]
            return instant.astimezone(UTC) + clock.shift()
        return clock.now()

    @property
    def is_postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    @property
    def sql_now(self) -> ColumnElement[datetime]:
        """`now` for use inside a statement, without a round trip of its own."""
        if self.is_postgres:
            return func.clock_timestamp() + literal(clock.shift())
        return literal(clock.now(), UtcDateTime)

    def execute(self, statement: Executable, rows: Sequence[Row] | Row | None = None) -> CursorResult[Any]:
        return self.connection.execute(statement, rows) if rows is not None else self.connection.execute(statement)

    def announce(self, event_: Any, *, again: bool = False) -> None:
        """Publishes the event when, and only when, this transaction commits; `again`: a repair, with a new event id."""
        self.announced.append((event_, again))

    def wake(self, name: str) -> None:
        """Lets the tick of that name (`shared.ticker`) run at once after the commit instead of at its next turn."""
        self.wakes.add(name)

    def once_committed(self, count: Callable[[], None]) -> None:
        """Calls it if this transaction commits: what is counted must not count again when a batch is repeated."""
        self.afterwards.append(count)

    def insert_many(
        self, table: Table, rows: Sequence[Row], *, skip_existing: bool = False, returning: Column[Any] | None = None
    ) -> list[Any]:
        """Inserts the rows in one statement, sorted by key (no deadlocks); gives `returning` of those that were new."""
        if not rows:
            return []
        statement = bulk.insert(table, tuple(rows[0]), self.is_postgres, skip_existing, returning)
        done = self.connection.execute(statement, bulk.insert_parameters(rows, self.is_postgres))
        return list(done.scalars()) if returning is not None else []

    def update_many(self, table: Table, key: str, rows: Sequence[Row]) -> None:
        """Updates each row by its key; the rows were locked in sorted order before."""
        if rows:
            statement = bulk.update(table, key, tuple(rows[0]), self.is_postgres)
            self.connection.execute(statement, bulk.update_parameters(rows, self.is_postgres))


class Database:
    """A service's own database. `transaction()` to change it, `read()` to look; both give a Transaction."""

    def __init__(
        self,
        url: str,
        service: str,
        *,
        on_announce: Callable[[Transaction, list[tuple[Any, bool]]], None] | None = None,
    ):
        self.service = service
        self._url = checked_url(url)
        self.is_postgres = self._url.get_backend_name() == "postgresql"
        self.where = self._url.database if self._url.host is None else f"{self._url.host}/{self._url.database}"
        self.engine = (
            _postgres_engine(self._url, service) if self.is_postgres else _sqlite_engine(self._url, "IMMEDIATE")
        )
        # Reads on SQLite must not take the write lock, so they have an engine of their own.
        self._reader = self.engine if self.is_postgres else _sqlite_engine(self._url, "DEFERRED")
        # SQLite has one writer; waiting for it here is green, waiting inside SQLite would stop the whole process.
        self._writer = None if self.is_postgres else threading.Lock()
        self._on_announce = on_announce
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


def _postgres_engine(url: URL, service: str) -> Engine:
    return create_engine(
        url,
        pool_size=10,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,
        json_serializer=to_json,
        json_deserializer=orjson.loads,
        connect_args={
            "options": f"-c search_path={service} -c timezone=UTC {SERVER_TIMEOUTS}",
            "connect_timeout": 5,
            "keepalives_idle": 30,
            "application_name": f"ombud-{service}",
        },
    )


def _sqlite_engine(url: URL, begin: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=0,
        hide_parameters=True,
        json_serializer=to_json,
        json_deserializer=orjson.loads,
        connect_args={"check_same_thread": False, "timeout": 1.0},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {begin}")

    return engine


class NoAnswer(psycopg2.OperationalError):
    """The server accepted the connection and then said nothing."""


def install_green_wait() -> None:
    """Makes psycopg2 yield to other greenlets while it waits, with a limit; process-wide, so services only."""
    from eventlet.hubs import trampoline

    def wait(connection: Any) -> None:
        # Connecting may take 5 s, a statement 15 s: longer than every timeout that the server keeps itself.
        limit = time.monotonic() + (5 if connection.status == extensions.STATUS_SETUP else 15)
        while (state := connection.poll()) != extensions.POLL_OK:
            left = limit - time.monotonic()
            if left <= 0:
                raise NoAnswer("database silent")
            trampoline(
                connection.fileno(),
                read=state == extensions.POLL_READ,
                write=state == extensions.POLL_WRITE,
                timeout=left,
                timeout_exc=NoAnswer("database silent"),
            )

    extensions.set_wait_callback(wait)

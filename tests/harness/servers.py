"""What tests do to the servers of their run: take one away, fill its disk, empty a database, wait for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import NullPool, create_engine, event, text

from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres
from shared.database import Database
from shared.schema_check import VERSION_TABLES


@contextmanager
def stopped(server: PrivateBroker | PrivatePostgres, by: Callable[[], None] | None = None) -> Iterator[None]:
    """It comes back whatever happens, as later tests need it. by: what stops it, `stop` where nothing else is said."""
    try:
        (by or server.stop)()
        yield
    finally:
        if not server.is_alive:
            server.start()


@contextmanager
def full_disk(broker: PrivateBroker) -> Iterator[None]:
    """Meanwhile the node's alarm is on, as when its disk is full: it reads nothing more of whoever publishes."""
    alarm = "{resource_limit, disk, node()}"
    broker.evaluate(f"rabbit_alarm:set_alarm({{{alarm}, []}})")
    try:
        yield
    finally:
        broker.evaluate(f"rabbit_alarm:clear_alarm({alarm})")


_TABLES = text(
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
    "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> ALL (:versions)"
)


def empty(postgres_url: str) -> None:
    """Takes all rows out of a database, but for what says which migrations it has had; numbers start again at 1."""
    engine = create_engine(postgres_url, poolclass=NullPool)
    with engine.begin() as connection:
        if names := connection.scalars(_TABLES, {"versions": list(VERSION_TABLES)}).all():
            connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY"))
    engine.dispose()


def patient(db: Database) -> Database:
    """The same, waiting for locks and statements of PostgreSQL as long as a test may last.

    For tests of who waits for whom: on a busy machine a lock that is held for 5 s says nothing about Ombud.
    """

    @event.listens_for(db.engine, "connect")
    def wait_long(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
                cursor.execute(f"SET {name} = '120s'")
        connection.commit()

    return db

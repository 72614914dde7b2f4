"""What tests do to the servers of their run: take one away for a while, empty a database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import NullPool, create_engine, text

from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres
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

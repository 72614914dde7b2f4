"""Database addresses and the engines made of them: PostgreSQL, or one SQLite file. Called by database.py."""

from typing import Any

import orjson
import psycopg2
from psycopg2 import extensions
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url

from shared.bulk import to_json

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
DRIVERS = {"postgresql": "postgresql+psycopg2", "postgres": "postgresql+psycopg2", "sqlite": "sqlite"}
# Below the 15 s after which green_wait.py gives up, so that the server's own answer comes first.
SERVER_TIMEOUTS = "-c statement_timeout=12000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"


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
        if url.query.get("sslmode", "prefer") not in SSL_MODES:  # which PostgreSQL's library says at each connection
            raise WrongUrl(f"sslmode is one of {', '.join(SSL_MODES)}")


def postgres(url: URL, service: str) -> Engine:
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


def sqlite(url: URL, begin: str) -> Engine:
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

    @event.listens_for(engine, "handle_error")
    def open_anew(context: ExceptionContext) -> None:
        # A file that may only be read when it is opened stays so for this connection, whatever becomes of the file.
        if "readonly" in str(context.original_exception):
            context.is_disconnect = True

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {begin}")

    return engine

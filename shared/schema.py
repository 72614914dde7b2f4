"""Brings a database schema to the newest migration: `ombud migrate`, and the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import Engine

from shared.database import checked_url
from shared.schema_check import PLUMBING, VERSION_TABLES, missing

LOCK_KEY = 0x0B5D  # one migration at a time, whichever service it is for


def _folders(own: Path) -> list[tuple[str, ScriptDirectory]]:
    scripts = (ScriptDirectory(str(PLUMBING)), ScriptDirectory(str(own)))
    return list(zip(VERSION_TABLES, scripts, strict=True))


def migrate(url: str, service: str, own: Path, target: str = "head") -> None:
    """Brings the schema of one service to `target`; harmless when it is there. own: its folder of migrations.

    A schema of a later version is there, too: alembic, which does not know its name, must not keep anybody who goes
    back to the version before from starting.
    """
    with _engine(url, service) as engine, engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {service}"))
            connection.commit()
        if target == "head" and missing(connection, own) is None:
            return
        for table, script in _folders(own):
            _upgrade(connection, table, script, target)


def _upgrade(connection: Connection, table: str, script: ScriptDirectory, target: str) -> None:
    def steps(revision: Any, _context: Any) -> Any:
        if target == "base":
            return script._downgrade_revs(target, revision)
        return script._upgrade_revs(target, revision)

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection, version_table=table, render_as_batch=True)
        with environment.begin_transaction():
            environment.run_migrations()
    connection.commit()


@contextmanager
def _engine(url: str, service: str) -> Iterator[Engine]:
    checked = checked_url(url)
    postgres = checked.get_backend_name() == "postgresql"
    if not postgres and checked.database:
        Path(checked.database).parent.mkdir(parents=True, exist_ok=True)
    options = {"options": f"-c search_path={service}", "connect_timeout": 5} if postgres else {}
    engine = create_engine(checked, poolclass=NullPool, connect_args=options)
    try:
        yield engine
    finally:
        engine.dispose()

"""Says whether a database schema has all that the code needs; asked by the runner at start and for readiness.

Without alembic, which `ombud migrate` uses: importing it would double the time that a service takes to start.
"""

import re
from pathlib import Path

from sqlalchemy import Connection, inspect, text

PLUMBING = Path(__file__).parent / "migrations"
# The plumbing's migrations come first; each folder has a version table of its own.
VERSION_TABLES = ("alembic_version_plumbing", "alembic_version")
_REVISION = re.compile(r'^revision = "(.+)"$', re.MULTILINE)
_DOWN = re.compile(r'^down_revision = "(.+)"$', re.MULTILINE)


def missing(connection: Connection, own: Path) -> str | None:
    """None when the schema is at the newest migration, else what is missing. own: the service's migrations.

    A newer schema than the code knows is right, too: a rolling upgrade migrates first, and what the replicas of the
    version before need stays there for as long as they run.
    """
    for table, folder in zip(VERSION_TABLES, (PLUMBING, own), strict=True):
        wanted = heads(folder)
        if not all(_has(_versions(connection, table), head) for head in wanted):
            return f"the database schema is not at {'/'.join(sorted(wanted))}: run `ombud migrate`"
    return None


def heads(folder: Path) -> set[str]:
    """The revisions that no other one builds on, read from the files."""
    sources = [path.read_text() for path in (folder / "versions").glob("*.py")]
    revisions = {found for source in sources for found in _REVISION.findall(source)}
    return revisions - {found for source in sources for found in _DOWN.findall(source)}


def _has(versions: set[str], head: str) -> bool:
    """Revisions are named service_0001, service_0002 …: a later one builds on those before."""
    name, _, number = head.rpartition("_")
    found = (version.rpartition("_") for version in versions)
    return any(n == name and v.isdigit() and int(v) >= int(number) for n, _, v in found)


def _versions(connection: Connection, table: str) -> set[str]:
    if not inspect(connection).has_table(table):
        return set()
    return set(connection.execute(text(f"SELECT version_num FROM {table}")).scalars())

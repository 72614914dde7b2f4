"""Brings the database of a test to the newest migration: to migrate a file takes longer than many tests, once will do.

For everything that starts with a database of its own; that the migrations do what they should is shown in
tests/architecture/test_migrations.py.
"""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import make_url

from shared.schema import migrate


def bring_up(url: str, service: str, own: Path) -> None:
    """own: the service's folder of migrations. A SQLite file that is not there yet becomes a copy of a migrated one."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite" and parts.database and not Path(parts.database).exists():
        Path(parts.database).write_bytes(_migrated_file(service, own))
    else:
        migrate(url, service, own)


@cache
def _migrated_file(service: str, own: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.sqlite"
        migrate(f"sqlite:///{file}", service, own)
        assert [left.name for left in Path(folder).iterdir()] == [file.name], "it is not all in one file"
        return file.read_bytes()

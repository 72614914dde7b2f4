"""Checks a service's SQLite file: there, writable, with room on its disk, its log not grown without end."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, text

from ombud.doctor.finding import Finding, fault, warning
from ombud.run.preflight import NEEDED_MB

MB = 2**20
MOST_LOG = 256 * MB  # it is written back at some MB, unless a reader never ends


def absent(url: URL, service: str) -> Finding | None:
    """Looked at before anything opens it: opening would make an empty one."""
    file = Path(url.database or "")
    if not file.exists():
        return fault(
            f"there is no database {file}", f"ombud migrate {service} --data-dir {file.parent}, or `ombud run`"
        )
    if not (os.access(file, os.R_OK | os.W_OK) and os.access(file.parent, os.W_OK)):
        return fault(f"{file} or its folder cannot be written to", "give both to the user that the service runs as")
    return None


def engine(url: URL) -> Engine:
    """Whose connections change nothing, and make no file where there is none, as SQLite does by itself."""

    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(f"{Path(url.database or '').absolute().as_uri()}?mode=rw", uri=True, timeout=1.0)
        made.execute("PRAGMA query_only = ON")
        return made

    return create_engine(url, poolclass=NullPool, creator=connect)


def look(connection: Connection, url: URL) -> Iterator[Finding]:
    file = Path(url.database or "")
    log = file.with_name(f"{file.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size > MOST_LOG:
        yield warning(f"the log of {file} has {size // MB} MB", "end the programs that read it for long")
    free = shutil.disk_usage(file.parent).free
    if free < NEEDED_MB * MB:
        yield fault(f"{free // MB} MB are free in {file.parent}", f"free some: at least {NEEDED_MB} MB are needed")
    if connection.scalar(text("PRAGMA journal_mode")) != "wal":
        yield warning(f"{file} keeps no write-ahead log", "start the service once: it turns it on")

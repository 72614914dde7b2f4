"""The three kinds of failure, and which kind a database error is. Raised by use cases, sorted by the boundaries."""

from enum import Enum

import psycopg2
from sqlalchemy import exc


class Rejected(Exception):
    """The sender's fault: a 4xx answer or a dead letter, no retry. `errors`: [{"pointer": path, "detail": what}]."""

    status = 422

    def __init__(self, detail: str, errors: list[dict[str, str]] | None = None):
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or []


class NotFound(Rejected):
    status = 404


class Conflict(Rejected):
    status = 409


class Forbidden(Rejected):
    status = 403


class TooMany(Rejected):
    """After so many seconds it may be tried again; nothing was stored."""

    status = 429

    def __init__(self, detail: str, retry_after: int):
        super().__init__(detail)
        self.retry_after = retry_after


class TemporaryFailure(Exception):
    """Something outside is not there right now: tried again with growing delay."""


class Fault(Enum):
    CONTENTION = "contention"  # another transaction was in the way: repeat at once
    AWAY = "away"  # the database is not there or full: hold and try again
    SLOW = "slow"  # a statement was ended for its length: too much at once, or the database is too busy
    OTHER = "other"


_CONTENTION = ("40001", "40P01", "55P03")
_AWAY = ("08", "25006", "53", "57P")  # 25006: what we are connected to has become a standby
_SLOW = "57014"
_SQLITE_AWAY = ("database is locked", "disk", "unable to open", "readonly")


def fault_of(error: BaseException) -> Fault:
    """Sorts an error by its SQLSTATE (PostgreSQL) or its text (SQLite has no codes)."""
    if isinstance(error, exc.TimeoutError):
        return Fault.AWAY
    if not isinstance(error, exc.DBAPIError):
        return Fault.OTHER
    code = getattr(error.orig, "pgcode", None)
    if code in _CONTENTION:
        return Fault.CONTENTION
    if code == _SLOW:
        return Fault.SLOW
    if code:
        return Fault.AWAY if code.startswith(_AWAY) else Fault.OTHER
    # psycopg2 has no SQLSTATE when the server could not be reached or went away in mid-sentence.
    if error.connection_invalidated or isinstance(error.orig, psycopg2.OperationalError | psycopg2.InterfaceError):
        return Fault.AWAY
    text = str(error.orig).lower()
    return (
        Fault.AWAY if isinstance(error, exc.OperationalError) and any(t in text for t in _SQLITE_AWAY) else Fault.OTHER
    )

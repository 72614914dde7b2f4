"""Which kind of failure an error of the database is: by its SQLSTATE, or by what SQLite says."""

import sqlite3

import psycopg2
import pytest
from psycopg2 import errorcodes, errors
from sqlalchemy import exc

from shared.database.green_wait import NoAnswer
from shared.errors import Fault, fault_of


def of_postgres(code: str) -> exc.DBAPIError:
    """As psycopg2 raises it; its errors carry their code only when the server sent them."""
    kind = type("FromServer", (errors.lookup(code),), {"pgcode": code})
    return exc.DBAPIError("SELECT 1", None, kind("said the server"))


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (errorcodes.SERIALIZATION_FAILURE, Fault.CONTENTION),
        (errorcodes.DEADLOCK_DETECTED, Fault.CONTENTION),
        (errorcodes.LOCK_NOT_AVAILABLE, Fault.CONTENTION),
        (errorcodes.CONNECTION_FAILURE, Fault.AWAY),
        (errorcodes.TOO_MANY_CONNECTIONS, Fault.AWAY),
        (errorcodes.DISK_FULL, Fault.AWAY),
        (errorcodes.READ_ONLY_SQL_TRANSACTION, Fault.AWAY),
        (errorcodes.ADMIN_SHUTDOWN, Fault.AWAY),
        (errorcodes.CRASH_SHUTDOWN, Fault.AWAY),
        (errorcodes.CANNOT_CONNECT_NOW, Fault.AWAY),
        (errorcodes.QUERY_CANCELED, Fault.SLOW),
        (errorcodes.NUMERIC_VALUE_OUT_OF_RANGE, Fault.OTHER),
        (errorcodes.UNIQUE_VIOLATION, Fault.OTHER),
        (errorcodes.UNDEFINED_TABLE, Fault.OTHER),
    ],
)
def test_an_error_of_postgres_is_sorted_by_its_code(code: str, fault: Fault) -> None:
    assert fault_of(of_postgres(code)) is fault


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (exc.OperationalError("SELECT 1", None, psycopg2.OperationalError("could not connect")), Fault.AWAY),
        (exc.OperationalError("SELECT 1", None, NoAnswer("database silent")), Fault.AWAY),
        (exc.TimeoutError("no connection came free"), Fault.AWAY),
        (exc.OperationalError("SELECT 1", None, sqlite3.OperationalError("database is locked")), Fault.AWAY),
        (exc.OperationalError("SELECT 1", None, sqlite3.OperationalError("no such table: x")), Fault.OTHER),
        (exc.IntegrityError("SELECT 1", None, sqlite3.IntegrityError("database is locked, says a key")), Fault.OTHER),
        (AssertionError(), Fault.OTHER),
    ],
)
def test_without_a_code_it_is_sorted_by_its_kind_and_its_words(error: Exception, fault: Fault) -> None:
    assert fault_of(error) is fault

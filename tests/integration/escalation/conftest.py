"""The desk on PostgreSQL, and a second process of the service beside it."""

import uuid
from collections.abc import Iterator

import pytest

from ombud.local.postgres import PrivatePostgres
from shared import clock
from shared.database import Database
from tests.harness.servers import patient
from tests.unit.escalation.desk import Desk, migrated


@pytest.fixture(scope="module")
def counter(postgres: PrivatePostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One database for all tests of a module; `start_over` empties it."""
    url = postgres.create_database(f"escalation_{uuid.uuid4().hex[:12]}")
    made = Desk(migrated(url), tmp_path_factory.mktemp("escalation"))
    yield made
    made.db.close()


@pytest.fixture
def desk(counter: Desk) -> Iterator[Desk]:
    counter.start_over()
    yield counter
    clock.shift_from(None)


@pytest.fixture
def replica(desk: Desk) -> Iterator[Desk]:
    """A second process of the service, as far as the database can tell."""
    second = object.__new__(Desk)
    second.__dict__ |= desk.__dict__ | {"db": patient(Database(desk.url, "escalation")), "announced": [], "traces": {}}
    second.db.announce_with(second._keep)
    yield second
    second.db.close()

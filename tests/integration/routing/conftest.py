"""Offices on PostgreSQL; two of them on one database are two replicas."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from ombud.local.postgres import PrivatePostgres
from tests.integration.routing import truth
from tests.integration.routing.races import capacities
from tests.unit.routing.builders import Office


@pytest.fixture(scope="module")
def one_database(postgres: PrivatePostgres) -> str:
    """One for all tests of a module: each starts over in it."""
    return postgres.create_database(f"routing_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def replica(one_database: str) -> Iterator[Callable[[], Office]]:
    """Makes one more office on the same database; the first one finds it empty."""
    offices: list[Office] = []

    def make() -> Office:
        office = Office(one_database, start_over=not offices)
        offices.append(office)
        return office

    yield make
    for office in offices:
        office.close()


@pytest.fixture
def office(replica: Callable[[], Office]) -> Office:
    return replica()


@pytest.fixture
def offices(replica: Callable[[], Office]) -> Iterator[tuple[Office, Office]]:
    """Two replicas; after the test, what must always hold is checked."""
    first, second = replica(), replica()
    yield first, second
    assert first.loads() == first.held()
    assert {id_: load for id_, load in first.loads().items() if load > capacities(first)[id_]} == {}
    assert truth.wrong_in_history(first.db) == []

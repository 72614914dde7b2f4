"""The desk of the use-case tests: each test once on a SQLite file and once on PostgreSQL."""

from collections.abc import Iterator

import pytest

from shared import clock
from tests.unit.escalation.desk import Desk, migrated


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def counter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One database for all tests of a file, on PostgreSQL for all files: making one takes longer than most of them."""
    folder = tmp_path_factory.mktemp("escalation")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/escalation.sqlite"
    else:
        url = request.getfixturevalue("postgres_for")("escalation")
    made = Desk(migrated(url), folder)
    yield made
    made.db.close()


@pytest.fixture
def desk(counter: Desk) -> Iterator[Desk]:
    counter.start_over()
    yield counter
    clock.shift_from(None)

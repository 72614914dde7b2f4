"""The office of the use-case tests: each test once on a SQLite file and once on PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.unit.routing.builders import Office


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def building(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One database for all tests of a file, on PostgreSQL for all files: making one takes longer than most of them."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('routing')}/routing.sqlite"
    else:
        url = request.getfixturevalue("postgres_for")("routing")
    office = Office(url, start_over=False)
    yield office
    office.close()


@pytest.fixture
def office(building: Office) -> Office:
    building.start_over()
    return building

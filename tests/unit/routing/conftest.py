"""The office of the use-case tests, on a SQLite file."""

from collections.abc import Iterator

import pytest

from tests.unit.routing.builders import Office


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One file for all tests of a module: making one takes longer than most of them."""
    office = Office(f"sqlite:///{tmp_path_factory.mktemp('routing')}/routing.sqlite", start_over=False)
    yield office
    office.close()


@pytest.fixture
def office(building: Office) -> Office:
    building.start_over()
    return building

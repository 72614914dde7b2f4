"""The office of the use-case tests, on a SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.routing.builders import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(f"sqlite:///{tmp_path}/routing.sqlite")
    yield office
    office.close()

"""The office on a SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import clock
from tests.unit.notify.build import Office


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/notify.sqlite"


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """Closed with every alert accounted for, whatever the test did."""
    made = Office(database_url, tmp_path)
    yield made
    assert made.unaccounted() == 0
    made.db.close()
    clock.shift_from(None)

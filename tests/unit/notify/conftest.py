"""The office on a SQLite file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import clock
from shared.schema import migrate
from tests.unit.notify.build import MIGRATIONS, Office


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("notify") / "notify.sqlite"
    migrate(f"sqlite:///{path}", "notify", MIGRATIONS)
    return path


@pytest.fixture
def database_url(migrated_file: Path, tmp_path: Path) -> str:
    """A copy for each test: migrating takes longer than most of them."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path)}"


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """Closed with every alert accounted for, whatever the test did."""
    made = Office(database_url, tmp_path)
    yield made
    assert made.unaccounted() == 0
    made.db.close()
    clock.shift_from(None)

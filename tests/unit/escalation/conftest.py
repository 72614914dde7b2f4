"""The desk on an SQLite file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import clock
from tests.unit.escalation.desk import Desk, migrated


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once, copied for each test."""
    file = tmp_path_factory.mktemp("escalation") / "empty.sqlite"
    migrated(f"sqlite:///{file}")
    return file


@pytest.fixture
def desk(empty_file: Path, tmp_path: Path) -> Iterator[Desk]:
    clock.shift_from(tmp_path / "clock")
    shutil.copy(empty_file, tmp_path / "escalation.sqlite")
    made = Desk(f"sqlite:///{tmp_path}/escalation.sqlite", tmp_path / "clock")
    yield made
    made.db.close()
    clock.shift_from(None)

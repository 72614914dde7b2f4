"""The desk on an SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import clock
from tests.unit.escalation.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock.shift_from(tmp_path / "clock")
    made = Desk(f"sqlite:///{tmp_path}/escalation.sqlite", tmp_path / "clock")
    yield made
    made.db.close()
    clock.shift_from(None)

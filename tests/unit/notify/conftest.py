"""The office on a SQLite file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import clock
from shared.contracts.event import Severity
from shared.schema import migrate
from tests.unit.notify.build import MIGRATIONS, Office, a_contact, escalated


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


@pytest.fixture
def ann(office: Office) -> Office:
    """Ann has both channels, and was told of a critical case a while ago: nothing that comes now is her first."""
    office.know(a_contact())
    office.hear(escalated(case_id="before", severity=Severity.CRITICAL))
    office.send()
    office.wait(minutes=5)
    office.forget()
    return office

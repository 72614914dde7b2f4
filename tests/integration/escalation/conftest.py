"""The desk on PostgreSQL: one database for a file of tests, emptied before each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ombud.local.postgres import PrivatePostgres
from services.escalation import tables
from shared import clock
from tests.unit.escalation.desk import Desk, migrated


@pytest.fixture(scope="module")
def escalation_url(postgres: PrivatePostgres, request: pytest.FixtureRequest) -> str:
    name = f"escalation_{request.node.path.stem}"
    postgres.create_database(name)
    return migrated(postgres.url(name))


@pytest.fixture
def desk(escalation_url: str, tmp_path: Path) -> Iterator[Desk]:
    clock.shift_from(tmp_path / "clock")
    _empty(escalation_url)
    made = Desk(escalation_url, tmp_path / "clock")
    yield made
    made.db.close()
    clock.shift_from(None)


def _empty(url: str) -> None:
    engine = create_engine(url, connect_args={"options": "-c search_path=escalation"})
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(tables.metadata.tables)}"))
    engine.dispose()

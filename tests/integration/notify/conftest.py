"""The office on PostgreSQL, for the same tests that run on SQLite, and the peers that letters go to."""

from collections.abc import Iterator

import pytest
from sqlalchemy import NullPool, create_engine, text

from ombud.local.postgres import PrivatePostgres
from services.notify.tables import metadata
from shared.schema import migrate
from tests.integration.notify.mail_server import MailServer
from tests.integration.notify.twilio import Twilio
from tests.unit.notify.build import MIGRATIONS
from tests.unit.notify.conftest import migrated_file, office

__all__ = ["migrated_file", "office"]


@pytest.fixture(scope="session")
def notify_database(postgres: PrivatePostgres) -> str:
    url = postgres.create_database("notify_tests")
    migrate(url, "notify", MIGRATIONS)
    return url


@pytest.fixture
def database_url(notify_database: str) -> str:
    """One database for all, emptied for each: making one takes longer than most of these tests."""
    engine = create_engine(notify_database, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE " + ", ".join(f"notify.{name}" for name in metadata.tables)))
    return notify_database


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.stop()


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Twilio]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Twilio()
    yield made
    made.stop()

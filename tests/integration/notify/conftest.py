"""The office on PostgreSQL, for the same tests that run on SQLite, and the peers that letters go to."""

import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from sqlalchemy import NullPool, create_engine, text

from ombud.local.postgres import PrivatePostgres
from services.notify.tables import metadata
from shared import clock
from shared.schema import migrate
from tests.integration.notify.http_sink import HttpSink
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


@pytest.fixture(scope="session")
def private_ca() -> trustme.CA:
    """What a company has that signs the certificates of its own servers."""
    return trustme.CA()


@pytest.fixture
def ca_file(private_ca: trustme.CA, tmp_path: Path) -> str:
    private_ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


@pytest.fixture
def secure_mail_server(private_ca: trustme.CA) -> Iterator[Callable[..., MailServer]]:
    """Makes servers that want a login and speak TLS in the way of the scheme, under the name that they are given."""
    made: list[MailServer] = []

    def secure_mail_server(scheme: str, name: str = "127.0.0.1", *, expired: bool = False) -> MailServer:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        begins, ends = (clock.now() - timedelta(days=days) if expired else None for days in (9, 1))
        private_ca.issue_cert(name, not_before=begins, not_after=ends).configure_cert(tls)
        made.append(MailServer((b"ombud", b"right"), tls, scheme))
        return made[-1]

    yield secure_mail_server
    for one in made:
        one.stop()


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Twilio]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Twilio()
    yield made
    made.stop()


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpSink]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    made = HttpSink()
    yield made
    made.stop()

"""The office on PostgreSQL, for the same tests that run on SQLite, and the peers that letters go to."""

from collections.abc import Iterator

import pytest

from tests.integration.notify.mail_server import MailServer
from tests.integration.notify.twilio import Twilio
from tests.unit.notify.conftest import office

__all__ = ["office"]


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


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

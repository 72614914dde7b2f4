"""The checks that need no server: clocks, files of SQLite, Slack's and Twilio's answers, files that are read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from ombud.doctor import (
    addresses,
    clocks,
    database,
    people,
    policies,
    providers,
    settings,
    sms,
    sqlite,
)
from ombud.doctor.broker import unreachable
from ombud.doctor.finding import Gravity
from ombud.doctor.site import Site
from ombud.migrate.command import migrate_all, sqlite_url
from services.escalation.domain.people import Role, Supervisor
from services.escalation.people import supervisors
from services.notify.channels.slack import Workspace
from services.notify.channels.twilio import TwilioAccount
from services.notify.domain.contact import Contact
from services.notify.people import contacts
from shared.database import Database, Transaction
from tests.unit.ombud.doctor.conftest import NOBODY, Provider, texts
from tests.unit.ombud.doctor.test_settings import USABLE

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "gravity"),
    [(0, None), (2, None), (-2, None), (2.1, Gravity.WARNING), (-30, Gravity.WARNING), (30.1, Gravity.FAULT)],
)
def test_clocks_that_are_apart_are_graver_the_farther_they_are(seconds: float, gravity: Gravity | None) -> None:
    found = [f.gravity for f in clocks.apart("theirs", NOON + timedelta(seconds=seconds), NOON)]
    assert found == ([gravity] if gravity is not None else [])


def test_which_clock_is_ahead_is_said() -> None:
    (found,) = clocks.apart("the database", NOON - timedelta(minutes=5), NOON)
    assert found.text == "the clock of the database is 300 s behind this machine's"


# -- SQLite -------------------------------------------------------------------------------------------------------


def test_a_file_at_the_newest_schema_is_well(tmp_path: Path) -> None:
    migrate_all(lambda service: sqlite_url(tmp_path, service), ["routing"])
    sqlite3.connect(tmp_path / "routing.sqlite").execute("PRAGMA journal_mode=WAL").close()
    assert texts(database.look(make_url(sqlite_url(tmp_path, "routing")), "routing")) == []


def test_a_file_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    (text,) = texts(database.look(make_url(sqlite_url(tmp_path, "routing")), "routing"))
    assert text == f"there is no database {tmp_path}/routing.sqlite"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("subject", [people, addresses])
def test_no_look_makes_the_file_of_a_service_that_never_ran(tmp_path: Path, subject: ModuleType) -> None:
    given = USABLE | {"OMBUD_DATA_DIR": str(tmp_path)}
    asked = tuple(settings.read(name, given) for name in ("routing", "escalation", "notify"))
    for each in subject.checks(Site(asked, given)):
        list(each.look())
    assert list(tmp_path.iterdir()) == []


def test_a_supervisor_whom_no_alert_reaches_is_named(tmp_path: Path) -> None:
    given = USABLE | {"OMBUD_DATA_DIR": str(tmp_path)}
    migrate_all(lambda service: sqlite_url(tmp_path, service), ["escalation", "notify"])
    with stored(tmp_path, "escalation") as tx:
        supervisors.add(tx, [Supervisor(id_, id_, Role.MANAGER, ("GB",)) for id_ in ("eva", "ivo")])
    with stored(tmp_path, "notify") as tx:
        contacts.add_contacts(tx, [Contact("eva", "Eva")])
    found = texts(people.without_contact(settings.read("escalation", given), settings.read("notify", given)))
    assert found == ["no alert reaches ivo, a supervisor without a contact"]


@contextmanager
def stored(tmp_path: Path, service: str) -> Iterator[Transaction]:
    db = Database(sqlite_url(tmp_path, service), service)
    with db.transaction() as tx:
        yield tx
    db.close()


def test_what_is_opened_to_be_looked_at_cannot_be_changed(tmp_path: Path) -> None:
    migrate_all(lambda service: sqlite_url(tmp_path, service), ["routing"])
    with (
        database.opened(make_url(sqlite_url(tmp_path, "routing")), "routing") as connection,
        pytest.raises(OperationalError, match="readonly"),
    ):
        connection.execute(text("DELETE FROM outbox"))


def test_an_empty_file_is_behind(tmp_path: Path) -> None:
    (tmp_path / "routing.sqlite").touch()
    assert "run `ombud migrate`" in texts(database.look(make_url(sqlite_url(tmp_path, "routing")), "routing"))[0]


def test_a_log_that_grew_without_end_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate_all(lambda service: sqlite_url(tmp_path, service), ["routing"])
    connection = sqlite3.connect(tmp_path / "routing.sqlite")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("DELETE FROM outbox")
    connection.commit()
    monkeypatch.setattr(sqlite, "MOST_LOG", -1)
    found = texts(database.look(make_url(sqlite_url(tmp_path, "routing")), "routing"))
    connection.close()
    assert found == [f"the log of {tmp_path}/routing.sqlite has 0 MB"]


# -- what is asked by HTTP ----------------------------------------------------------------------------------------


def test_a_token_that_slack_knows_is_well_and_nothing_is_posted(provider: Provider) -> None:
    provider.body, provider.headers = b'{"ok": true}', {"X-OAuth-Scopes": "users:read, chat:write"}
    assert texts(providers.slack(Workspace("xoxb-1", provider.url))) == []
    assert provider.asked == [("POST", "/auth.test", "Bearer xoxb-1")]


@pytest.mark.parametrize(
    ("body", "scopes", "said"),
    [
        (b'{"ok": false, "error": "token_revoked"}', "chat:write", "Slack refuses the token: token_revoked"),
        (b'{"ok": true}', "users:read", "the app lacks the scope chat:write in Slack"),
    ],
)
def test_what_slack_refuses_is_said(provider: Provider, body: bytes, scopes: str, said: str) -> None:
    provider.body, provider.headers = body, {"X-OAuth-Scopes": scopes}
    assert texts(providers.slack(Workspace("xoxb-1", provider.url))) == [said]


def twilio(url: str) -> TwilioAccount:
    return TwilioAccount.parse(f"{url.replace('://', '://AC1:token@')}?from=%2B15551234567")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b'{"status": "active"}', []),
        (200, b'{"status": "suspended"}', ["the account at Twilio is suspended"]),
        (401, b"{}", ["Twilio refuses the account or its token"]),
        (404, b"{}", ["Twilio does not know the account (status 404)"]),
    ],
)
def test_twilio_s_account_is_looked_up(provider: Provider, status: int, body: bytes, said: list[str]) -> None:
    provider.status, provider.body = status, body
    assert texts(sms.look(twilio(provider.url))) == said
    assert [asked[:2] for asked in provider.asked] == [("GET", "/2010-04-01/Accounts/AC1.json")]


def test_providers_that_are_away_are_named() -> None:
    assert texts(sms.look(twilio(NOBODY))) == ["Twilio does not answer at 127.0.0.1: ConnectionError"]
    assert texts(providers.slack(Workspace("x", NOBODY))) == ["Slack does not answer at 127.0.0.1: ConnectionError"]


def test_a_clock_of_a_provider_that_is_apart_is_seen(provider: Provider) -> None:
    provider.body = b'{"ok": true}'
    provider.headers = {"X-OAuth-Scopes": "chat:write"}
    answer = type("Answer", (), {"headers": {"Date": "Mon, 01 Jun 2026 12:00:00 GMT"}})
    assert clocks.told_by(answer) == NOON  # type: ignore[arg-type]
    assert clocks.told_by(type("Answer", (), {"headers": {}})) is None  # type: ignore[arg-type]


# -- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "variable", "content", "said"),
    [
        ("routing", "OMBUD_ROUTING_POLICY", "rules: []", ":1: rules"),
        ("escalation", "OMBUD_ESCALATION_POLICY", "ladders: 7", ":1: ladders"),
        ("notify", "OMBUD_NOTIFY_POLICY", "in_doubt: maybe", ":1: "),
        ("intake", "OMBUD_SOURCES", "sources: 7", ":1: "),
    ],
)
def test_each_mistake_in_a_file_is_named_by_its_line(
    tmp_path: Path, service: str, variable: str, content: str, said: str
) -> None:
    file = tmp_path / "file.yml"
    file.write_text(content + "\n")
    read = settings.read(service, USABLE | {variable: str(file)})
    found = [text for each in policies._READ[service] for text in texts(policies.look(read, each))]
    assert found and all(text.startswith(str(file)) for text in found), found
    assert any(said in text for text in found), found


def test_a_limit_of_nobody_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "policy.yml").write_text("name: ours\nlimits: {provider: {twillio: {most: 4, within: 1s}}}\n")
    read = settings.read("notify", USABLE | {"OMBUD_NOTIFY_POLICY": str(tmp_path / "policy.yml")})
    found = [f for each in policies._READ["notify"] for f in policies.look(read, each)]
    assert [f.text for f in found] == ["limits.provider.twillio limits nobody: there is no such provider"]


@pytest.mark.parametrize("service", ["intake", "routing", "escalation", "notify"])
def test_the_shipped_files_are_well(service: str) -> None:
    read = settings.read(service, USABLE)
    assert [text for each in policies._READ[service] for text in texts(policies.look(read, each))] == []


def test_a_broker_that_runs_and_lets_nobody_in_is_not_to_be_started_but_restarted() -> None:
    found = unreachable("h:5672/", ConnectionResetError(104, "reset"), "ombud")
    assert (found.text, found.remedy[-10:]) == ("h:5672/ runs and lets nobody in", "Restart it")

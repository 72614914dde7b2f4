"""What is stored of a webhook, on both databases: each event once, what is unclear whole, the deferred till done."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.intake import webhooks
from services.intake.classify import Classifier
from services.intake.limits import Limit, Limits, TooLarge
from services.intake.reader import Reader
from services.intake.sources import accountfile
from services.intake.sources.accountfile import Sources
from services.intake.sources.mapped import Mapped
from services.intake.sources.source import Account, Forged, Heard, Inbound, Unclear
from services.intake.tables import contacts
from shared import tables
from shared.errors import TemporaryFailure, TooMany
from shared.messaging.failures import DELAYS
from tests.unit.intake.conftest import Desk
from tests.unit.intake.sources.payloads import SECRETS, Shelf, multipart, payload, shelf, sources_yaml

TICKET = "/crm/v3/objects/tickets/5512"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Classifier.load(None))


@pytest.fixture
def api() -> Iterator[Shelf]:
    with shelf() as kept:
        yield kept


@pytest.fixture
def sources(api: Shelf) -> Sources:
    return accountfile.parse(sources_yaml(api.url), "sources.yml", SECRETS.get)


def inbound(kind: str, name: str, **changed: Any) -> Inbound:
    given = payload(kind, name)
    headers = {"content-type": given.content_type, "authorization": "Bearer secret", "x-hub-signature": "s"}
    return replace(Inbound("POST", f"https://x/v1/webhooks/{kind}?token=secret", headers, given.body), **changed)


def take(desk: Desk, reader: Reader, sources: Sources, given: Inbound) -> None:
    heard = webhooks.understand(given, sources.account(given.url.partition("?")[0].rsplit("/", 1)[1]), reader, 10)
    desk.db.run(lambda tx: webhooks.take(tx, desk.rules, heard))


def rows(desk: Desk, table: Any) -> list[Any]:
    with desk.db.read() as tx:
        return list(tx.execute(select(table)))


def told(desk: Desk) -> list[str]:
    """What was announced, but for the news that something failed."""
    return [event.type for event in desk.events if event.type != "event.failed"]


def replay(desk: Desk, reader: Reader, sources: Sources) -> int:
    """As if the time of every retry had come."""
    with desk.db.transaction() as tx:
        tx.execute(update(tables.retries).values(next_at=tx.now - timedelta(seconds=1)))
    return webhooks.replay_due(desk.db, reader, sources)


def test_an_event_told_twice_acts_once(desk: Desk, reader: Reader, sources: Sources) -> None:
    for name in ("created", "customer_reply", "created", "customer_reply", "solved", "solved"):
        take(desk, reader, sources, inbound("zendesk", name))
    assert desk.announced == [("classified", 1), ("updated", 2), ("resolved", 3)]


def test_a_step_told_before_its_complaint_waits_for_it(desk: Desk, reader: Reader, sources: Sources) -> None:
    take(desk, reader, sources, inbound("zendesk", "solved"))
    assert desk.announced == []
    take(desk, reader, sources, inbound("zendesk", "created"))
    assert desk.announced == [("classified", 1), ("resolved", 2)]


def test_what_is_unclear_is_one_letter_without_its_secrets(desk: Desk, reader: Reader, sources: Sources) -> None:
    broken = inbound("jira", "created", body=b'{"webhookEvent": "jira:issue_created", "issue": {}}')
    take(desk, reader, sources, broken)
    take(desk, reader, sources, broken)
    (letter,) = rows(desk, tables.dead_letters)
    assert (letter.queue, letter.body, letter.error) == (
        "intake.webhooks.jira",
        broken.body.decode(),
        "/issue/fields/project/key: Missing data.",
    )
    assert "secret" not in str(letter.headers) and letter.headers["content-type"] == "application/json"
    assert [e.type for e in desk.events] == ["event.failed"], "nobody can tell how severe it is"


@pytest.mark.parametrize("body", [b"plain", "š".encode(), b"\x89PNG\xff", b"a\0b"])
def test_a_kept_request_comes_back_as_it_was(body: bytes, sources: Sources) -> None:
    sent = inbound("jira", "created", body=body)
    back = webhooks.inbound_from(webhooks.message_of(sent, sources.account("jira")))
    assert (back.method, back.url, back.body) == ("POST", "https://x/v1/webhooks/jira", body)
    assert back.headers == {"content-type": "application/json"}


def test_what_cannot_be_fetched_is_tried_again_until_it_can(
    desk: Desk, reader: Reader, sources: Sources, api: Shelf
) -> None:
    api.documents[TICKET] = 503
    take(desk, reader, sources, inbound("hubspot", "created"))
    assert webhooks.replay_due(desk.db, reader, sources) == 0, "it is not due yet"
    assert replay(desk, reader, sources) == 1
    assert [row.attempt for row in rows(desk, tables.retries)] == [2]
    api.documents[TICKET] = {"properties": {"content": "The screen was cracked."}}
    assert replay(desk, reader, sources) == 1
    assert rows(desk, tables.retries) == [] and rows(desk, tables.dead_letters) == []
    assert told(desk) == ["complaint.classified"]


def test_what_can_be_fetched_is_taken_though_its_neighbour_cannot(
    desk: Desk, reader: Reader, sources: Sources, api: Shelf
) -> None:
    api.documents |= {TICKET: {"properties": {"content": "Cracked."}}, TICKET.replace("5512", "5513"): 500}
    both = inbound("hubspot", "created")
    both = replace(
        both, body=both.body.replace(b'"objectId": 5512', b'"objectId": 5513', 1)[:-1] + b"," + both.body[1:]
    )
    take(desk, reader, sources, both)
    api.documents[TICKET.replace("5512", "5513")] = {"properties": {"content": "Scratched."}}
    assert replay(desk, reader, sources) == 1
    assert told(desk) == ["complaint.classified"] * 2


def test_what_can_never_be_fetched_becomes_a_letter(desk: Desk, reader: Reader, sources: Sources, api: Shelf) -> None:
    api.documents[TICKET] = 500
    take(desk, reader, sources, inbound("hubspot", "created"))
    for _ in DELAYS:
        assert replay(desk, reader, sources) == 1
    assert rows(desk, tables.retries) == []
    assert [letter.reason for letter in rows(desk, tables.dead_letters)] == ["failed"]


def test_what_is_gone_when_it_is_fetched_again_becomes_a_letter(
    desk: Desk, reader: Reader, sources: Sources, api: Shelf
) -> None:
    api.documents[TICKET] = 500
    take(desk, reader, sources, inbound("hubspot", "created"))
    api.documents[TICKET] = 404
    assert replay(desk, reader, sources) == 1
    assert rows(desk, tables.retries) == []
    assert [letter.reason for letter in rows(desk, tables.dead_letters)] == ["invalid"]


@dataclass(frozen=True)
class Faulty(Mapped):
    """A kind with a mistake that nobody foresaw: it stumbles over what it fetched."""

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        if inbound.body != b"{}":
            raise TypeError("what was fetched is no list")
        return [Unclear(TemporaryFailure("not there yet"))]


def test_one_source_whose_retry_fails_for_no_known_reason_keeps_no_other_from_its_own(
    desk: Desk, reader: Reader, sources: Sources, api: Shelf
) -> None:
    faulty = Account("faulty", Faulty("mapping", has_preset=False))
    both = Sources({"faulty": faulty, "hubspot": sources.account("hubspot")})
    api.documents[TICKET] = 503
    take(desk, reader, both, inbound("hubspot", "created"))
    take(desk, reader, both, Inbound("POST", "https://x/faulty", {}, b"{}"))
    with desk.db.transaction() as tx:  # as an operator corrects it
        tx.execute(update(tables.retries).where(tables.retries.c.source == "faulty").values(body="[]"))
    api.documents[TICKET] = {"properties": {"content": "The screen was cracked."}}
    assert replay(desk, reader, both) == 2
    assert told(desk) == ["complaint.classified"]
    assert [(row.source, row.attempt) for row in rows(desk, tables.retries)] == [("faulty", 2)]
    for _ in DELAYS[1:]:
        assert replay(desk, reader, both) == 1
    (letter,) = rows(desk, tables.dead_letters)
    assert (letter.source, letter.reason, letter.body, rows(desk, tables.retries)) == ("faulty", "failed", "[]", [])


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("utf-7", r"Broken ? \ud83d -for ever"),
        *(
            (name, r"Broken +2D0- \ud83d -for ever")
            for name in ("unicode_escape", "raw_unicode_escape", "hex", "\0", "?")
        ),
        ("punycode", r"Broken +2D0- \ud83d -for ever"),  # which takes minutes for a text as long as mails may be
    ],
)
def test_what_the_charset_of_a_mail_makes_of_it_can_be_kept(
    charset: str, text: str, desk: Desk, reader: Reader, sources: Sources
) -> None:
    given = payload("sendgrid", "new")
    fields = given.fields | {"text": r"Broken +2D0- \ud83d -for ever", "charsets": json.dumps({"text": charset})}
    take(desk, reader, sources, inbound("sendgrid", "new", body=multipart(fields, {})))
    assert told(desk) == ["complaint.classified"]
    assert [row.text for row in rows(desk, contacts)] == [text]


def test_what_a_source_may_send_is_limited_for_who_is_known(reader: Reader, sources: Sources) -> None:
    limits, account = (
        Limits(Limit(200, 2000), {"source:freshdesk": Limit(0.001, 2, 3000)}),
        sources.account("freshdesk"),
    )

    def post(body: bytes, token: str = SECRETS["SECRET"]) -> webhooks.Understood:
        headers = {"X-Ombud-Token": token, "Content-Type": "application/json"}
        built = EnvironBuilder("/v1/webhooks/freshdesk", method="POST", data=body, headers=headers)
        return webhooks.hear(Request(built.get_environ()), account, reader, limits)

    body = payload("freshdesk", "created").body
    for _ in range(5):
        with pytest.raises(Forged):
            post(body, "guessed")
    with pytest.raises(TooLarge):
        post(body + b" " * 3000)
    assert len(post(body).received) == len(post(body).received) == 1
    with pytest.raises(TooMany):
        post(body)

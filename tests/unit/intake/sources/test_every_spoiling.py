"""Each value of each payload is spoiled in each way, one by one: what comes of it can be stored, or is refused."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest

from services.intake import webhooks
from services.intake.classify import Classifier
from services.intake.reader import Reader
from services.intake.sources.accountfile import Sources
from services.intake.sources.source import Account, Inbound
from shared.bodies import DEEPEST
from tests.unit.intake.sources.payloads import Payload, Shelf, must_be_storable, payloads

TIMES_OF_OLD = "0000-00-00T99:99:99Z"


def nested(levels: int, list_like: bool) -> Any:
    found: Any = "x"
    for _ in range(levels):
        found = [found] if list_like else {"a": found, "content": [], "text": "t"}
    return found


JUNK: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e300, 2**63, 10**30, "", " ", "\0", "\ud7ff\ufeff", "\ud83d", "x" * 70_000, [], {},
    [[]], [None], [{}], {"": None}, {"a": {"b": [1]}}, TIMES_OF_OLD, "9" * 30, "{", "<p><p>", "=?utf-8?b?!?=", "@",
    "a@b@c", "+", "%", nested(DEEPEST - 12, True), nested(DEEPEST - 12, False), nested(900, True), nested(300, False),
]  # fmt: skip
ALL = payloads()


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Classifier.load(None))


def spoilings(document: Any) -> Iterator[Any]:
    """The document with each junk in each place."""
    yield from JUNK
    places = enumerate(document) if isinstance(document, list) else getattr(document, "items", tuple)()
    for key, value in places:
        for inner in spoilings(value):
            yield _with(document, key, inner)
        without = dict(document) if isinstance(document, dict) else list(document)
        del without[key]
        yield without


def _with(document: Any, key: Any, value: Any) -> Any:
    changed = dict(document) if isinstance(document, dict) else list(document)
    changed[key] = value
    return changed


def bodies(given: Payload) -> Iterator[bytes]:
    if given.fields:
        yield from _forms(given.fields)
    elif given.content_type == "application/json":
        yield from (json.dumps(each).encode() for each in spoilings(json.loads(given.body)))
    else:
        for n in range(0, len(given.body), 7):
            yield given.body[:n]
            yield given.body[:n] + given.body[n + 40 :]


def _forms(fields: dict[str, str]) -> Iterator[bytes]:
    for name, value in fields.items():
        yield urlencode({n: v for n, v in fields.items() if n != name}).encode()
        for junk in _of_a_field(value):
            yield urlencode({**fields, name: junk}, errors="surrogatepass").encode()


def _of_a_field(value: str) -> Iterator[str]:
    yield from (junk for junk in JUNK if isinstance(junk, str))
    with suppress(json.JSONDecodeError):
        yield from (json.dumps(each) for each in spoilings(json.loads(value)))


def understood(account: Account, given: Payload, body: bytes, reader: Reader) -> webhooks.Understood:
    kind = "application/x-www-form-urlencoded" if given.fields else given.content_type
    headers = {**given.headers, "content-type": kind}
    heard = webhooks.understand(Inbound("POST", "http://x/", headers, body), account, reader, 10)
    for received in heard.received:
        must_be_storable(received.event)
    return heard


def _is_empty(body: bytes) -> bool:
    """A batch without events, the only body that says nothing at all."""
    return body == b"[]" or body.endswith(b'"items": []}')


@pytest.mark.parametrize("given", ALL, ids=str)
def test_no_value_of_a_payload_breaks_its_source(given: Payload, sources: Sources, api: Shelf, reader: Reader) -> None:
    account = sources.account(given.kind)
    api.documents.update(given.fetched)
    for body in bodies(given):
        heard = understood(account, given, body, reader)
        assert heard.received or heard.ignored or heard.faults or heard.deferred or _is_empty(body), body[:200]


@pytest.mark.parametrize("given", [p for p in ALL if p.fetched], ids=str)
def test_no_value_of_what_is_fetched_breaks_its_source(
    given: Payload, sources: Sources, api: Shelf, reader: Reader
) -> None:
    account = sources.account(given.kind)
    for path, document in given.fetched.items():
        for spoiled in spoilings(document):
            api.documents[path] = json.dumps(spoiled).encode()
            understood(account, given, given.body, reader)
        api.documents[path] = document

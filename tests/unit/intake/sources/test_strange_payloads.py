"""Whatever a known sender sends is understood, and then can be stored, ignored, or named as a fault; nothing else."""

import json
import random
from contextlib import suppress
from typing import Any

import orjson
import pytest

from services.intake import schemas
from services.intake.sources.accountfile import Sources
from services.intake.sources.fitting import fitted
from services.intake.sources.source import Heard, Inbound, Said
from shared.errors import Rejected
from tests.unit.intake.sources.payloads import Payload, Shelf, must_be_storable, payload, payloads

JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x" * 1000,
    "\ud83d",
    [],
    {},
    [[]],
    [None],
    {"a": {}},
    10**30,
    "<p>",
    "{{x}}",
]
ALL = payloads()


def spoiled(document: Any, dice: random.Random) -> Any:
    """The document with something in it, or it itself, in the place of which is junk or nothing."""
    if not isinstance(document, dict | list) or not document or dice.random() < 0.1:
        return dice.choice(JUNK)
    key: Any = dice.choice(list(document)) if isinstance(document, dict) else dice.randrange(len(document))
    changed = dict(document) if isinstance(document, dict) else list(document)
    if dice.random() < 0.15:
        del changed[key]
    else:
        changed[key] = spoiled(document[key], dice)
    return changed


def body_of(given: Payload, dice: random.Random) -> tuple[bytes, str]:
    if given.fields:
        fields = spoiled(given.fields, dice)
        pairs = fields.items() if isinstance(fields, dict) else []
        return "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "surrogatepass"), given.content_type
    if given.kind == "salesforce":
        start, length = dice.randrange(len(given.body)), dice.randrange(60)
        return given.body[:start] + given.body[start + length :], given.content_type
    return json.dumps(spoiled(json.loads(given.body), dice)).encode(), given.content_type


@pytest.mark.parametrize("given", ALL, ids=str)
def test_spoiled_payloads_are_understood_ignored_or_faults(given: Payload, sources: Sources, api: Shelf) -> None:
    account = sources.account(given.kind)
    api.documents.update(given.fetched)
    dice = random.Random(str(given))
    for _ in range(60):
        body, content_type = body_of(given, dice)
        request = Inbound("POST", "http://x/", {"content-type": content_type, **given.headers}, body)
        try:
            heard: list[Heard] = account.source.said(request, account)
        except Rejected:
            continue
        for one in heard:
            if isinstance(one, Said):
                _taken_or_refused(one, account)


def _taken_or_refused(said: Said, account: Any) -> None:
    with suppress(Rejected):
        must_be_storable(schemas.upstream(said.type, fitted(said, account)))


def test_names_and_addresses_of_a_mail_may_have_any_letters(sources: Sources) -> None:
    given, account = payload("postmark", "new"), sources.account("postmark")
    document = orjson.loads(given.body)
    document["FromFull"] = {"Name": 'Jana "Líza" Nováková, dr.', "Email": "jana@nová.example"}
    request = Inbound("POST", "http://x/", {"content-type": given.content_type}, orjson.dumps(document))
    (said,) = account.source.said(request, account)
    assert isinstance(said, Said)
    assert said.data["customer"] == {"name": 'Jana "Líza" Nováková, dr.', "email": "jana@nová.example"}
    assert schemas.upstream(said.type, fitted(said, account)).customer.name == 'Jana "Líza" Nováková, dr.'


@pytest.mark.parametrize(
    "body", [b"null", b"{}", b"7", b'"x"', b'{"entries": [{"event": "opened"}]}', b'{"items": {}}']
)
def test_a_body_without_the_events_that_it_should_hold_is_a_fault(body: bytes, sources: Sources) -> None:
    """Else a system that calls its list by another name from now on would tell us nothing, and nobody would know."""
    account = sources.account("mapping")
    with pytest.raises(Rejected, match="holds no events"):
        account.source.said(Inbound("POST", "http://x/", {}, body), account)


@pytest.mark.parametrize(("name", "body"), [("mapping", b'{"items": []}'), ("hubspot", b"[]")])
def test_an_empty_list_of_events_is_none(name: str, body: bytes, sources: Sources) -> None:
    account = sources.account(name)
    assert account.source.said(Inbound("POST", "http://x/", {}, body), account) == []


def test_spoiling_spoils() -> None:
    dice = random.Random(1)
    assert len({body_of(ALL[0], dice)[0] for _ in range(30)}) > 20

"""Each payload of each system says what it should, and only its system can send it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.intake import schemas
from services.intake.sources.accountfile import Sources
from services.intake.sources.fitting import fitted
from services.intake.sources.kinds import KINDS
from services.intake.sources.source import Account, Forged, Ignored, Inbound, Said
from shared.errors import Rejected
from tests.unit.intake.sources.payloads import OLD_SECRET, Payload, Shelf, Signed, payload, payloads, sign

NOW = datetime(2026, 3, 12, 12, 0, 0, tzinfo=UTC)
ALL = payloads()
SIGNED_TIMES = {"zendesk", "zendesk-trigger", "hubspot", "mailgun", "mapping"}
ROTATING = {"zendesk", "hubspot", "jira", "intercom", "mailgun", "twilio", "mapping"}
FIRST = {kind: next(p for p in ALL if p.kind == kind and p.expect) for kind in sorted({p.kind for p in ALL})}
EACH_KIND = pytest.mark.parametrize("first", FIRST.values(), ids=str)


def inbound(account: Account, signed: Signed) -> Inbound:
    url = account.url or f"http://127.0.0.1:8001/v1/webhooks/{account.name}"
    return Inbound("POST", url + (f"?{signed.query}" if signed.query else ""), signed.headers, signed.body)


def test_every_kind_has_payloads() -> None:
    assert set(FIRST) == set(KINDS)


@pytest.mark.parametrize("given", ALL, ids=str)
def test_payload_says_what_it_should(given: Payload, sources: Sources, api: Shelf) -> None:
    account = sources.account(given.kind)
    api.documents.update(given.fetched)
    request = inbound(account, sign(given, NOW.timestamp()))
    account.source.check(request, account, NOW)
    heard = account.source.said(request, account)
    said = [h for h in heard if isinstance(h, Said)]
    assert len(said) == len(given.expect) and all(isinstance(h, Said | Ignored) for h in heard), heard
    for found, wanted in zip(said, given.expect, strict=True):
        assert (found.type, dict(found.data)) == (wanted["type"], wanted["data"])
        assert wanted["id"] in (found.id, None)
        schemas.upstream(found.type, fitted(found, account))
    again = account.source.said(request, account)
    assert [h.id for h in again if isinstance(h, Said)] == [h.id for h in said], "a repetition has the same id"


@EACH_KIND
def test_a_changed_signature_is_refused(first: Payload, sources: Sources) -> None:
    account = sources.account(first.kind)
    with pytest.raises(Forged):
        account.source.check(inbound(account, sign(first, NOW.timestamp(), "guessed:secret")), account, NOW)


@EACH_KIND
def test_without_a_signature_nobody_is_believed(first: Payload, sources: Sources) -> None:
    account = sources.account(first.kind)
    bare = Signed(first.body, {"content-type": first.content_type, **first.headers})
    with pytest.raises(Forged):
        account.source.check(inbound(account, bare), account, NOW)


@EACH_KIND
def test_a_body_that_is_no_such_body_is_forged_or_rejected(first: Payload, sources: Sources) -> None:
    account = sources.account(first.kind)
    broken = replace(first, body=b"\xff{not", fields={"MSG": "{"}, content_type="application/json")
    request = inbound(account, sign(broken, NOW.timestamp()))

    def take() -> None:
        account.source.check(request, account, NOW)
        account.source.said(request, account)

    with pytest.raises(Rejected):
        take()


SIGNING_BODIES = sorted(set(FIRST) - {"freshdesk", "salesforce", "sendgrid", "postmark", "mailgun"})


@pytest.mark.parametrize("kind", SIGNING_BODIES)
def test_a_changed_body_is_refused(kind: str, sources: Sources) -> None:
    account, signed = sources.account(kind), sign(FIRST[kind], NOW.timestamp())
    changed = replace(signed, body=signed.body.replace(b"1", b"2"))
    assert changed.body != signed.body
    with pytest.raises(Forged):
        account.source.check(inbound(account, changed), account, NOW)


@pytest.mark.parametrize("kind", sorted(SIGNED_TIMES))
@pytest.mark.parametrize(("age", "is_fresh"), [(-290, True), (-310, False), (290, True), (310, False)])
def test_a_signed_time_may_be_five_minutes_away(kind: str, age: int, is_fresh: bool, sources: Sources) -> None:
    account, signed = sources.account(kind), sign(FIRST[kind], NOW.timestamp())
    now = NOW + timedelta(seconds=age)
    if is_fresh:
        account.source.check(inbound(account, signed), account, now)
        return
    with pytest.raises(Forged):
        account.source.check(inbound(account, signed), account, now)


@pytest.mark.parametrize("kind", sorted(ROTATING))
def test_an_older_secret_counts_as_long_as_it_is_named(kind: str, sources: Sources) -> None:
    account = sources.account(kind)
    request = inbound(account, sign(FIRST[kind], NOW.timestamp(), OLD_SECRET))
    account.source.check(request, account, NOW)
    with pytest.raises(Forged):
        account.source.check(request, replace(account, secrets=account.secrets[:1]), NOW)


def test_another_organization_is_refused(sources: Sources) -> None:
    account = sources.account("salesforce")
    other = replace(account, options={**account.options, "organization": "00D7Q0000009AAA"})
    signed = sign(FIRST["salesforce"], NOW.timestamp())
    with pytest.raises(Forged):
        account.source.check(inbound(other, signed), other, NOW)
    alone = replace(account, check=None)
    alone.source.check(inbound(alone, replace(signed, query="")), alone, NOW)
    with pytest.raises(Forged):
        alone.source.check(inbound(alone, replace(signed, query="", body=b"<a/>")), alone, NOW)


def test_entities_of_xml_are_not_followed(sources: Sources) -> None:
    account = sources.account("salesforce")
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    with pytest.raises(Rejected, match="no XML that may be read"):
        account.source.said(Inbound("POST", "http://x/", {}, bomb), account)


def test_texts_of_one_sender_are_one_complaint_where_the_account_says_so(sources: Sources) -> None:
    account = sources.account("twilio")
    account = replace(account, options={"thread": "sender"})
    (said,) = account.source.said(inbound(account, sign(payload("twilio", "sms"), 0)), account)
    assert isinstance(said, Said)
    assert (said.type, said.data["external_id"]) == ("complaint.contacted", "+447700900222>+447700900111")

"""Our checks against the signatures that the vendors publish, and against Twilio's own validator."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError
from twilio.request_validator import RequestValidator

from services.intake.sources.checks import CheckSchema
from services.intake.sources.kinds import KINDS
from services.intake.sources.source import Account, Forged, Inbound, Source
from tests.unit.intake.sources.payloads import hexed

NOW = datetime(2026, 3, 12, 12, 0, 0, tzinfo=UTC)
# developers.hubspot.com, "Validating requests", versions 1 and 2.
HUBSPOT_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
HUBSPOT_BODY = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":'
    b'"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
)
HUBSPOT_V1 = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
HUBSPOT_V2 = "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
# Twilio's helper libraries.
TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TWILIO_FORM = b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
TWILIO_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
# Atlassian's page on webhooks, "Secure admin webhooks".
JIRA_SIGNATURE = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
FORM = "application/x-www-form-urlencoded"


def verified(kind: str, secret: str, inbound: Inbound) -> bool:
    source: Source = KINDS[kind]
    try:
        source.check(inbound, Account("a", source, (secret,)), NOW)
    except Forged:
        return False
    return True


@pytest.mark.parametrize(("version", "method", "url", "body", "signature"), [
    ("v1", "POST", "https://any.example/", HUBSPOT_BODY, HUBSPOT_V1),
    ("v2", "GET", "https://www.example.com/webhook_uri", b"", HUBSPOT_V2),
])  # fmt: skip
def test_hubspots_published_signatures(version: str, method: str, url: str, body: bytes, signature: str) -> None:
    headers = {"x-hubspot-signature": signature, "x-hubspot-signature-version": version}
    assert verified("hubspot", HUBSPOT_SECRET, Inbound(method, url, headers, body))
    assert not verified("hubspot", HUBSPOT_SECRET, Inbound(method, url, headers, body + b" "))
    assert not verified("hubspot", "x" + HUBSPOT_SECRET, Inbound(method, url, headers, body))


def test_hubspot_signs_some_characters_of_the_address_decoded() -> None:
    import base64
    import hashlib
    import hmac

    at = str(int(NOW.timestamp() * 1000))
    signed = f"POSThttps://x.example/v1/webhooks/h?a=@b:c%20d{{}}{at}".encode()
    signature = base64.b64encode(hmac.new(b"s", signed, hashlib.sha256).digest()).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": at}
    sent = Inbound("POST", "https://x.example/v1/webhooks/h?a=%40b%3Ac%20d", headers, b"{}")
    assert verified("hubspot", "s", sent)


def test_twilios_published_signature() -> None:
    headers = {"content-type": FORM, "x-twilio-signature": TWILIO_SIGNATURE}
    assert verified("twilio", "12345", Inbound("POST", TWILIO_URL, headers, TWILIO_FORM))
    assert not verified("twilio", "12345", Inbound("POST", TWILIO_URL + "3", headers, TWILIO_FORM))
    assert not verified("twilio", "12345", Inbound("POST", TWILIO_URL, headers, TWILIO_FORM + b"&More=1"))


@given(st.dictionaries(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), st.text(max_size=50)))
def test_twilios_own_validator_agrees(fields: dict[str, str]) -> None:
    from urllib.parse import urlencode

    signature = RequestValidator("12345").compute_signature(TWILIO_URL, fields)
    headers = {"content-type": FORM, "x-twilio-signature": signature}
    assert verified("twilio", "12345", Inbound("POST", TWILIO_URL, headers, urlencode(fields).encode()))


def test_jiras_published_signature() -> None:
    secret = "It's a Secret to Everybody"
    assert verified("jira", secret, Inbound("POST", "/", {"x-hub-signature": JIRA_SIGNATURE}, b"Hello World!"))
    assert not verified("jira", secret, Inbound("POST", "/", {"x-hub-signature": JIRA_SIGNATURE}, b"Hello World?"))
    without_its_name = JIRA_SIGNATURE.removeprefix("sha256=")
    assert not verified("jira", secret, Inbound("POST", "/", {"x-hub-signature": without_its_name}, b"Hello World!"))


@pytest.mark.parametrize("signature", ["", "é", "a" * 10_000, "\ud800"])
def test_strange_signatures_are_refused_like_wrong_ones(signature: str) -> None:
    for kind, name in (("zendesk", "x-zendesk-webhook-signature"), ("twilio", "x-twilio-signature")):
        assert not verified(kind, "s", Inbound("POST", "/", {name: signature, "content-type": FORM}, b""))


@pytest.mark.parametrize(("check", "headers", "query"), [
    ({"scheme": "header", "name": "X-Token"}, {"x-token": "s:1"}, ""),
    ({"scheme": "header", "name": "Authorization", "prefix": "Bearer "}, {"authorization": "Bearer s:1"}, ""),
    ({"scheme": "query", "name": "t"}, {}, "?a=b&t=s:1"),
    ({"scheme": "basic"}, {"authorization": "Basic czox"}, ""),
    ({"scheme": "hmac", "name": "S", "signed": "{method} {url} {header:x-id} {body}"},
     {"x-id": "7", "s": hexed("sha256", "s:1", b"POST https://x.example/ 7 text").upper()}, ""),
])  # fmt: skip
def test_each_scheme_of_the_file_knows_its_sender(check: dict[str, str], headers: dict[str, str], query: str) -> None:
    made = CheckSchema().load(check)
    sent = Inbound("POST", "https://x.example/" + query, headers, b"text")
    made.verify(sent, Account("a", KINDS["mapping"], ("older", "s:1")), NOW)
    with pytest.raises(Forged):
        made.verify(sent, Account("a", KINDS["mapping"], ("s:2",)), NOW)
    with pytest.raises(Forged):
        made.verify(Inbound("POST", "https://x.example/", {}, b"text"), Account("a", KINDS["mapping"], ("s:1",)), NOW)


@pytest.mark.parametrize(("check", "field"), [
    ({"scheme": "guess"}, "scheme"),
    ({"scheme": "header"}, "name"),
    ({"scheme": "hmac", "name": "S", "signed": "{timestamp}{body}"}, "signed"),
    ({"scheme": "hmac", "name": "S", "signed": "{url}"}, "signed"),
    ({"scheme": "hmac", "name": "S", "signed": "{cookie}{body}"}, "signed"),
    ({"scheme": "hmac", "name": "S", "key": "written here"}, "key"),
])  # fmt: skip
def test_a_check_that_shows_nothing_is_refused_at_start(check: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CheckSchema().load(check)
    assert list(refused.value.normalized_messages()) == [field]

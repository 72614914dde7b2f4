"""The channel `webhook` against real receivers, who check what they get with the library of the specification."""

import socket
import ssl
from dataclasses import replace
from datetime import datetime

import orjson
import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from services.notify.channels.channel import Letter
from services.notify.channels.guard import Allowed
from services.notify.channels.http import Timeouts
from services.notify.channels.webhook import Receiver, Webhook, signer_of, usual_signer
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, RetryAfter, Temporary
from shared.settings import WrongSettings
from tests.integration.notify.http_sink import DROP_AFTER, DROP_BEFORE, HANG, HttpSink, Say

HERE = Allowed.parse(["127.0.0.0/8"])
USUAL, OWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD0Sw1fV2Q9cY="
LETTER = Letter(
    "alert-1", "case-1", "", "my card was charged twice", "billing", facts={"purpose": "warning", "severity": "high"}
)


def a_webhook(allowed: Allowed = HERE, read: float = 30.0, secret: str = USUAL) -> Webhook:
    return Webhook(usual_signer(secret), allowed, 2, Timeouts(read=read))


def to(sink: HttpSink, secret: str = "", **changes: object) -> Letter:
    return replace(LETTER, address=f"{sink.url}/hook {secret}".strip(), **changes)


def test_receiver_verifies_what_it_gets(sink):
    assert a_webhook().send(to(sink), lambda: None) == Accepted(detail="200")
    (came,) = sink.taken
    content = Verifier(USUAL).verify(came.body, came.headers)
    assert (content["type"], came.headers["webhook-id"]) == ("alert.warning", "alert-1")
    assert datetime.fromisoformat(content["timestamp"]).tzinfo is not None
    assert content["data"] == {
        "purpose": "warning",
        "severity": "high",
        "alert_id": "alert-1",
        "case_id": "case-1",
        "subject": "billing",
        "text": "my card was charged twice",
        "may_repeat": False,
    }


def test_secret_of_the_contact_goes_before_the_usual_one(sink):
    a_webhook().send(to(sink, OWN), lambda: None)
    (came,) = sink.taken
    Verifier(OWN).verify(came.body, came.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(USUAL).verify(came.body, came.headers)
    assert OWN not in came.path


def test_copy_of_a_letter_is_known_by_its_id_and_signed_anew(sink):
    sink.script = [Say(500)]
    webhook = a_webhook()
    webhook.send(to(sink), lambda: None)
    webhook.send(to(sink, may_repeat=True), lambda: None)
    first, second = sink.journal
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert Verifier(USUAL).verify(second.body, second.headers)["data"]["may_repeat"] is True


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (204, {}, Accepted(detail="204")),
        (410, {}, Permanent(Reason.INVALID_ADDRESS, "410")),
        (404, {}, Permanent(Reason.INVALID_ADDRESS, "404")),
        (400, {}, Permanent(Reason.RECIPIENT_REFUSED, "400")),
        (401, {}, Permanent(Reason.RECIPIENT_REFUSED, "401")),
        (307, {"Location": "/elsewhere"}, Permanent(Reason.RECIPIENT_REFUSED, "307")),
        (429, {}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "429")),
        (429, {"Retry-After": "7"}, RetryAfter(7, Reason.PROVIDER_THROTTLED, "429")),
        (503, {"Retry-After": "7"}, RetryAfter(7, Reason.PROVIDER_DEFERRED, "503")),
        (503, {}, Ambiguous(Reason.PROVIDER_ERROR, "503")),
        (408, {}, Ambiguous(Reason.PROVIDER_ERROR, "408")),
        (500, {}, Ambiguous(Reason.PROVIDER_ERROR, "500")),
    ],
)
def test_answer_decides_the_outcome(sink, status, headers, outcome):
    sink.script = [Say(status, b"", headers)]
    assert a_webhook().send(to(sink), lambda: None) == outcome
    assert len(sink.journal) == 1


@pytest.mark.parametrize(("action", "taken"), [(DROP_AFTER, 1), (DROP_BEFORE, 0), (HANG, 0)])
def test_no_answer_is_ambiguous(sink, action, taken):
    sink.script = [action]
    outcome = a_webhook(read=0.3 if action == HANG else 30.0).send(to(sink), lambda: None)
    assert (type(outcome), outcome.reason, len(sink.taken)) == (Ambiguous, Reason.NO_ANSWER, taken)


def test_answer_that_breaks_off_behind_its_status_has_accepted(sink):
    sink.script = [Say(200, b"{", {"Content-Length": "100", "Connection": "close"})]
    assert a_webhook().send(to(sink), lambda: None) == Accepted(detail="200")


def test_receiver_that_is_not_there_is_a_temporary_failure():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens
        letter = replace(LETTER, address=f"http://127.0.0.1:{unused.getsockname()[1]}/")
        assert a_webhook().send(letter, lambda: None) == Temporary(Reason.PROVIDER_AWAY)


def test_name_that_leads_into_our_network_is_refused_where_the_connection_is_made(sink):
    """By its name it could be anything; only what it leads to tells."""
    by_name = replace(LETTER, address=f"https://localhost:{sink.port}/hook")
    assert a_webhook(Allowed()).send(by_name, lambda: None) == Permanent(Reason.INVALID_ADDRESS, "not_allowed")
    assert sink.journal == []


@pytest.mark.parametrize(
    ("name", "outcome"), [("localhost", Accepted(detail="200")), ("another", Temporary(Reason.WRONG_SETTINGS, "tls"))]
)
def test_certificate_must_be_that_of_the_name_in_the_url(private_ca, ca_file, monkeypatch, name, outcome):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    private_ca.issue_cert(name).configure_cert(tls)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)
    monkeypatch.setenv("NO_PROXY", "localhost")
    secure = HttpSink(tls=tls)
    letter = replace(LETTER, address=f"https://localhost:{secure.port}/hook")
    assert a_webhook(Allowed.parse(["127.0.0.0/8", "::1"])).send(letter, lambda: None) == outcome
    assert len(secure.journal) == isinstance(outcome, Accepted)
    secure.stop()


def test_allowed_host_is_reached_under_its_own_name(sink):
    by_name = replace(LETTER, address=f"http://localhost:{sink.port}/hook")
    assert a_webhook(Allowed.parse(["localhost"])).send(by_name, lambda: None) == Accepted(detail="200")
    assert sink.journal[0].headers["host"] == f"localhost:{sink.port}"


def test_without_any_secret_nothing_leaves_and_the_next_channel_begins(sink):
    assert a_webhook(secret="").send(to(sink), lambda: None) == Permanent(Reason.WRONG_SETTINGS, "no_secret")
    assert isinstance(a_webhook(secret="").send(to(sink, OWN), lambda: None), Accepted)


@pytest.mark.parametrize("secret", ["whsec_short", "whsec_c2hvcnQ=", "whsec_ä"])
def test_secret_that_is_none_is_refused_without_being_repeated(sink, secret):
    assert a_webhook().send(to(sink, secret), lambda: None) == Permanent(Reason.INVALID_ADDRESS, "secret")
    with pytest.raises(WrongSettings, match="OMBUD_WEBHOOK_SECRET") as caught:
        usual_signer(secret)
    assert secret not in str(caught.value)


def test_nothing_that_is_printed_holds_the_secret():
    assert "whsec" not in repr(Receiver.parse(f"https://x.example/ {OWN}", signer_of(USUAL)))


def test_digest_says_so(sink):
    a_webhook().send(to(sink, case_id="", facts={}), lambda: None)
    assert orjson.loads(sink.journal[0].body)["type"] == "alert.digest"

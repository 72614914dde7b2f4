"""The channel `sms` against a stand-in for Twilio: what its answers mean."""

import socket

import pytest

from services.notify.channels.channel import Letter, NotOurs
from services.notify.channels.sms import Sms, SmsProvider
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, RetryAfter, Temporary
from tests.integration.notify.twilio import DROP_AFTER, DROP_BEFORE, HANG, SENDER, Twilio

LETTER = Letter("alert-1", "case-1", "+420601234567", "0f8c2d11 High emea https://ombud.example/a/x")


@pytest.fixture
def sms(twilio: Twilio) -> Sms:
    return an_sms(twilio)


def an_sms(twilio: Twilio, read_timeout: float = 30.0) -> Sms:
    return Sms(SmsProvider.parse(twilio.url), senders=2, read_timeout=read_timeout)


def test_message_is_taken_with_our_sender(twilio, sms):
    assert sms.send(LETTER, lambda: None) == Accepted("SM0", "201")
    assert twilio.messages == [{"To": "+420601234567", "From": SENDER, "Body": LETTER.text}]


def test_status_is_asked_for_by_the_alert(twilio):
    sms = Sms(SmsProvider.parse(twilio.url), senders=1, callback="https://ombud.example/v1/twilio/status")
    sms.send(LETTER, lambda: None)
    assert twilio.messages[0]["StatusCallback"] == "https://ombud.example/v1/twilio/status?alert=alert-1"


@pytest.mark.parametrize(
    ("status", "code", "headers", "outcome"),
    [
        (429, 20429, {"Retry-After": "17"}, RetryAfter(17, Reason.PROVIDER_THROTTLED, "429 20429")),
        (429, None, {}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "429")),
        (429, None, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "429")),
        (400, 14107, {}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "400 14107")),
        (400, 21211, {}, Permanent(Reason.INVALID_ADDRESS, "400 21211")),
        (400, 21614, {}, Permanent(Reason.INVALID_ADDRESS, "400 21614")),
        (400, 21610, {}, Permanent(Reason.OPTED_OUT, "400 21610")),
        (400, 21999, {}, Permanent(Reason.RECIPIENT_REFUSED, "400 21999")),
        (400, 21606, {}, Temporary(Reason.WRONG_SETTINGS, "400 21606")),
        (401, 20003, {}, Temporary(Reason.LOGIN_REFUSED, "401 20003")),
        (404, 20404, {}, Temporary(Reason.WRONG_SETTINGS, "404 20404")),
        (302, None, {"Location": "http://127.0.0.1:9/"}, Temporary(Reason.WRONG_SETTINGS, "302")),
        (500, 20500, {}, Ambiguous(Reason.PROVIDER_ERROR, "500 20500")),
        (503, None, {}, Ambiguous(Reason.PROVIDER_ERROR, "503")),
    ],
)
def test_answer_decides_the_outcome(twilio, sms, status, code, headers, outcome):
    twilio.script = [(status, {"code": code} if code else {}, headers)]
    assert sms.send(LETTER, lambda: None) == outcome
    assert twilio.messages == []


@pytest.mark.parametrize(("action", "taken"), [(DROP_AFTER, 1), (DROP_BEFORE, 0), (HANG, 0)])
def test_no_answer_is_ambiguous(twilio, action, taken):
    twilio.script = [action]
    outcome = an_sms(twilio, read_timeout=0.5 if action == HANG else 30.0).send(LETTER, lambda: None)
    assert isinstance(outcome, Ambiguous)
    assert (outcome.reason, len(twilio.messages)) == (Reason.NO_ANSWER, taken)


def test_wrong_token_is_the_operators_fault(twilio):
    sms = Sms(SmsProvider.parse(twilio.url.replace("to%2Fken", "other")), senders=1)
    assert sms.send(LETTER, lambda: None) == Temporary(Reason.LOGIN_REFUSED, "401 20003")


def test_provider_that_is_not_there_is_a_temporary_failure():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens
        port = unused.getsockname()[1]
        sms = Sms(SmsProvider.parse(f"http://AC:t@127.0.0.1:{port}?from=%2B1555"), senders=1)
        assert sms.send(LETTER, lambda: None) == Temporary(Reason.PROVIDER_AWAY)


def test_port_that_speaks_no_tls_is_a_wrong_setting(twilio):
    sms = Sms(SmsProvider.parse(twilio.url.replace("http://", "https://")), senders=1)
    assert sms.send(LETTER, lambda: None) == Temporary(Reason.WRONG_SETTINGS, "tls")


def test_alert_that_is_no_longer_ours_is_not_posted(twilio, sms):
    def not_ours() -> None:
        raise NotOurs

    with pytest.raises(NotOurs):
        sms.send(LETTER, not_ours)
    assert twilio.messages == []

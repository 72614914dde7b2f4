"""Text messages by a provider of the file, over real HTTP: what it is asked, and what its answers mean."""

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme

from services.notify.channels.channel import Letter, NotOurs
from services.notify.channels.http import Timeouts
from services.notify.channels.sms_file import parse
from services.notify.channels.sms_http import HttpSms
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, RetryAfter, Temporary
from tests.harness.events import NOON
from tests.integration.notify.http_provider import DROP, HANG, TRICKLE, Provider

LETTER = Letter("alert-1", "case-1", "+420601234567", "0f8c2d11 Vysoká {to} & https://o.example/a/x")
SECRETS = {"KEY": "s3cret", "USER": "me", "PASSWORD": "p:w"}
BY_STATUS = """
      accepted: {status: 201}
      id: $.id
"""
BY_BODY = """
      accepted: {status: 200, where: {$.status: "0"}}
      id: $.id
      throttled: [{where: {$.status: ["1", "11"]}}]
      permanent:
        - {where: {$.status: "6"}, reason: opted_out}
        - {status: 4xx, where: {$.status: ["3"]}, reason: invalid_address}
      settings: [{where: {$.status: "4"}, reason: login_refused}]
"""
FORM = 'form: {to: "{to}", text: "{text}"}'


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    provider = Provider()
    yield provider
    provider.stop()


def an_sms(url: str, request: str = FORM, answers: str = BY_BODY, read_timeout: float = 30.0) -> HttpSms:
    text = f"""
providers:
  - name: one
    from: Ombud
    callback: https://hooks.example.org/{{id}}
    request:
      url: "{url}"
      {request}
    answers: {answers}
"""
    (made,) = parse(text, "sms.yml", None, SECRETS.get)
    return HttpSms(made, 2, Timeouts(read=read_timeout))  # type: ignore[arg-type]


def sent(provider: Provider, request: str, path: str = "/sms") -> Any:
    assert an_sms(provider.url + path, request).send(LETTER, lambda: None) == Accepted("m-1", "200 0", "one")
    (asked,) = provider.asked
    return asked


def test_form_is_filled_and_what_is_put_in_is_no_placeholder(provider):
    asked = sent(provider, 'form: {to: "{to}", from: "{from}", text: "{text}", cb: "{callback}", ref: "x-{id}"}')
    assert (asked.method, asked.path) == ("POST", "/sms")
    assert {name: value for name, (value,) in parse_qs(asked.body).items()} == {
        "to": "+420601234567",
        "from": "Ombud",
        "text": LETTER.text,
        "cb": "https://hooks.example.org/alert-1",
        "ref": "x-alert-1",
    }


def test_json_keeps_its_shape_and_its_numbers(provider):
    asked = sent(provider, """json: '{"to": ["{to_digits}"], "flash": false, "ttl": 60, "msg": {"body": "{text}"}}'""")
    assert asked.headers["Content-Type"] == "application/json"
    assert json.loads(asked.body) == {
        "to": ["420601234567"],
        "flash": False,
        "ttl": 60,
        "msg": {"body": LETTER.text},
    }


def test_address_and_query_are_filled_without_breaking_out(provider):
    asked = sent(provider, 'method: GET\n      query: {t: "{text}"}', path="/to/{to}/{from}?a=1")
    path, _, query = asked.path.partition("?")
    assert (asked.method, path, asked.body) == ("GET", "/to/%2B420601234567/Ombud", "")
    assert parse_qs(query) == {"a": ["1"], "t": [LETTER.text]}


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ("{bearer: KEY}", "Authorization", "Bearer s3cret"),
        ("{basic: {user: USER, password: PASSWORD}}", "Authorization", "Basic bWU6cDp3"),
        ("{header: {name: X-Api-Key, secret: KEY}}", "X-Api-Key", "s3cret"),
        ('{header: {name: Authorization, prefix: "App ", secret: KEY}}', "Authorization", "App s3cret"),
    ],
)
def test_login_is_shown_in_its_header(provider, auth, header, value):
    asked = sent(provider, f'{FORM}\n      headers: {{Idempotency-Key: "{{id}}"}}\n      auth: {auth}')
    assert (asked.headers[header], asked.headers["Idempotency-Key"]) == (value, "alert-1")


def test_login_of_the_machine_stays_here(provider, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert "Authorization" not in sent(provider, FORM).headers


@pytest.mark.parametrize(
    ("status", "body", "headers", "outcome"),
    [
        (200, '{"status": "0", "id": 77}', {}, Accepted("77", "200 0", "one")),
        (200, '{"status": "0"}', {}, Accepted("", "200 0", "one")),
        (200, '{"status": 0, "id": "x\\ny"}', {}, Accepted("", "200 0", "one")),
        (200, json.dumps({"status": "0", "id": "x" * 201}), {}, Accepted("", "200 0", "one")),
        (200, '{"status": "1"}', {}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "200 1")),
        (503, '{"status": "11"}', {"Retry-After": "9"}, RetryAfter(9, Reason.PROVIDER_THROTTLED, "503 11")),
        (200, '{"status": "6"}', {}, Permanent(Reason.OPTED_OUT, "200 6")),
        (422, '{"status": "3"}', {}, Permanent(Reason.INVALID_ADDRESS, "422 3")),
        (200, '{"status": "3"}', {}, Temporary(Reason.PROVIDER_DEFERRED, "200 3")),
        (200, '{"status": "4"}', {}, Temporary(Reason.LOGIN_REFUSED, "200 4")),
        (200, '{"status": "+420601234567"}', {}, Temporary(Reason.PROVIDER_DEFERRED, "200")),
        (200, '{"status": "NOT_NOW"}', {}, Temporary(Reason.PROVIDER_DEFERRED, "200 NOT_NOW")),
        (200, '{"status": true}', {}, Temporary(Reason.PROVIDER_DEFERRED, "200")),
        (200, '{"else": 1}', {}, Ambiguous(Reason.PROVIDER_ERROR, "200", "one")),
        (200, "<html>", {}, Ambiguous(Reason.PROVIDER_ERROR, "200", "one")),
        (200, "", {}, Ambiguous(Reason.PROVIDER_ERROR, "200", "one")),
        (202, '{"status": "0"}', {}, Ambiguous(Reason.PROVIDER_ERROR, "202 0", "one")),
        (429, "", {"Retry-After": "17"}, RetryAfter(17, Reason.PROVIDER_THROTTLED, "429")),
        (429, "", {}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "429")),
        (500, "oops", {}, Ambiguous(Reason.PROVIDER_ERROR, "500", "one")),
        (503, "", {"Retry-After": "9"}, Ambiguous(Reason.PROVIDER_ERROR, "503", "one")),
        (408, "", {}, Ambiguous(Reason.PROVIDER_ERROR, "408", "one")),
        (401, "", {}, Temporary(Reason.LOGIN_REFUSED, "401")),
        (403, "", {}, Temporary(Reason.LOGIN_REFUSED, "403")),
        (404, "", {}, Temporary(Reason.WRONG_SETTINGS, "404")),
        (302, "", {"Location": "/elsewhere"}, Temporary(Reason.WRONG_SETTINGS, "302")),
        (400, '{"status": "99"}', {}, Temporary(Reason.PROVIDER_DEFERRED, "400 99")),
    ],
)
def test_answer_decides_the_outcome(provider, status, body, headers, outcome):
    provider.answer = (status, body, headers)
    assert an_sms(provider.url).send(LETTER, lambda: None) == outcome
    assert len(provider.asked) == 1  # nothing is sent again, nor to where an answer points


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (201, Accepted("m-1", "201", "one")),
        (200, Ambiguous(Reason.PROVIDER_ERROR, "200", "one")),
        (400, Temporary(Reason.PROVIDER_DEFERRED, "400")),
    ],
)
def test_status_alone_may_tell(provider, status, outcome):
    provider.answer = (status, '{"id": "m-1"}', {})
    assert an_sms(provider.url, answers=BY_STATUS).send(LETTER, lambda: None) == outcome


@pytest.mark.parametrize(
    ("body", "is_taken"), [('{"ok": true, "id": 1.5}', True), ('{"ok": "true"}', True), ('{"ok": false}', False)]
)
def test_true_and_false_are_written_as_in_json(provider, body, is_taken):
    provider.answer = (200, body, {})
    outcome = an_sms(provider.url, answers='{accepted: {where: {$.ok: "true"}}}').send(LETTER, lambda: None)
    assert isinstance(outcome, Accepted) is is_taken


@pytest.mark.parametrize("how", [DROP, HANG, TRICKLE])
def test_no_answer_is_ambiguous(provider, how):
    provider.answer = how
    outcome = an_sms(provider.url, read_timeout=0.3 if how == HANG else 30.0).send(LETTER, lambda: None)
    assert isinstance(outcome, Ambiguous)
    assert (outcome.reason, outcome.provider, len(provider.asked)) == (Reason.NO_ANSWER, "one", 1)


def test_provider_that_is_not_there_is_a_temporary_failure():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens
        port = unused.getsockname()[1]
        assert an_sms(f"http://127.0.0.1:{port}").send(LETTER, lambda: None) == Temporary(Reason.PROVIDER_AWAY)


def test_proxy_that_is_not_there_is_a_temporary_failure(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    outcome = an_sms("https://sms.example.org").send(LETTER, lambda: None)
    assert outcome == Temporary(Reason.PROVIDER_AWAY, "proxy")


def test_certificate_that_nobody_vouches_for_is_a_wrong_setting():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    provider = Provider(context)
    try:
        assert an_sms(provider.url).send(LETTER, lambda: None) == Temporary(Reason.WRONG_SETTINGS, "tls")
        assert provider.asked == []
    finally:
        provider.stop()


def test_alert_that_is_no_longer_ours_is_not_posted(provider):
    def not_ours() -> None:
        raise NotOurs

    with pytest.raises(NotOurs):
        an_sms(provider.url).send(LETTER, not_ours)
    assert provider.asked == []


def test_letter_that_the_hand_off_gives_is_the_one_that_leaves(provider):
    an_sms(provider.url).send(LETTER, lambda: replace(LETTER, text="shorter"))
    assert parse_qs(provider.asked[0].body)["text"] == ["shorter"]


def test_nobody_can_tell_later_what_became_of_a_letter(provider):
    assert an_sms(provider.url).look_up(LETTER, NOON) == Ambiguous(Reason.NO_ANSWER, provider="one")
    assert provider.asked == []

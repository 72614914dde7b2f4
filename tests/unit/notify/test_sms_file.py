"""The file with the SMS providers: read as it is meant, or refused with every mistake in its line."""

import base64
from pathlib import Path
from typing import Any

import pytest

from services.notify.channels.sms_file import parse, read
from services.notify.channels.twilio import TwilioAccount
from shared.policy.page import PolicyError

SAMPLE = Path(__file__).parents[3] / "samples" / "sms_providers.yml"
TWILIO = TwilioAccount("https://api.twilio.com/x", "AC1", "secret", "+1555")
SECRETS = {
    "VONAGE_KEY": "k",
    "VONAGE_SECRET": "s3cret",
    "SINCH_TOKEN": "live",
    "KEY": "s3cret",
    "EMPTY": "",
    "SPLIT": "a\nb",
}
WHOLE = """\
providers:
  - name: one
    from: Ombud
    callback: https://hooks.example.org/{id}
    request:
      method: POST
      url: https://sms.example.org/{to_digits}
      headers: {Idempotency-Key: "{id}"}
      query: {c: "{callback}"}
      form: {t: "{text}", s: "{from}"}
      auth: {bearer: KEY}
    answers:
      accepted: {status: 2xx, where: {$.ok: "true"}}
      id: $.id
      throttled: [{status: [503]}]
      permanent: [{where: {$.code: ["1", "2"]}, reason: invalid_address}]
      settings: [{status: 418, reason: wrong_settings}]
"""


def parsed(text: str, twilio: TwilioAccount | None = TWILIO) -> Any:
    return parse(text, "sms.yml", twilio, SECRETS.get)


def mistakes_of(text: str, twilio: TwilioAccount | None = TWILIO) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parsed(text, twilio)
    return list(caught.value.mistakes)


def test_sample_is_read():
    vonage, sinch = read(SAMPLE, None, SECRETS.get)
    assert (vonage.name, vonage.sender, vonage.request.method) == ("vonage", "14155550100", "POST")
    assert vonage.request.login == ("Authorization", "Basic " + base64.b64encode(b"k:s3cret").decode())
    assert sinch.request.login == ("Authorization", "Bearer live")
    assert sinch.request.json["to"] == ["{to_digits}"]


def test_order_is_that_of_the_file_and_twilio_is_the_account_of_the_settings():
    one, twilio = parsed(WHOLE + "  - twilio\n")
    assert (one.name, twilio) == ("one", TWILIO)
    assert [type(p).__name__ for p in parsed(WHOLE.replace("providers:\n", "providers:\n  - twilio\n"))] == [
        "TwilioAccount",
        "HttpProvider",
    ]


def test_secrets_are_in_nothing_that_is_printed():
    (one,) = parsed(WHOLE)
    assert one.request.login == ("Authorization", "Bearer s3cret")
    assert "s3cret" not in repr(one)


@pytest.mark.parametrize(
    ("was", "now", "mistake"),
    [
        ("name: one", "name: One!", "2: providers.0.name: 'One!' cannot be used; write a name such as vonage"),
        ("name: one", "name: twilio", "2: providers.0.name: stands for OMBUD_SMS_URL: write only `- twilio`, or take"),
        ("  - name: one\n", "  - nme: one\n", "2: providers.0.nme: is not known here; known: name, from, callback, "),
        ("    from: Ombud\n", "", "9: providers.0.request.form: {from} needs `from:` beside `request`"),
        ("callback: https://hooks.example.org/{id}", "", "9: providers.0.request.query: {callback} needs `callback:`"),
        ("hooks.example.org/{id}", "hooks.example.org/{text}", "4: providers.0.callback: {text} cannot stand here"),
        ("method: POST", "method: DELETE", "6: providers.0.request.method: 'DELETE' cannot be used; write one of GET"),
        ("method: POST", "method: GET", "6: providers.0.request.method: a GET has a query, but neither form nor json"),
        ("https://sms", "http://sms", "7: providers.0.request.url: only https, or http on this machine"),
        ("https://sms", "ftp://sms", "7: providers.0.request.url: only https, or http on this machine"),
        ("https://sms.example.org", "ftp://127.0.0.1", "7: providers.0.request.url: only https, or http on this"),
        ("{to_digits}", "{to_digits}#x", "7: providers.0.request.url: must hold neither login nor fragment"),
        ("https://sms", "https://u:p@sms", "7: providers.0.request.url: must hold neither login nor fragment"),
        ("https://sms", "https://{to}", "7: providers.0.request.url: is no address with a host that is written out"),
        ("https://sms.example.org", "https://sms:port", "7: providers.0.request.url: is no address"),
        ("https://sms.example.org", "https://", "7: providers.0.request.url: is no address with a host"),
        ("{to_digits}", "", "5: providers.0.request: must say {text}, and {to} or {to_digits}"),
        ("{text}", "text", "5: providers.0.request: must say {text}, and {to} or {to_digits}"),
        ("{to_digits}", "{number}", "7: providers.0.request.url: {number} cannot stand here; there are to, to_digits"),
        ('Key: "{id}"', 'Key: "{text}"', "8: providers.0.request.headers: {text} cannot stand here; there are id"),
        ('Key: "{id}"', "Key: é", "8: providers.0.request.headers: Idempotency-Key must be ASCII"),
        ("{from}", "{from}\\n", "10: providers.0.request.form.s: must be text on one line"),
        ("Idempotency-Key", "Authorization", "8: providers.0.request.headers: Authorization is written by itself"),
        ("Idempotency-Key", "authorization", "8: providers.0.request.headers: authorization is written by itself"),
        ("Idempotency-Key", "'a b'", "5: providers.0.request: 'a b' cannot be used; write the name of a header"),
        ('{t: "{text}", s', '{t: ["{text}"], s', "10: providers.0.request.form.t: must be text on one line"),
        ("{c: \"{callback}\"}", "one", "9: providers.0.request.query: must be a mapping"),
        ("form: {t", "form: &x {t", ""),
        ("form: {", "json: {", '10: providers.0.request.json: must be JSON as text: `json: |`'),
        ("query:", "json: '[1'\n      query:", "9: providers.0.request.json: is no JSON: Expecting ',' delimiter"),
        ("query:", "json: '{}'\n      query:", "9: providers.0.request.json: must be an object or a list with some"),
        ("query:", "json: '[1]'\n      query:", "9: providers.0.request.json: either form or json"),
        ("bearer: KEY", "bearer: NOT_SET", "11: providers.0.request.auth.bearer: the variable NOT_SET is not set"),
        ("bearer: KEY", "bearer: EMPTY", "11: providers.0.request.auth.bearer: the variable EMPTY is not set"),
        ("bearer: KEY", "bearer: SPLIT", "11: providers.0.request.auth.bearer: the variable SPLIT holds what cannot"),
        ("bearer: KEY", "bearer: s3c-ret", "11: providers.0.request.auth.bearer: 's3c-ret' cannot be used"),
        ("bearer: KEY", "basic: {user: KEY}", "11: providers.0.request.auth.basic.password: is missing"),
        ("{bearer: KEY}", "{}", "11: providers.0.request.auth: needs one of bearer, basic and header"),
        ("{bearer: KEY}", "{bearer: KEY, header: {name: X, secret: KEY}}", "11: providers.0.request.auth: needs one"),
        ("accepted: {status: 2xx, where: {$.ok: \"true\"}}", "accepted: {}", "13: providers.0.answers.accepted: needs"),
        ("      accepted: {status: 2xx, where: {$.ok: \"true\"}}\n", "", "12: providers.0.answers.accepted: is missin"),
        ("2xx", "6xx", "13: providers.0.answers.accepted.status: '6xx' is no status such as 200 or 2xx"),
        ("$.ok", "ok", "13: providers.0.answers.accepted: 'ok' is no JSONPath; one begins with $"),
        ("$.ok", "'$.['", "13: providers.0.answers.accepted: '$.[' is no JSONPath"),
        ('"true"', "[]", "13: providers.0.answers.accepted.where: an empty list"),
        ("id: $.id", "id: id", "14: providers.0.answers.id: 'id' is no JSONPath; one begins with $"),
        ("reason: invalid_address", "reason: answered", "16: providers.0.answers.permanent.0.reason: 'answered' canno"),
        (", reason: invalid_address", "", "16: providers.0.answers.permanent.0.reason: is missing"),
        ("wrong_settings", "opted_out", "17: providers.0.answers.settings.0.reason: 'opted_out' cannot be used"),
        ("providers:", "provider:", "1: provider: is not known here; known: providers"),
        ("    from: Ombud\n", "    from: Ombud\n    from: Other\n", "4: providers.0: 'from' stands here twice"),
    ],
)  # fmt: skip
def test_mistake_is_named_with_its_line(was, now, mistake):
    assert was in WHOLE
    if not mistake:
        parsed(WHOLE.replace(was, now))
        return
    found = mistakes_of(WHOLE.replace(was, now))
    assert any(one.startswith(f"sms.yml:{mistake}") for one in found), found


@pytest.mark.parametrize("text", ["", "providers:\n", "providers: []\n", "providers: one\n", "- twilio\n"])
def test_file_without_providers_is_refused(text):
    assert "needs `providers`, a list of 1 to 10" in mistakes_of(text)[-1]


def test_provider_twice_is_refused():
    entry = WHOLE.removeprefix("providers:\n")
    assert mistakes_of(WHOLE + entry) == ["sms.yml:18: providers.1.name: 'one' stands here twice"]
    assert mistakes_of("providers:\n  - twilio\n  - twilio\n") == [
        "sms.yml:3: providers.1.name: 'twilio' stands here twice"
    ]


def test_twilio_without_its_account_is_refused():
    assert mistakes_of("providers:\n  - twilio\n", None) == ["sms.yml:2: providers.0: twilio needs OMBUD_SMS_URL"]


def test_all_mistakes_are_named_at_once_and_no_secret_with_them():
    found = mistakes_of(WHOLE.replace("2xx", "x").replace("POST", "PATCH").replace("KEY}", "SPLIT}"))
    assert len(found) == 2
    assert "a\nb" not in "".join(found)


def test_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(PolicyError, match=r"none\.yml:1: the file: cannot be read"):
        read(tmp_path / "none.yml", None, SECRETS.get)

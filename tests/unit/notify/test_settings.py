"""What is read at start: right, or refused with a text that says what to set and keeps secrets."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from environs import Env

from services.notify.channels.channel import Letter
from services.notify.channels.fitted_sms import FittedSms
from services.notify.channels.sms_text import parts
from services.notify.channels.smtp_session import SmtpServer
from services.notify.channels.twilio import TwilioAccount
from services.notify.domain.alert import ChannelName
from services.notify.domain.policy import Policy
from services.notify.lines import sms_providers
from services.notify.service import make
from services.notify.settings import read
from shared.settings import WrongSettings
from tests.integration.notify.twilio import Twilio

NEEDED = {
    "OMBUD_AMQP_URI": "amqp://",
    "OMBUD_LINK_KEYS": "key",
    "OMBUD_SMTP_URL": "",
    "OMBUD_SMS_URL": "",
    "OMBUD_SMS_PROVIDERS": "",
    "OMBUD_LAST_RESORT": "",
    "OMBUD_MAIL_FROM": "Ombud <ombud@localhost>",
    "OMBUD_WEBHOOK_ALLOW": "",
    "OMBUD_WEBHOOK_SECRET": "",
    "OMBUD_SLACK_SIGNING_SECRET": "",
    "OMBUD_SLACK_TOKEN": "",
}
# Of these the contact's address says all.
NEED_NONE = {ChannelName.TEAMS, ChannelName.WEBHOOK, ChannelName.APPRISE}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_up(**values: str) -> Env:
        for name, value in (NEEDED | values).items():
            monkeypatch.setenv(name, value)
        return Env(prefix="OMBUD_")

    return set_up


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("smtp", "mail.example.org", 25, "", "")),
        ("smtp://127.0.0.1:1025", ("smtp", "127.0.0.1", 1025, "", "")),
        ("smtp+starttls://me%40x:p%2Fw@mail.example.org", ("smtp+starttls", "mail.example.org", 587, "me@x", "p/w")),
        ("smtps://u:p@mail.example.org:466", ("smtps", "mail.example.org", 466, "u", "p")),
        ("smtp://[::1]:25", ("smtp", "::1", 25, "", "")),
    ],
)
def test_smtp_url(url, expected):
    server = SmtpServer.parse(url)
    assert (server.scheme, server.host, server.port, server.user, server.password) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://u:secret@x",
        "smtp://",
        "smtp://x:port",
        "smtp://x/path",
        "smtps://u@x",
        "smtp://u:secret@mail.example.org",
        "smtps://u:secret@",
    ],
)
def test_wrong_smtp_url_is_refused_without_its_password(url):
    with pytest.raises(WrongSettings, match="OMBUD_SMTP_URL") as caught:
        SmtpServer.parse(url)
    assert "secret" not in str(caught.value)


def test_sms_url():
    provider = TwilioAccount.parse("https://AC1:to%2Fken@api.twilio.com?from=%2B15551234567")
    assert provider.url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    assert (provider.account, provider.token, provider.sender) == ("AC1", "to/ken", "+15551234567")


@pytest.mark.parametrize(
    "url",
    [
        "https://AC1:secret@api.twilio.com",
        "https://api.twilio.com?from=%2B1555",
        "ftp://AC1:secret@x?from=1",
        "http://AC1:secret@api.twilio.com?from=1",
        "https://AC1:secret@?from=1",
        "https://AC1:secret@x:y?from=1",
    ],
)
def test_wrong_sms_url_is_refused_without_its_token(url):
    with pytest.raises(WrongSettings, match="OMBUD_SMS_URL") as caught:
        TwilioAccount.parse(url)
    assert "secret" not in str(caught.value)


def test_nothing_that_is_printed_holds_a_password(environment):
    settings = read(environment(OMBUD_SMTP_URL="smtps://u:secret@x", OMBUD_SMS_URL="https://AC1:secret@x?from=1"))
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("smtp", "sms", "channels"),
    [
        ("", "", set()),
        ("smtp://x", "", {ChannelName.EMAIL}),
        ("", "https://A:b@x?from=1", {ChannelName.SMS}),
    ],
)
def test_channel_without_settings_is_not_configured(environment, smtp, sms, channels):
    made = make(read(environment(OMBUD_SMTP_URL=smtp, OMBUD_SMS_URL=sms)))
    assert set(made["channels"]) == made["rules"].current.configured == channels | NEED_NONE


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ("", None, None),
        ("boss", "boss", None),
        ("night@example.org", "last-resort", "night@example.org"),
    ],
)
def test_last_resort_is_a_person_or_an_address(environment, value, name, address):
    rules = make(read(environment(OMBUD_LAST_RESORT=value)))["rules"].current
    contact = rules.last_resort_contact
    assert (rules.last_resort, contact and contact.address(ChannelName.EMAIL)) == (name, address)


def test_heartbeat_is_off_unless_a_watcher_is_named(environment):
    assert (read(environment()).heartbeat_url, read(environment()).heartbeat_every) == (None, timedelta(minutes=1))
    named = read(environment(OMBUD_HEARTBEAT_URL="https://hc.example/secret?a=1", OMBUD_HEARTBEAT_EVERY="2.5"))
    assert (named.heartbeat_url, named.heartbeat_every) == ("https://hc.example/secret?a=1", timedelta(seconds=2.5))
    assert "secret" not in repr(named)


@pytest.mark.parametrize(
    "url", ["hc.example/secret", "ftp://hc/secret", "https:///secret", "http://x:y/secret", "http://a b/secret"]
)
def test_heartbeat_to_a_wrong_url_is_refused_and_not_repeated(environment, url):
    with pytest.raises(WrongSettings, match="OMBUD_HEARTBEAT_URL") as refused:
        read(environment(OMBUD_HEARTBEAT_URL=url))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("every", ["0", "-1", "0.5", "86401"])
def test_heartbeat_at_no_usable_interval_is_refused(environment, every):
    with pytest.raises(WrongSettings, match="OMBUD_HEARTBEAT_EVERY"):
        read(environment(OMBUD_HEARTBEAT_EVERY=every))


@pytest.mark.parametrize(
    ("url", "callback"),
    [
        ("", ""),
        ("https://ombud.example/notify/", "https://ombud.example/notify/v1/twilio/status"),
        ("http://127.0.0.1:8004", "http://127.0.0.1:8004/v1/twilio/status"),
    ],
)
def test_callbacks_are_asked_for_only_where_we_can_be_called(environment, url, callback):
    settings = read(environment(OMBUD_NOTIFY_PUBLIC_URL=url, OMBUD_SMS_URL="https://A:b@x?from=1"))
    assert settings.twilio_callback == callback
    assert make(settings)["twilio"].are_open is bool(url)
    assert settings.twilio_callback.removeprefix(settings.notify_public_url) in ("", "/v1/twilio/status")


@pytest.mark.parametrize("url", ["ombud.example", "ftp://x", "https://", "https://x?a=1", "https://x/#a"])
def test_wrong_public_url_is_refused(environment, url):
    with pytest.raises(WrongSettings, match="OMBUD_NOTIFY_PUBLIC_URL"):
        read(environment(OMBUD_NOTIFY_PUBLIC_URL=url))


def test_without_link_keys_it_does_not_start(environment):
    with pytest.raises(ValueError, match="OMBUD_LINK_KEYS"):
        read(environment(OMBUD_LINK_KEYS=""))


PROVIDERS = """\
providers:
  - name: one
    request: {url: "https://sms.example.org", form: {to: "{to}", text: "{text}"}, auth: {bearer: SMS_KEY}}
    answers: {accepted: {status: 200}}
  - twilio
"""


@pytest.fixture
def providers_file(tmp_path: Path) -> str:
    (tmp_path / "sms.yml").write_text(PROVIDERS)
    return str(tmp_path / "sms.yml")


def test_text_messages_go_by_the_providers_of_the_file_in_their_order(environment, providers_file, monkeypatch):
    monkeypatch.setenv("SMS_KEY", "s3cret")
    settings = read(environment(OMBUD_SMS_PROVIDERS=providers_file, OMBUD_SMS_URL="https://A:b@x?from=1"))
    assert [name for name, _ in sms_providers(settings)] == ["one", "twilio"]
    assert all(isinstance(channel, FittedSms) for _, channel in sms_providers(settings))
    assert ChannelName.SMS in make(settings)["channels"]
    assert "s3cret" not in repr(settings)


def test_without_that_file_they_go_by_twilio(environment):
    settings = read(environment(OMBUD_SMS_URL="https://A:b@x?from=1"))
    assert [name for name, _ in sms_providers(settings)] == ["twilio"]


def test_file_of_no_use_is_refused_with_its_mistakes(environment, providers_file, monkeypatch):
    monkeypatch.delenv("SMS_KEY", raising=False)
    with pytest.raises(WrongSettings) as caught:
        read(environment(OMBUD_SMS_PROVIDERS=providers_file))
    assert str(caught.value).splitlines() == [
        "OMBUD_SMS_PROVIDERS:",
        f"{providers_file}:3: providers.0.request.auth.bearer: the variable SMS_KEY is not set",
        f"{providers_file}:5: providers.1: twilio needs OMBUD_SMS_URL",
    ]


@pytest.fixture
def twilio_sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Twilio]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Twilio()
    yield made
    made.stop()


def test_text_messages_have_as_many_parts_as_the_policy_that_holds_now_allows(environment, twilio_sink):
    made = make(read(environment(OMBUD_SMS_URL=twilio_sink.url)))
    letter = Letter("a", "c", "+420601234567", "0f8c2d11 " + "word " * 60)
    book, channel = made["rules"], made["channels"][ChannelName.SMS]
    book._rules = replace(book.current, policy=Policy(segments=1))
    channel.send(letter, lambda: None)
    book._rules = replace(book.current, policy=Policy(segments=2))
    channel.send(letter, lambda: None)
    assert [len(parts(message["Body"])) for message in twilio_sink.messages] == [1, 2]


def test_slack_by_its_token_and_a_button_only_with_a_door(environment):
    slack = read(environment(OMBUD_SLACK_TOKEN="xoxb-1")).reach.slack
    assert slack and (slack.token, slack.url, slack.has_door) == ("xoxb-1", "https://slack.com/api", False)
    settings = {"OMBUD_SLACK_TOKEN": "xoxb-1", "OMBUD_SLACK_SIGNING_SECRET": "s", "OMBUD_SLACK_URL": "https://x/api/"}
    made = make(read(environment(**settings)))
    assert set(made["channels"]) == NEED_NONE | {ChannelName.SLACK}
    slack = read(environment(**settings)).reach.slack
    assert slack and (slack.url, slack.has_door) == ("https://x/api", True)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OMBUD_SLACK_TOKEN", "xoxb-secret\r\nX: y"),
        ("OMBUD_SLACK_TOKEN", "xoxb-secret ä"),
        ("OMBUD_SLACK_URL", "slack.com"),
        ("OMBUD_WEBHOOK_SECRET", "whsec_c2VjcmV0"),
        ("OMBUD_WEBHOOK_ALLOW", "127.0.0.1,https://x"),
    ],
)
def test_wrong_setting_of_a_chat_is_refused_by_its_name_and_no_secret_is_repeated(environment, variable, value):
    with pytest.raises(WrongSettings, match=variable) as caught:
        read(environment(**{variable: value}))
    assert "secret" not in str(caught.value).lower().replace("ombud_webhook_secret", "")
    assert "c2VjcmV0" not in str(caught.value)


def test_no_secret_of_a_chat_is_printed(environment):
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    settings = {"OMBUD_SLACK_TOKEN": "xoxb-1", "OMBUD_SLACK_SIGNING_SECRET": "hush", "OMBUD_WEBHOOK_SECRET": secret}
    printed = repr(read(environment(**settings)).reach)
    assert not any(word in printed for word in ("xoxb", "hush", "MfKQ"))

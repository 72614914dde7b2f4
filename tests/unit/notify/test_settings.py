"""What is read at start: right, or refused with a text that says what to set and keeps secrets."""

from typing import Any

import pytest
from environs import Env

from services.notify.channels.sms import SmsProvider
from services.notify.channels.smtp_session import SmtpServer
from services.notify.domain.alert import ChannelName
from services.notify.service import make
from services.notify.settings import read
from shared.settings import WrongSettings

NEEDED = {
    "OMBUD_AMQP_URI": "amqp://",
    "OMBUD_LINK_KEYS": "key",
    "OMBUD_SMTP_URL": "",
    "OMBUD_SMS_URL": "",
    "OMBUD_LAST_RESORT": "",
    "OMBUD_MAIL_FROM": "Ombud <ombud@localhost>",
}


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
    provider = SmsProvider.parse("https://AC1:to%2Fken@api.twilio.com?from=%2B15551234567")
    assert provider.url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    assert (provider.account, provider.token, provider.sender) == ("AC1", "to/ken", "+15551234567")


@pytest.mark.parametrize(
    "url",
    [
        "https://AC1:secret@api.twilio.com",
        "https://api.twilio.com?from=%2B1555",
        "ftp://AC1:secret@x?from=1",
        "https://AC1:secret@?from=1",
        "https://AC1:secret@x:y?from=1",
    ],
)
def test_wrong_sms_url_is_refused_without_its_token(url):
    with pytest.raises(WrongSettings, match="OMBUD_SMS_URL") as caught:
        SmsProvider.parse(url)
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
    assert set(made["channels"]) == made["rules"].current.configured == channels


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

"""Settings of notify, read once at start."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from environs import Env

from services.notify.channels.mime import Sender, is_address
from services.notify.channels.sms import SmsProvider
from services.notify.channels.smtp_session import SmtpServer
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from shared.links import required_keys
from shared.settings import CommonSettings, WrongSettings, common

STATUS = "/v1/twilio/status"  # the door of service.py
LAST_RESORT = "last-resort"  # the recipient's name when the setting is an address


@dataclass(frozen=True)
class Settings:
    """smtp, sms: None = the channel is not configured. last_resort: a person or an address, None = nobody.

    sms_replies: what is answered to our text messages is brought to us. notify_public_url: of notify, as the providers
    of messages call it; empty = they are not asked to.
    """

    common: CommonSettings
    smtp: SmtpServer | None
    sms: SmsProvider | None
    mail_from: Sender
    last_resort: str | None
    link_keys: tuple[str, ...]
    sms_replies: bool = False
    notify_public_url: str = ""

    @property
    def twilio_callback(self) -> str:
        """Where Twilio tells what became of a text message."""
        return self.notify_public_url and self.notify_public_url + STATUS

    @property
    def last_resort_contact(self) -> Contact | None:
        if self.last_resort is None or not is_address(self.last_resort):
            return None
        return Contact(LAST_RESORT, LAST_RESORT, {ChannelName.EMAIL: self.last_resort})


def read(env: Env | None = None) -> Settings:
    """Raises ValueError, with a text that says what to set and repeats no password."""
    env = env or Env(prefix="OMBUD_")
    shared = common(env, "notify")
    smtp_url, sms_url = env.str("SMTP_URL", ""), env.str("SMS_URL", "")
    return Settings(
        shared,
        SmtpServer.parse(smtp_url) if smtp_url else None,
        SmsProvider.parse(sms_url) if sms_url else None,
        Sender.parse(env.str("MAIL_FROM", "Ombud <ombud@localhost>")),
        env.str("LAST_RESORT", "").strip() or None,
        required_keys(shared.link_keys),
        env.bool("SMS_REPLIES", False),
        _public_url(env.str("NOTIFY_PUBLIC_URL", "")),
    )


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise WrongSettings("OMBUD_NOTIFY_PUBLIC_URL: the form is https://notify.example.org, perhaps with a path")
    return text.rstrip("/")

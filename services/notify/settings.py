"""Settings of notify, read once at start."""

from dataclasses import dataclass
from pathlib import Path

from environs import Env

from services.notify.channels.mime import Sender, is_address
from services.notify.channels.sms import SmsProvider
from services.notify.channels.smtp_session import SmtpServer
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from shared.links import required_keys
from shared.settings import CommonSettings, common

LAST_RESORT = "last-resort"  # the recipient's name when the setting is an address


@dataclass(frozen=True)
class Settings:
    """smtp, sms: None = the channel is not configured. last_resort: a person or an address, None = nobody.

    sms_replies: what is answered to our text messages is brought to `POST /v1/replies`.
    """

    common: CommonSettings
    smtp: SmtpServer | None
    sms: SmsProvider | None
    mail_from: Sender
    last_resort: str | None
    link_keys: tuple[str, ...]
    sms_replies: bool = False
    templates: Path | None = None  # a company's own, to be preferred

    @property
    def last_resort_contact(self) -> Contact | None:
        if self.last_resort is None or not is_address(self.last_resort):
            return None
        return Contact(LAST_RESORT, LAST_RESORT, {ChannelName.EMAIL: self.last_resort})


def read(env: Env | None = None) -> Settings:
    """Raises ValueError, with a text that says what to set and repeats no password."""
    env = env or Env(prefix="OMBUD_")
    shared = common(env, "notify")
    templates = env.str("TEMPLATES", "")
    smtp_url, sms_url = env.str("SMTP_URL", ""), env.str("SMS_URL", "")
    return Settings(
        shared,
        SmtpServer.parse(smtp_url) if smtp_url else None,
        SmsProvider.parse(sms_url) if sms_url else None,
        Sender.parse(env.str("MAIL_FROM", "Ombud <ombud@localhost>")),
        env.str("LAST_RESORT", "").strip() or None,
        required_keys(shared.link_keys),
        env.bool("SMS_REPLIES", False),
        templates=Path(templates) if templates else None,
    )

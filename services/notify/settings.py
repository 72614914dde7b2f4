"""Settings of notify, read once at start."""

import os
from dataclasses import dataclass
from pathlib import Path

from environs import Env

from services.notify.channels import sms_file
from services.notify.channels.mime import Sender, is_address
from services.notify.channels.sms_file import SmsProvider
from services.notify.channels.smtp_session import SmtpServer
from services.notify.channels.twilio import TwilioAccount
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from shared.links import required_keys
from shared.policy.page import PolicyError
from shared.settings import CommonSettings, WrongSettings, common

LAST_RESORT = "last-resort"  # the recipient's name when the setting is an address


@dataclass(frozen=True)
class Settings:
    """smtp, sms: None = the channel is not configured. last_resort: a person or an address, None = nobody.

    sms: the account at Twilio. sms_providers: by whom text messages go, in the order in which they are tried.
    sms_replies: what is answered to our text messages is brought to `POST /v1/replies`.
    """

    common: CommonSettings
    smtp: SmtpServer | None
    sms: TwilioAccount | None
    mail_from: Sender
    last_resort: str | None
    link_keys: tuple[str, ...]
    sms_replies: bool = False
    sms_providers: tuple[SmsProvider, ...] = ()

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
    twilio = TwilioAccount.parse(sms_url) if sms_url else None
    return Settings(
        shared,
        SmtpServer.parse(smtp_url) if smtp_url else None,
        twilio,
        Sender.parse(env.str("MAIL_FROM", "Ombud <ombud@localhost>")),
        env.str("LAST_RESORT", "").strip() or None,
        required_keys(shared.link_keys),
        env.bool("SMS_REPLIES", False),
        _sms_providers(env.str("SMS_PROVIDERS", ""), twilio),
    )


def _sms_providers(file: str, twilio: TwilioAccount | None) -> tuple[SmsProvider, ...]:
    if not file:
        return (twilio,) if twilio else ()
    try:
        return sms_file.read(Path(file), twilio, os.environ.get)
    except PolicyError as error:
        raise WrongSettings(f"OMBUD_SMS_PROVIDERS:\n{error}") from error

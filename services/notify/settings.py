"""Settings of notify, read once at start."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env
from standardwebhooks import Webhook as Signer

from services.notify.channels import sms_file
from services.notify.channels.channel import Letter
from services.notify.channels.guard import Allowed
from services.notify.channels.mime import Sender, is_address
from services.notify.channels.slack import SLACK, Workspace
from services.notify.channels.sms_file import SmsProvider
from services.notify.channels.smtp_session import SmtpServer
from services.notify.channels.twilio import TwilioAccount
from services.notify.channels.webhook import usual_signer
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from shared.links import required_keys
from shared.policy.page import PolicyError
from shared.settings import CommonSettings, WrongSettings, common, link_age, public_url

A_DAY = 86400
SHIPPED_POLICY = Path(__file__).parent / "policy.yml"
STATUS = "/v1/twilio/status"  # the door of service.py
LAST_RESORT = "last-resort"  # the recipient's name when the setting is an address


@dataclass(frozen=True)
class Reach:
    """The channels beside mail and SMS.

    slack: None = not configured. slack_secret: with which Slack signs what it posts to us; empty = it may not.
    signer: of webhooks whose contact has no secret. allowed: where URLs of contacts may lead to off the internet.
    """

    slack: Workspace | None = None
    slack_secret: str = field(default="", repr=False)
    slack_url: str = SLACK
    signer: Signer | None = field(default=None, repr=False)
    allowed: Allowed = field(default_factory=Allowed)


@dataclass(frozen=True)
class Settings:
    """smtp, sms: None = the channel is not configured. last_resort: a person or an address, None = nobody.

    policy_file: how alerts are sent; the shipped one unless OMBUD_NOTIFY_POLICY names another.
    sms: the account at Twilio. sms_providers: by whom text messages go, in the order in which they are tried.
    sms_replies: what is answered to our text messages is brought to us. notify_public_url: of notify, as the providers
    of messages call it; empty = they are not asked to.
    """

    common: CommonSettings
    smtp: SmtpServer | None
    sms: TwilioAccount | None
    mail_from: Sender
    last_resort: str | None
    link_keys: tuple[str, ...]
    sms_replies: bool = False
    heartbeat_url: str | None = field(default=None, repr=False)
    heartbeat_every: timedelta = timedelta(seconds=60)
    policy_file: Path = SHIPPED_POLICY
    sms_providers: tuple[SmsProvider, ...] = ()
    reach: Reach = field(default_factory=Reach)
    link_max_age: timedelta = timedelta(hours=168)
    notify_public_url: str = ""
    templates: Path | None = None  # a company's own, to be preferred

    @property
    def twilio_callback(self) -> str:
        """Where Twilio tells what became of a text message."""
        return self.notify_public_url and self.notify_public_url + STATUS

    def twilio_callback_of(self, letter: Letter) -> str | None:
        """Where Twilio tells what became of this letter's message."""
        return f"{self.twilio_callback}?alert={letter.alert_id}" if self.twilio_callback else None

    @property
    def last_resort_contact(self) -> Contact | None:
        if self.last_resort is None or not is_address(self.last_resort):
            return None
        return Contact(LAST_RESORT, LAST_RESORT, {ChannelName.EMAIL: self.last_resort})


def read(env: Env | None = None) -> Settings:
    """Raises ValueError, with a text that says what to set and repeats no password."""
    env = env or Env(prefix="OMBUD_")
    shared = common(env, "notify")
    heartbeat_url = env.str("HEARTBEAT_URL", "").strip()
    policy = env.str("NOTIFY_POLICY", "")
    templates, reached = env.str("TEMPLATES", ""), env.str("NOTIFY_PUBLIC_URL", "")
    smtp_url, sms_url = env.str("SMTP_URL", ""), env.str("SMS_URL", "")
    twilio = TwilioAccount.parse(sms_url) if sms_url else None
    return Settings(
        common=shared,
        smtp=SmtpServer.parse(smtp_url) if smtp_url else None,
        sms=twilio,
        sms_providers=_sms_providers(env.str("SMS_PROVIDERS", ""), twilio),
        mail_from=Sender.parse(env.str("MAIL_FROM", "Ombud <ombud@localhost>")),
        last_resort=env.str("LAST_RESORT", "").strip() or None,
        link_keys=required_keys(shared.link_keys),
        sms_replies=env.bool("SMS_REPLIES", False),
        heartbeat_url=_heartbeat(heartbeat_url) if heartbeat_url else None,
        heartbeat_every=_seconds("OMBUD_HEARTBEAT_EVERY", env.float("HEARTBEAT_EVERY", 60.0)),
        policy_file=Path(policy) if policy else SHIPPED_POLICY,
        reach=_reach(env),
        link_max_age=link_age(env),
        notify_public_url=public_url("OMBUD_NOTIFY_PUBLIC_URL", reached) if reached else "",
        templates=Path(templates) if templates else None,
    )


def _reach(env: Env) -> Reach:
    token, secret = env.str("SLACK_TOKEN", "").strip(), env.str("SLACK_SIGNING_SECRET", "").strip()
    url = env.str("SLACK_URL", SLACK).rstrip("/")
    if not url.startswith(("https://", "http://")):
        raise WrongSettings("OMBUD_SLACK_URL: the form is https://slack.com/api")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise WrongSettings("OMBUD_SLACK_TOKEN: the form is xoxb-…, as Slack shows it under OAuth & Permissions")
    return Reach(
        Workspace(token, url, has_door=bool(secret)) if token else None,
        secret,
        url,
        usual_signer(env.str("WEBHOOK_SECRET", "").strip()),
        Allowed.parse(env.list("WEBHOOK_ALLOW", [])),
    )


def _heartbeat(text: str) -> str:
    """The URL; raises WrongSettings, whose text does not repeat it: who knows it can beat in our place."""
    wrong = WrongSettings("OMBUD_HEARTBEAT_URL: the form is https://host/path")
    try:
        parts = urlsplit(text)
        is_usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not is_usable or any(c.isspace() for c in text):
        raise wrong
    return text


def _seconds(name: str, value: float) -> timedelta:
    if not 1 <= value <= A_DAY:
        raise WrongSettings(f"{name}: needs seconds, 1 to {A_DAY}")
    return timedelta(seconds=value)


def _sms_providers(file: str, twilio: TwilioAccount | None) -> tuple[SmsProvider, ...]:
    if not file:
        return (twilio,) if twilio else ()
    try:
        return sms_file.read(Path(file), twilio, os.environ.get)
    except PolicyError as error:
        raise WrongSettings(f"OMBUD_SMS_PROVIDERS:\n{error}") from error

"""Settings of notify, read once at start."""

from dataclasses import dataclass, field
from datetime import timedelta

from environs import Env
from standardwebhooks import Webhook as Signer

from services.notify.channels.guard import Allowed
from services.notify.channels.mime import Sender, is_address
from services.notify.channels.slack import SLACK, Workspace
from services.notify.channels.sms import SmsProvider
from services.notify.channels.smtp_session import SmtpServer
from services.notify.channels.webhook import usual_signer
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from shared.links import required_keys
from shared.settings import CommonSettings, WrongSettings, common

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

    sms_replies: what is answered to our text messages is brought to `POST /v1/replies`.
    """

    common: CommonSettings
    smtp: SmtpServer | None
    sms: SmsProvider | None
    mail_from: Sender
    last_resort: str | None
    link_keys: tuple[str, ...]
    sms_replies: bool = False
    reach: Reach = field(default_factory=Reach)
    link_max_age: timedelta = timedelta(hours=168)

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
        _reach(env),
        timedelta(hours=env.float("LINK_MAX_AGE_HOURS", 168.0)),
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

"""The channels that an installation has settings for, with their providers. Called by service.py at start."""

from collections.abc import Callable

from services.notify.channels.channel import Channel
from services.notify.channels.email import Email
from services.notify.channels.fitted_sms import FittedSms
from services.notify.channels.long_tail import LongTail
from services.notify.channels.slack import Slack
from services.notify.channels.sms_http import HttpSms
from services.notify.channels.teams import Teams
from services.notify.channels.twilio import NAME as TWILIO
from services.notify.channels.twilio import Twilio, TwilioAccount
from services.notify.channels.webhook import Webhook
from services.notify.domain.alert import ChannelName
from services.notify.domain.policy import NO_POLICY
from services.notify.settings import Settings

# At once, per channel: a hanging provider holds up its own channel only, a hanging recipient some senders.
SENDERS = 30
MostParts = Callable[[], int]


def any_parts() -> int:
    """Where no policy says how long a text message may be."""
    return NO_POLICY.segments


def channels_of(settings: Settings, most_parts: MostParts = any_parts) -> dict[ChannelName, Channel]:
    reach = settings.reach
    channels: dict[ChannelName, Channel] = {  # these need no more than an address, which is a URL
        ChannelName.TEAMS: Teams(reach.allowed, SENDERS),
        ChannelName.WEBHOOK: Webhook(reach.signer, reach.allowed, SENDERS),
        ChannelName.APPRISE: LongTail(reach.allowed),
    }
    if settings.smtp:
        channels[ChannelName.EMAIL] = Email(settings.smtp, settings.mail_from)
    if providers := sms_providers(settings, most_parts):
        channels[ChannelName.SMS] = providers[0][1]
    if reach.slack:
        channels[ChannelName.SLACK] = Slack(reach.slack, SENDERS)
    return channels


def sms_providers(settings: Settings, most_parts: MostParts = any_parts) -> list[tuple[str, Channel]]:
    """Those of the channel `sms` by name, in the order in which they are tried."""
    made: list[tuple[str, Channel]] = []
    for provider in settings.sms_providers:
        if isinstance(provider, TwilioAccount):
            made.append((TWILIO, FittedSms(Twilio(provider, SENDERS), most_parts)))
        else:
            made.append((provider.name, FittedSms(HttpSms(provider, SENDERS), most_parts)))
    return made

"""The channels that an installation has settings for, with their providers. Called by service.py at start."""

from collections.abc import Callable, Iterable

from services.notify.channels.channel import Channel
from services.notify.channels.email import Email
from services.notify.channels.fitted_sms import FittedSms
from services.notify.channels.hosts import Hosts
from services.notify.channels.line import Line, Provider
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

# At once, per provider: a hanging one holds up its own channel only, a hanging recipient some senders. So many, as half
# of a letter's time is not the provider's: then 300 a second leave by one that takes 50 ms for each.
SENDERS = 40
SMTP, SLACK = "smtp", "slack"
# That a policy may limit although there is none of them here; others are those of OMBUD_SMS_PROVIDERS.
OWN = frozenset(
    {SMTP, TWILIO, SLACK, *(c.value for c in (ChannelName.TEAMS, ChannelName.WEBHOOK, ChannelName.APPRISE))}
)
MostParts = Callable[[], int]


def any_parts() -> int:
    """Where no policy says how long a text message may be."""
    return NO_POLICY.segments


def channels_of(settings: Settings, most_parts: MostParts = any_parts) -> dict[ChannelName, Line]:
    return {name: Line(name, providers, SENDERS) for name, providers in _providers(settings, most_parts).items()}


def names_of(lines: Iterable[Line]) -> frozenset[str]:
    """Every provider that a policy may limit."""
    return OWN.union(*(line.providers for line in lines))


def _providers(settings: Settings, most_parts: MostParts) -> dict[ChannelName, list[Provider]]:
    """Of each channel, the one to be asked first before the others."""
    providers = _at_their_hosts(settings)
    if settings.smtp:
        providers[ChannelName.EMAIL] = [Provider(SMTP, Email(settings.smtp, settings.mail_from))]
    if messengers := sms_providers(settings, most_parts):
        providers[ChannelName.SMS] = [Provider(name, channel) for name, channel in messengers]
    if settings.reach.slack:
        providers[ChannelName.SLACK] = [Provider(SLACK, Slack(settings.reach.slack, SENDERS))]
    return providers


def _at_their_hosts(settings: Settings) -> dict[ChannelName, list[Provider]]:
    """Those that need no more than an address, which is a URL: each host of one is a provider of its own."""
    reach = settings.reach
    channels: dict[ChannelName, Channel] = {
        ChannelName.TEAMS: Teams(reach.allowed, SENDERS),
        ChannelName.WEBHOOK: Webhook(reach.signer, reach.allowed, SENDERS),
        ChannelName.APPRISE: LongTail(reach.allowed),
    }
    return {name: [Provider(name.value, Hosts(name, each), of_hosts=True)] for name, each in channels.items()}


def sms_providers(settings: Settings, most_parts: MostParts = any_parts) -> list[tuple[str, Channel]]:
    """Those of the channel `sms` by name, in the order in which they are tried."""
    made: list[tuple[str, Channel]] = []
    for provider in settings.sms_providers:
        if isinstance(provider, TwilioAccount):
            twilio = Twilio(provider, SENDERS, callback_of=settings.twilio_callback_of)
            made.append((TWILIO, FittedSms(twilio, most_parts)))
        else:
            made.append((provider.name, FittedSms(HttpSms(provider, SENDERS), most_parts)))
    return made

"""The channels that an installation has settings for, with their providers. Called by service.py at start."""

from services.notify.channels.email import Email
from services.notify.channels.line import Line, Provider
from services.notify.channels.sms import Sms
from services.notify.domain.alert import ChannelName
from services.notify.settings import Settings

# At once, per provider: a hanging one holds up its own channel only, a hanging recipient some senders. So many, as half
# of a letter's time is not the provider's: then 300 a second leave by one that takes 50 ms for each.
SENDERS = 40
SMTP, TWILIO = "smtp", "twilio"


def channels_of(settings: Settings) -> dict[ChannelName, Line]:
    return {name: Line(name, providers, SENDERS) for name, providers in _providers(settings).items()}


def _providers(settings: Settings) -> dict[ChannelName, list[Provider]]:
    """Of each channel, the one to be asked first before the others."""
    providers: dict[ChannelName, list[Provider]] = {}
    if settings.smtp:
        providers[ChannelName.EMAIL] = [Provider(SMTP, Email(settings.smtp, settings.mail_from))]
    if settings.sms:
        providers[ChannelName.SMS] = [Provider(TWILIO, Sms(settings.sms, SENDERS))]
    return providers

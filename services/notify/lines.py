"""The channels that an installation has settings for, with their providers. Called by service.py at start."""

from services.notify.channels.channel import Channel
from services.notify.channels.email import Email
from services.notify.channels.sms import Sms
from services.notify.domain.alert import ChannelName
from services.notify.settings import Settings

# At once, per channel: a hanging provider holds up its own channel only, a hanging recipient some senders.
SENDERS = 30


def channels_of(settings: Settings) -> dict[ChannelName, Channel]:
    channels: dict[ChannelName, Channel] = {}
    if settings.smtp:
        channels[ChannelName.EMAIL] = Email(settings.smtp, settings.mail_from)
    if settings.sms:
        channels[ChannelName.SMS] = Sms(settings.sms, SENDERS, callback=settings.twilio_callback)
    return channels

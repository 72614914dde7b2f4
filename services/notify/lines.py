"""The channels that an installation has settings for, with their providers. Called by service.py at start."""

from services.notify.channels.channel import Channel
from services.notify.channels.email import Email
from services.notify.channels.long_tail import LongTail
from services.notify.channels.slack import Slack
from services.notify.channels.sms import Sms
from services.notify.channels.teams import Teams
from services.notify.channels.webhook import Webhook
from services.notify.domain.alert import ChannelName
from services.notify.settings import Settings

# At once, per channel: a hanging provider holds up its own channel only, a hanging recipient some senders.
SENDERS = 30


def channels_of(settings: Settings) -> dict[ChannelName, Channel]:
    reach = settings.reach
    channels: dict[ChannelName, Channel] = {  # these need no more than an address, which is a URL
        ChannelName.TEAMS: Teams(reach.allowed, SENDERS),
        ChannelName.WEBHOOK: Webhook(reach.signer, reach.allowed, SENDERS),
        ChannelName.APPRISE: LongTail(reach.allowed),
    }
    if settings.smtp:
        channels[ChannelName.EMAIL] = Email(settings.smtp, settings.mail_from)
    if settings.sms:
        channels[ChannelName.SMS] = Sms(settings.sms, SENDERS)
    if reach.slack:
        channels[ChannelName.SLACK] = Slack(reach.slack, SENDERS)
    return channels

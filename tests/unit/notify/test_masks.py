"""An address is shown as far as to tell a wrong one, and no secret in it."""

import pytest

from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import webhook_address
from services.notify.masks import masked


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        (ChannelName.EMAIL, "ann@example.org", "a***@example.org"),
        (ChannelName.SMS, "+420601234567", "+420***67"),
        (ChannelName.SLACK, "U0123456", "U01***"),
        (ChannelName.TEAMS, "https://x.example/workflows/secret?sig=secret", "https://x.example/…"),
        (ChannelName.WEBHOOK, webhook_address("https://u:pw@x.example/hook?k=1", "whsec_abc"), "https://x.example/…"),
        (ChannelName.APPRISE, "tgram://bottoken/chat", "tgram://…"),
    ],
)
def test_no_more_than_that_is_shown(channel: ChannelName, address: str, shown: str):
    assert masked(channel, address) == shown

"""What is shown of an address tells a wrong one from a right one, and no secret."""

import pytest

from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import FIELD_OF, Contact, webhook_address
from services.notify.people.contact_documents import contact_document
from services.notify.people.masks import masked

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SHOWN = [
    (ChannelName.EMAIL, "petr.svoboda@kestrel.example", "p***@kestrel.example"),
    (ChannelName.SMS, "+420601000001", "+420***01"),
    (ChannelName.SLACK, "U02ABCDEF", "U02***"),
    (ChannelName.TEAMS, "https://host.example/workflows/abc?sig=s3cret", "https://host.example/…"),
    (ChannelName.WEBHOOK, webhook_address("https://host.example/hooks/s3cret", SECRET), "https://host.example/…"),
    (ChannelName.WEBHOOK, "https://host.example", "https://host.example/…"),
    (ChannelName.APPRISE, "tgram://123456:s3cret/chat", "tgram://…"),
]


@pytest.mark.parametrize(("channel", "address", "shown"), SHOWN)
def test_an_address_is_shown_as_far_as_it_tells_a_wrong_one(channel: ChannelName, address: str, shown: str):
    assert masked(channel, address) == shown


@pytest.mark.parametrize(("channel", "address", "shown"), SHOWN)
def test_a_contact_shows_what_a_test_alert_shows(channel: ChannelName, address: str, shown: str):
    told = contact_document(Contact("petr", "Petr", {channel: address}))[FIELD_OF[channel]]
    assert (told["url"] if channel is ChannelName.WEBHOOK else told) == shown
    assert SECRET not in str(told)

"""Addresses as they are shown: only as far as to tell a wrong one. They never leave notify whole.

Used by contact_documents.py and plans/trying.py.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from services.notify.channels.apprise_address import scheme_of
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import webhook_parts


def masked(channel: ChannelName, address: str) -> str:
    """Of a webhook its URL alone, without its secret."""
    return _MASKS[channel](address)


def _email(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***{at}{domain}"


def _phone(address: str) -> str:
    return f"{address[:4]}***{address[-2:]}"


def _slack(address: str) -> str:
    return f"{address[:3]}***"


def _url(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}/…"


def _webhook(address: str) -> str:
    return _url(webhook_parts(address)[0])


def _apprise(address: str) -> str:
    """What follows is a host for some of its services, and a token for others."""
    return f"{scheme_of(address)}://…"


_MASKS: Mapping[ChannelName, Callable[[str], str]] = {
    ChannelName.EMAIL: _email,
    ChannelName.SMS: _phone,
    ChannelName.SLACK: _slack,
    ChannelName.TEAMS: _url,
    ChannelName.WEBHOOK: _webhook,
    ChannelName.APPRISE: _apprise,
}

"""Addresses as they are shown: only as far as to tell a wrong one. They never leave notify whole.

Used by contact_documents.py and trying.py.
"""

from urllib.parse import urlsplit

from services.notify.apprise_address import scheme_of
from services.notify.domain.alert import ChannelName


def masked(channel: ChannelName, address: str) -> str:
    """address: as contacts keep it; of a webhook with its secret, which is not shown."""
    if channel is ChannelName.EMAIL:
        local, at, domain = address.rpartition("@")
        return f"{local[:1]}***{at}{domain}"
    if channel is ChannelName.SMS:
        return f"{address[:4]}***{address[-2:]}"
    if channel is ChannelName.SLACK:
        return f"{address[:3]}***"
    if channel is ChannelName.APPRISE:  # what follows is a host for some of its services, and a token for others
        return f"{scheme_of(address)}://…"
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}/…"

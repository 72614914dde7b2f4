"""Addresses as they are shown: only as far as to tell a wrong one. They never leave notify whole. Used by trying.py."""

from services.notify.domain.alert import ChannelName


def masked(channel: ChannelName, address: str) -> str:
    if channel is ChannelName.EMAIL:
        local, at, domain = address.rpartition("@")
        return f"{local[:1]}***{at}{domain}"
    if channel is ChannelName.SMS:
        return f"{address[:4]}***{address[-2:]}"
    return f"{address[:4]}***"

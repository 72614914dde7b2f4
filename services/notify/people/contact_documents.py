"""A contact as it is told, field by field, and as it is shown. Called by the use cases."""

from collections.abc import Iterable
from typing import Any

from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import FIELD_OF, Contact, QuietHours, Wish, webhook_parts
from services.notify.people.masks import masked
from services.notify.people.wish_fields import DEFAULT
from shared.contracts.event import Severity
from shared.hours.intervals import in_words
from shared.hours.schedule import shift_document


def contact_fields(contact: Contact) -> dict[str, Any]:
    """What was said of a contact, in the order of the body; addresses as they are kept: never for others to see."""
    return {
        "name": contact.name,
        **{field: contact.address(channel) for channel, field in FIELD_OF.items()},
        "language": contact.language,
        "timezone": contact.timezone,
        "channels": _order(contact),
        "quiet_hours": quiet_document(contact.quiet) if contact.quiet else None,
        "gather": in_words(contact.gather) if contact.gather else None,
        "wishes": [wish.value for wish in Wish if wish in contact.wishes],
    }


def contact_document(contact: Contact) -> dict[str, Any]:
    """A contact as it is shown: addresses only as far as to tell a wrong one. They never leave notify whole.

    channels: for the severities that are not in by_severity.
    """
    shown = {FIELD_OF[channel]: _shown(channel, address) for channel, address in contact.addresses.items()}
    opted_out = [c.value for c in ChannelName if c in contact.opted_out]
    orders = {"channels": _names(contact.channels), "by_severity": _by_severity(contact)}
    return {"person": contact.person, **contact_fields(contact), **shown, **orders, "opted_out": opted_out}


def quiet_document(quiet: QuietHours) -> dict[str, Any]:
    """As bodies and rosters write it."""
    return {
        "hours": [shift_document(shift) for shift in quiet.shifts],
        "but_for": [severity.value for severity in Severity if severity in quiet.but_for],
    }


def _order(contact: Contact) -> list[str] | dict[str, list[str]]:
    """As bodies and rosters write it."""
    default, by_severity = _names(contact.channels), _by_severity(contact)
    return by_severity | {DEFAULT: default} if by_severity else default


def _by_severity(contact: Contact) -> dict[str, list[str]]:
    return {severity.value: _names(order) for severity, order in contact.by_severity.items()}


def _names(order: Iterable[ChannelName]) -> list[str]:
    return [channel.value for channel in order]


def _shown(channel: ChannelName, address: str) -> Any:
    shown = masked(channel, address)
    if channel is not ChannelName.WEBHOOK:
        return shown
    return {"url": shown, "secret": "***" if webhook_parts(address)[1] else None}

"""What this installation can do and how it wants to alert; pure, carried through the use cases."""

from dataclasses import dataclass
from datetime import timedelta

from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from services.notify.domain.policy import NO_POLICY, Policy


@dataclass(frozen=True)
class Rules:
    """Channels with settings, who hears of what nobody answered, and the policy in force.

    receipts: the channels whose providers tell what became of a letter that they took. links_hold: how long the link of
    an alert can be used, and the alert be answered where it came.
    """

    configured: frozenset[ChannelName]
    last_resort: str | None = None
    last_resort_contact: Contact | None = None  # set when the last resort is an address instead of a person
    policy: Policy = NO_POLICY
    receipts: frozenset[ChannelName] = frozenset()
    links_hold: timedelta = timedelta(hours=168)

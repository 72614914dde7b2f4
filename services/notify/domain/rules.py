"""What this installation can do and how it wants to alert; pure, carried through the use cases."""

from dataclasses import dataclass

from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from services.notify.domain.policy import NO_POLICY, Policy


@dataclass(frozen=True)
class Rules:
    """Channels with settings, who hears of what nobody answered, and the policy in force.

    receipts: the channels whose providers tell what became of a letter that they took.
    """

    configured: frozenset[ChannelName]
    last_resort: str | None = None
    last_resort_contact: Contact | None = None  # set when the last resort is an address instead of a person
    policy: Policy = NO_POLICY
    receipts: frozenset[ChannelName] = frozenset()

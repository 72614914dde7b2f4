"""Events in: `subscribe`. See `subscription.py` for the order of inbox, handler, commit and ack."""

from shared.messaging.envelope import given_up
from shared.messaging.inbox import sweep as sweep_inbox
from shared.messaging.subscription import Subscription

subscribe = Subscription.decorator

__all__ = ["Subscription", "given_up", "subscribe", "sweep_inbox"]

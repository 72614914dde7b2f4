"""New alerts are kept, in line before the senders. Called by whoever plans some: planning, further, trying."""

from functools import partial

from services.notify import metrics, store
from services.notify.domain.alert import Alert
from services.notify.domain.places import LATELY, with_firsts
from services.notify.plans.conclusions import announce_ends
from shared.database import Transaction

SENDER = "send_alerts"  # the tick that sends


def add(tx: Transaction, alerts: list[Alert]) -> None:
    """Tells of those that ended at once, and wakes the sender for the others."""
    store.add_alerts(tx, with_firsts(alerts, store.called_lately(tx, alerts, LATELY)))
    tx.once_committed(partial(metrics.count_planned, alerts))
    announce_ends(tx, [a for a in alerts if a.has_ended])
    if not all(a.has_ended for a in alerts):
        tx.wake(SENDER)

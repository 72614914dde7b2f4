"""Series of the subscription: what came in over each queue and how it ended."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from shared.messaging.envelope import Received

EVENTS = Counter(
    "ombud_events_total", "Events taken from a queue, or at a door of intake, by how they ended", ["queue", "outcome"]
)
BATCH_SECONDS = Histogram(
    "ombud_event_batch_duration_seconds",
    "Time to work off one batch, commit included",
    ["queue"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
AGE = Histogram(
    "ombud_event_age_seconds",
    "From when one of our services announced an event to when it was worked off here; copies do not count",
    ["queue"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800),
)
WAITING = Gauge("ombud_queue_messages", "Messages that wait in a queue, at the last look of this replica", ["queue"])
HOLDING = Gauge(
    "ombud_subscription_holding", "1 while a subscription holds its messages because the database is away", ["queue"]
)
RECONNECTS = Counter(
    "ombud_subscription_reconnects_total", "Broker connections that were lost and opened anew", ["queue"]
)
# `duplicate` is a copy that the inbox knew; `retry` failed and is kept for later, `dead` is a dead letter.
OUTCOMES = ("handled", "duplicate", "retry", "dead")


HANDLED, DUPLICATE, RETRY, DEAD = OUTCOMES
OURS = "/ombud/"  # before the name of a service: the source of what Ombud announced, whose clocks can be believed


def start_at_zero(queue: str) -> None:
    for outcome in OUTCOMES:
        EVENTS.labels(queue, outcome)
    for series in (BATCH_SECONDS, AGE, WAITING, HOLDING, RECONNECTS):
        series.labels(queue)


def start_door_at_zero(door: str) -> None:
    """A door that knows copies as a queue does; what fails there is answered, and neither tried again nor kept."""
    for outcome in (HANDLED, DUPLICATE):
        EVENTS.labels(door, outcome)


def count_taken(queue: str, new: int, copies: int) -> None:
    """Called after the commit."""
    EVENTS.labels(queue, HANDLED).inc(new)
    EVENTS.labels(queue, DUPLICATE).inc(copies)


def note_ages(queue: str, events: Iterable[Received], now: datetime) -> None:
    """Called after the commit, with those that were new."""
    for received in events:
        announced_at = _announced_at(received)
        if announced_at is not None:
            AGE.labels(queue).observe(max(0.0, (now - announced_at).total_seconds()))


def _announced_at(received: Received) -> datetime | None:
    if not received.source.startswith(OURS):
        return None
    try:
        instant = datetime.fromisoformat(str(received.message.headers.get("ce-time", "")))
    except ValueError:
        return None
    return instant if instant.tzinfo else None

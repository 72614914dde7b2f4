"""Series of the subscription: what came in over each queue and how it ended."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("ombud_events_total", "Events taken from a queue, by how they ended", ["queue", "outcome"])
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


def start_at_zero(queue: str) -> None:
    for outcome in OUTCOMES:
        EVENTS.labels(queue, outcome)
    for series in (BATCH_SECONDS, AGE, WAITING, HOLDING, RECONNECTS):
        series.labels(queue)

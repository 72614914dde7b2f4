"""Series of the quarantine: what is in it, and what left it which way."""

from prometheus_client import Counter, Gauge

from shared.database import Transaction
from shared.quarantine import letters

# Why messages become dead letters; one that is not among them counts as `other`.
REASONS = (
    "unknown_type",
    "not_json",
    "invalid_data",
    "invalid",
    "too_large",
    "rejected",
    "failed",
    "given_up",
)
OTHER = "other"
LETTERS = Gauge("ombud_dead_letters", "Dead letters that are there now, by reason", ["reason"])
OLDEST = Gauge("ombud_dead_letters_oldest_age_seconds", "How long the oldest dead letter has been there")
REPLAYED = Counter("ombud_dead_letters_replayed_total", "Dead letters that were worked off again")
DISCARDED = Counter("ombud_dead_letters_discarded_total", "Dead letters that somebody threw away")
for _reason in (*REASONS, OTHER):
    LETTERS.labels(_reason)


def look(tx: Transaction) -> None:
    """Sets the gauges from the database; called when metrics are asked for."""
    counts = letters.by_reason(tx)
    for reason in REASONS:
        LETTERS.labels(reason).set(counts.get(reason, 0))
    LETTERS.labels(OTHER).set(sum(number for reason, number in counts.items() if reason not in REASONS))
    oldest = letters.oldest(tx)
    OLDEST.set((tx.now - oldest).total_seconds() if oldest else 0)

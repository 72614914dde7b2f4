"""Series of the quarantine: what is in it, and what left it which way."""

from prometheus_client import Counter, Gauge

from shared.database import Database
from shared.quarantine import letters

# Why messages become dead letters; a service may add reasons of its own, and they show when they occur.
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
LETTERS = Gauge("ombud_dead_letters", "Dead letters that are there now, by reason", ["service", "reason"])
REPLAYED = Counter("ombud_dead_letters_replayed_total", "Dead letters that were worked off again", ["service"])
DISCARDED = Counter("ombud_dead_letters_discarded_total", "Dead letters that somebody threw away", ["service"])
_shown: set[str] = set(REASONS)


def start_at_zero(service: str) -> None:
    for reason in REASONS:
        LETTERS.labels(service, reason)
    REPLAYED.labels(service)
    DISCARDED.labels(service)


def look(db: Database) -> None:
    """Sets the gauge from the database; called when metrics are asked for."""
    with db.read() as tx:
        counts = letters.by_reason(tx)
    _shown.update(counts)
    for reason in _shown:
        LETTERS.labels(db.service, reason).set(counts.get(reason, 0))

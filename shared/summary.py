"""What the plumbing of a service still holds: part of every service's `GET /v1/summary`."""

from sqlalchemy import func, select

from shared import tables
from shared.database import Transaction


def plumbing_counts(tx: Transaction) -> dict[str, int]:
    """Rows still on their way (outbox, retries) and put aside (dead_letters)."""
    return {
        str(t.name): tx.connection.scalar(select(func.count()).select_from(t)) or 0
        for t in (tables.outbox, tables.retries, tables.dead_letters)
    }

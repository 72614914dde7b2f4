"""Which events were seen before: rows written in the same transaction as their effect. Asked by receiver.py."""

from datetime import timedelta

from sqlalchemy import delete, select

from shared import clock, tables
from shared.database import Transaction
from shared.messaging.envelope import Received

KEPT_FOR = timedelta(days=30)


def only_new(tx: Transaction, queue: str, received: list[Received]) -> list[Received]:
    """Drops what was seen before, by (source, id), and marks the rest as seen; sorted: replicas never deadlock."""
    seen_at = clock.now()  # not tx.now, which is read once and must not be older than the locks that the handler takes
    distinct = {(r.source, r.id): r for r in reversed(received)}
    rows = [
        {"consumer": queue, "source": source, "event_id": id_, "seen_at": seen_at} for source, id_ in sorted(distinct)
    ]
    table = tables.inbox
    fresh = set()
    for source in sorted({s for s, _ in distinct}):
        of_source = [row for row in rows if row["source"] == source]
        fresh |= {(source, i) for i in tx.insert_many(table, of_source, skip_existing=True, returning=table.c.event_id)}
    return [r for r in received if (r.source, r.id) in fresh and distinct[(r.source, r.id)] is r]


def sweep(tx: Transaction, limit: int = 5000) -> int:
    """Deletes rows past the time in which a copy could still come; gives their number."""
    t = tables.inbox
    old = select(t.c.consumer, t.c.source, t.c.event_id).where(t.c.seen_at < tx.now - KEPT_FOR).limit(limit).subquery()
    matches = (t.c.consumer == old.c.consumer) & (t.c.source == old.c.source) & (t.c.event_id == old.c.event_id)
    return tx.execute(delete(t).where(select(1).where(matches).exists())).rowcount

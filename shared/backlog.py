"""What of a service still waits in its own database, as series; read for the runner when metrics are asked for."""

from prometheus_client import Gauge
from sqlalchemy import func, select

from shared import tables
from shared.database import Database, Transaction
from shared.quarantine import metrics as quarantine

OTHER = "other"  # retries of a queue that nobody works off any more
OUTBOX = Gauge("ombud_outbox_waiting", "Rows in the outbox")
OUTBOX_AGE = Gauge("ombud_outbox_oldest_age_seconds", "Age of the oldest row in the outbox")
RETRIES = Gauge("ombud_retries_waiting", "Events that failed and wait for another try, by queue", ["queue"])
OVERDUE = Gauge("ombud_retries_overdue_seconds", "How long the retry that is longest due has been due; 0 = none is")
READ_AT = Gauge("ombud_backlog_read_timestamp_seconds", "When the series of outbox, retries and dead letters were read")
_queues: set[str] = set()


def start_at_zero(queue: str) -> None:
    """Called for each queue whose retries this service works off."""
    _queues.add(queue)
    RETRIES.labels(queue)


def look(db: Database) -> None:
    """Sets all gauges; raises what the database raises, and then they stay as they were."""
    with db.read() as tx:
        _look_at_outbox(tx)
        _look_at_retries(tx)
        quarantine.look(tx)
    READ_AT.set_to_current_time()


def _look_at_outbox(tx: Transaction) -> None:
    t = tables.outbox
    row = tx.execute(select(func.count().label("waiting"), func.min(t.c.created_at).label("oldest"))).one()
    OUTBOX.set(row.waiting)
    OUTBOX_AGE.set((tx.now - row.oldest).total_seconds() if row.oldest else 0)


def _look_at_retries(tx: Transaction) -> None:
    t = tables.retries
    columns = t.c.queue, func.count().label("waiting"), func.min(t.c.next_at).label("due")
    rows = list(tx.execute(select(*columns).group_by(t.c.queue)))
    counts = {row.queue: row.waiting for row in rows}
    for queue in _queues:
        RETRIES.labels(queue).set(counts.get(queue, 0))
    RETRIES.labels(OTHER).set(sum(number for queue, number in counts.items() if queue not in _queues))
    due = min((row.due for row in rows), default=tx.now)
    OVERDUE.set(max(0.0, (tx.now - due).total_seconds()))


RETRIES.labels(OTHER)

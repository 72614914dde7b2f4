"""Series of the database pool; filled by database.py beside it, and by the runner when metrics are asked for."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import Gauge, Histogram
from sqlalchemy import Engine, QueuePool

SIZE = Gauge("ombud_database_pool_size", "Connections that this process may have to its database, overflow apart")
OPEN = Gauge("ombud_database_pool_open", "Connections that are open, in use or not")
CHECKED_OUT = Gauge("ombud_database_pool_checked_out", "Connections that are in use now")
OVERFLOW = Gauge("ombud_database_pool_overflow", "Connections beyond the size of the pool")
WAIT = Histogram(
    "ombud_database_pool_wait_seconds",
    "From asking for a transaction to having its connection, opened if need be; on SQLite its one writer, too",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5),
)


@contextmanager
def waiting() -> Iterator[Callable[[], None]]:
    """Around everything that is done with a connection; what it gives is called when the connection is there.

    If that never happens the whole wait counts: who got nothing waited longest.
    """
    asked, waited = time.monotonic(), list[float]()

    def got() -> None:
        waited.append(time.monotonic() - asked)

    try:
        yield got
    finally:
        WAIT.observe(waited[0] if waited else time.monotonic() - asked)


def look(engines: Iterable[Engine]) -> None:
    """Sets the gauges; asks no database."""
    pools = [engine.pool for engine in engines if isinstance(engine.pool, QueuePool)]
    SIZE.set(sum(pool.size() for pool in pools))
    CHECKED_OUT.set(sum(pool.checkedout() for pool in pools))
    OPEN.set(sum(pool.checkedout() + pool.checkedin() for pool in pools))
    OVERFLOW.set(sum(max(0, pool.overflow()) for pool in pools))

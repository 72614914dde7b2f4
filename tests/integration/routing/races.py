"""What happens at the same moment in several replicas; used by the tests of two of them."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from services.routing import tables
from services.routing.domain.following import ComplaintEvent
from tests.unit.routing.builders import (
    Office,
)


def at_once(*jobs: Callable[[], object]) -> None:
    """Starts all at the same moment and waits for them; their errors, a deadlock above all, are raised here."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> None:
        barrier.wait()
        job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(run, job) for job in jobs]:
            done.result()


def tell_in_batches(office: Office, events: Sequence[ComplaintEvent], size: int = 10) -> None:
    for start in range(0, len(events), size):
        office.tell(*events[start : start + size])


def capacities(office: Office) -> dict[str, int]:
    g = tables.agents
    with office.db.read() as tx:
        return {row.id: row.capacity for row in tx.execute(select(g.c.id, g.c.capacity))}


def whats(office: Office, id_: str) -> list[str]:
    return [entry["what"] for entry in office.assignment(id_)["history"]]

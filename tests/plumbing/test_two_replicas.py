"""What the sorted inbox promises: replicas that get copies of the same events in other orders never stand in each
other's way."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from tests.harness.bus import Bus
from tests.harness.events import a_classified
from tests.harness.process import ServiceProcess, eventually
from tests.plumbing.conftest import Sink

QUEUE = "routing.intake.v1"
BATCH = 20  # of the sink
HANDED_OUT = 2 * BATCH  # to each replica before it acknowledges anything
NAMES = [f"{n:03}" for n in range(5 * BATCH)]
# Each row takes its time, so that two replicas are in the middle of their statements at once.
SLOW_ROWS = (
    "CREATE FUNCTION routing.linger() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN PERFORM pg_sleep(0.002); RETURN NEW; END'",
    "CREATE TRIGGER linger BEFORE INSERT ON routing.inbox FOR EACH ROW EXECUTE FUNCTION routing.linger()",
)
AT_THE_INBOX = "SELECT count(*) FROM pg_locks WHERE relation = 'routing.inbox'::regclass AND NOT granted"
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ombud-routing'"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@pytest.fixture
def twin(postgres_sink: Sink) -> Iterator[ServiceProcess]:
    made = postgres_sink.twin()
    yield made
    made.kill()


@contextmanager
def inbox_locked(sink: Sink) -> Iterator[None]:
    """While it lasts nobody gets past the inbox; its end is the starting shot."""
    with sink.engine.begin() as connection:
        connection.execute(text("LOCK TABLE routing.inbox IN EXCLUSIVE MODE"))
        yield


def publish_in_three_orders(bus: Bus, seed: int) -> None:
    """Batch by batch, and each replica gets every other one: the copies of an event are with both at the same time."""
    shuffle = random.Random(seed).shuffle
    for start in range(0, len(NAMES), BATCH):
        for _ in range(3):
            batch = NAMES[start : start + BATCH]
            shuffle(batch)
            for name in batch:
                bus.publish(a_classified(name))


def test_copies_in_any_order_at_two_replicas_act_once_and_never_deadlock(
    postgres_sink: Sink, twin: ServiceProcess, bus: Bus
) -> None:
    sink = postgres_sink
    for statement in SLOW_ROWS:
        sink.change(statement)
    for replica in (sink, twin):
        replica.start()
    eventually(lambda: bus.consumers(QUEUE) == 2, "both to listen", sink.log)
    with inbox_locked(sink):
        with sink.frozen(), twin.frozen():
            publish_in_three_orders(bus, seed=1)
            eventually(lambda: bus.waiting(QUEUE) == 3 * len(NAMES) - 2 * HANDED_OUT, "each to have got its share")
        eventually(lambda: sink.rows(AT_THE_INBOX) == [2], "both to be at the inbox", sink.log)
    eventually(lambda: counted(sink, twin, "handled") == len(NAMES), "all to be handled", sink.log)
    eventually(lambda: counted(sink, twin, "duplicate") == 2 * len(NAMES), "the copies to drop out", sink.log)
    assert sink.effects() == NAMES
    assert min(worked_off(replica) for replica in (sink, twin)) >= HANDED_OUT, "one of them gave something back"
    for replica in (sink, twin):
        assert replica.stop() == 0
        assert "batch_failed" not in replica.log()
    eventually(lambda: sink.rows(CONNECTED) == [0], "the counters of both to be told")
    assert sink.rows(DEADLOCKS) == [0]


def counted(sink: ServiceProcess, twin: ServiceProcess, outcome: str) -> float:
    return sum(events(replica, outcome) for replica in (sink, twin))


def worked_off(replica: ServiceProcess) -> float:
    return events(replica, "handled") + events(replica, "duplicate")


def events(replica: ServiceProcess, outcome: str) -> float:
    return replica.metric(f'ombud_events_total{{outcome="{outcome}",queue="{QUEUE}"}}')

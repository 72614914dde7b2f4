"""Two replicas at once on PostgreSQL: no complaint with two agents, no agent over capacity, no deadlock."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from services.routing import roster_store, tables
from services.routing.domain.complaint import ComplaintEvent
from services.routing.domain.roster import Agent
from shared.contracts.event import Severity
from shared.contracts.routing import ComplaintAssigned
from tests.harness.process import eventually
from tests.unit.routing.builders import (
    CRITICAL_WEIGHS_TWO,
    Office,
    an_agent,
    classified,
    resolved,
    updated,
)

Replica = Callable[[], Office]


@pytest.fixture
def offices(replica: Replica) -> Iterator[tuple[Office, Office]]:
    """Two replicas; after the test, what must always hold is checked."""
    first, second = replica(), replica()
    yield first, second
    assert first.loads() == first.held()
    assert {id_: load for id_, load in first.loads().items() if load > capacities(first)[id_]} == {}


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


def complaints(count: int, name: str = "c") -> list[ComplaintEvent]:
    """Different needs, so that the replicas lock overlapping sets of agents."""
    return [
        classified(
            f"{name}{n:04}",
            category=("billing", "refund")[n % 2],
            region=("CZ", "DE", None)[n % 3],
            severity=(Severity.LOW, Severity.CRITICAL)[n % 5 == 0],
        )
        for n in range(count)
    ]


def twenty_agents(capacity: int = 7) -> list[Agent]:
    return [
        an_agent(
            f"a{n:02}",
            skills=(("billing", "refund"), ("billing",), ("refund",))[n % 3],
            regions=(("CZ", "DE"), ("*",), ("CZ",), ("DE",))[n % 4],
            capacity=capacity - n % 3,
        )
        for n in range(20)
    ]


def test_300_complaints_and_20_agents_of_small_capacity(offices: tuple[Office, Office]) -> None:
    first, second = offices
    for office in offices:
        office.under(CRITICAL_WEIGHS_TWO)
    first.employ(*twenty_agents())
    told = complaints(300)
    at_once(lambda: tell_in_batches(first, told[::2]), lambda: tell_in_batches(second, told[1::2]))
    both = [*first.announced, *second.announced]
    assigned = Counter(e.complaint_id for e in both if isinstance(e, ComplaintAssigned))
    assert set(assigned.values()) == {1}
    assert len(assigned) == first.summary()["assigned"] == 300 - first.summary()["waiting"]
    assert first.sweep() == second.sweep() == 0


def test_complaints_that_come_and_go_in_both_replicas(offices: tuple[Office, Office]) -> None:
    first, second = offices
    first.employ(*twenty_agents(capacity=4))
    told = complaints(200)
    at_once(lambda: tell_in_batches(first, told[:100]), lambda: tell_in_batches(second, told[100:]))
    ends = [resolved(e.subject) for e in told]
    more = complaints(60, "later")
    at_once(
        lambda: tell_in_batches(first, [*ends[::2], *more[::2]], 7),
        lambda: tell_in_batches(second, [*more[1::2], *ends[1::2]], 9),
        first.sweep,
        second.sweep,
    )
    first.sweep()
    assert (first.summary()["released"], first.summary()["assigned"] + first.summary()["waiting"]) == (200, 60)


def test_both_replicas_serve_the_waiting_at_once(offices: tuple[Office, Office]) -> None:
    first, second = offices
    first.tell(*complaints(150))
    first.employ(*twenty_agents())
    at_once(first.sweep, second.sweep)
    first.sweep()
    both = Counter(e.complaint_id for o in offices for e in o.announced if isinstance(e, ComplaintAssigned))
    assert set(both.values()) == {1}
    assert len(both) == first.summary()["assigned"]


def test_with_many_agents_only_the_best_are_locked_and_nobody_is_overloaded(offices: tuple[Office, Office]) -> None:
    first, second = offices
    first.employ(*(an_agent(f"a{n:03}", capacity=2) for n in range(100)))
    told = [classified(f"c{n:03}") for n in range(210)]
    at_once(lambda: tell_in_batches(first, told[::2]), lambda: tell_in_batches(second, told[1::2]))
    first.sweep()
    assert (first.summary()["assigned"], first.summary()["waiting"]) == (200, 10)


def test_agents_change_while_complaints_are_assigned(offices: tuple[Office, Office]) -> None:
    """Who loses a skill gets nothing more that needs it: the roster's revision is checked under the lock."""
    first, second = offices
    second.employ(*(an_agent(f"a{n}", skills=("billing",), capacity=50) for n in range(6)))

    def retrain() -> None:
        for n in range(6):
            second.employ(an_agent(f"a{n}", skills=("refund",), capacity=50))

    at_once(lambda: tell_in_batches(first, [classified(f"c{n:03}") for n in range(60)], 3), retrain)
    first.announced.clear()
    first.tell(classified("late"))
    assert first.assignment("late")["reason"] == "nobody_qualified"
    a, g = tables.assignments, tables.agents
    with first.db.read() as tx:
        both = select(func.count()).select_from(a).join(g, a.c.agent_id == g.c.id)
        after_change = both.where(a.c.assigned_at > g.c.changed_at)
        assert tx.connection.scalar(after_change) == 0


def test_agents_are_locked_in_order_of_id(offices: tuple[Office, Office]) -> None:
    """Who waits for one holds only those before it: so no two replicas ever wait for each other."""
    first, second = offices
    first.employ(*(an_agent(f"a{n}") for n in (3, 0, 4, 1, 2)))
    with ThreadPoolExecutor(1) as pool, first.db.transaction() as tx:
        roster_store.lock_room(tx, {"a2"})
        told = pool.submit(second.tell, *(classified(f"c{n}") for n in range(5)))
        eventually(lambda: somebody_waits(first), "the other to wait for a lock")
        g = tables.agents
        with first.db.transaction() as other:
            free = other.execute(select(g.c.id).order_by(g.c.id).with_for_update(skip_locked=True)).scalars().all()
        assert free == ["a3", "a4"]
    told.result()
    assert [first.agent_of(f"c{n}") for n in range(5)] == [f"a{n}" for n in range(5)]


def test_one_new_complaint_in_two_replicas_at_once_has_one_agent(offices: tuple[Office, Office]) -> None:
    """The one that comes second fails at its insert; told again, as the subscription does, it finds the first."""
    first, second = offices
    first.employ(an_agent(capacity=500))

    def tell_again(office: Office, event: ComplaintEvent) -> None:
        try:
            office.tell(event)
        except IntegrityError:
            office.tell(event)

    for n in range(30):
        at_once(
            lambda n=n: tell_again(first, classified(f"c{n}")),  # type: ignore[misc]
            lambda n=n: tell_again(second, updated(f"c{n}", severity=Severity.HIGH)),
        )  # type: ignore[misc]
    assert (first.loads(), first.summary()["assigned"]) == ({"eva": 30}, 30)
    assert {first.assignment(f"c{n}")["severity"] for n in range(30)} == {"high"}


def somebody_waits(office: Office) -> bool:
    with office.db.read() as tx:
        return bool(tx.connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def capacities(office: Office) -> dict[str, int]:
    g = tables.agents
    with office.db.read() as tx:
        return {row.id: row.capacity for row in tx.execute(select(g.c.id, g.c.capacity))}

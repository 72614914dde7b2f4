"""Two replicas at once on PostgreSQL: no complaint with two agents, no agent over capacity, no deadlock."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Table, func, select, text
from sqlalchemy.exc import IntegrityError

from services.routing import deadlines, store, tables, workforce
from services.routing.domain.following import ComplaintEvent
from services.routing.domain.presence import Presence, Said
from services.routing.domain.room import Room
from services.routing.domain.roster import Agent
from services.routing.roster import agents_store
from services.routing.roster.known_rooms import KnownRooms
from services.routing.roster.told import AgentTold, PresenceTold
from shared import clock
from shared.contracts.event import Severity
from shared.contracts.routing import ComplaintAssigned
from shared.database import Transaction
from shared.errors import Conflict
from tests.harness.process import eventually
from tests.integration.routing.races import at_once, capacities, tell_in_batches, whats
from tests.unit.routing.builders import (
    CRITICAL_WEIGHS_TWO,
    Office,
    a_policy,
    a_rule,
    an_agent,
    classified,
    resolved,
    updated,
)

ROUNDS = 12  # of a race, so that each side is first now and then


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


class MeanwhileChanged(KnownRooms):
    """Between the look at the roster and the look at the loads, once."""

    def __init__(self, change: Callable[[], object]):
        super().__init__()
        self._changes = [change]

    def current(self, tx: Transaction) -> Mapping[str, Room]:
        while self._changes:
            self._changes.pop()()
        return super().current(tx)


def test_an_agent_who_changes_between_two_looks_is_looked_at_again(offices: tuple[Office, Office]) -> None:
    first, second = offices
    first.employ(an_agent("bea", capacity=2))
    first.tell(classified("c1"))
    first.employ(an_agent("ana"))  # who has less to do
    first.desk.rooms = MeanwhileChanged(lambda: second.employ(an_agent("ana", skills=("refund",))))
    first.tell(classified("c2"))
    assert first.agent_of("c2") == "bea"


def test_agents_are_locked_in_order_of_id(offices: tuple[Office, Office]) -> None:
    """Who waits for one holds only those before it: so no two replicas ever wait for each other."""
    first, second = offices
    first.employ(*(an_agent(f"a{n}") for n in (3, 0, 4, 1, 2)))
    with ThreadPoolExecutor(1) as pool, first.db.transaction() as tx:
        agents_store.lock_room(tx, {"a2"})
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


def test_two_rosters_at_once_are_both_stored_whole(offices: tuple[Office, Office]) -> None:
    """The later one is right about whoever stands in both; people who are new in both fail once and are stored then."""
    first, second = offices
    for n in range(ROUNDS):
        one = [an_agent(f"a{n}-{m:02}", capacity=1) for m in range(20)]
        other = [an_agent(f"a{n}-{m:02}", capacity=2) for m in reversed(range(10, 30))]
        at_once(partial(put_roster, first, one), partial(put_roster, second, other))
        now = {id_: capacity for id_, capacity in capacities(first).items() if id_.startswith(f"a{n}-")}
        both = {capacity for id_, capacity in now.items() if id_ in {f"a{n}-{m:02}" for m in range(10, 20)}}
        assert len(now) == 30
        assert both in ({1}, {2}), "as a whole"


def put_roster(office: Office, agents: Sequence[Agent]) -> None:
    office.db.run(lambda tx: workforce.apply_agents(tx, office.desk, [AgentTold(agent) for agent in agents]))


def test_two_replicas_with_different_policies_do_not_take_complaints_from_each_other(
    offices: tuple[Office, Office],
) -> None:
    """While a new version is rolled out: what was read by the newer policy stays so."""
    first, second = offices
    first.under(a_policy(version="old"))
    first.tell(*(classified(f"c{n}") for n in range(20)))
    assert first.settle() == 0, "its own"
    second.under(a_policy(a_rule(priority=dict.fromkeys(Severity, 7)), version="new"))
    assert second.settle() == 20
    for _ in range(3):
        at_once(first.settle, second.settle)
    assert {c["priority"] for c in first.queue()} == {7}
    assert {len(whats(first, f"c{n}")) for n in range(20)} == {3}, "queued, changed, queued again"
    assert first.settle() == second.settle() == 0


def test_an_older_policy_that_is_taken_again_is_the_newest(offices: tuple[Office, Office]) -> None:
    first, second = offices
    first.under(a_policy(version="old"))
    first.tell(classified())
    first.settle()
    second.under(a_policy(a_rule(priority=dict.fromkeys(Severity, 7)), version="new"))
    second.settle()
    first.under(a_policy(version="old"))  # started again
    assert first.settle() == 1
    assert second.settle() == 0
    assert first.assignment("c1")["priority"] == 0


def test_a_roster_that_was_not_stored_is_not_remembered(offices: tuple[Office, Office]) -> None:
    """The next change gets the revision that was rolled back."""
    first, second = offices
    first.employ(an_agent("ana", capacity=500))

    def retrain_and_fail(tx: Transaction) -> None:
        workforce.apply_agents(tx, first.desk, [AgentTold(an_agent("ana", skills=("refund",), capacity=500))])
        first.desk.roster.current(tx)
        raise Conflict("something else")

    with pytest.raises(Conflict):
        first.run(retrain_and_fail)
    second.employ(an_agent("bea", skills=("refund",), capacity=500))
    first.tell(classified("c1"), classified("c2", category="refund"))
    assert (first.agent_of("c1"), first.agent_of("c2")) == ("ana", "bea")


def free_rows(office: Office, table: Table) -> list[object]:
    """Those that nobody has locked."""
    with office.db.transaction() as tx:
        return list(tx.execute(select(table.c.id).order_by(table.c.id).with_for_update(skip_locked=True)).scalars())


def test_whoever_waits_for_an_agent_of_whom_something_is_told_holds_neither_a_later_one_nor_the_roster(
    offices: tuple[Office, Office],
) -> None:
    first, second = offices
    first.employ(an_agent("ana"), an_agent("bea"))
    told = [AgentTold(an_agent("bea", capacity=9)), PresenceTold("ana", Said(Presence.BUSY, clock.now()))]
    with ThreadPoolExecutor(1) as pool, first.db.transaction() as tx:
        agents_store.lock_room(tx, {"ana"})
        done = pool.submit(second.run, lambda tx: workforce.follow_workforce(tx, second.desk, told))
        eventually(lambda: somebody_waits(first), "the other to wait for a lock")
        assert (free_rows(first, tables.agents), free_rows(first, tables.roster)) == (["bea"], [1])
    done.result()
    assert capacities(first) == {"ana": 5, "bea": 9}


def test_room_is_kept_at_once_with_whom_nobody_works_on(offices: tuple[Office, Office]) -> None:
    """The tick that keeps it may have locked others before: it waits for nobody."""
    first, second = offices
    for office in offices:
        office.under(CRITICAL_WEIGHS_TWO)
    first.employ(an_agent("ana", capacity=2), an_agent("bea", capacity=2))
    first.tell(*(classified(f"c{n}") for n in range(4)))
    first.tell(*(classified(f"heavy{n}", severity=Severity.CRITICAL) for n in range(2)))
    second.at = first.at = clock.now() + timedelta(minutes=11)
    with first.db.transaction() as tx:
        agents_store.lock_room(tx, {"ana"})
        second.settle()
        assert kept(first) == {"bea"}
    second.settle()
    assert kept(first) == {"ana", "bea"}


def kept(office: Office) -> set[str]:
    with office.db.read() as tx:
        return set(agents_store.keepers(tx))


def test_a_desk_is_empty_once_nothing_is_left_on_it_though_somebody_works_on_it_now(
    offices: tuple[Office, Office],
) -> None:
    first, second = offices
    first.employ(an_agent("ana"))
    first.tell(classified("c1"))
    first.say("ana", Presence.OFFLINE)
    with first.db.transaction() as tx:
        # Somebody works on the complaint just now: it cannot be taken away.
        store.lock_complaints(tx, {"c1"})
        assert second.run(lambda tx: deadlines.empty_desks(tx, second.desk)) == 0
    assert second.run(lambda tx: deadlines.empty_desks(tx, second.desk)) == 1
    assert first.assignment("c1")["tried"] == ["ana"]

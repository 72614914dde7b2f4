"""Whatever happens in routing's small world (`world.py`): what must hold after each step, and in the end."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.routing import tables
from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import State
from services.routing.domain.following import ComplaintEvent
from services.routing.domain.reasons import WAITING, Reason
from services.routing.roster import agents_store
from services.routing.rows import complaint_from
from shared.contracts.escalation import CaseResolved
from shared.contracts.event import Severity
from tests.unit.routing.builders import CRITICAL_WEIGHS_TWO, Office, an_agent
from tests.unit.routing.world import CATEGORIES, EVENTS, LANGUAGES, POLICIES, START, STORIES, Step, World

ALL = an_agent(
    "z",
    skills=dict.fromkeys(CATEGORIES, 5),
    languages=dict.fromkeys(LANGUAGES, 5),
    regions=["*"],
    teams=("recall",),
    capacity=1000,
)
ALL_OPEN = START + timedelta(days=3, hours=1)  # a Monday morning


@pytest.fixture(scope="module")
def two_offices(tmp_path_factory: pytest.TempPathFactory) -> list[Office]:
    folder = tmp_path_factory.mktemp("routing")
    return [Office(f"sqlite:///{folder}/{name}.sqlite", start_over=False) for name in ("one", "two")]


def a_world(office: Office) -> World:
    office.start_over(POLICIES[0])
    office.at = START
    return World(office)


@settings(max_examples=45)
@given(story=STORIES)
def test_whatever_happens(two_offices: list[Office], story: list[Step]) -> None:
    world = a_world(two_offices[0])
    for step in story:
        before = complaints(world.office)
        world.forced.clear()
        step.take(world)
        assert world.office.loads() == world.office.held()
        world.office.settle()
        whatever_happened(world, before)
    nobody_starves(world)


@settings(max_examples=12)
@given(story=STORIES)
def test_equal_input_gives_equal_choice(two_offices: list[Office], story: list[Step]) -> None:
    first, second = (a_world(office) for office in two_offices)
    for step in story:
        for world in (first, second):
            step.take(world)
            world.office.settle()
    assert first.office.announced == second.office.announced
    assert first.office.queue() == second.office.queue()
    assert first.office.loads() == second.office.loads()


@settings(max_examples=40)
@given(events=st.lists(EVENTS, min_size=1, max_size=12), data=st.data())
def test_events_told_twice_and_in_any_order_end_alike(
    two_offices: list[Office], events: list[ComplaintEvent], data: st.DataObject
) -> None:
    """With room for all: the same complaints have an agent, at the same weight."""
    office, events = two_offices[0], one_each(events)
    shuffled = data.draw(st.permutations([*events, *events]))
    outcomes = []
    for told in (events, shuffled):
        office.start_over(CRITICAL_WEIGHS_TWO)
        office.employ(ALL)
        for event in told:
            office.tell(event)
        outcomes.append((held(office), office.loads(), office.summary()))
    assert outcomes[0] == outcomes[1]


def one_each(events: list[ComplaintEvent]) -> list[ComplaintEvent]:
    """As intake publishes them: no two different events at one revision of a complaint."""
    seen: dict[tuple[object, ...], ComplaintEvent] = {}
    for event in events:
        revision = event.complaint_revision if isinstance(event, CaseResolved) else event.revision
        seen.setdefault((event.subject, revision, isinstance(event, CaseResolved)), event)
    return list(seen.values())


def complaints(office: Office) -> dict[str, Complaint]:
    with office.db.read() as tx:
        return {row.complaint_id: complaint_from(row) for row in tx.execute(select(tables.assignments))}


def held(office: Office) -> set[str]:
    return {c.id for c in complaints(office).values() if c.state is State.ASSIGNED}


def whatever_happened(world: World, before: dict[str, Complaint]) -> None:
    after, loads = complaints(world.office), world.office.loads()
    assert loads == world.office.held()
    for c in after.values():
        known = before.get(c.id)
        if c.state is State.ASSIGNED and (known is None or known.attempt < c.attempt):
            nobody_got_what_they_cannot_take(world, c, loads)
        assert (c.relax_at is None or c.is_in_line(world.policy)) and (c.answer_by is None or c.state is State.ASSIGNED)
        assert c.facts is None or c.reason is not Reason.FORGOTTEN
    over_capacity_only_with_a_cause(world, before, after, loads)
    waiting = [c for c in after.values() if c.state is State.WAITING]
    the_queue_is_in_order(world, waiting)
    nobody_waits_beside_a_free_agent(world, waiting, loads)


def nobody_got_what_they_cannot_take(world: World, c: Complaint, loads: dict[str, int]) -> None:
    assert c.demand is not None and c.agent_id is not None
    if c.id in world.forced:
        return
    agent = world.roster[c.agent_id]
    assert agent.lack(c.demand.needs) is None
    assert world.is_at_work(agent.id)
    assert loads[agent.id] <= agent.capacity
    assert c.reason is Reason.BY_HAND or (world.is_open(c.demand.hours) and agent.id not in c.tried)


def over_capacity_only_with_a_cause(
    world: World, before: dict[str, Complaint], after: dict[str, Complaint], loads: dict[str, int]
) -> None:
    """By force, by a complaint that became heavier, or because the capacity was lowered below the load."""
    for id_, agent in world.roster.items():
        theirs = [c for c in after.values() if c.state is State.ASSIGNED and c.agent_id == id_]
        had = {c.id: c.held_weight for c in before.values() if c.agent_id == id_}
        grew = any(c.held_weight > had.get(c.id, 0) and (c.id in had or c.id in world.forced) for c in theirs)
        assert loads[id_] <= max(agent.capacity, sum(had.values())) or grew


def the_queue_is_in_order(world: World, waiting: Sequence[Complaint]) -> None:
    shown = world.office.queue()
    assert [c["place"] for c in shown] == list(range(1, len(waiting) + 1))
    assert all(c["reason"] in WAITING for c in shown)
    for c in waiting:
        assert (c.demand is not None and c.turn_at is not None) or c.is_parked(world.policy)
        assert (c.rank_at is None) is c.is_parked(world.policy)
        if c.rank_at and c.turn_at and c.demand:
            assert c.rank_at == c.turn_at - c.demand.priority * world.policy.ageing
        assert c.policy_version == world.policy.version
    in_line = sorted((c.rank_at, c.id) for c in waiting if c.rank_at)
    parked = sorted(c.id for c in waiting if not c.rank_at)
    assert [c["complaint_id"] for c in shown] == [*(id_ for _, id_ in in_line), *parked]


def nobody_waits_beside_a_free_agent(world: World, waiting: Sequence[Complaint], loads: dict[str, int]) -> None:
    told = {c["complaint_id"]: c["reason"] for c in world.office.queue()}
    with world.office.db.read() as tx:
        keepers = agents_store.keepers(tx)
    heavy = {(c.id, c.rank_at) for c in waiting if c.rank_at and c.demand and c.demand.weight > 1}
    assert heavy >= {*keepers.values()}
    for c in waiting:
        assert c.demand is not None
        able = [id_ for id_, agent in world.roster.items() if agent.lack(c.demand.needs) is None]
        there = [id_ for id_ in able if world.is_at_work(id_)]
        left = [id_ for id_ in there if id_ not in c.tried]
        assert told[c.id] == _reason(world, c, able, there, left)
        if c.rank_at and world.is_open(c.demand.hours):
            for id_ in left:
                is_kept = id_ in keepers and keepers[id_][0] != c.id and keepers[id_][1] < c.rank_at
                assert is_kept or loads[id_] + c.demand.weight > world.roster[id_].capacity


def _reason(world: World, c: Complaint, able: list[str], there: list[str], left: list[str]) -> Reason:
    if c.rank_at is None:
        return Reason.DECLINED
    if not able:
        return Reason.NOBODY_QUALIFIED
    if c.demand and not world.is_open(c.demand.hours):
        return Reason.OUT_OF_HOURS
    if not there:
        return Reason.NOBODY_AT_WORK
    return Reason.ALL_FULL if left else Reason.DECLINED


def nobody_starves(world: World) -> None:
    """Once there is somebody for everything, and all is open, nobody waits but for a supervisor."""
    Step("employ", (ALL,)).take(world)
    world.office.settle()
    assert all(c.is_parked(world.policy) or not world.is_open(_hours(c)) for c in still_waiting(world))
    for c in complaints(world.office).values():
        if c.state is State.ASSIGNED:
            world.office.accept(c.id, str(c.agent_id))
    while not (world.now > ALL_OPEN and all(world.is_open(hours.name) for hours in world.policy.hours)):
        world.office.at = max(ALL_OPEN, world.now + timedelta(hours=1))
    world.office.settle()
    assert all(c.is_parked(world.policy) for c in still_waiting(world))


def still_waiting(world: World) -> list[Complaint]:
    return [c for c in complaints(world.office).values() if c.state is State.WAITING]


def _hours(c: Complaint) -> Any:
    return c.demand and c.demand.hours


def test_the_worst_that_may_weigh_is_two() -> None:
    assert {rule.weight[s] for policy in POLICIES for rule in policy.rules for s in Severity} == {1, 2}

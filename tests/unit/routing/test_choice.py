"""Who is chosen, and how the choice explains itself."""

import pytest

from services.routing.domain.choice import BEST, Plan, Request, Room, shortlist
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Agent, Lack, Roster
from shared.contracts.routing import Needs
from tests.unit.routing.builders import an_agent

NEEDS = Needs("billing", "cs", "CZ")


def a_plan(
    loads: dict[str, tuple[int, int]], *, others: tuple[Agent, ...] = (), unlocked: tuple[str, ...] = ()
) -> Plan:
    """loads: (load, capacity) of each qualified agent; others: not qualified; unlocked: not to be chosen."""
    agents = [an_agent(id_, capacity=capacity) for id_, (_, capacity) in loads.items()]
    room = {id_: Room(load, capacity, 1) for id_, (load, capacity) in loads.items()}
    return Plan(Roster({a.id: a for a in (*agents, *others)}), room, room.keys() - set(unlocked))


def a_request(id_: str = "c1", weight: int = 1, preferred: str | None = None, needs: Needs = NEEDS) -> Request:
    return Request(id_, needs, weight, preferred)


@pytest.mark.parametrize(
    ("loads", "weight", "chosen"),
    [
        ({"a": (2, 4), "b": (1, 4)}, 1, "b"),
        ({"a": (2, 8), "b": (1, 2)}, 1, "a"),  # relative to capacity
        ({"b": (1, 2), "a": (2, 4)}, 1, "a"),  # equal: by id
        ({"a": (4, 4), "b": (3, 4)}, 1, "b"),  # just fits
        ({"a": (3, 4), "b": (4, 5)}, 2, None),  # one point short
        ({"a": (3, 5), "b": (0, 1)}, 2, "a"),
        ({"a": (0, 0)}, 1, None),
        ({"a": (9, 4)}, 1, None),  # capacity was lowered below the load
        ({}, 1, None),
    ],
)
def test_least_loaded_with_room_is_chosen(loads: dict[str, tuple[int, int]], weight: int, chosen: str | None) -> None:
    assert a_plan(loads).decide(a_request(weight=weight)).agent_id == chosen


def test_earlier_decisions_of_a_plan_count() -> None:
    plan = a_plan({"a": (0, 2), "b": (0, 2)})
    chosen = [plan.decide(a_request(str(n))).agent_id for n in range(5)]
    assert chosen == ["a", "b", "a", "b", None]
    assert plan.reserved == {"a": 2, "b": 2}


def test_released_load_is_room_in_the_same_plan() -> None:
    plan = a_plan({"a": (2, 2)})
    plan.shift("a", -1)
    assert plan.decide(a_request()).agent_id == "a"


@pytest.mark.parametrize(
    ("loads", "chosen", "reason"),
    [
        ({"a": (0, 2), "b": (1, 2)}, "b", Reason.SAME_AGENT),
        ({"a": (0, 2), "b": (2, 2)}, "a", Reason.LEAST_LOADED),
        ({"a": (0, 2)}, "a", Reason.LEAST_LOADED),
    ],
)
def test_former_agent_comes_first_if_qualified_and_free(
    loads: dict[str, tuple[int, int]], chosen: str, reason: Reason
) -> None:
    decision = a_plan(loads).decide(a_request(preferred="b"))
    assert (decision.agent_id, decision.reason) == (chosen, reason)


@pytest.mark.parametrize(
    ("loads", "reason"),
    [
        ({}, Reason.NOBODY_QUALIFIED),
        ({"a": (2, 2)}, Reason.ALL_FULL),
    ],
)
def test_nobody_is_chosen_for_a_reason(loads: dict[str, tuple[int, int]], reason: Reason) -> None:
    decision = a_plan(loads, others=(an_agent("x", skills=()),)).decide(a_request())
    assert (decision.agent_id, decision.reason) == (None, reason)


def test_decision_keeps_the_best_candidates_and_counts_the_rejected() -> None:
    loads = {f"a{n}": (n, 10) for n in range(7)} | {"full": (10, 10)}
    others = (an_agent("s", skills=()), an_agent("l", languages=("de",)), an_agent("r", regions=("DE",)))
    decision = a_plan(loads, others=others).decide(a_request())
    assert decision.candidates == tuple((n / 10, f"a{n}") for n in range(BEST))
    assert decision.rejected == {Lack.SKILL: 1, Lack.LANGUAGE: 1, Lack.REGION: 1, Lack.FULL: 1}
    assert decision.as_data()["candidates"][1] == {"agent_id": "a1", "score": {"load": 0.1}}


def test_agent_whose_row_is_not_locked_is_never_chosen() -> None:
    plan = a_plan({"a": (2, 2), "free": (0, 2)}, unlocked=("free",))
    decision = plan.decide(a_request())
    assert (decision.agent_id, decision.reason, decision.rejected[Lack.FULL]) == (None, Reason.ALL_FULL, 1)
    assert plan.overlooked


def test_plan_overlooks_nobody_when_all_are_full() -> None:
    plan = a_plan({"a": (2, 2), "b": (2, 2)}, unlocked=("b",))
    plan.decide(a_request())
    assert not plan.overlooked


def test_shortlist_holds_the_chosen_and_the_next_best() -> None:
    agents = {f"a{n:02}": an_agent(f"a{n:02}") for n in range(50)}
    room = {id_: Room(n, 100, 1) for n, id_ in enumerate(agents)}
    names = shortlist([a_request("c1"), a_request("c2")], Roster(agents), room)
    assert names == {"a00", "a01", "a02", "a03", "a04"}


def test_equal_input_gives_equal_choice_in_any_order_of_agents() -> None:
    loads = {"a": (1, 4), "b": (1, 4), "c": (0, 3)}
    backwards = dict(reversed(loads.items()))
    first, second = a_plan(loads), a_plan(backwards)
    requests = [a_request(str(n)) for n in range(9)]
    assert [first.decide(r) for r in requests] == [second.decide(r) for r in requests]

"""Who is chosen, and how the choice explains itself."""

from datetime import datetime, timedelta

import pytest

from services.routing.domain.choice import BEST, IDLE_FULL, Plan, Request, worth_locking
from services.routing.domain.policy import ScoreWeights
from services.routing.domain.presence import Status
from services.routing.domain.reasons import Reason
from services.routing.domain.room import Room
from services.routing.domain.roster import Agent, Lack, Roster
from shared.contracts.routing import Needs
from tests.unit.routing.builders import NOON, an_agent

NEEDS = Needs("billing", "cs", "CZ")
LONG_AGO = NOON - IDLE_FULL
EVEN = ScoreWeights(1, 1, 1, 1)
SECOND = timedelta(seconds=1)


def a_plan(
    rooms: dict[str, tuple[int, int] | Room],
    *,
    others: tuple[Agent, ...] = (),
    unlocked: tuple[str, ...] = (),
    weights: ScoreWeights = EVEN,
    agents: tuple[Agent, ...] = (),
    shifts: dict[str, int] | None = None,
) -> Plan:
    """rooms: (load, capacity) of each qualified agent; others: not qualified; unlocked: not to be chosen."""
    room = {id_: r if isinstance(r, Room) else Room(*r, 1) for id_, r in rooms.items()}
    known = {a.id: a for a in (*(an_agent(id_) for id_ in rooms), *others, *agents)}
    locked = room.keys() - set(unlocked) if unlocked else None
    return Plan(Roster(known.values()), room, weights, NOON, locked, shifts)


def a_request(
    id_: str = "c1",
    weight: int = 1,
    preferred: str | None = None,
    needs: Needs = NEEDS,
    rank: datetime = NOON,
    tried: tuple[str, ...] = (),
) -> Request:
    return Request(id_, needs, weight, rank, preferred, tried=tried)


@pytest.mark.parametrize(
    ("rooms", "weight", "chosen"),
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
def test_among_equals_the_least_loaded_with_room_is_chosen(
    rooms: dict[str, tuple[int, int] | Room], weight: int, chosen: str | None
) -> None:
    assert a_plan(rooms).decide(a_request(weight=weight)).agent_id == chosen


def test_earlier_decisions_of_a_plan_count() -> None:
    plan = a_plan({"a": (0, 2), "b": (0, 2)})
    chosen = [plan.decide(a_request(str(n))).agent_id for n in range(5)]
    assert chosen == ["a", "b", "a", "b", None]
    assert plan.reserved == {"a": 2, "b": 2}


def test_released_load_is_room_in_the_same_plan() -> None:
    assert a_plan({"a": (2, 2)}, shifts={"a": -1}).decide(a_request()).agent_id == "a"


@pytest.mark.parametrize(
    ("weights", "chosen"),
    [
        (ScoreWeights(skill=1, language=0, load=0, idle=0), "master"),
        (ScoreWeights(skill=0, language=1, load=0, idle=0), "native"),
        (ScoreWeights(skill=0, language=0, load=1, idle=0), "free"),
        (ScoreWeights(skill=0, language=0, load=0, idle=1), "rested"),
    ],
)
def test_each_part_of_the_score_counts_by_its_weight(weights: ScoreWeights, chosen: str) -> None:
    agents = (
        an_agent("master", skills={"billing": 5}, languages={"cs": 1}),
        an_agent("native", skills={"billing": 1}, languages={"cs": 5}),
        an_agent("free", skills={"billing": 1}, languages={"cs": 1}),
        an_agent("rested", skills={"billing": 1}, languages={"cs": 1}),
    )
    busy = Room(2, 4, 1, last_assigned_at=NOON)
    rooms: dict[str, tuple[int, int] | Room] = {
        "master": busy,
        "native": busy,
        "free": Room(0, 4, 1, last_assigned_at=NOON),
        "rested": Room(2, 4, 1, last_assigned_at=LONG_AGO),
    }
    decision = a_plan(rooms, agents=agents, weights=weights).decide(a_request())
    assert (decision.agent_id, decision.chosen and decision.chosen.score) == (chosen, 1.0)


def test_the_parts_of_a_score_are_shares_of_one() -> None:
    agents = (an_agent("a", skills={"billing": 4}, languages={"cs": 2}),)
    room = Room(1, 4, 1, last_assigned_at=NOON - IDLE_FULL / 2)
    weights = ScoreWeights(skill=2, language=1, load=4, idle=1)
    decision = a_plan({"a": room}, agents=agents, weights=weights).decide(a_request())
    assert decision.chosen is not None
    assert decision.chosen.parts() == {"total": 0.688, "skill": 0.8, "language": 0.4, "load": 0.75, "idle": 0.5}
    assert decision.chosen.score == pytest.approx((2 * 0.8 + 0.4 + 4 * 0.75 + 0.5) / 8)


def test_who_was_given_one_in_this_plan_is_no_longer_idle() -> None:
    only_idle = ScoreWeights(skill=0, language=0, load=0, idle=1)
    plan = a_plan({"a": (0, 9), "b": (0, 9), "c": (0, 9)}, weights=only_idle)
    assert [plan.decide(a_request(str(n))).agent_id for n in range(4)] == ["a", "b", "c", "a"]


@pytest.mark.parametrize(
    ("rooms", "chosen", "reason"),
    [
        ({"a": (0, 2), "b": (1, 2)}, "b", Reason.SAME_AGENT),
        ({"a": (0, 2), "b": (2, 2)}, "a", Reason.BEST_SCORE),
        ({"a": (0, 2)}, "a", Reason.BEST_SCORE),
        ({"a": (0, 2), "b": Room(0, 2, 1, Status.AWAY)}, "a", Reason.BEST_SCORE),
    ],
)
def test_preferred_agent_comes_first_if_qualified_and_free(
    rooms: dict[str, tuple[int, int] | Room], chosen: str, reason: Reason
) -> None:
    decision = a_plan(rooms).decide(a_request(preferred="b"))
    assert (decision.agent_id, decision.reason) == (chosen, reason)


def test_preferred_agent_who_lost_it_is_not_asked_again() -> None:
    assert a_plan({"a": (1, 2), "b": (0, 2)}).decide(a_request(preferred="b", tried=("b",))).agent_id == "a"


@pytest.mark.parametrize(
    ("rooms", "tried", "reason"),
    [
        ({}, (), Reason.NOBODY_QUALIFIED),
        ({"a": (2, 2)}, (), Reason.ALL_FULL),
        ({"a": Room(0, 2, 1, Status.OFF_SHIFT)}, (), Reason.NOBODY_AT_WORK),
        ({"a": Room(0, 2, 1, Status.OFF_SHIFT), "b": (2, 2)}, (), Reason.ALL_FULL),
        ({"a": (0, 2)}, ("a",), Reason.DECLINED),
        ({"a": (0, 2), "b": (2, 2)}, ("a",), Reason.ALL_FULL),
    ],
)
def test_nobody_is_chosen_for_a_reason(
    rooms: dict[str, tuple[int, int] | Room], tried: tuple[str, ...], reason: Reason
) -> None:
    decision = a_plan(rooms, others=(an_agent("x", skills=()),)).decide(a_request(tried=tried))
    assert (decision.agent_id, decision.reason) == (None, reason)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.AVAILABLE])
def test_who_is_not_at_work_is_counted_by_the_reason(status: Status) -> None:
    decision = a_plan({"a": Room(0, 2, 1, status)}).decide(a_request())
    assert (decision.agent_id, decision.rejected[Lack(status.value)]) == (None, 1)


@pytest.mark.parametrize(("due_at", "chosen"), [(NOON - SECOND, None), (NOON, None), (NOON + SECOND, "a"), (None, "a")])
def test_who_is_to_be_looked_at_gets_nothing_before(due_at: datetime | None, chosen: str | None) -> None:
    assert a_plan({"a": Room(0, 2, 1, due_at=due_at)}).decide(a_request()).agent_id == chosen


@pytest.mark.parametrize(
    ("id_", "rank", "chosen"),
    [
        ("heavy", NOON, "a"),  # whom the room is kept for
        ("light", NOON + SECOND, None),  # behind it
        ("light", NOON - SECOND, "a"),  # before it
    ],
)
def test_room_that_is_kept_is_for_nobody_behind(id_: str, rank: datetime, chosen: str | None) -> None:
    plan = a_plan({"a": Room(0, 2, 1, kept_for="heavy", kept_rank=NOON)})
    decision = plan.decide(a_request(id_, rank=rank))
    assert decision.agent_id == chosen
    assert decision.rejected.get(Lack.KEPT, 0) == (0 if chosen else 1)


def test_decision_keeps_the_best_candidates_and_counts_the_rejected() -> None:
    rooms: dict[str, tuple[int, int] | Room] = {f"a{n}": (n, 10) for n in range(7)}
    rooms |= {"full": (10, 10), "away": Room(0, 1, 1, Status.AWAY), "tired": (0, 9)}
    others = (
        an_agent("s", skills=()),
        an_agent("l", languages=("de",)),
        an_agent("r", regions=("DE",)),
        an_agent("b", skills={"billing": 1}),
        an_agent("t", languages={"cs": 1}),
    )
    needs = Needs("billing", "cs", "CZ", 2, 2)
    decision = a_plan(rooms, others=others).decide(a_request(needs=needs, tried=("tired",)))
    assert [c.agent_id for c in decision.candidates] == [f"a{n}" for n in range(BEST)]
    assert {lack: n for lack, n in decision.rejected.items() if n} == {
        Lack.SKILL: 1,
        Lack.SKILL_LEVEL: 1,
        Lack.LANGUAGE: 1,
        Lack.LANGUAGE_LEVEL: 1,
        Lack.REGION: 1,
        Lack.FULL: 1,
        Lack.AWAY: 1,
        Lack.TRIED: 1,
    }
    first = decision.as_data()["candidates"][0]
    assert first == {"agent_id": "a0", "score": {"total": 0.8, "skill": 0.6, "language": 0.6, "load": 1.0, "idle": 1.0}}


def test_who_gets_full_in_a_plan_is_counted_as_full_afterwards() -> None:
    plan = a_plan({"a": (0, 2), "b": (0, 9)})
    assert [plan.decide(a_request(str(n))).rejected[Lack.FULL] for n in range(3)] == [0, 0, 0]
    heavy = a_plan({"a": (0, 2), "b": (0, 9)})
    assert [heavy.decide(a_request(str(n), weight=2)).rejected[Lack.FULL] for n in range(6)] == [0, 1, 1, 1, 1, 2]


def test_agent_whose_row_is_not_locked_is_never_chosen() -> None:
    plan = a_plan({"a": (2, 2), "free": (0, 2)}, unlocked=("free",))
    decision = plan.decide(a_request())
    assert (decision.agent_id, decision.reason, decision.rejected[Lack.FULL]) == (None, Reason.ALL_FULL, 1)
    assert plan.overlooked


def test_plan_overlooks_nobody_when_all_are_full() -> None:
    plan = a_plan({"a": (2, 2), "b": (2, 2)}, unlocked=("b",))
    plan.decide(a_request())
    assert not plan.overlooked


def test_worth_locking_are_the_chosen_and_the_next_best() -> None:
    plan = a_plan({f"a{n:02}": (n, 100) for n in range(50)})
    assert worth_locking([plan.decide(a_request("c1"))]) == {"a00", "a01"}


def test_equal_input_gives_equal_choice_in_any_order_of_agents() -> None:
    rooms: dict[str, tuple[int, int] | Room] = {"a": (1, 4), "b": (1, 4), "c": (0, 3)}
    first, second = a_plan(rooms), a_plan(dict(reversed(rooms.items())))
    requests = [a_request(str(n)) for n in range(9)]
    assert [first.decide(r) for r in requests] == [second.decide(r) for r in requests]

"""An agent's load is what they hold: freed exactly once, whatever comes twice, late or in another order."""

from collections.abc import Callable
from itertools import permutations

import pytest

from shared.contracts.event import Severity
from shared.errors import Conflict
from tests.unit.routing.builders import (
    CRITICAL_WEIGHS_TWO,
    Office,
    an_agent,
    case_resolved,
    classified,
    forgotten,
    merged,
    reopened,
    resolved,
    updated,
)

HEAVY = classified(severity=Severity.CRITICAL)
WAYS: dict[str, Callable[[Office], None]] = {
    "resolved": lambda office: office.tell(resolved()),
    "merged": lambda office: office.tell(merged(revision=3)),
    "forgotten": lambda office: office.tell(forgotten(revision=4)),
    "case resolved": lambda office: office.tell(case_resolved(seen=2)),
    "declined": lambda office: office.decline("c1", str(office.agent_of())),
    "handed back": lambda office: office.hand_back(),
}
CLOSING = ("resolved", "merged", "forgotten", "case resolved")


@pytest.fixture(autouse=True)
def two(office: Office) -> None:
    office.start_over(CRITICAL_WEIGHS_TWO)
    office.employ(an_agent("ana", capacity=3), an_agent("bea", capacity=3))
    office.tell(HEAVY)
    office.tell(classified("c2"))
    assert office.loads() == {"ana": 2, "bea": 1}


def go(office: Office, way: str) -> None:
    try:
        WAYS[way](office)
    except Conflict:
        assert office.assignment()["state"] == "released"
    office.settle()
    assert office.loads() == office.held()


@pytest.mark.parametrize("order", [*permutations(WAYS, 2)], ids="-".join)
def test_freed_once_in_any_order(office: Office, order: tuple[str, ...]) -> None:
    for way in (*order, *order):
        go(office, way)
    if set(order) & {*CLOSING}:
        assert sum(office.loads().values()) == 1


@pytest.mark.parametrize("way", CLOSING)
def test_freed_by_all_that_comes_in_one_batch(office: Office, way: str) -> None:
    end = {"resolved": resolved(), "merged": merged(), "forgotten": forgotten(), "case resolved": case_resolved()}[way]
    office.tell(end, updated(severity=Severity.LOW), end, classified())
    assert office.loads() == office.held() == {"ana": 0, "bea": 1}


def test_reopened_it_is_held_again_and_freed_again(office: Office) -> None:
    for n in range(3):
        office.tell(resolved(revision=2 + 2 * n))
        assert sum(office.loads().values()) == 1
        office.tell(reopened(revision=3 + 2 * n), reopened(revision=3 + 2 * n))
        assert office.loads() == office.held() and sum(office.loads().values()) == 3


def test_another_weight_counts_once(office: Office) -> None:
    lighter = updated(severity=Severity.LOW)
    office.tell(lighter, lighter)
    office.tell(lighter)
    assert office.loads() == office.held() == {"ana": 1, "bea": 1}


def test_another_weight_of_one_that_is_closed_counts_not_at_all(office: Office) -> None:
    office.tell(resolved())
    office.tell(updated(revision=3, severity=Severity.HIGH))
    assert office.loads() == office.held() == {"ana": 0, "bea": 1}


def test_many_changes_of_one_agent_in_one_batch(office: Office) -> None:
    office.tell(classified("c3"), classified("c4"), classified("c5"))
    assert sum(office.loads().values()) == 6
    office.tell(
        resolved("c1"), resolved("c2"), resolved("c3"), classified("c6"), updated("c4", severity=Severity.CRITICAL)
    )
    office.settle()
    assert office.loads() == office.held()
    assert sum(office.loads().values()) == 4

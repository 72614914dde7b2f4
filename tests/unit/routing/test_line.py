"""The order of service: rank = turn - priority × ageing; turn = max(now, last of region and priority + spacing)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from services.routing import store, tables
from shared.contracts.event import Severity
from tests.unit.routing.builders import (
    NOON,
    Office,
    a_policy,
    a_rule,
    an_agent,
    classified,
    reopened,
    resolved,
    updated,
)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
POLICY = a_policy(ageing=30 * MINUTE, spacing=10 * SECOND)


@pytest.fixture(autouse=True)
def noon(office: Office) -> None:
    office.start_over(POLICY)
    office.at = NOON


def order(office: Office) -> list[str]:
    return [c["complaint_id"] for c in office.queue()]


def served_in_turn(office: Office, number: int) -> list[str]:
    """Whom one agent for everything, who resolves one after the other, gets."""
    office.employ(an_agent("one", skills=("billing", "refund"), regions=("*",), capacity=1))
    served = []
    for _ in range(number):
        served.append(next(id_ for id_ in held(office) if office.agent_of(id_) == "one"))
        office.tell(resolved(served[-1], 9))
    return served


def held(office: Office) -> list[str]:
    with office.db.read() as tx:
        query = select(tables.assignments.c.complaint_id).where(tables.assignments.c.state == "assigned")
        return list(tx.execute(query).scalars())


@pytest.mark.parametrize(
    ("told_at", "ranks"),
    [
        ((0, 0, 0), (0, 10, 20)),
        ((0, 3, 25), (0, 10, 25)),
        ((0, 10, 20), (0, 10, 20)),
        ((0, 11, 21), (0, 11, 21)),
    ],
)
def test_the_waiting_of_one_region_and_priority_stand_spacing_apart(
    office: Office, told_at: tuple[int, ...], ranks: tuple[int, ...]
) -> None:
    for number, seconds in enumerate(told_at):
        office.at = NOON + seconds * SECOND
        office.tell(classified(f"c{number}"))
    assert turns(office) == [NOON + seconds * SECOND for seconds in ranks]


def turns(office: Office, *ids: str) -> list[datetime | None]:
    with office.db.read() as tx:
        found = [store.find_complaint(tx, id_) for id_ in ids or ("c0", "c1", "c2")]
        return [c and c.rank_at for c in found]


def test_other_regions_and_other_priorities_have_lines_of_their_own(office: Office) -> None:
    office.tell(
        classified("c0"),
        classified("c1", region="DE"),
        classified("c2", region=None),
        classified("c3", severity=Severity.MEDIUM),
        classified("c4", category="refund"),  # another need is no other line
    )
    assert turns(office, "c0", "c1", "c2", "c3", "c4") == [NOON, NOON, NOON, NOON - 30 * MINUTE, NOON + 10 * SECOND]


def test_only_those_that_still_wait_push_the_next_one_back(office: Office) -> None:
    office.tell(classified("c0"), classified("c1"))
    office.tell(resolved("c1"))
    office.at = NOON + SECOND
    office.tell(classified("c2"))
    assert turns(office) == [NOON, NOON + 10 * SECOND, NOON + 10 * SECOND]
    office.tell(resolved("c0"), resolved("c2"))
    office.tell(classified("c3"))
    assert turns(office, "c3") == [NOON + SECOND]


@pytest.mark.parametrize(("severity", "steps"), [(s, s.rank) for s in Severity])
def test_each_step_of_priority_counts_as_much_as_the_ageing(office: Office, severity: Severity, steps: int) -> None:
    office.tell(classified("c0", severity=severity))
    assert turns(office, "c0") == [NOON - steps * 30 * MINUTE]


@pytest.mark.parametrize(
    ("later", "first"),
    [(60 * MINUTE - SECOND, "urgent"), (60 * MINUTE, "old"), (60 * MINUTE + SECOND, "old")],
)
def test_an_old_low_one_is_served_before_new_high_ones_once_it_has_aged(
    office: Office, later: timedelta, first: str
) -> None:
    """Two steps of priority are an hour; at the same rank the id decides."""
    office.tell(classified("old"))
    office.at = NOON + later
    office.tell(classified("urgent", severity=Severity.HIGH))
    assert order(office)[0] == first
    assert served_in_turn(office, 1) == [first]


def test_a_surge_of_one_region_does_not_starve_another(office: Office) -> None:
    """Who comes a minute after 500 others of another region waits for those seven whose turns had come by then."""
    office.tell(*(classified(f"a{n:03}") for n in range(500)))
    office.at = NOON + MINUTE
    office.tell(classified("b", region="DE"))
    office.at = NOON + 10 * MINUTE
    office.tell(classified("d", region="FR"))
    assert order(office)[:9] == [*(f"a{n:03}" for n in range(7)), "b", "a007"]
    assert order(office).index("d") == 1 + 61
    assert served_in_turn(office, 8) == [*(f"a{n:03}" for n in range(7)), "b"]


def test_the_place_in_the_queue_is_the_one_in_which_they_are_served(office: Office) -> None:
    for n, (severity, region) in enumerate([("low", "CZ"), ("high", "CZ"), ("low", "DE"), ("high", "CZ")]):
        office.at = NOON + n * 5 * SECOND
        office.tell(classified(f"c{n}", severity=Severity(severity), region=region))
    shown = [(c["place"], c["complaint_id"]) for c in office.queue()]
    assert shown == [(1, "c1"), (2, "c3"), (3, "c0"), (4, "c2")]
    assert served_in_turn(office, 4) == ["c1", "c3", "c0", "c2"]


def test_who_becomes_more_urgent_keeps_the_turn_and_moves_ahead(office: Office) -> None:
    office.tell(classified("c0"), classified("c1"))
    office.at = NOON + MINUTE
    office.tell(updated("c1", severity=Severity.MEDIUM))
    assert turns(office, "c1") == [NOON + 10 * SECOND - 30 * MINUTE]
    assert order(office) == ["c1", "c0"]


def test_a_lost_complaint_keeps_its_place(office: Office) -> None:
    office.tell(classified("c0"), classified("c1"))
    office.employ(an_agent(capacity=1))
    office.at = NOON + 5 * MINUTE
    office.decline("c0")
    assert turns(office, "c0") == [NOON]
    assert (office.agent_of("c1"), order(office)) == ("eva", ["c0"])


@pytest.mark.parametrize("way", ["lost", "handed back"])
def test_who_became_more_urgent_while_somebody_had_it_ranks_so_when_it_comes_back(office: Office, way: str) -> None:
    office.tell(classified("c0"))
    office.employ(an_agent(capacity=1))
    office.tell(updated("c0", severity=Severity.HIGH))
    office.decline("c0") if way == "lost" else office.hand_back("c0")
    assert (office.agent_of("c0"), turns(office, "c0")) == (None, [NOON - 60 * MINUTE])


def test_a_reopened_complaint_begins_a_new_wait(office: Office) -> None:
    office.tell(classified("c0"), classified("c1"))
    office.at = NOON + 5 * MINUTE
    office.tell(resolved("c0"))
    office.tell(reopened("c0"))
    assert turns(office, "c0") == [NOON + 5 * MINUTE]


def test_equal_priorities_are_served_in_the_order_of_arrival(office: Office) -> None:
    office.start_over(a_policy(a_rule(priority=dict.fromkeys(Severity, 0)), spacing=timedelta(0)))
    office.at = datetime(2026, 11, 2, tzinfo=UTC)
    for n, severity in enumerate([Severity.LOW, Severity.CRITICAL, Severity.HIGH]):
        office.advance(seconds=1)
        office.tell(classified(f"c{n}", severity=severity))
    assert served_in_turn(office, 3) == ["c0", "c1", "c2"]

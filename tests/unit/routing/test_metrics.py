"""What routing counts and shows: once per decision that is stored, of people only what they are together."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.routing import metrics, store, usecases
from services.routing.domain.presence import Presence, Status
from services.routing.domain.reasons import WAITING, Loss
from services.routing.domain.staff import Load
from services.routing.placing import outlook
from shared.database import Transaction
from tests.unit.routing.builders import NOON, Office, an_agent, classified


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, f"{name} {labels} is there from the start"
    return found


def looked(office: Office) -> None:
    with office.db.read() as tx:
        outlook.look(tx, office.desk)


class Undone(Exception):
    """What a test raises to have a transaction rolled back."""


def test_every_series_is_there_before_anything_happens() -> None:
    series: dict[str, list[dict[str, str]]] = {
        "ombud_assignments_total": [{"outcome": o.value} for o in metrics.Outcome],
        "ombud_assignments_lost_total": [{"reason": loss.value} for loss in Loss],
        "ombud_relaxations_total": [{}],
        "ombud_complaints_waiting": [{"reason": r.value} for r in WAITING],
        "ombud_complaints_waiting_oldest_seconds": [{}],
        "ombud_agents": [{"status": s.value} for s in Status],
        "ombud_agents_load_points": [{"status": s.value} for s in Status],
        "ombud_agents_capacity_points": [{"status": s.value} for s in Status],
        "ombud_agents_by_load": [{"load": load.value} for load in Load],
        "ombud_assignment_wait_seconds_count": [{}],
    }
    for name, sets in series.items():
        for labels in sets:
            value(name, **labels)


@pytest.fixture
def loaded(office: Office) -> Office:
    """At work: one without work, one with a third, one with half, one full. Away: one with a complaint."""
    for id_, capacity, held in (("ann", 3, 0), ("bob", 3, 1), ("cat", 2, 1), ("dan", 1, 1), ("eve", 4, 1)):
        office.employ(an_agent(id_, skills=(id_,), capacity=capacity))
        for number in range(held):
            office.tell(classified(f"{id_}{number}", category=id_))
    office.say("eve", Presence.AWAY)
    looked(office)
    return office


def test_load_is_shown_as_how_many_agents_have_how_much_and_only_of_those_at_work(loaded: Office) -> None:
    shown = {load.value: value("ombud_agents_by_load", load=load.value) for load in Load}
    assert shown == {"none": 1, "below_half": 1, "half_or_more": 1, "full": 1, "over": 0}


def test_points_and_capacity_are_sums_by_status(loaded: Office) -> None:
    def of(status: str) -> tuple[float, ...]:
        names = ("ombud_agents", "ombud_agents_load_points", "ombud_agents_capacity_points")
        return tuple(value(name, status=status) for name in names)

    assert (of("available"), of("away"), of("absent")) == ((4, 3, 9), (1, 1, 4), (0, 0, 0))


def test_whoever_has_more_than_they_can_take_is_over_and_whoever_can_take_nothing_is_full(office: Office) -> None:
    office.employ(an_agent("ann", capacity=2), an_agent("bob", skills=(), capacity=0))
    office.tell(classified("c1"), classified("c2"))
    office.employ(an_agent("ann", capacity=1))
    looked(office)
    shown = {load.value: value("ombud_agents_by_load", load=load.value) for load in Load}
    assert shown == {"none": 0, "below_half": 0, "half_or_more": 0, "full": 1, "over": 1}


def test_agents_who_are_gone_leave_no_number_behind(loaded: Office) -> None:
    loaded.start_over()
    looked(loaded)
    shown = [value("ombud_agents_by_load", load=load.value) for load in Load]
    shown += [value("ombud_agents_load_points", status=s.value) for s in Status]
    assert shown == [0] * len(shown)


def test_the_wait_is_measured_once_per_complaint_from_when_it_needed_an_agent(office: Office) -> None:
    def waits() -> tuple[float, float]:
        return value("ombud_assignment_wait_seconds_count"), value("ombud_assignment_wait_seconds_sum")

    before, office.at = waits(), NOON
    office.tell(classified("c1"), classified("c1"))
    office.advance(seconds=90)
    office.employ(an_agent())
    office.settle()
    office.tell(classified("c1"))
    office.decline()
    office.employ(an_agent("bob"))
    office.advance(seconds=90)
    assert (waits()[0] - before[0], waits()[1] - before[1]) == (1, 90), "not again for whoever has it next"


def test_what_is_rolled_back_does_not_count(office: Office) -> None:
    office.employ(an_agent())
    before = value("ombud_assignments_total", outcome="assigned")

    def undone(tx: Transaction) -> None:
        usecases.follow_complaints(tx, office.desk, [classified("c1")])
        raise Undone

    with pytest.raises(Undone):
        office.run(undone)
    assert value("ombud_assignments_total", outcome="assigned") == before
    office.tell(classified("c1"))
    assert value("ombud_assignments_total", outcome="assigned") == before + 1


def test_who_has_waited_longest_is_found_in_an_index_of_those_who_wait(office: Office) -> None:
    """PostgreSQL plans so for many alone: 0.3 ms for 100,000 that wait, as measured; here it must have the index."""
    with office.db.read() as tx:
        if tx.is_postgres:
            found = tx.connection.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = 'waiting_by_age'"))
            assert "(waiting_since) WHERE" in str(found), found
            return
        compiled = store.OLDEST_WAITING.compile(tx.connection, compile_kwargs={"literal_binds": True})
        plan = str(tx.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all())
        assert "SEARCH assignments USING INDEX waiting_by_age" in plan, plan


def test_the_oldest_wait_is_shown_and_0_when_nobody_waits(office: Office) -> None:
    office.tell(classified("c1"))
    with office.db.read() as tx:
        tx.now = tx.now + timedelta(minutes=5)
        outlook.look(tx, office.desk)
    assert value("ombud_complaints_waiting_oldest_seconds") == pytest.approx(300, abs=5)
    office.start_over()
    looked(office)
    assert value("ombud_complaints_waiting_oldest_seconds") == 0

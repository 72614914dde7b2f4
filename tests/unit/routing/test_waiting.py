"""Waiting complaints get the capacity that comes free: the most urgent first, nobody overtaken, nobody forgotten."""

import pytest
from sqlalchemy import update

from services.routing import tables
from services.routing.roster import agents_store
from shared.contracts.event import Severity
from shared.contracts.routing import ComplaintQueued
from tests.unit.routing.builders import (
    CRITICAL_WEIGHS_TWO,
    Office,
    an_agent,
    case_resolved,
    classified,
    resolved,
)


def test_freed_capacity_goes_to_the_most_urgent_and_then_the_oldest(office: Office) -> None:
    office.employ(an_agent(capacity=1))
    office.tell(classified("first"))
    for id_, severity in (("old", Severity.LOW), ("young", Severity.LOW), ("urgent", Severity.HIGH)):
        office.tell(classified(id_, severity=severity))
    served = []
    for done in ("first", "urgent", "old"):
        office.tell(resolved(done))
        served.append(next(id_ for id_ in ("old", "young", "urgent") if office.agent_of(id_) == "eva"))
    assert served == ["urgent", "old", "young"]


def test_new_complaint_does_not_overtake_those_that_wait(office: Office) -> None:
    office.employ(an_agent(capacity=1, skills=("billing", "refund")))
    office.tell(classified("c1"))
    office.tell(classified("c2"))
    office.tell(resolved("c1"), classified("c3", category="refund"))
    assert (office.agent_of("c2"), office.agent_of("c3")) == ("eva", None)


def test_one_that_waits_is_served_at_once_though_the_same_batch_tells_of_it_again(office: Office) -> None:
    office.employ(an_agent(capacity=1))
    office.tell(classified("c1"))
    office.tell(classified("c2"))
    office.tell(resolved("c1"), classified("c2"))
    assert office.agent_of("c2") == "eva"


def test_one_that_was_closed_in_the_batch_is_not_served(office: Office) -> None:
    office.employ(an_agent(capacity=1))
    office.tell(classified("c1"))
    office.tell(classified("c2"))
    office.tell(resolved("c1"), resolved("c2"))
    assert office.agent_of("c2") is None


def test_case_resolved_frees_capacity_for_the_waiting(office: Office) -> None:
    office.employ(an_agent(capacity=1))
    office.tell(classified("c1"), classified("c2"))
    office.tell(case_resolved("c1"))
    assert office.agent_of("c2") == "eva"


def test_new_agent_gets_the_waiting(office: Office) -> None:
    office.tell(classified("c1"), classified("c2"))
    office.employ(an_agent(capacity=1))
    assert (office.agent_of("c1"), office.woken) == ("eva", {"assign_waiting"})
    assert office.sweep() == 1  # the other one waits for another reason than before
    assert office.assignment("c2")["reason"] == "all_full"
    assert office.sweep() == 0


def test_raised_capacity_and_new_skills_are_used(office: Office) -> None:
    office.employ(an_agent(capacity=1))
    office.tell(classified("c1"), classified("c2"), classified("c3", category="refund"))
    office.employ(an_agent(capacity=3, skills=("billing", "refund")))
    office.sweep()
    assert (office.queue(), office.loads()) == ([], {"eva": 3})


def test_lowered_capacity_takes_nothing_away_and_adds_nothing(office: Office) -> None:
    office.employ(an_agent(capacity=3))
    office.tell(classified("c1"), classified("c2"))
    office.employ(an_agent(capacity=1))
    office.tell(classified("c3"), resolved("c1"))
    assert (office.loads(), office.agent_of("c3")) == ({"eva": 1}, None)
    office.tell(resolved("c2"))
    assert office.agent_of("c3") == "eva"


def test_those_that_nobody_can_take_do_not_stand_in_the_way(office: Office) -> None:
    office.tell(*(classified(f"stuck{n:03}", category="safety", severity=Severity.CRITICAL) for n in range(150)))
    office.tell(classified("humble"))
    office.employ(an_agent())
    assert (office.agent_of("humble"), office.sweep()) == ("eva", 0)


def test_many_waiting_are_served_in_batches(office: Office) -> None:
    office.tell(*(classified(f"c{n:03}") for n in range(230)))
    office.employ(an_agent(capacity=225))
    office.sweep()
    assert office.summary()["assigned"] == 225
    assert [c["complaint_id"] for c in office.queue()] == [f"c{n}" for n in range(225, 230)]


def test_freed_capacity_for_more_than_a_batch_wakes_the_tick(office: Office) -> None:
    office.tell(*(classified(f"c{n:03}") for n in range(130)))
    office.employ(an_agent(capacity=120))
    assert (office.woken, office.summary()["assigned"]) == ({"assign_waiting"}, 100)


def test_nothing_is_decided_or_announced_when_nobody_fits(office: Office) -> None:
    office.employ(an_agent(capacity=0))
    office.tell(classified("c1"), classified("c2", category="refund"))
    before, attempt = len(office.announced), office.assignment("c1")["attempt"]
    assert (office.sweep(), office.sweep(), len(office.announced)) == (0, 0, before)
    assert office.assignment("c1")["attempt"] == attempt


def test_another_reason_to_wait_is_stored_and_announced_once(office: Office) -> None:
    office.tell(classified("c1"))
    office.employ(an_agent(capacity=0))
    office.sweep()
    office.sweep()
    assert [(e.attempt, e.reason) for e in office.announced if isinstance(e, ComplaintQueued)] == [
        (1, "nobody_qualified"),
        (2, "all_full"),
    ]


def test_light_complaint_fits_where_a_heavy_one_does_not(office: Office) -> None:
    office.start_over(CRITICAL_WEIGHS_TWO)
    office.employ(an_agent(capacity=1))
    office.tell(classified("heavy", severity=Severity.CRITICAL), classified("light"))
    assert (office.agent_of("heavy"), office.agent_of("light")) == (None, "eva")


def test_agent_who_changed_since_the_roster_was_read_is_looked_at_again(office: Office) -> None:
    """As when another replica changes an agent between the look at the roster and the lock."""
    office.employ(an_agent("ana"), an_agent("bea", capacity=3))
    office.tell(classified("c1"))
    with office.db.transaction() as tx:
        agents_store.put_agents(tx, [an_agent("ana", skills=("refund",))], {})
    stale = office.desk.roster
    office.tell(classified("c2"), classified("c3"))
    assert (office.agent_of("c2"), office.agent_of("c3"), stale.name_of("ana")) == ("bea", "bea", "Ana")


def test_reservation_over_the_capacity_is_refused(office: Office) -> None:
    """The guard behind the plan: a plan that was wrong must fail, not overload an agent."""
    office.employ(an_agent(capacity=2))
    with office.db.transaction() as tx:
        tx.execute(update(tables.agents).values(load=1))
    with pytest.raises(RuntimeError, match="no room"), office.db.transaction() as tx:
        agents_store.change_loads(tx, {"eva": agents_store.LoadChange(delta=2, reserved=2)})
    assert office.loads() == {"eva": 1}


def test_best_agents_are_found_among_very_many(office: Office) -> None:
    office.employ(*(an_agent(f"a{n:03}", capacity=100) for n in range(90)))
    with office.db.transaction() as tx:
        tx.execute(update(tables.agents).where(tables.agents.c.id < "a085").values(load=50))
    office.tell(*(classified(f"c{n}") for n in range(10)))
    assert {office.agent_of(f"c{n}") for n in range(10)} == {f"a{n:03}" for n in range(85, 90)}
    assert office.assignment("c0")["rejected"] == {}

"""Routing follows complaints: assigned or queued once, released once, whatever comes twice or late."""

from shared.contracts.event import Severity
from shared.contracts.routing import (
    ComplaintAssigned,
    ComplaintQueued,
    Needs,
    QueuedReason,
)
from tests.unit.routing.builders import (
    CRITICAL_WEIGHS_TWO,
    Office,
    an_agent,
    case_resolved,
    classified,
    reopened,
    resolved,
    updated,
)


def test_new_complaint_goes_to_the_least_loaded(office: Office) -> None:
    office.employ(an_agent("ana", capacity=2), an_agent("bea", capacity=8), an_agent("dan", skills=("refund",)))
    office.tell(classified("c1"))
    office.tell(classified("c2"))
    office.tell(classified("c3"))
    assert [office.agent_of(f"c{n}") for n in (1, 2, 3)] == ["ana", "bea", "bea"]
    assert office.loads() == office.held() == {"ana": 1, "bea": 2, "dan": 0}


def test_assignment_is_announced(office: Office) -> None:
    office.employ(an_agent("ana"))
    office.tell(classified("c1"))
    (event,) = office.announced
    assert isinstance(event, ComplaintAssigned)
    assert (event.complaint_id, event.attempt, event.agent_id, event.agent_name) == ("c1", 1, "ana", "Ana")
    assert (event.region, event.language, event.score["load"], event.relaxed) == ("CZ", "cs", 1.0, ())
    assert (event.severity, event.category) == (Severity.LOW, "billing")


def test_complaint_told_twice_is_assigned_once(office: Office) -> None:
    office.employ(an_agent())
    office.tell(classified(), classified())
    office.tell(classified())
    assert (office.loads(), len(office.announced)) == ({"eva": 1}, 1)


def test_complaint_that_nobody_can_take_is_queued_with_the_reason(office: Office) -> None:
    office.employ(an_agent("eva", capacity=0), an_agent("max", skills=("refund",)))
    office.tell(classified("c1"), classified("c2", region="DE"))
    office.tell(classified("c1"), classified("c2", region="DE"))
    assert [(e.complaint_id, e.attempt, e.reason) for e in office.announced if isinstance(e, ComplaintQueued)] == [
        ("c1", 1, QueuedReason.ALL_FULL),
        ("c2", 1, QueuedReason.NOBODY_QUALIFIED),
    ]
    assert isinstance(office.announced[1], ComplaintQueued)
    assert office.announced[1].needs == Needs("billing", "cs", "DE", 1, 1)


def test_most_severe_of_a_batch_comes_first(office: Office) -> None:
    office.employ(an_agent(capacity=1))
    office.tell(
        classified("c1"), classified("c2", severity=Severity.CRITICAL), classified("c3", severity=Severity.HIGH)
    )
    assert office.agent_of("c2") == "eva"
    assert [c["complaint_id"] for c in office.queue()] == ["c3", "c1"]


def test_resolved_complaint_frees_its_weight_once(office: Office) -> None:
    office.start_over(CRITICAL_WEIGHS_TWO)
    office.employ(an_agent(capacity=3))
    office.tell(classified("c1", severity=Severity.CRITICAL), classified("c2"))
    office.tell(resolved("c1"), resolved("c1"))
    office.tell(resolved("c1"), case_resolved("c1"))
    office.tell(resolved("c1", revision=3))
    assert office.loads() == office.held() == {"eva": 1}
    assert office.assignment("c1")["state"] == "released"


def test_resolved_case_frees_capacity_once(office: Office) -> None:
    office.employ(an_agent())
    office.tell(classified())
    office.tell(case_resolved())
    office.tell(case_resolved(), resolved())
    assert office.loads() == {"eva": 0}
    assert office.assignment()["reason"] == "case_resolved"


def test_complaint_resolved_before_it_was_classified_is_never_assigned(office: Office) -> None:
    office.employ(an_agent())
    office.tell(resolved("c1", revision=2), case_resolved("c2"))
    office.tell(classified("c1", revision=1), classified("c2", revision=1))
    assert (office.announced, office.loads()) == ([], {"eva": 0})
    assert office.summary()["released"] == 2


def test_everything_in_one_batch_backwards_ends_alike(office: Office) -> None:
    office.employ(an_agent())
    events = [
        classified(),
        updated(revision=2, severity=Severity.HIGH),
        resolved(revision=3),
        reopened(revision=4),
        updated(revision=5, severity=Severity.CRITICAL),
    ]
    office.tell(*reversed(events))
    for event in events:
        office.tell(event)
    assert (office.agent_of(), office.loads(), len(office.announced)) == ("eva", {"eva": 1}, 1)
    assert office.assignment()["severity"] == "critical"


def test_reopened_complaint_returns_to_its_agent(office: Office) -> None:
    office.employ(an_agent("ana"))
    office.tell(classified("c1"))
    office.tell(resolved("c1"))
    office.employ(an_agent("aaron"))
    office.tell(reopened("c1"))
    office.tell(reopened("c1"))
    assert (office.agent_of("c1"), office.assignment("c1")["reason"]) == ("ana", "same_agent")
    assert [e.attempt for e in office.announced if isinstance(e, ComplaintAssigned)] == [1, 2]
    assert office.loads() == {"aaron": 0, "ana": 1}


def test_reopened_complaint_goes_to_another_when_its_agent_is_full(office: Office) -> None:
    office.employ(an_agent("ana", capacity=1))
    office.tell(classified("c1"))
    office.tell(resolved("c1"))
    office.tell(classified("c2"))
    office.employ(an_agent("bea"))
    office.tell(reopened("c1"))
    assert (office.agent_of("c1"), office.agent_of("c2")) == ("bea", "ana")


def test_complaint_resolved_and_reopened_in_one_batch_holds_its_weight_once(office: Office) -> None:
    office.employ(an_agent(capacity=1))
    office.tell(classified())
    office.tell(resolved(), reopened())
    assert (office.agent_of(), office.loads()) == ("eva", {"eva": 1})


def test_late_case_resolved_does_not_release_a_reopened_complaint(office: Office) -> None:
    office.employ(an_agent())
    office.tell(classified(), resolved(), reopened())
    office.tell(case_resolved(seen=2))
    assert office.agent_of() == "eva"
    office.tell(case_resolved(seen=3))
    assert office.loads() == {"eva": 0}


def test_updated_complaint_stays_with_its_agent_and_its_load_follows_once(office: Office) -> None:
    office.start_over(CRITICAL_WEIGHS_TWO)
    office.employ(an_agent("ana", capacity=4), an_agent("bea", capacity=4))
    office.tell(classified())
    heavier = updated(severity=Severity.CRITICAL, language="de", category="refund")
    office.tell(heavier)
    office.tell(heavier, classified())
    assert (office.agent_of(), office.loads(), len(office.announced)) == ("ana", {"ana": 2, "bea": 0}, 1)
    office.tell(updated(revision=3))
    assert office.loads() == office.held() == {"ana": 1, "bea": 0}


def test_complaint_that_gets_heavier_may_exceed_the_capacity_but_nothing_is_added(office: Office) -> None:
    office.start_over(CRITICAL_WEIGHS_TWO)
    office.employ(an_agent(capacity=2))
    office.tell(classified("c1"), classified("c2"))
    office.tell(updated("c1", severity=Severity.CRITICAL), classified("c3"))
    assert office.loads() == {"eva": 3}
    office.tell(resolved("c2"))
    assert (office.loads(), office.agent_of("c3")) == ({"eva": 2}, None)


def test_newer_needs_of_a_waiting_complaint_count_at_once(office: Office) -> None:
    office.employ(an_agent(skills=("refund",)))
    office.tell(classified())
    office.tell(updated(category="refund"))
    assert (office.agent_of(), [e.attempt for e in office.announced]) == ("eva", [1, 2])  # type: ignore[attr-defined]


def test_newer_needs_that_nobody_meets_are_announced(office: Office) -> None:
    office.tell(classified())
    office.tell(updated(category="refund"))
    office.tell(updated(category="refund"), updated(revision=3, category="refund"))
    assert [(e.attempt, e.needs.skill) for e in office.announced if isinstance(e, ComplaintQueued)] == [
        (1, "billing"),
        (2, "refund"),
    ]


def test_reopening_before_the_facts_waits_for_them(office: Office) -> None:
    office.employ(an_agent())
    office.tell(reopened(revision=3))
    assert (office.summary()["early"], office.announced) == (1, [])
    office.tell(classified())
    office.tell(resolved(revision=2))
    assert office.agent_of() == "eva"

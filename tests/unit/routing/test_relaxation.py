"""Needs relax on time: the plan is in the rows, so neither a restart nor a pause of the service loses any of it."""

from datetime import timedelta

import pytest

from services.routing.domain.needs import Wanted
from services.routing.domain.policy import Policy, Relaxation
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued
from shared.policy.words import NONE
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
from tests.unit.shared.hours import hours_in

SECOND = timedelta(seconds=1)
TEN, TWENTY, HOUR = timedelta(minutes=10), timedelta(minutes=20), timedelta(hours=1)
PLAN = (
    Relaxation(TEN, Wanted(skill_level=2)),
    Relaxation(TWENTY, Wanted(skill_level=2, region=NONE)),
    Relaxation(HOUR, Wanted(skill=NONE, region=NONE)),
)
POLICY = a_policy(a_rule(wanted=Wanted(skill_level=4), relax=PLAN))


@pytest.fixture(autouse=True)
def noon(office: Office) -> None:
    office.start_over(POLICY)
    office.at = NOON


@pytest.mark.parametrize(
    ("waited", "stage"),
    [
        (TEN - SECOND, 0),
        (TEN, 1),
        (TEN + SECOND, 1),
        (TWENTY - SECOND, 1),
        (TWENTY, 2),
        (HOUR - SECOND, 2),
        (HOUR, 3),
        (HOUR * 99, 3),
    ],
)
def test_each_step_comes_exactly_on_time(office: Office, waited: timedelta, stage: int) -> None:
    """Also when several are due at once, after a pause of the service."""
    office.tell(classified())
    office.advance(seconds=waited.total_seconds())
    assert office.assignment()["stage"] == stage


def test_steps_are_cumulative_and_named(office: Office) -> None:
    office.tell(classified())
    seen = []
    for _ in range(4):
        found = office.assignment()
        seen.append((found["needs"]["skill"], found["needs"]["skill_level"], found["needs"]["region"]))
        office.advance(minutes=20)
    assert seen == [("billing", 4, "CZ"), ("billing", 2, None), ("billing", 2, None), (None, None, None)]
    assert office.assignment()["relaxed"] == ["skill", "region", "skill_level"]


def test_the_next_step_is_foretold(office: Office) -> None:
    office.tell(classified())
    office.advance(minutes=10)
    coming = office.assignment()["next_relaxation"]
    assert coming["at"] == "2026-11-02T12:20:00Z" and coming["needs"]["region"] is None
    assert office.queue()[0]["next_relaxation"] == coming
    office.advance(hours=1)
    assert office.assignment()["next_relaxation"] is None


def test_whoever_is_good_enough_now_gets_it_at_once(office: Office) -> None:
    office.employ(an_agent(skills={"billing": 2}))
    office.tell(classified())
    office.advance(minutes=9, seconds=59)
    assert office.agent_of() is None
    office.advance(seconds=1)
    assert office.agent_of() == "eva"
    event = office.announced[-1]
    assert isinstance(event, ComplaintAssigned)
    assert event.relaxed == ("skill_level",) == tuple(office.assignment()["relaxed"])
    assert [e["what"] for e in office.assignment()["history"]] == ["queued", "relaxed", "assigned"]
    assert office.assignment()["history"][1]["details"] == {"stage": 1, "relaxed": ["skill_level"]}


def test_a_restart_loses_nothing(office: Office) -> None:
    office.tell(classified())
    office.under(POLICY)
    office.advance(minutes=20)
    assert office.assignment()["stage"] == 2


def test_an_assigned_complaint_relaxes_no_more(office: Office) -> None:
    office.employ(an_agent(skills={"billing": 4}))
    office.tell(classified())
    office.advance(hours=2)
    assert (office.assignment()["stage"], office.assignment()["next_relaxation"]) == (0, None)


def test_the_wait_out_of_hours_does_not_count(office: Office) -> None:
    office.start_over(a_policy(a_rule(relax=PLAN), hours=(hours_in("CZ"),)))
    office.at = NOON.replace(hour=20)  # it opens at 07:00 UTC
    office.tell(classified())
    assert office.assignment()["next_relaxation"]["at"] == "2026-11-03T07:10:00Z"
    office.advance(hours=11, minutes=9, seconds=59)
    assert office.assignment()["stage"] == 0
    office.advance(seconds=1)
    assert office.assignment()["stage"] == 1


def test_a_reopened_complaint_begins_again(office: Office) -> None:
    office.tell(classified())
    office.advance(hours=2)
    office.tell(resolved())
    office.advance(hours=2)
    office.tell(reopened())
    assert office.assignment()["stage"] == 0
    office.advance(minutes=10)
    assert office.assignment()["stage"] == 1


def test_new_facts_do_not_begin_the_wait_again(office: Office) -> None:
    office.tell(classified())
    office.advance(minutes=20)
    office.tell(updated(category="refund"))
    found = office.assignment()
    assert (found["stage"], found["needs"]["skill"], found["next_relaxation"]["at"]) == (
        2,
        "refund",
        "2026-11-02T13:00:00Z",
    )


def test_a_lost_complaint_goes_on_where_it_was(office: Office) -> None:
    office.employ(an_agent(skills={"billing": 2}))
    office.tell(classified())
    office.advance(minutes=15)
    office.decline()
    office.settle()
    assert (office.agent_of(), office.assignment()["stage"]) == (None, 1)
    office.advance(minutes=5)
    assert office.assignment()["stage"] == 2


def test_relaxing_is_no_decision_of_its_own(office: Office) -> None:
    office.tell(classified())
    office.advance(hours=5)
    assert [e.attempt for e in office.announced if isinstance(e, ComplaintQueued)] == [1]


def test_a_set_need_stays_whatever_relaxes(office: Office) -> None:
    office.tell(classified())
    office.hand_back(region="DE")
    office.advance(hours=2)
    found = office.assignment()
    assert (found["stage"], found["needs"]["region"], found["needs"]["skill"]) == (3, "DE", None)


def test_of_very_many_that_are_due_all_relax(office: Office) -> None:
    office.tell(*(classified(f"c{n}") for n in range(205)))
    office.advance(minutes=10)
    assert {c["stage"] for c in office.queue()} == {1}


def test_policy_without_plan_never_relaxes(office: Office) -> None:
    plain: Policy = a_policy()
    office.start_over(plain)
    office.at = NOON
    office.tell(classified())
    office.advance(days=30)
    assert (office.assignment()["stage"], office.assignment()["relaxed"]) == (0, [])

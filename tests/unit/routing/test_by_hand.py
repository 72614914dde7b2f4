"""What supervisors do: assign to somebody of their choice, hand back with needs of their own."""

from datetime import timedelta
from typing import Any

import pytest

from services.routing import by_hand
from services.routing.domain.presence import Presence
from shared.contracts.event import Severity
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued
from shared.errors import Conflict, NotFound
from tests.unit.routing.builders import (
    CRITICAL_WEIGHS_TWO,
    NOON,
    Office,
    a_policy,
    an_agent,
    classified,
    forgotten,
    merged,
    reopened,
    resolved,
)
from tests.unit.shared.hours import hours_in


@pytest.fixture(autouse=True)
def two(office: Office) -> None:
    office.start_over(CRITICAL_WEIGHS_TWO)
    office.at = NOON
    office.employ(an_agent("ana", capacity=2), an_agent("bea", capacity=2))
    office.tell(classified())


def test_a_complaint_goes_from_one_agent_to_another(office: Office) -> None:
    office.assign("c1", "bea")
    found = office.assignment()
    assert (found["agent"]["id"], found["reason"], office.loads()) == ("bea", "by_hand", {"ana": 0, "bea": 1})
    assert (found["history"][-1]["by"], found["score"], found["candidates"]) == ("petr.svoboda", {}, [])
    event = office.announced[-1]
    assert isinstance(event, ComplaintAssigned)
    assert (event.agent_id, event.agent_name, event.reason, event.attempt) == ("bea", "Bea", "by_hand", 2)


def test_whoever_had_it_gets_the_next(office: Office) -> None:
    office.tell(*(classified(f"c{n}") for n in range(2, 6)))
    (waiting,) = [c["complaint_id"] for c in office.queue()]
    office.woken.clear()
    office.assign("c1", "bea", force=True)
    assert office.woken == {"assign_waiting"}
    office.settle()
    assert (office.agent_of(waiting), office.loads()) == ("ana", {"ana": 2, "bea": 3})


def test_told_twice_it_is_assigned_once(office: Office) -> None:
    office.assign("c1", "bea")
    announced, history = len(office.announced), len(office.assignment()["history"])
    office.assign("c1", "bea")
    assert (len(office.announced), len(office.assignment()["history"])) == (announced, history)
    assert office.loads() == office.held()


@pytest.mark.parametrize(
    ("lack", "bea"),
    [
        ("skill", {"skills": ()}),
        ("language", {"languages": ()}),
        ("region", {"regions": ()}),
        ("full", {"capacity": 0}),
    ],
)
def test_who_could_not_be_chosen_is_refused_with_the_reason_but_for_force(
    office: Office, lack: str, bea: dict[str, Any]
) -> None:
    office.employ(an_agent("bea", **bea))
    with pytest.raises(Conflict, match=rf"bea could not take it: {lack};"):
        office.assign("c1", "bea")
    assert office.agent_of() == "ana"
    office.assign("c1", "bea", force=True)
    assert (office.agent_of(), office.loads()) == ("bea", {"ana": 0, "bea": 1})


@pytest.mark.parametrize("presence", [Presence.BUSY, Presence.AWAY, Presence.OFFLINE])
def test_who_is_not_there_is_refused_but_for_force(office: Office, presence: Presence) -> None:
    office.say("bea", presence)
    with pytest.raises(Conflict, match=presence.value):
        office.assign("c1", "bea")
    office.assign("c1", "bea", force=True)
    office.settle()
    assert office.agent_of() == ("ana" if presence is Presence.OFFLINE else "bea")


def test_one_that_waits_is_taken_out_of_the_line(office: Office) -> None:
    office.tell(classified("c2", category="refund"))
    office.assign("c2", "bea", force=True)
    office.settle()
    assert (office.queue(), office.loads()) == ([], {"ana": 1, "bea": 1})


def test_a_supervisor_need_not_wait_for_the_opening(office: Office) -> None:
    office.start_over(a_policy(hours=(hours_in("CZ"),)))
    office.at = NOON.replace(hour=20)
    office.employ(an_agent("ana"))
    office.tell(classified())
    office.assign("c1", "ana")
    assert office.agent_of() == "ana"


@pytest.mark.parametrize("end", [resolved, merged, forgotten])
def test_closed_ones_are_refused(office: Office, end: Any) -> None:
    office.tell(end())
    for refused in (
        lambda: office.assign("c1", "bea", force=True),
        office.hand_back,
        lambda: office.accept("c1", "ana"),
    ):
        with pytest.raises(Conflict):
            refused()
    assert office.loads() == {"ana": 0, "bea": 0}


def test_early_ones_are_refused_and_unknown_ones_are_not_found(office: Office) -> None:
    office.tell(reopened("early"))
    with pytest.raises(Conflict):
        office.assign("early", "bea")
    for unknown in (
        lambda: office.assign("nobody", "bea"),
        lambda: office.assign("c1", "nobody"),
        lambda: office.assign("c1", "nobody", force=True),
        lambda: office.hand_back("nobody"),
        lambda: office.accept("nobody"),
        lambda: office.decline("nobody"),
    ):
        with pytest.raises(NotFound):
            unknown()
    assert office.agent_of() == "ana"


def test_handed_back_it_goes_to_somebody_else(office: Office) -> None:
    office.hand_back()
    found = office.assignment()
    assert (found["agent"]["id"], found["tried"], found["lost"], office.loads()) == (
        "bea",
        ["ana"],
        0,
        {"ana": 0, "bea": 1},
    )
    assert [e["what"] for e in found["history"]] == ["assigned", "handed_back", "assigned"]


def test_handed_back_with_needs_it_goes_to_whom_they_fit(office: Office) -> None:
    office.employ(an_agent("eva", skills={"legal": 5}))
    office.hand_back(skill="legal", skill_level=4, region=None)
    found = office.assignment()
    assert (found["agent"]["id"], found["needs"]["skill_level"], found["needs"]["region"]) == ("eva", 4, None)
    assert found["history"][1]["details"] == {"skill": "legal", "skill_level": 4, "region": None}
    office.hand_back()
    assert (office.agent_of(), office.assignment()["needs"]["skill"]) == ("bea", "billing")


def test_handed_back_twice_it_does_not_return_to_whom_it_was_taken_from(office: Office) -> None:
    office.employ(an_agent("bea", capacity=0))
    office.hand_back()
    before = office.assignment()
    office.hand_back()
    office.settle()
    assert office.assignment() == before
    assert (before["agent"], before["tried"]) == (None, ["ana"])
    assert sum(isinstance(e, ComplaintQueued) for e in office.announced) == 1


def test_one_that_lost_its_agents_begins_a_new_round_when_handed_back(office: Office) -> None:
    office.employ(an_agent("bea", capacity=0))
    office.decline("c1", "ana")
    assert office.agent_of() is None
    office.hand_back()
    assert (office.agent_of(), office.assignment()["lost"]) == ("ana", 0)


def test_handed_back_it_keeps_the_time_it_waits_since(office: Office) -> None:
    office.employ(an_agent("bea", capacity=0))
    office.at = NOON + timedelta(hours=1)
    office.hand_back()
    assert office.assignment()["waiting_since"] == "2026-11-02T12:00:00Z"


def test_a_heavy_one_counts_in_full_by_hand_too(office: Office) -> None:
    office.tell(classified("c2", severity=Severity.CRITICAL))
    assert office.loads() == {"ana": 1, "bea": 2}
    with pytest.raises(Conflict, match="full"):
        office.assign("c2", "ana")
    office.assign("c2", "ana", force=True)
    assert office.loads() == office.held() == {"ana": 3, "bea": 0}


def test_the_note_is_kept(office: Office) -> None:
    office.run(lambda tx: by_hand.assign(tx, office.desk, "c1", "bea", "petr", "she knows him", force=False))
    office.run(lambda tx: by_hand.hand_back(tx, office.desk, "c1", {}, "petr", "she does not"))
    notes = [(e["what"], e["note"]) for e in office.assignment()["history"] if e["note"]]
    assert notes == [("assigned", "she knows him"), ("handed_back", "she does not")]

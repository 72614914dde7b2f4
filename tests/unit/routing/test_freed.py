"""Whoever has room again, or for the first time, gets the best of those that wait at once, in the same transaction."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from services.routing.domain.presence import Presence
from shared.contracts.event import Severity
from shared.hours.calendar import Absence
from tests.unit.routing.builders import (
    CRITICAL_WEIGHS_TWO,
    NOON,
    Office,
    an_agent,
    case_resolved,
    classified,
    forgotten,
    merged,
    resolved,
    updated,
)
from tests.unit.shared.hours import shifts

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def full(office: Office) -> None:
    """eva has one, three wait; the best of them is not the oldest."""
    office.at = NOON
    office.employ(an_agent(capacity=1))
    office.tell(classified("hers"))
    office.tell(classified("old"))
    office.tell(classified("best", severity=Severity.HIGH), classified("young"))


def got(office: Office) -> list[str]:
    return [id_ for id_ in ("best", "old", "young") if office.agent_of(id_) == "eva"]


@pytest.mark.parametrize(
    "ending",
    [
        lambda office: office.tell(resolved("hers")),
        lambda office: office.tell(merged("hers")),
        lambda office: office.tell(forgotten("hers")),
        lambda office: office.tell(case_resolved("hers")),
        lambda office: office.decline("hers"),
        lambda office: office.hand_back("hers"),
    ],
    ids=["resolved", "merged", "forgotten", "case resolved", "declined", "handed back"],
)
def test_whoever_gives_one_back_gets_the_best(office: Office, ending: Callable[[Office], None]) -> None:
    ending(office)
    assert got(office) == ["best"]
    assert office.loads() == office.held() == {"eva": 1}


def test_those_that_they_lost_do_not_stand_before_the_others(office: Office) -> None:
    office.tell(classified("urgent", severity=Severity.CRITICAL))
    office.tell(resolved("hers"))
    office.decline("urgent")
    assert (got(office), office.queue()[0]["complaint_id"]) == (["best"], "urgent")
    office.tell(resolved("best"))
    assert got(office) == ["old"]


def test_several_points_that_come_free_go_to_the_best(office: Office) -> None:
    office.employ(an_agent(capacity=2))
    assert got(office) == ["best"]
    office.tell(resolved("best"), resolved("hers"))
    assert got(office) == ["old", "young"]


def test_raised_capacity_is_used_up(office: Office) -> None:
    office.employ(an_agent(capacity=3))
    assert got(office) == ["best", "old"]


def test_a_new_agent_gets_as_many_as_there_is_room(office: Office) -> None:
    office.employ(an_agent("zoe", capacity=2))
    assert [office.agent_of(id_) for id_ in ("best", "old", "young")] == ["zoe", "zoe", None]


def test_new_skills_are_used(office: Office) -> None:
    office.tell(classified("refund", category="refund"))
    office.employ(an_agent("zoe", skills=("refund",)))
    assert office.agent_of("refund") == "zoe"


@pytest.mark.parametrize("presence", [Presence.BUSY, Presence.AWAY])
def test_who_is_available_again_gets_the_best(office: Office, presence: Presence) -> None:
    office.say("eva", presence)
    office.tell(resolved("hers"))
    assert got(office) == []
    office.say("eva", Presence.AVAILABLE, at=NOON + MINUTE)
    assert got(office) == ["best"]


def test_when_what_was_said_ends_so_does_the_wait(office: Office) -> None:
    office.say("eva", Presence.BUSY, until=NOON + 10 * MINUTE)
    office.tell(resolved("hers"))
    office.advance(minutes=9, seconds=59)
    assert got(office) == []
    office.advance(seconds=1)
    assert got(office) == ["best"]


@pytest.mark.parametrize(
    ("begins", "plan"),
    [
        ("shift", {"calendar": shifts(14, 20)}),  # 13:00 UTC
        ("break", {"calendar": shifts(8, 20, breaks=((12, 14),))}),
        ("absence", {"absences": (Absence(NOON - MINUTE, datetime(2026, 11, 2, 13, tzinfo=UTC)),)}),
    ],
)
def test_a_shift_begins_or_a_break_or_an_absence_ends(office: Office, begins: str, plan: dict[str, object]) -> None:
    office.employ(an_agent(capacity=1, **plan))
    office.tell(resolved("hers"))
    office.advance(minutes=59, seconds=59)
    assert got(office) == []
    office.advance(seconds=1)
    assert got(office) == ["best"]


def test_overtime_begins_at_once(office: Office) -> None:
    office.employ(an_agent(capacity=1, calendar=shifts(8, 10)))
    office.tell(resolved("hers"))
    assert got(office) == []
    office.say("eva", Presence.AVAILABLE, until=NOON + MINUTE)
    assert got(office) == ["best"]
    office.tell(resolved("best", 3))
    assert got(office) == ["old"]
    office.advance(minutes=1)
    office.tell(resolved("old", 3))
    assert got(office) == []


def test_a_lighter_complaint_leaves_room_for_the_next(office: Office) -> None:
    office.start_over(CRITICAL_WEIGHS_TWO)
    office.employ(an_agent(capacity=2))
    office.tell(classified("hers", severity=Severity.CRITICAL))
    office.tell(classified("best"))
    office.tell(updated("hers"))
    assert (office.agent_of("best"), office.loads()) == ("eva", {"eva": 2})


def test_what_comes_free_after_a_restart_is_given_by_the_next_look(office: Office) -> None:
    office.under(office.desk.policy)
    office.tell(resolved("hers"))
    office.settle()
    assert got(office) == ["best"]

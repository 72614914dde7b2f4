"""Light complaints do not overtake a heavy one for ever: after the policy's patience an agent's room is kept for it."""

from datetime import timedelta
from typing import Any

import pytest

from services.routing.domain.needs import Wanted
from services.routing.domain.policy import Relaxation
from services.routing.domain.presence import Presence
from services.routing.roster import agents_store
from shared.contracts.event import Severity
from shared.errors import Conflict
from shared.policy.words import NONE
from tests.unit.routing.builders import NOON, ONE_EACH, Office, a_policy, a_rule, an_agent, classified, resolved
from tests.unit.shared.hours import hours_in

TWO = {**ONE_EACH, Severity.CRITICAL: 2}
FLAT = dict.fromkeys(Severity, 0)
PLAN = (Relaxation(timedelta(minutes=20), Wanted(skill=NONE)),)
POLICY = a_policy(a_rule(weight=TWO, priority=FLAT, relax=PLAN), patience=timedelta(minutes=10))


@pytest.fixture(autouse=True)
def busy(office: Office) -> None:
    """eva has two light ones; a light one waits, then a heavy one, then another light one."""
    office.start_over(POLICY)
    office.at = NOON
    office.employ(an_agent(capacity=2, regions=("CZ", "DE")))
    office.tell(classified("l1"), classified("l2"))
    office.at = NOON + timedelta(seconds=1)
    office.tell(heavy("heavy"))
    office.at = NOON + timedelta(seconds=2)
    office.tell(classified("late", region="CZ"))


def heavy(id_: str, **more: Any) -> Any:
    return classified(id_, severity=Severity.CRITICAL, **more)


def patient(office: Office) -> None:
    office.at = NOON + timedelta(minutes=10, seconds=1)
    office.settle()


def kept(office: Office) -> dict[str, str]:
    with office.db.read() as tx:
        return {id_: c for id_, (c, _) in agents_store.keepers(tx).items()}


def test_before_its_patience_is_at_an_end_light_ones_pass(office: Office) -> None:
    office.at = NOON + timedelta(minutes=10)
    office.settle()
    assert kept(office) == {}
    office.tell(resolved("l1"))
    assert office.agent_of("late") == "eva"


def test_from_then_on_each_point_that_comes_free_is_kept_until_there_are_enough(office: Office) -> None:
    patient(office)
    assert kept(office) == {"eva": "heavy"}
    office.tell(resolved("l1"))
    office.tell(classified("new"))
    office.settle()
    assert (office.agent_of("late"), office.agent_of("new"), office.loads()) == (None, None, {"eva": 1})
    assert office.assignment("new")["rejected"] == {"kept": 1}
    assert office.assignment("new", "eva")["why_not"]["reason"] == "kept"
    assert office.assignment("heavy", "eva")["why_not"]["reason"] == "full"
    with pytest.raises(Conflict, match="kept"):
        office.assign("new", "eva")
    office.tell(resolved("l2"))
    assert office.agent_of("heavy") == "eva"
    office.settle()
    assert kept(office) == {}


def test_who_ranks_before_it_passes(office: Office) -> None:
    office.at = NOON - timedelta(seconds=1)
    office.tell(classified("early", region="DE"))
    patient(office)
    office.tell(resolved("l1"))
    assert (office.agent_of("early"), office.agent_of("late")) == ("eva", None)


def test_an_agent_who_goes_keeps_nothing_and_another_does(office: Office) -> None:
    office.employ(an_agent("zoe", capacity=2, skills=("billing",)))  # gets the heavy one: somebody has room
    assert office.agent_of("heavy") == "zoe"
    office.tell(heavy("second"))
    office.at = office.at and office.at + timedelta(minutes=11)
    office.settle()
    assert list(kept(office).values()) == ["second"]
    (keeper,) = kept(office)
    office.say(keeper, Presence.AWAY)
    office.settle()
    (other,) = kept(office)
    assert {keeper, other} == {"eva", "zoe"}


def test_once_it_is_closed_the_room_goes_to_the_others(office: Office) -> None:
    patient(office)
    office.tell(resolved("l1"))
    office.tell(resolved("heavy"))
    office.settle()
    assert (kept(office), office.agent_of("late")) == ({}, "eva")


def test_once_nobody_is_at_work_who_could_take_it_nobody_keeps_room(office: Office) -> None:
    patient(office)
    office.employ(an_agent(capacity=1))
    office.settle()
    assert kept(office) == {}
    office.tell(resolved("l1"), resolved("l2"))
    assert office.agent_of("late") == "eva"


def test_once_its_needs_relax_whoever_has_room_takes_it(office: Office) -> None:
    office.employ(an_agent("dan", skills=("refund",), capacity=2))
    patient(office)
    office.tell(resolved("l1"))
    assert (kept(office), office.agent_of("late")) == ({"eva": "heavy"}, None)
    office.advance(minutes=10)
    assert (office.agent_of("heavy"), kept(office), office.agent_of("late")) == ("dan", {}, "eva")


def test_the_same_agent_goes_on_keeping_room_though_another_lacks_less(office: Office) -> None:
    patient(office)
    office.employ(an_agent("ada", capacity=0))
    office.say("ada", Presence.BUSY)
    office.employ(an_agent("ada", capacity=2))
    office.assign("late", "ada", force=True)
    office.say("ada", Presence.AVAILABLE)
    office.settle()
    assert (office.loads()["ada"], kept(office)) == (1, {"eva": "heavy"})


def test_the_one_who_lacks_the_fewest_points_keeps_room(office: Office) -> None:
    office.start_over(POLICY)
    office.at = NOON
    office.employ(an_agent("ada", capacity=1), an_agent("bob", capacity=3), an_agent("eva", capacity=2))
    office.tell(*(classified(f"l{n}") for n in range(6)))
    office.tell(heavy("heavy"))
    office.say("bob", Presence.BUSY)
    office.tell(*(resolved(f"l{n}") for n in range(6) if office.agent_of(f"l{n}") == "bob"))
    office.assign("heavy", "bob", force=True)
    office.tell(heavy("second"))
    office.say("bob", Presence.AVAILABLE)
    assert office.loads() == {"ada": 1, "bob": 2, "eva": 2}
    office.advance(minutes=10)
    assert kept(office) == {"bob": "second"}


def test_two_heavy_ones_have_a_keeper_each(office: Office) -> None:
    office.employ(an_agent("zoe", capacity=2))
    office.tell(heavy("second"), heavy("third"))
    office.at = NOON + timedelta(minutes=15)
    office.settle()
    assert (set(kept(office)), set(kept(office).values())) == ({"eva", "zoe"}, {"second", "third"})


def test_who_lost_it_keeps_no_room_for_it(office: Office) -> None:
    office.tell(resolved("l1"), resolved("l2"), resolved("late"))
    office.decline("heavy")
    office.tell(classified("l3"), classified("l4"))
    office.at = NOON + timedelta(minutes=15)
    office.settle()
    assert kept(office) == {}


def test_no_room_is_kept_while_its_region_is_closed(office: Office) -> None:
    office.start_over(a_policy(a_rule(weight=TWO), hours=(hours_in("CZ"),)))
    office.at = NOON
    office.employ(an_agent(capacity=2, regions=("*",)))
    office.tell(classified("l1"), classified("l2"))
    office.tell(heavy("heavy"))
    office.advance(minutes=11)
    assert kept(office) == {"eva": "heavy"}
    office.advance(hours=10)
    assert kept(office) == {}
    office.tell(resolved("l1"), classified("abroad", region="DE"))
    assert office.agent_of("abroad") == "eva"


def test_those_for_whom_room_is_kept_from_stand_in_nobody_elses_way(office: Office) -> None:
    """More of them wait than one batch takes."""
    patient(office)
    office.tell(*(classified(f"n{n:03}") for n in range(120)))
    office.tell(resolved("l1"))
    office.employ(an_agent("dan", languages=("de",), capacity=0))
    office.tell(classified("other", language="de"))
    office.employ(an_agent("dan", languages=("de",)))
    office.woken.clear()
    office.settle()
    assert (office.agent_of("other"), office.agent_of("n000"), office.woken) == ("dan", None, set())

"""Another policy: those that wait are read by it, those that have an agent are left alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.routing import deadlines, tables
from services.routing.domain.needs import Wanted
from services.routing.domain.policy import Relaxation
from services.routing.placing.desk import Desk
from services.routing.roster.known_rooms import KnownRooms
from services.routing.roster.known_roster import KnownRoster
from shared.contracts.event import Severity
from shared.policy.words import NONE
from tests.unit.routing.builders import NOON, Office, OnePolicy, a_policy, a_rule, an_agent, classified, updated

OLD = a_policy(a_rule("old"), version="old")
NEW = a_policy(a_rule("new", wanted=Wanted(skill=NONE)), version="new")


@pytest.fixture(autouse=True)
def old(office: Office) -> None:
    office.start_over(OLD)
    office.at = NOON
    office.settle()


def a_desk(policy: object) -> Desk:
    return Desk(OnePolicy(policy), KnownRoster(), KnownRooms())  # type: ignore[arg-type]


def reread(office: Office, desk: Desk) -> int:
    return office.run(lambda tx: deadlines.reread_waiting(tx, desk))


def test_those_that_wait_are_read_by_it(office: Office) -> None:
    office.tell(classified())
    office.under(NEW)
    office.employ(an_agent(skills=()))
    assert office.agent_of() is None
    office.settle()
    found = office.assignment()
    assert (found["agent"], found["rule"], found["policy_version"]) == ({"id": "eva", "name": "Eva"}, "new", "new")
    assert [(e["what"], e["policy_version"]) for e in found["history"]] == [
        ("queued", "old"),
        ("changed", "new"),
        ("assigned", "new"),
    ]


def test_those_that_have_an_agent_are_left_alone(office: Office) -> None:
    office.employ(an_agent())
    office.tell(classified())
    office.under(NEW)
    before = office.assignment()
    office.settle()
    assert office.assignment() == before


def test_one_that_is_lost_after_the_change_is_read_by_the_new_one(office: Office) -> None:
    office.employ(an_agent())
    office.tell(classified())
    office.under(NEW)
    office.decline()
    office.settle()
    assert office.assignment()["rule"] == "new"


def test_one_that_was_decided_on_before_it_was_read_is_read_all_the_same(office: Office) -> None:
    """The tick of the waiting may come between the change and the reading."""
    office.tell(classified())
    office.under(NEW)
    office.employ(an_agent(capacity=0))
    office.sweep()  # another reason to wait: a decision, by the demand that the old policy saw
    assert office.assignment()["reason"] == "all_full"
    office.settle()
    assert office.assignment()["rule"] == "new"


def test_an_older_replica_does_not_read_them_back(office: Office) -> None:
    before, after = a_desk(OLD), a_desk(NEW)
    office.tell(classified())
    reread(office, before)
    office.at = NOON + timedelta(seconds=1)
    assert reread(office, after) == 1
    for _ in range(3):
        assert (reread(office, before), reread(office, after)) == (0, 0)
    assert office.assignment()["rule"] == "new"
    with office.db.read() as tx:
        assert {row.version for row in tx.execute(select(tables.policies))} == {"old", "new"}


def test_a_policy_that_is_put_back_counts_again(office: Office) -> None:
    office.tell(classified())
    for at, policy in enumerate((NEW, OLD, NEW)):
        office.at = NOON + timedelta(seconds=at + 1)
        assert reread(office, a_desk(policy)) == 1
        assert office.assignment()["policy_version"] == policy.version


def test_an_older_replica_does_not_relax_what_it_would_read_otherwise(office: Office) -> None:
    plan = (Relaxation(timedelta(minutes=1), Wanted(skill=NONE, region=NONE)),)
    other = (Relaxation(timedelta(minutes=1), Wanted(region=NONE)),)
    older = a_desk(a_policy(a_rule(relax=plan), version="old"))
    office.under(a_policy(a_rule(relax=other), version="new"))
    reread(office, older)
    office.tell(classified())
    reread(office, office.desk)
    office.at = NOON + timedelta(seconds=119)
    assert office.run(lambda tx: deadlines.relax_waiting(tx, older)) == 0
    office.settle()
    found = office.assignment()
    assert (found["stage"], found["needs"]["skill"], found["needs"]["region"]) == (1, "billing", None)


def test_but_it_does_once_no_replica_with_the_newer_one_is_left(office: Office) -> None:
    """As after a change that was called off: whoever runs since before it takes care of what it left behind."""
    plan = (Relaxation(timedelta(minutes=1), Wanted(skill=NONE)),)
    older, newer = (a_desk(a_policy(a_rule(relax=plan), version=version)) for version in ("old", "new"))
    reread(office, older)
    office.at = NOON + timedelta(seconds=1)
    office.tell(classified())
    reread(office, newer)
    office.desk = older
    office.advance(minutes=1, seconds=59)
    assert office.assignment()["stage"] == 0
    office.advance(seconds=1)
    assert office.assignment()["stage"] == 1


def test_the_wait_so_far_counts_for_the_new_plan(office: Office) -> None:
    office.tell(classified())
    plan = tuple(Relaxation(timedelta(minutes=m), Wanted(skill_level=6 - m)) for m in (1, 2, 3))
    office.under(a_policy(a_rule("old", relax=plan), version="new"))
    office.advance(minutes=2)
    assert office.assignment()["stage"] == 2
    office.advance(minutes=1)
    assert office.assignment()["stage"] == 3


def test_places_follow_the_new_ageing(office: Office) -> None:
    office.tell(classified("low"))
    office.at = NOON + timedelta(minutes=50)
    office.tell(classified("high", severity=Severity.HIGH))
    assert [c["complaint_id"] for c in office.queue()] == ["high", "low"]
    office.under(a_policy(a_rule("old"), ageing=timedelta(minutes=5), version="new"))
    office.settle()
    assert [c["complaint_id"] for c in office.queue()] == ["low", "high"]


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_parked_ones_begin_a_new_round(office: Office, attempts: int) -> None:
    office.under(a_policy(a_rule("old"), attempts=2, version="two"))
    office.employ(an_agent("ana"), an_agent("bea"))
    office.tell(classified())
    office.decline("c1", "ana")
    office.decline("c1", "bea")
    office.settle()
    assert office.assignment()["reason"] == "declined"
    office.under(a_policy(a_rule("old"), attempts=attempts, version="next"))
    office.settle()
    # Who lost it last is not preferred for having had it.
    assert (office.agent_of(), office.assignment()["lost"]) == ("ana", 0)


def test_one_that_lost_more_agents_than_the_new_policy_allows_begins_a_new_round(office: Office) -> None:
    office.employ(an_agent("ana"), an_agent("bea", capacity=0))
    office.tell(classified())
    office.decline("c1", "ana")
    office.under(a_policy(a_rule("old"), attempts=1, version="one"))
    office.settle()
    assert (office.agent_of(), office.assignment()["lost"]) == ("ana", 0)


def test_parked_ones_do_not_relax(office: Office) -> None:
    plan = (Relaxation(timedelta(minutes=1), Wanted(skill=NONE)),)
    office.under(a_policy(a_rule("old", relax=plan), attempts=1, version="relaxing"))
    office.employ(an_agent())
    office.tell(classified())
    office.decline()
    office.tell(updated())
    office.advance(hours=1)
    found = office.assignment()
    assert (found["reason"], found["stage"], found["next_relaxation"]) == ("declined", 0, None)


def test_very_many_are_read_in_batches(office: Office) -> None:
    office.tell(*(classified(f"c{n}") for n in range(205)))
    office.under(NEW)
    office.settle()
    assert {c["rule"] for c in office.queue()} == {"new"}

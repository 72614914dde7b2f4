"""Two complaints become one by hand, on both databases: nothing is lost, and it is told once."""

from dataclasses import replace

import pytest

from services.intake import merging, store
from services.intake.domain.complaint import Person, Submission
from services.intake.domain.complaint import complaint_id as id_of
from shared.contracts.event import Severity
from shared.errors import Conflict, NotFound
from tests.unit.intake.conftest import Desk, a_contact, a_step, complaint_id


def merge(desk: Desk, one: str, into: str, by: str = "petra") -> str:
    with desk.db.transaction() as tx:
        return merging.merge(tx, complaint_id(one), complaint_id(into), by)


def texts(desk: Desk, external_id: str) -> list[str]:
    with desk.db.read() as tx:
        return [c["text"] for c in store.contacts_of(tx, complaint_id(external_id))]


@pytest.fixture
def two(desk: Desk) -> Desk:
    desk.take(a_contact("It leaks.", "1", severity=Severity.HIGH, flags=("safety",), rules=("en.safety",), tags=("a",)))
    desk.take(a_contact("Your kettle leaks.", "2", rules=("en.defect",), tags=("b",)))
    desk.events.clear()
    return desk


def test_its_contacts_move_and_what_is_worse_counts(two: Desk) -> None:
    assert merge(two, "1", "2") == complaint_id("2")
    assert two.announced == [("merged", 2), ("updated", 2)]
    ended, updated = two.events
    assert (ended.complaint_id, ended.into, ended.by) == (complaint_id("1"), complaint_id("2"), "petra")
    assert (updated.severity, updated.flags, updated.contact_count) == ("high", ("safety",), 2)
    assert updated.rules == ("en.defect", "en.safety")
    assert texts(two, "2") == ["It leaks.", "Your kettle leaks."] and texts(two, "1") == []
    assert (two.find("web", "1").state, two.find("web", "2").tags) == ("merged", ("b", "a"))


def test_told_twice_it_acts_once(two: Desk) -> None:
    merge(two, "1", "2")
    assert merge(two, "1", "2") == complaint_id("2")
    assert len(two.events) == 2


def test_what_comes_for_it_later_goes_to_the_other(two: Desk) -> None:
    merge(two, "1", "2")
    two.take(a_contact("Nobody has called.", "1"), a_contact("It leaks.", "1"), a_step("resolved", "1"))
    assert two.announced[2:] == [("updated", 3), ("resolved", 4)]
    assert {e.complaint_id for e in two.events[1:]} == {complaint_id("2")}


def test_merged_and_merged_again_it_is_followed_to_the_end(two: Desk) -> None:
    two.take(a_contact("Another matter.", "3"))
    merge(two, "1", "2")
    merge(two, "2", "3")
    two.take(a_contact("Nobody has called.", "1"))
    assert two.events[-1].complaint_id == complaint_id("3") and two.events[-1].contact_count == 4
    assert merge(two, "1", "3") == complaint_id("3")
    assert two.find("web", "2").state == "merged"


def test_into_one_that_is_merged_it_goes_where_that_went(two: Desk) -> None:
    two.take(a_contact("Another matter.", "3"))
    merge(two, "1", "2")
    assert merge(two, "3", "1") == complaint_id("2")


def test_an_open_one_opens_the_resolved_one_again(two: Desk) -> None:
    two.take(a_step("resolved", "2"))
    merge(two, "1", "2")
    assert two.announced == [("resolved", 2), ("reopened", 3), ("merged", 2), ("updated", 4)]


def test_a_resolved_one_leaves_the_resolved_one_closed(two: Desk) -> None:
    two.take(a_step("resolved", "1"), a_step("resolved", "2"))
    merge(two, "1", "2")
    assert two.find("web", "2").state == "resolved" and "reopened" not in dict(two.announced)


@pytest.mark.parametrize(
    ("one", "into"), [("1", "1"), ("2", "1"), ("1", "3")], ids=["itself", "backwards", "elsewhere"]
)
def test_what_makes_no_sense_is_refused(two: Desk, one: str, into: str) -> None:
    two.take(a_contact("Another matter.", "3"))
    if one != into:
        merge(two, "1", "2")
    with pytest.raises(Conflict):
        merge(two, one, into)


@pytest.mark.parametrize(("one", "into"), [("1", "9"), ("9", "1"), ("1", "8"), ("8", "1")])
def test_what_is_not_there_is_not_found(two: Desk, one: str, into: str) -> None:
    two.take(a_step("resolved", "8"))
    with pytest.raises(NotFound):
        merge(two, one, into)


def test_merged_by_itself_the_customer_of_the_other_channel_is_still_known(desk: Desk) -> None:
    kettle = "The lid of my kettle flew open and hot water went all over the kitchen table."
    told = [
        replace(a_contact(), submission=Submission(source, "7", kettle, channel, customer=person))
        for source, channel, person in (
            ("web", "web", Person(ref="C-1", email="eva@example.org")),
            ("mail", "email", Person(ref="M-9", email="eva@example.org")),
        )
    ]
    desk.take(*told)
    assert desk.find("mail", "7").merged_into == id_of("web", "7")
    assert desk.find("mail", "7").customer.ref == "M-9"

"""The worklist: who sees which cases, in which order, page by page; and the list of storms."""

from datetime import timedelta
from typing import Any

import pytest

from services.escalation.domain import answers
from services.escalation.doors import cases
from services.escalation.doors import storms as storm_doors
from shared.contracts.escalation import Outcome
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintAnswered, ComplaintResolved, Customer
from shared.errors import Rejected
from tests.harness.events import NOON, a_classified
from tests.unit.escalation.callers import a_request, pointers
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.visits import id_of, in_gb, severe

HOUR = timedelta(hours=1)


def listed(desk: Desk, query: str = "", name: str = "anna") -> list[str]:
    """The cases that a query finds, by the names of their complaints, and page by page if it says a limit."""
    names = {id_of(name): name for name in ("mild", "mid", "severe", "gb", "gone", "early", "part", "a", "b", "c", "d")}
    found: list[str] = []
    after = ""
    while True:
        with desk.db.read() as tx:
            page = cases.worklist(tx, a_request(None, name, query=query + after))
        found += [names[case["id"]] for case in page["cases"]]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


def storms(desk: Desk, query: str = "") -> list[dict[str, Any]]:
    with desk.db.read() as tx:
        shown: list[dict[str, Any]] = storm_doors.recent(tx, a_request(query=query))["storms"]
    return shown


def nonsense(desk: Desk, query: str, look: Any = cases.worklist) -> set[str]:
    with desk.db.read() as tx, pytest.raises(Rejected) as caught:
        look(tx, a_request(None, "nobody", query=query))
    return pointers(caught.value)


@pytest.fixture
def desk_with_cases(desk: Desk) -> Desk:
    """mild and mid wait; severe calls Anna, gb calls Ben; gone is resolved, part is part of severe, early is unread."""
    desk.hear(a_classified("mild", severity=Severity.LOW, category="delivery"), severe("gone"))
    desk.jump(timedelta(seconds=1))
    desk.hear(severe("severe"), severe("part"), ComplaintAnswered(id_of("early"), 2, NOON, "crm"))
    desk.jump(timedelta(seconds=1))
    desk.hear(a_classified("mid"), in_gb("gb"))
    desk.hear(ComplaintResolved(id_of("gone"), 2, NOON, "crm"))
    desk.link(id_of("part"), id_of("severe"), "ben")
    return desk


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"mild", "mid", "severe", "gb", "gone", "part"}),
        ("state=open", {"mild", "mid"}),
        ("state=early", {"early"}),
        ("state=resolved", {"gone"}),
        ("mine=true", {"severe"}),
        ("mine=false", {"mild", "mid", "severe", "gb", "gone", "part"}),
        ("of=ben", {"gb"}),
        ("of=nobody", set()),
        ("of=%25", set()),
        ("my_region=true", {"mild", "mid", "severe", "gone", "part"}),
        ("my_region=true&region=GB", set()),
        ("region=gb", {"gb"}),
        ("region=%20cz%20,GB&state=escalated", {"severe", "gb"}),
        ("unanswered=true", {"mild", "mid", "severe", "gb"}),
        ("severity=critical", {"severe", "gb", "gone", "part"}),
        ("severity=high", set()),
        ("category=delivery", {"mild"}),
        ("category=delivery&severity=critical", set()),
        ("overdue=true", set()),
    ],
)
def test_filters_say_which_cases(desk_with_cases: Desk, query: str, names: set[str]) -> None:
    assert set(listed(desk_with_cases, query)) == names


def test_the_parts_of_a_case_are_listed(desk_with_cases: Desk) -> None:
    assert listed(desk_with_cases, f"parent={id_of('severe')}") == ["part"]


def test_the_cases_of_the_region_are_those_of_all_regions_of_the_person(desk_with_cases: Desk) -> None:
    assert set(listed(desk_with_cases, "my_region=1&state=escalated", "ben")) == {"severe", "gb"}
    assert set(listed(desk_with_cases, "my_region=1&state=escalated", "caro")) == {"severe"}
    assert set(listed(desk_with_cases, "my_region=1&region=GB", "dora")) == {"gb"}, "Dora is everywhere"
    assert "gb" in listed(desk_with_cases, "my_region=1", "dora")


def test_mine_are_those_that_i_have_and_those_that_call_me(desk_with_cases: Desk) -> None:
    desk_with_cases.take(id_of("gb"), "anna")
    assert set(listed(desk_with_cases, "mine=1")) == {"severe", "gb"}
    assert listed(desk_with_cases, "mine=1", "ben") == [], "whoever was called and did not take it has no more to do"


def test_a_case_is_overdue_while_a_clock_is_broken_and_the_case_is_not_resolved(desk: Desk) -> None:
    desk.hear(severe("a"), severe("b"))
    desk.jump(31 * timedelta(minutes=1))
    desk.settle()
    desk.hear(severe("c"), ComplaintResolved(id_of("b"), 2, NOON, "crm"))
    assert listed(desk, "overdue=true") == ["a"]


def test_the_most_severe_come_first_then_those_who_wait_longest(desk_with_cases: Desk) -> None:
    unanswered = "unanswered=true"
    assert listed(desk_with_cases, unanswered) == ["severe", "gb", "mid", "mild"]
    assert listed(desk_with_cases, f"{unanswered}&sort=severity") == ["severe", "gb", "mid", "mild"]
    by_age = listed(desk_with_cases, f"{unanswered}&sort=age")
    assert (by_age[:2], set(by_age[2:])) == (["mild", "severe"], {"mid", "gb"})
    by_due = listed(desk_with_cases, f"{unanswered}&sort=due")
    assert (by_due[:2], set(by_due[2:])) == (["severe", "gb"], {"mid", "mild"})


@pytest.mark.parametrize("sort", ["severity", "age", "due"])
@pytest.mark.parametrize("limit", [1, 2, 5, 500])
def test_page_by_page_every_case_comes_once(desk_with_cases: Desk, sort: str, limit: int) -> None:
    whole = listed(desk_with_cases, f"sort={sort}")
    assert len(whole) == 6 == len(set(whole))
    assert listed(desk_with_cases, f"sort={sort}&limit={limit}") == whole


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("state=lost", {"/state"}),
        ("severity=huge", {"/severity"}),
        ("sort=mood", {"/sort"}),
        ("limit=0", {"/limit"}),
        ("limit=501", {"/limit"}),
        ("limit=many", {"/limit"}),
        ("mine=perhaps", {"/mine"}),
        ("mine=true&of=ben", {"/of"}),
        ("region=", {"/region"}),
        ("region=,%20", {"/region"}),
        ("my_region=true", {"/my_region"}),
        ("after=nobody", {"/after"}),
        ("of=", {"/of"}),
        ("mood=good", {"/mood"}),
        ("category=", {"/category"}),
        ("parent=" + "p" * 37, {"/parent"}),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_its_name(desk: Desk, query: str, at: set[str]) -> None:
    assert nonsense(desk, query) == at


# -- storms -------------------------------------------------------------------------------------------------------


def stormy(desk: Desk, regions: str = "CZ SK", product: str = "KX-200") -> str:
    """A storm of 40 complaints; gives the id of its major complaint."""
    places = [Customer(region=region) for region in regions.split()]
    made = {"product": product, "severity": Severity.LOW}
    desk.hear(*(a_classified(f"{product}-{n}", customer=places[n % len(places)], **made) for n in range(40)))
    desk.watch_storms()
    desk.watch_storms()
    return str(storms(desk)[0]["case_id"])


def test_a_storm_says_what_is_alike_how_many_and_where(desk: Desk) -> None:
    assert storms(desk) == []
    major = stormy(desk)
    (storm,) = storms(desk)
    assert (storm["rule"], storm["key"]) == ("product", "product:product=KX-200")
    assert (storm["children"], storm["regions"], storm["severity"]) == (40, ("CZ", "SK"), "low")
    assert (storm["state"], storm["acknowledged_by"], storm["ended_at"]) == ("escalated", None, None)
    assert storm["since"].endswith("Z") and storm["newest_at"].endswith("Z")
    desk.take(major, "caro")
    assert (storms(desk)[0]["state"], storms(desk)[0]["acknowledged_by"]) == ("acknowledged", "caro")


def test_coordinators_see_the_storms_that_reach_their_region(desk: Desk) -> None:
    stormy(desk)
    assert len(storms(desk, "region=sk,DE")) == 1
    assert storms(desk, "region=DE") == []


def test_a_storm_that_ended_is_shown_for_a_while_after_those_that_last(desk: Desk) -> None:
    first = stormy(desk)
    desk.answer(first, lambda case, setting: answers.resolve(case, "caro", Outcome.UPHELD, (), setting))
    desk.watch_storms()
    (ended,) = storms(desk)
    assert ended["ended_at"] is not None and ended["state"] == "resolved"
    assert ended["children"] == 40, "they were in it, though they are resolved now"
    desk.jump(timedelta(minutes=11))
    second = stormy(desk, product="lamp")
    assert [storm["case_id"] for storm in storms(desk)] == [second, first]
    since = (desk.now + HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [storm["case_id"] for storm in storms(desk, f"since={since}")] == [second], "it lasts"
    desk.jump(timedelta(days=7, minutes=1))
    assert first not in [storm["case_id"] for storm in storms(desk)]


@pytest.mark.parametrize(("query", "at"), [("since=lately", {"/since"}), ("region=", {"/region"}), ("x=1", {"/x"})])
def test_a_query_for_storms_that_makes_no_sense_is_refused(desk: Desk, query: str, at: set[str]) -> None:
    assert nonsense(desk, query, storm_doors.recent) == at


@pytest.mark.parametrize("look", [cases.worklist, storm_doors.recent])
def test_what_is_said_twice_in_a_query_is_refused(desk: Desk, look: Any) -> None:
    """Else one of the two regions would be missing without a word."""
    assert nonsense(desk, "region=CZ&region=SK", look) == {"/region"}

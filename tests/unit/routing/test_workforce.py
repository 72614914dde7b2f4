"""Agents and presences as upstream tells them: twice, late, in another order."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.routing import workforce
from services.routing.domain.presence import Presence, Said
from services.routing.roster import agent_documents
from services.routing.roster.told import AgentTold, PresenceTold
from shared.errors import NotFound, TemporaryFailure
from shared.hours.calendar import Absence
from tests.unit.routing.builders import NOON, Office, an_agent, classified
from tests.unit.shared.hours import shifts

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def later(office: Office) -> None:
    """All that is told was said before."""
    office.at = NOON + 10 * MINUTE


def follow(office: Office, *events: AgentTold | PresenceTold) -> None:
    office.run(lambda tx: workforce.follow_workforce(tx, office.desk, events))


def told(minutes: float, **changed: Any) -> AgentTold:
    return AgentTold(an_agent(**changed), NOON + minutes * MINUTE)


def presence(minutes: float, said: Presence, agent: str = "eva", until: datetime | None = None) -> PresenceTold:
    return PresenceTold(agent, Said(said, NOON + minutes * MINUTE, until))


def eva(office: Office) -> dict[str, Any]:
    with office.db.read() as tx:
        return agent_documents.find_agent(tx, "eva")


def revision(office: Office) -> int:
    with office.db.read() as tx:
        return office.desk.roster.current(tx).revision


def test_told_twice_nothing_changes(office: Office) -> None:
    follow(office, told(0))
    before = revision(office)
    office.woken.clear()
    follow(office, told(0), told(0))
    follow(office, told(1))
    assert (revision(office), office.woken) == (before, set())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_the_newest_counts_in_any_order(office: Office, order: tuple[int, ...]) -> None:
    for minutes in order:
        follow(office, told(minutes, capacity=minutes + 1))
    assert eva(office)["capacity"] == 3


def test_the_newest_of_one_batch_counts(office: Office) -> None:
    follow(office, told(2, capacity=3), told(0, capacity=1), told(1, capacity=2))
    assert eva(office)["capacity"] == 3


def test_what_is_told_without_a_time_is_told_now(office: Office) -> None:
    follow(office, told(9, capacity=1))
    office.employ(an_agent(capacity=2))
    assert eva(office)["capacity"] == 2
    follow(office, told(9.5, capacity=3))
    assert eva(office)["capacity"] == 2
    follow(office, told(10.5, capacity=4))
    assert eva(office)["capacity"] == 4


def test_the_same_words_later_make_older_ones_late(office: Office) -> None:
    follow(office, told(0, capacity=1))
    follow(office, told(5, capacity=1))
    follow(office, told(3, capacity=9))
    assert eva(office)["capacity"] == 1


def test_a_presence_before_its_agent_is_tried_again_and_changes_nothing(office: Office) -> None:
    with pytest.raises(TemporaryFailure, match="no agent eva"):
        follow(office, presence(0, Presence.BUSY))
    follow(office, presence(0, Presence.BUSY), told(0))
    assert eva(office)["status"] == "busy"


def test_one_unknown_agent_undoes_the_batch(office: Office) -> None:
    with pytest.raises(TemporaryFailure):
        follow(office, told(0), presence(0, Presence.BUSY), presence(0, Presence.BUSY, "max"))
    with pytest.raises(NotFound):
        eva(office)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_newest_presence_counts_in_any_order(office: Office, order: tuple[int, ...]) -> None:
    follow(office, told(0))
    words = (Presence.OFFLINE, Presence.AWAY, Presence.BUSY)
    for minutes in order:
        follow(office, presence(minutes, words[minutes]))
    assert eva(office)["status"] == "busy"
    follow(office, *(presence(3 + minutes, words[minutes]) for minutes in order))
    assert eva(office)["status"] == "busy"


def test_of_two_at_the_same_time_the_one_that_is_told_later_counts(office: Office) -> None:
    follow(office, told(0))
    follow(office, presence(0, Presence.BUSY))
    follow(office, presence(0, Presence.AWAY))
    assert eva(office)["status"] == "away"


def test_a_clock_that_is_ahead_does_not_have_the_last_word(office: Office) -> None:
    ahead = 60 * 24 * 365
    follow(office, told(ahead, capacity=1), presence(ahead, Presence.OFFLINE))
    assert (eva(office)["capacity"], eva(office)["status"]) == (1, "offline")
    office.at = NOON + 20 * MINUTE
    follow(office, told(19, capacity=2), presence(19, Presence.BUSY))
    assert (eva(office)["capacity"], eva(office)["status"]) == (2, "busy")
    office.say("eva", Presence.AVAILABLE)
    assert eva(office)["status"] == "available"


def test_a_change_of_the_agent_keeps_presence_and_load(office: Office) -> None:
    follow(office, told(0))
    office.tell(classified())
    follow(office, presence(0, Presence.BUSY))
    follow(office, told(1, capacity=1, skills=()))
    assert (eva(office)["status"], eva(office)["load"], eva(office)["capacity"]) == ("busy", 1, 1)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("name", {"name": "Eva Nová"}),
        ("skills", {"skills": {"billing": 4}}),
        ("languages", {"languages": ("cs", "de")}),
        ("regions", {"regions": ("CZ", "SK")}),
        ("teams", {"teams": ("night",)}),
        ("capacity", {"capacity": 6}),
        ("shifts", {"calendar": shifts(zone="UTC")}),
        ("timezone", {"calendar": type(shifts())("Europe/Prague")}),
        ("absences", {"absences": (Absence(NOON, NOON + MINUTE),)}),
        ("holidays", {"holidays": "CZ"}),
    ],
)
def test_the_difference_is_told_by_fields(office: Office, field: str, changed: dict[str, Any]) -> None:
    now = replace(an_agent(), **vars(an_agent(**changed)) if field != "name" else changed)
    office.employ(an_agent())
    before = revision(office)
    for fields in ((field,), ()):
        found = office.run(lambda tx: workforce.put_agents(tx, office.desk, [now, an_agent("max")]))
        assert [one.fields for one in found.changed] == ([fields] if fields else [])
        assert (found.added, found.stored) == ((("max",), True) if fields else ((), True))
    assert revision(office) == before + 1


def test_an_agent_is_read_as_was_written(office: Office) -> None:
    calendar = shifts(22, 6, breaks=((1, 2),))
    whole = an_agent(
        skills={"billing": 5},
        languages={"cs": 1},
        regions=("*",),
        teams=("a", "b"),
        calendar=calendar,
        absences=(Absence(NOON, NOON + MINUTE),),
    )
    office.employ(whole)
    with office.db.read() as tx:
        known = office.desk.roster.current(tx)["eva"]
    assert workforce.content(known) == workforce.content(whole)

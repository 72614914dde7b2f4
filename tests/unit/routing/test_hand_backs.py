"""Escalation tells that a complaint was handed back: it goes into line with what was asked for, once, in any order."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from services.routing import hand_backs
from shared.contracts.escalation import CaseHandedBack
from shared.contracts.routing import ComplaintAssigned
from tests.unit.routing.builders import (
    CRITICAL_WEIGHS_TWO,
    NOON,
    Office,
    an_agent,
    case_resolved,
    classified,
    forgotten,
    handed_back,
    merged,
    reopened,
    resolved,
)


@pytest.fixture(autouse=True)
def two(office: Office) -> None:
    office.start_over(CRITICAL_WEIGHS_TWO)
    office.at = NOON
    office.employ(an_agent("ana", capacity=2), an_agent("bea", capacity=2))
    office.tell(classified())


def entry(office: Office, what: str = "handed_back") -> dict[str, Any]:
    (found,) = [e for e in office.assignment()["history"] if e["what"] == what]
    return dict(found)


def test_it_goes_to_somebody_else_and_the_history_says_who_and_why(office: Office) -> None:
    office.tell(handed_back(note="She is the customer's sister."))
    found = office.assignment()
    assert (found["agent"]["id"], found["tried"], office.loads()) == ("bea", ["ana"], {"ana": 0, "bea": 1})
    told = entry(office)
    assert (told["by"], told["note"], told["details"]) == ("petr.svoboda", "She is the customer's sister.", None)
    assert isinstance(office.announced[-1], ComplaintAssigned)


def test_it_goes_to_whom_the_needs_fit(office: Office) -> None:
    office.employ(an_agent("eva", skills={"legal": 4}, regions=("DE",)))
    office.tell(handed_back(skill="legal", skill_level="4", region="none"))
    assert office.agent_of() == "eva"
    assert entry(office)["details"] == {"skill": "legal", "skill_level": 4, "region": None}


def test_what_routing_cannot_use_is_ignored_told_and_noted(office: Office) -> None:
    office.employ(an_agent("eva", skills={"legal": 4}))
    with capture_logs() as logs:
        office.tell(handed_back(skill="legal", skill_level="high", shoe_size="44", team=""))
    assert office.agent_of() == "eva"
    ignored = {"skill_level": "high", "shoe_size": "44", "team": ""}
    assert entry(office)["details"] == {"skill": "legal", "ignored": ignored}
    (line,) = [log for log in logs if log["event"] == "needs_ignored"]
    assert (line["complaint_id"], line["needs"], line["unknown"]) == ("c1", ["skill_level", "team"], 1)


@pytest.mark.parametrize(
    ("asked", "override", "ignored"),
    [
        ({"skill": " legal "}, {"skill": "legal"}, {}),
        ({"skill": "None"}, {"skill": None}, {}),
        ({"skill_level": "5"}, {"skill_level": 5}, {}),
        ({"skill_level": "6"}, {}, {"skill_level": "6"}),
        ({"skill_level": "0"}, {}, {"skill_level": "0"}),
        ({"skill_level": "²"}, {}, {"skill_level": "²"}),
        ({"skill_level": "9" * 5000}, {}, {"skill_level": "9" * 100}),
        ({"language_level": "none"}, {"language_level": None}, {}),
        ({"language": "DE"}, {"language": "de"}, {}),
        ({"region": "cz"}, {"region": "CZ"}, {}),
        ({"skill": "5"}, {"skill": "5"}, {}),
        ({"team": "a\0b" * 99}, {}, {"team": ("a\N{REPLACEMENT CHARACTER}b" * 99)[:100]}),
        ({str(n): "" for n in range(30)}, {}, {str(n): "" for n in range(20)}),
    ],
)
def test_needs_are_read_as_routing_sets_them(
    asked: dict[str, str], override: dict[str, Any], ignored: dict[str, str]
) -> None:
    assert hand_backs.usable(asked) == (override, ignored)


def test_without_needs_those_set_before_are_gone(office: Office) -> None:
    office.employ(an_agent("eva", skills={"legal": 4}))
    office.tell(handed_back("c1", 5, skill="legal"))
    office.tell(handed_back("c1", 6))
    assert (office.agent_of(), office.assignment()["needs"]["skill"]) == ("bea", "billing")


def test_heard_twice_it_is_not_taken_from_whoever_has_it_now(office: Office) -> None:
    office.tell(handed_back(), handed_back())
    announced, found = len(office.announced), office.assignment()
    office.tell(handed_back())
    office.restart()
    office.tell(handed_back())
    assert (office.assignment(), len(office.announced)) == (found, announced)
    assert found["agent"]["id"] == "bea"


def test_an_older_one_that_comes_late_changes_nothing(office: Office) -> None:
    office.employ(an_agent("eva", skills={"legal": 4}))
    office.tell(handed_back("c1", 6, skill="legal"))
    office.tell(handed_back("c1", 5))
    assert office.agent_of() == "eva"


def test_before_the_complaint_is_known_its_needs_are_kept_for_it(office: Office) -> None:
    office.employ(an_agent("eva", skills={"legal": 4}))
    office.tell(handed_back("c2", skill="legal"))
    assert (office.assignment("c2")["state"], office.announced[1:]) == ("early", [])
    office.tell(classified("c2"))
    assert office.agent_of("c2") == "eva"
    assert [e["what"] for e in office.assignment("c2")["history"]] == ["handed_back", "assigned"]


@pytest.mark.parametrize("end", [resolved, merged, forgotten, case_resolved])
def test_a_closed_one_stays_closed(office: Office, end: Any) -> None:
    office.tell(end())
    before = office.assignment()
    office.tell(handed_back(skill="legal", note="no"))
    assert (office.assignment(), office.loads()) == (before, {"ana": 0, "bea": 0})


def test_one_that_was_heard_while_it_was_closed_is_not_heard_anew_when_it_is_open_again(office: Office) -> None:
    office.tell(resolved(), handed_back(), reopened())
    office.tell(handed_back())
    assert office.agent_of() == "ana"


def test_words_that_are_too_long_or_hold_nul_are_kept_as_far_as_they_fit(office: Office) -> None:
    office.tell(CaseHandedBack("c1", 5, "p" * 300, NOON, 1, note="a\0" + "b" * 2000))
    told = entry(office)
    assert (told["by"], told["note"]) == ("p" * 100, "a\N{REPLACEMENT CHARACTER}" + "b" * 998)


def test_whoever_gets_a_complaint_is_told_with_their_teams(office: Office) -> None:
    office.employ(an_agent("eva", skills={"legal": 4}, teams=("recall", "night")))
    office.tell(classified("c2", category="legal"))
    told = office.announced[-1]
    assert isinstance(told, ComplaintAssigned)
    assert (told.agent_id, told.teams) == ("eva", ("recall", "night"))
    first = office.announced[0]
    assert isinstance(first, ComplaintAssigned) and first.teams == ()

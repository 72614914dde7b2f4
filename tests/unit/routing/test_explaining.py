"""Each decision explains itself: the rule, the best candidates with their parts, how many were rejected and why."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.routing.domain.needs import Wanted
from services.routing.domain.policy import Relaxation
from services.routing.domain.presence import Presence
from shared.contracts.event import Severity
from shared.errors import NotFound
from shared.hours.calendar import Absence
from shared.policy.words import NONE
from tests.unit.routing.builders import (
    NOON,
    Office,
    a_policy,
    a_rule,
    an_agent,
    answered,
    classified,
    reopened,
    resolved,
    updated,
)
from tests.unit.shared.hours import shifts

MINUTE = timedelta(minutes=1)
NEEDY = a_policy(a_rule(wanted=Wanted(skill_level=3, language_level=3, team="first")), version="needy")
LACKS: dict[str, dict[str, Any]] = {
    "skill": {"skills": ("refund",)},
    "skill_level": {"skills": {"billing": 2}},
    "language": {"languages": ("de",)},
    "language_level": {"languages": {"cs": 2}},
    "region": {"regions": ("DE",)},
    "team": {"teams": ("second",)},
    "busy": {},
    "away": {},
    "offline": {},
    "off_shift": {"calendar": shifts(14, 20)},
    "on_break": {"calendar": shifts(8, 20, breaks=((13, 14),))},
    "on_holiday": {"calendar": shifts(8, 20), "holidays": "BR"},
    "absent": {"absences": (Absence(NOON - MINUTE, NOON + MINUTE),)},
    "full": {"capacity": 0},
}


@pytest.fixture(autouse=True)
def noon(office: Office) -> None:
    office.start_over(NEEDY)
    office.at = NOON


def one_of_each(office: Office) -> None:
    for lack, brings in LACKS.items():
        office.employ(an_agent(lack, **{"teams": ("first",), **brings}))
        if lack in ("busy", "away", "offline"):
            office.say(lack, Presence(lack))


def test_everybody_who_could_not_be_chosen_is_counted_by_the_reason(office: Office) -> None:
    one_of_each(office)
    office.tell(classified())
    found = office.assignment()
    assert found["rejected"] == dict.fromkeys(LACKS, 1)
    assert (found["reason"], found["candidates"], found["score"]) == ("all_full", [], {})


def test_why_not_names_the_first_thing_that_stands_in_the_way(office: Office) -> None:
    one_of_each(office)
    office.tell(classified())
    for lack in LACKS:
        answer = office.assignment(asked=lack)["why_not"]
        assert (answer["agent_id"], answer["reason"]) == (lack, lack)


def test_why_not_says_who_lost_it_and_nothing_of_who_has_it_or_could(office: Office) -> None:
    office.employ(*(an_agent(name, teams=("first",)) for name in ("ana", "bea", "cyd")))
    office.tell(classified())
    office.decline("c1", "ana")
    reasons = {name: office.assignment(asked=name)["why_not"] for name in ("ana", "bea", "cyd")}
    assert {name: answer["reason"] for name, answer in reasons.items()} == {"ana": "tried", "bea": None, "cyd": None}
    assert reasons["ana"]["status"] == "available"
    assert office.assignment()["why_not"] is None
    assert office.assignment()["rejected"] == {"tried": 1}
    with pytest.raises(NotFound):
        office.assignment(asked="nobody")


def test_the_best_five_are_kept_the_best_one_first(office: Office) -> None:
    levels = {f"a{n}": n for n in (3, 4, 5)}
    office.employ(
        *(an_agent(f"{id_}{x}", skills={"billing": n}, teams=("first",)) for id_, n in levels.items() for x in "xyz")
    )
    office.tell(classified())
    found = office.assignment()
    assert [c["agent_id"] for c in found["candidates"]] == ["a5x", "a5y", "a5z", "a4x", "a4y"]
    scores = [c["score"]["total"] for c in found["candidates"]]
    assert scores == sorted(scores, reverse=True) and found["score"]["total"] == scores[0]
    assert set(found["score"]) == {"total", "skill", "language", "load", "idle"}
    assert (found["agent"]["id"], found["rejected"]) == ("a5x", {})


@pytest.mark.parametrize(
    ("agents", "reason"),
    [
        ([], "nobody_qualified"),
        ([an_agent(teams=())], "nobody_qualified"),
        ([an_agent(teams=("first",), calendar=shifts(14, 20))], "nobody_at_work"),
        ([an_agent(teams=("first",), capacity=0)], "all_full"),
        (
            [an_agent(teams=("first",), capacity=0), an_agent("b", teams=("first",), calendar=shifts(14, 20))],
            "all_full",
        ),
    ],
)
def test_why_it_waits(office: Office, agents: list[Any], reason: str) -> None:
    office.employ(*agents)
    office.tell(classified())
    assert (office.assignment()["reason"], office.queue()[0]["reason"]) == (reason, reason)
    assert office.summary()["waiting_by_reason"][reason] == 1


def test_history_is_complete_and_in_order(office: Office) -> None:
    plan = (Relaxation(timedelta(minutes=1), Wanted(region=NONE)),)
    limit = dict.fromkeys(Severity, timedelta(minutes=5))
    office.under(a_policy(a_rule(relax=plan, answer_within=limit), version="one"))
    office.tell(classified())
    office.tell(updated(severity=Severity.HIGH))
    office.advance(minutes=1)
    office.employ(an_agent("ana"))
    office.settle()
    office.accept("c1", "ana")
    office.advance(minutes=1)
    office.hand_back()
    office.employ(an_agent("bea"))
    office.advance(minutes=6)
    office.assign("c1", "ana", force=True)
    office.tell(answered(revision=3))
    office.tell(resolved(revision=4))
    office.advance(minutes=1)
    office.tell(reopened(revision=5))
    office.decline("c1", "ana")
    history = office.assignment()["history"]
    assert [(e["what"], e["reason"], e["agent_id"], e["by"]) for e in history] == [
        ("queued", "nobody_qualified", None, None),
        ("changed", None, None, None),
        ("queued", "nobody_qualified", None, None),
        ("relaxed", None, None, None),
        ("assigned", "best_score", "ana", None),
        ("accepted", None, "ana", "ana"),
        ("handed_back", None, "ana", "petr.svoboda"),
        ("queued", "declined", None, None),
        ("assigned", "best_score", "bea", None),
        ("lost", "no_answer", "bea", None),
        ("queued", "declined", None, None),
        ("relaxed", None, None, None),
        ("assigned", "by_hand", "ana", "petr.svoboda"),
        ("answered", None, "ana", None),
        ("released", "resolved", "ana", None),
        ("reopened", None, None, None),
        ("assigned", "same_agent", "ana", None),
        ("lost", "declined", "ana", "ana"),
        ("assigned", "best_score", "bea", None),
    ]
    times = [datetime.fromisoformat(e["at"]) for e in history]
    assert times == sorted(times)
    assert {e["policy_version"] for e in history} == {"one"}
    assert office.assignment()["attempt"] == sum(e["what"] in ("queued", "assigned") for e in history)


def test_only_the_newest_entries_are_shown(office: Office) -> None:
    office.employ(an_agent("ana", teams=("first",)))
    office.tell(classified())
    for n in range(70):
        office.tell(resolved(revision=2 + 2 * n))
        office.tell(reopened(revision=3 + 2 * n))
    history = office.assignment()["history"]
    assert (len(history), history[0]["what"], history[-1]["what"]) == (200, "reopened", "assigned")


def test_the_version_of_the_policy_is_told(office: Office) -> None:
    office.tell(classified())
    assert (office.assignment()["policy_version"], office.assignment()["rule"]) == ("needy", "everything")

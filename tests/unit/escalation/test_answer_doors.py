"""Answers by HTTP: what each does, who may give it, and why it is refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from services.escalation.answers.answer_schemas import LONGEST_NOTE
from services.escalation.doors import answers as doors
from shared.contracts.escalation import (
    CaseAcknowledged,
    CaseCorrected,
    CaseEscalated,
    CaseHandedBack,
    CaseMuted,
    CaseResolved,
    CaseSnoozed,
)
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintForgotten, ComplaintResolved
from shared.errors import Conflict, Forbidden, NotFound, Rejected
from shared.web import BadRequest
from tests.harness.events import NOON, a_classified
from tests.unit.escalation.callers import Door, ask, misfit, pointers, refusal
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.visits import id_of, severe

ID, OTHER = id_of(), id_of("2")
HOUR = timedelta(hours=1)
# Every door of answers, with a body that it takes.
GOOD: dict[Door, dict[str, Any]] = {
    doors.acknowledge: {},
    doors.take_over: {},
    doors.resolve: {"outcome": "upheld", "remedies": ["apology"]},
    doors.hand_back: {"needs": {"skill": "safety"}},
    doors.escalate: {},
    doors.snooze: {"for": "2h"},
    doors.add_note: {"note": "x"},
    doors.pause: {"for": "1d"},
    doors.resume: {},
    doors.correct: {"category": "safety"},
    doors.link: {"parent": OTHER},
    doors.unlink: {},
}
EVERY_DOOR = pytest.mark.parametrize("door", GOOD, ids=lambda door: door.__name__)


# -- what each does -----------------------------------------------------------------------------------------------


def test_the_holder_of_the_token_takes_the_case(desk: Desk) -> None:
    desk.hear(severe())
    answer = ask(desk, doors.acknowledge, ID)
    assert (answer["state"], answer["acknowledged_by"], answer["already"]) == ("acknowledged", "anna", False)
    assert [e.by for e in desk.told(CaseAcknowledged)] == ["anna"]


def test_a_case_is_taken_over_from_whoever_has_it(desk: Desk) -> None:
    desk.hear(severe())
    desk.take(ID, "ben")
    answer = ask(desk, doors.take_over, ID)
    assert (answer["acknowledged_by"], answer["already"]) == ("anna", False)
    assert [e.by for e in desk.told(CaseAcknowledged)] == ["ben", "anna"]
    assert ask(desk, doors.take_over, ID)["already"] is True


def test_a_case_is_resolved_with_its_outcome_and_what_the_customer_got(desk: Desk) -> None:
    desk.hear(severe())
    body = {"outcome": "partly_upheld", "remedies": ["refund", "apology", "refund"], "note": "paid"}
    answer = ask(desk, doors.resolve, ID, body)
    assert (answer["state"], answer["closed_by"]) == ("resolved", "anna")
    assert (answer["outcome"], answer["remedies"]) == ("partly_upheld", ["refund", "apology"])
    (told,) = desk.told(CaseResolved)
    assert (told.outcome, told.remedies, told.by) == ("partly_upheld", ("refund", "apology"), "anna")
    assert desk.rows(ID)[-1]["note"] == "paid"


def test_a_complaint_is_handed_back_with_what_it_needs_in_one_spelling(desk: Desk) -> None:
    desk.hear(severe())
    needs = {"skill": "safety", "language": "de-AT", "region": "cz", "team": "none", "skill_level": "3"}
    answer = ask(desk, doors.hand_back, ID, {"needs": needs, "note": "for you"})
    assert (answer["state"], answer["level"], answer["recipients"]) == ("open", 0, [])
    (told,) = desk.told(CaseHandedBack)
    assert told.needs == needs | {"language": "de", "region": "CZ"} and told.note == "for you"
    ask(desk, doors.hand_back, ID)
    assert desk.told(CaseHandedBack)[-1].needs == {}


@pytest.mark.parametrize(("body", "level"), [({}, 2), ({"level": 3}, 3), ({"level": 1}, 1)])
def test_a_case_is_moved_to_a_level_or_the_next_one(desk: Desk, body: dict[str, Any], level: int) -> None:
    desk.hear(severe())
    answer = ask(desk, doors.escalate, ID, body)
    assert (answer["state"], answer["level"], answer["reason"]) == ("escalated", level, "manual")
    assert desk.told(CaseEscalated)[-1].level == level


def test_a_case_is_put_off_for_a_time_or_until_one(desk: Desk) -> None:
    desk.hear(severe(), severe("2"))
    until = (desk.now + HOUR).replace(microsecond=0)
    assert ask(desk, doors.snooze, ID, {"until": until.isoformat()})["state"] == "snoozed"
    assert ask(desk, doors.snooze, OTHER, {"for": "2h"})["state"] == "snoozed"
    first, second = desk.told(CaseSnoozed)
    assert (first.until, first.by) == (until, "anna")
    assert timedelta(0) <= desk.now + 2 * HOUR - second.until < timedelta(minutes=1)


def test_a_note_is_for_the_record(desk: Desk) -> None:
    desk.hear(severe())
    answer = ask(desk, doors.add_note, ID, {"note": "x" * LONGEST_NOTE})
    assert (answer["state"], answer["already"]) == ("escalated", False)
    assert [(row["what"], row["actor"], len(row["note"] or "")) for row in desk.rows(ID)][-1] == (
        ("remarked", "anna", LONGEST_NOTE)
    )


def test_the_clocks_stop_and_go_on(desk: Desk) -> None:
    desk.hear(severe())
    answer = ask(desk, doors.pause, ID, {"for": "1d", "reason": "waiting_for_supplier"})
    due = {clock["name"]: clock["due_at"] for clock in answer["clocks"]}
    assert answer["paused_until"] is not None and due["resolution"] > due["first_answer"]
    answer = ask(desk, doors.resume, ID, {"note": "it came"})
    assert answer["paused_until"] is None
    assert {clock["name"]: clock["due_at"] for clock in answer["clocks"]}["resolution"] < due["resolution"]


def test_a_reading_is_put_right(desk: Desk) -> None:
    desk.hear(severe())
    body = {"severity": "low", "category": "safety", "language": "DE-at", "region": "at"}
    answer = ask(desk, doors.correct, ID, body)
    assert (answer["severity"], answer["category"], answer["region"]) == ("low", "safety", "AT")
    (told,) = desk.told(CaseCorrected)
    assert (told.severity, told.category, told.language, told.region) == (Severity.LOW, "safety", "de", "AT")


def test_a_case_becomes_part_of_another_and_stands_for_itself_again(desk: Desk) -> None:
    desk.hear(severe(), severe("2"))
    answer = ask(desk, doors.link, ID, {"parent": OTHER, "note": "the same van"})
    assert (answer["state"], answer["parent_id"]) == ("muted", OTHER)
    assert [e.parent_id for e in desk.told(CaseMuted)] == [OTHER]
    assert desk.rows(ID)[-1]["note"] == "the same van"
    answer = ask(desk, doors.unlink, ID)
    assert (answer["state"], answer["parent_id"], answer["level"]) == ("escalated", None, 1)


@EVERY_DOOR
def test_a_note_may_come_with_every_answer(desk: Desk, door: Door) -> None:
    desk.hear(severe(), severe("2"))
    _prepare(desk, door)
    ask(desk, door, ID, GOOD[door] | {"note": "because"})
    assert "because" in [row["note"] for row in desk.rows(ID)]


def _prepare(desk: Desk, door: Door) -> None:
    """So that the good answer is one."""
    if door is doors.resume:
        ask(desk, doors.pause, ID, GOOD[doors.pause])
    if door is doors.unlink:
        ask(desk, doors.link, ID, GOOD[doors.link])


# -- who may ------------------------------------------------------------------------------------------------------


@EVERY_DOOR
def test_a_person_may_not_answer_for_somebody_else_and_an_operator_may(desk: Desk, door: Door) -> None:
    desk.hear(severe(), severe("2"))
    _prepare(desk, door)
    body = GOOD[door] | {"by": "ben"}
    error = refusal(desk, door, ID, body)
    assert isinstance(error, Forbidden) and "only an operator" in error.detail
    ask(desk, door, ID, body, "desk", "person", "operator")
    assert desk.rows(ID)[-1]["actor"] in ("ben", "ombud") and "ben" in {row["actor"] for row in desk.rows(ID)}


@pytest.mark.parametrize("door", [doors.acknowledge, doors.take_over])
def test_an_operator_gives_a_case_to_nobody_whom_the_service_does_not_know(desk: Desk, door: Door) -> None:
    desk.hear(severe())
    error = refusal(desk, door, ID, {"by": "bne"}, "desk", "operator")
    assert (error.status, pointers(error)) == (Rejected.status, {"/by"})
    assert ask(desk, door, ID, {"by": "desk"}, "desk", "operator")["acknowledged_by"] == "desk"


@pytest.mark.parametrize("scopes", [("person",), ("admin",)])
def test_whoever_names_themselves_or_nobody_answers_for_themselves(desk: Desk, scopes: tuple[str, ...]) -> None:
    desk.hear(severe())
    ask(desk, doors.add_note, ID, {"by": "anna", "note": "1"}, "anna", *scopes)
    ask(desk, doors.add_note, ID, {"by": None, "note": "2"}, "anna", *scopes)
    assert [row["actor"] for row in desk.rows(ID)][-2:] == ["anna", "anna"]


@pytest.mark.parametrize(
    "said", [{}, {"reason": "manual"}, {"reason": "agent_request"}, {"reason": "upstream_request"}]
)
def test_a_source_asks_in_the_name_of_its_system_whatever_it_says(desk: Desk, said: dict[str, Any]) -> None:
    desk.hear(a_classified())
    answer = ask(desk, doors.escalate, ID, said, "crm", "source")
    assert (answer["level"], answer["reason"]) == (1, "upstream_request")
    assert desk.rows(ID)[-2]["actor"] == "crm"


def test_a_source_does_not_choose_the_level_nor_who_asks(desk: Desk) -> None:
    desk.hear(severe())
    for body in ({"level": 3}, {"by": "anna"}):
        assert isinstance(refusal(desk, doors.escalate, ID, body, "crm", "source"), Forbidden)
    assert desk.case(ID).level == 1


@pytest.mark.parametrize("reason", ["manual", "agent_request"])
def test_a_person_says_whether_they_or_the_agent_asks(desk: Desk, reason: str) -> None:
    desk.hear(a_classified())
    assert ask(desk, doors.escalate, ID, {"reason": reason})["reason"] == reason


def test_a_person_does_not_ask_in_the_name_of_a_system_but_one_who_is_both_may(desk: Desk) -> None:
    desk.hear(a_classified())
    body = {"reason": "upstream_request"}
    assert isinstance(refusal(desk, doors.escalate, ID, body), Forbidden)
    assert ask(desk, doors.escalate, ID, body, "both", "person", "source")["reason"] == "upstream_request"


# -- refused ------------------------------------------------------------------------------------------------------


@EVERY_DOOR
def test_an_unknown_case_is_not_found(desk: Desk, door: Door) -> None:
    desk.hear(severe("2"))
    assert isinstance(refusal(desk, door, ID, GOOD[door]), NotFound)


@EVERY_DOOR
def test_a_case_whose_complaint_has_not_been_read_yet_is_not_found(desk: Desk, door: Door) -> None:
    desk.hear(severe("2"), ComplaintResolved(ID, 2, NOON, "crm"))
    assert isinstance(refusal(desk, door, ID, GOOD[door]), NotFound)


@EVERY_DOOR
def test_of_a_resolved_case_each_but_a_note_is_told_who_resolved_it_and_when(desk: Desk, door: Door) -> None:
    desk.hear(severe(), severe("2"), ComplaintResolved(ID, 2, NOON, "crm"))
    if door is doors.add_note:
        assert ask(desk, door, ID, GOOD[door])["state"] == "resolved"
        return
    error = refusal(desk, door, ID, GOOD[door])
    assert isinstance(error, Conflict)
    said = "not part of another one" if door is doors.unlink else "resolved at 2026-11-02 12:00 UTC by crm"
    assert said in error.detail


@EVERY_DOOR
def test_of_a_forgotten_complaint_nothing_is_written_any_more(desk: Desk, door: Door) -> None:
    desk.hear(severe(), severe("2"), ComplaintForgotten(ID, 2, NOON))
    assert isinstance(refusal(desk, door, ID, GOOD[door] | {"note": "rhubarb"}), Conflict)


@EVERY_DOOR
def test_of_a_part_most_are_told_of_what(desk: Desk, door: Door) -> None:
    desk.hear(severe(), severe("2"), severe("3"))
    ask(desk, doors.link, ID, {"parent": OTHER})
    if door in (doors.resolve, doors.correct, doors.add_note, doors.unlink, doors.link):
        body = {"parent": id_of("3")} if door is doors.link else GOOD[door]
        assert ask(desk, door, ID, body)["already"] is False
        return
    error = refusal(desk, door, ID, GOOD[door])
    assert isinstance(error, Conflict) and f"is part of {OTHER}" in error.detail


def test_the_second_who_takes_a_case_is_told_who_has_it_and_that_is_no_fault(desk: Desk) -> None:
    desk.hear(severe())
    first, second = (ask(desk, doors.acknowledge, ID, name=who) for who in ("anna", "ben"))
    assert (first["acknowledged_by"], first["already"]) == ("anna", False)
    assert (second["acknowledged_by"], second["already"]) == ("anna", True)
    assert len(desk.told(CaseAcknowledged)) == 1


@pytest.mark.parametrize("door", [doors.acknowledge, doors.resolve], ids=lambda door: door.__name__)
def test_of_two_at_once_one_wins_and_the_other_is_told(desk: Desk, door: Door) -> None:
    desk.hear(severe())

    def attempt(who: str) -> str:
        try:
            return "again" if ask(desk, door, ID, GOOD[door], who)["already"] else "first"
        except Conflict as error:
            return error.detail

    with ThreadPoolExecutor(2) as pool:
        came = sorted(pool.map(attempt, ("anna", "ben")))
    winner = desk.case(ID).closed_by if door is doors.resolve else desk.case(ID).acknowledged_by
    assert "first" in came and winner in ("anna", "ben")
    other = next(text for text in came if text != "first")
    assert other == "again" if door is doors.acknowledge else f"by {winner}" in other
    assert len(desk.told(CaseAcknowledged)) + len(desk.told(CaseResolved)) == 1


@pytest.mark.parametrize(
    ("door", "body", "why"),
    [
        (doors.escalate, {"level": 4}, "no such level"),
        (doors.snooze, {"until": "2020-01-01T00:00:00Z"}, "lies in the past"),
        (doors.snooze, {"for": "25h"}, "does not allow so long a time"),
        (doors.snooze, {"until": "9999-12-31T23:59:59Z"}, "does not allow so long a time"),
        (doors.snooze, {"for": "90d"}, "does not allow so long a time"),
        (doors.pause, {"until": "2020-01-01T00:00:00Z"}, "lies in the past"),
        (doors.pause, {"for": "15d"}, "does not allow so long a time"),
        (doors.resume, {}, "is not paused"),
        (doors.unlink, {}, "is not part of another one"),
        (doors.link, {"parent": ID}, "part of itself"),
    ],
)
def test_what_does_not_fit_how_things_stand_is_a_conflict(desk: Desk, door: Door, body: Any, why: str) -> None:
    desk.hear(severe())
    before = desk.case(ID)
    error = refusal(desk, door, ID, body)
    assert isinstance(error, Conflict) and why in error.detail
    assert desk.case(ID) == before


def test_a_request_that_the_policy_has_no_rule_for_is_a_conflict(desk: Desk) -> None:
    text = (desk.folder / "policy.yml").read_text()
    desk.under(text.replace("  - {reason: agent_request}\n", ""))
    desk.hear(a_classified())
    assert "has no rule" in refusal(desk, doors.escalate, ID, {"reason": "agent_request"}).detail


def test_a_case_cannot_be_part_of_what_is_closed_or_itself_a_part_or_its_own_part(desk: Desk) -> None:
    desk.hear(severe(), severe("2"), severe("3"), ComplaintResolved(id_of("3"), 2, NOON, "crm"))
    assert "the other case is not open" in refusal(desk, doors.link, ID, {"parent": id_of("3")}).detail
    assert isinstance(refusal(desk, doors.link, ID, {"parent": id_of("never")}), NotFound)
    desk.hear(severe("4"))
    ask(desk, doors.link, OTHER, {"parent": ID})
    why = refusal(desk, doors.link, id_of("4"), {"parent": OTHER}).detail
    assert why == "the other case is itself part of another one: link to that one"
    assert "other cases are part of this one" in refusal(desk, doors.link, ID, {"parent": OTHER}).detail


# -- bodies that do not fit ---------------------------------------------------------------------------------------


@EVERY_DOOR
def test_every_door_says_which_fields_it_does_not_know_or_cannot_use(door: Door) -> None:
    for said, at in (
        ({"mood": 1}, "/mood"),
        ({"note": "a\0b"}, "/note"),
        ({"note": ""}, "/note"),
        ({"note": "x" * (LONGEST_NOTE + 1)}, "/note"),
        ({"by": ""}, "/by"),
        ({"by": "a\0"}, "/by"),
        ({"by": ["a"]}, "/by"),
        ({"by": "b" * 201}, "/by"),
    ):
        assert pointers(misfit(door, GOOD[door] | said)) == {at}, said


@EVERY_DOOR
@pytest.mark.parametrize("body", [[], "text", 3, [{}]])
def test_a_body_that_is_no_object_is_refused(door: Door, body: Any) -> None:
    assert pointers(misfit(door, body)) == {"/"}


@EVERY_DOOR
def test_a_body_that_is_no_json_is_refused(door: Door) -> None:
    assert isinstance(misfit(door, raw=b"{"), BadRequest)


@pytest.mark.parametrize(
    ("door", "body", "at"),
    [
        (doors.resolve, {}, {"/outcome"}),
        (doors.resolve, {"outcome": "won"}, {"/outcome"}),
        (doors.resolve, {"outcome": "upheld", "remedies": ["gold"]}, {"/remedies/0"}),
        (doors.resolve, {"outcome": "upheld", "remedies": ["other"] * 6}, {"/remedies"}),
        (doors.resolve, {"outcome": "upheld", "remedies": "other"}, {"/remedies"}),
        (doors.hand_back, {"needs": {"mood": "good"}}, {"/needs/mood"}),
        (doors.hand_back, {"needs": {"skill": ""}}, {"/needs/skill"}),
        (doors.hand_back, {"needs": {"skill": "a\0"}}, {"/needs/skill"}),
        (doors.hand_back, {"needs": {"skill": 3}}, {"/needs/skill"}),
        (doors.hand_back, {"needs": {"language": "czech language"}}, {"/needs/language"}),
        (
            doors.hand_back,
            {"needs": {"language_level": "9", "region": " "}},
            {"/needs/language_level", "/needs/region"},
        ),
        (doors.hand_back, {"needs": []}, {"/needs"}),
        (doors.escalate, {"level": 0}, {"/level"}),
        (doors.escalate, {"level": 6}, {"/level"}),
        (doors.escalate, {"level": "2"}, {"/level"}),
        (doors.escalate, {"level": 1.5}, {"/level"}),
        (doors.escalate, {"reason": "severity"}, {"/reason"}),
        (doors.escalate, {"reason": "because"}, {"/reason"}),
        (doors.snooze, {}, {"/until"}),
        (doors.snooze, {"until": "2030-01-01T00:00:00Z", "for": "1h"}, {"/until"}),
        (doors.snooze, {"until": "2030-01-01T00:00:00"}, {"/until"}),
        (doors.snooze, {"until": "soon"}, {"/until"}),
        (doors.snooze, {"until": None}, {"/until"}),
        (doors.snooze, {"until": "0001-01-01T00:00:00+14:00"}, {"/until"}),
        (doors.snooze, {"for": "91d"}, {"/for"}),
        (doors.snooze, {"for": "99999999d"}, {"/for"}),
        (doors.snooze, {"for": "0h"}, {"/for"}),
        (doors.snooze, {"for": "-1h"}, {"/for"}),
        (doors.snooze, {"for": 3600}, {"/for"}),
        (doors.pause, {"for": "1d", "reason": "holiday"}, {"/reason"}),
        (doors.pause, {}, {"/until"}),
        (doors.add_note, {}, {"/note"}),
        (doors.add_note, {"note": None}, {"/note"}),
        (doors.correct, {}, {"/"}),
        (doors.correct, {"severity": "huge"}, {"/severity"}),
        (doors.correct, {"category": "Billing!"}, {"/category"}),
        (doors.correct, {"category": "a\n"}, {"/category"}),
        (doors.correct, {"language": "und"}, {"/language"}),
        (doors.correct, {"language": "\N{GRINNING FACE}\N{GRINNING FACE}"}, {"/language"}),
        (doors.correct, {"language": "czech"}, {"/language"}),
        (doors.correct, {"region": " "}, {"/region"}),
        (doors.correct, {"region": "!!"}, {"/region"}),
        (doors.correct, {"region": "CZ\n"}, {"/region"}),
        (doors.correct, {"region": "C\0"}, {"/region"}),
        (doors.link, {}, {"/parent"}),
        (doors.link, {"parent": "p" * 37}, {"/parent"}),
        (doors.link, {"parent": "p\0"}, {"/parent"}),
        (doors.link, {"parent": None}, {"/parent"}),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_its_paths(door: Door, body: Any, at: set[str]) -> None:
    error = misfit(door, body)
    assert (error.status, pointers(error)) == (Rejected.status, at)

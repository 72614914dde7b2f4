"""Who is on duty and why, as the doors tell it; overrides are checked, kept once, and taken back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.escalation import api
from services.escalation.domain.duty import HORIZON, Override, Rota
from services.escalation.domain.ladder import Kind, Ladder, Level, Recipient
from services.escalation.domain.policy import BusinessHours, FollowUp, Policy
from services.escalation.doors import duty
from services.escalation.doors import people as people_doors
from services.escalation.people import duty_schemas, duty_store
from services.escalation.people.overrides import LONGEST_OVERRIDE, OverrideAsked
from services.escalation.schemas import load
from shared import clock
from shared.contracts.event import Severity, schema_for, to_text
from shared.database import Database
from shared.errors import NotFound
from shared.hours.calendar import Calendar, Shift
from tests.harness.clock import set_shift
from tests.unit.escalation.rotas import DAY, HOUR, WORKDAYS, a_rota, a_shift, always, utc
from tests.unit.escalation.staff import a_database, a_request, put, refused, told

NOON = utc("2099-06-01 12:00")  # a Monday, far enough for overrides to be asked for in time
ANNA = {"id": "anna", "name": "Anna", "role": "supervisor", "regions": ["CZ"], "languages": ["cs"]}
BEN = {"id": "ben", "name": "Ben", "role": "supervisor", "regions": ["CZ"], "languages": ["en"]}
CARO = {"id": "caro", "name": "Caro", "role": "manager", "regions": ["*"]}
NIGHT, OTHER = a_rota(a_shift("anna", "ben")), Rota("other", (always("ghost"),))
OFFICE = BusinessHours("office", frozenset(), Calendar("UTC", (Shift(WORKDAYS, time(8), time(11)),)))
SWAP = {"rota": "night", "person": "caro", "from": "2099-06-01T11:00:00Z", "to": "2099-06-01T13:00:00Z"}


def a_level(name: str, *recipients: Recipient, hours: str | None = None) -> Level:
    return Level(name, recipients, dict.fromkeys(Severity, HOUR), hours=hours)


def a_policy(*rotas: Rota) -> Policy:
    top = a_level("top", Recipient(Kind.DUTY, "night"), Recipient(Kind.TEAM_LEAD), hours="office")
    return Policy(
        version="test@1",
        triggers=(),
        clocks=(),
        ladders=(
            Ladder("storms", (a_level("managers", Recipient(Kind.ROLE, "manager")),)),
            Ladder("main", (a_level("first", Recipient(Kind.ROLE, "supervisor")), top)),
        ),
        follow_up=FollowUp({}),
        snooze_at_most=DAY,
        pause_at_most=DAY,
        again_after={},
        hours=(OFFICE,),
        rotas=rotas,
    )


POLICY = a_policy(NIGHT, OTHER)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    clock.shift_from(tmp_path / "clock")
    with a_database(tmp_path) as made:
        put(made, ANNA, BEN, CARO)
        yield made
    clock.shift_from(None)


def show(db: Database, at: datetime = NOON, policy: Any = POLICY, **query: Any) -> dict[str, Any]:
    asked = {"at": to_text(at)} | query
    return told(duty.show_duty(db, policy, a_request(**asked)))


def night(db: Database, at: datetime = NOON) -> dict[str, Any]:
    (rota,) = show(db, at, rota="night")["rotas"]
    found: dict[str, Any] = rota
    return found


def course(db: Database, name: str = "night", **query: str) -> dict[str, Any]:
    return told(duty.show_course(db, POLICY, a_request(**query), name))


def swap(db: Database, by: Any = "petr", **changes: Any) -> dict[str, Any]:
    return told(duty.add_override(db, POLICY, a_request(SWAP | changes, by)))


def people(entry: dict[str, Any]) -> list[str]:
    return [duty["person"] for duty in entry["on_duty"]]


# -- who is on duty -----------------------------------------------------------------------------------------------


def test_who_is_on_duty_is_told_with_name_and_reason_and_what_comes_then(db: Database) -> None:
    override = swap(db, instead_of="anna", reason="swapped")
    told_of = night(db)
    assert told_of["on_duty"] == [
        {
            "person": "caro",
            "name": "Caro",
            "why": "override",
            "since": "2099-06-01T11:00:00Z",
            "until": "2099-06-01T13:00:00Z",
            "instead_of": "anna",
            "override": override["id"],
            "reason": "swapped",
        },
        {
            "person": "ben",
            "name": "Ben",
            "why": "shift",
            "since": "2099-06-01T08:00:00Z",
            "until": "2099-06-01T20:00:00Z",
            "instead_of": None,
            "override": None,
            "reason": None,
        },
    ]
    assert (told_of["since"], told_of["until"]) == ("2099-06-01T11:00:00Z", "2099-06-01T13:00:00Z")
    then = told_of["next"]
    assert (then["from"], then["to"], people(then)) == ("2099-06-01T13:00:00Z", "2099-06-01T20:00:00Z", ["anna", "ben"])


def test_a_gap_is_told_as_a_whole_with_who_comes_then(db: Database) -> None:
    told_of = night(db, utc("2099-06-01 23:00"))
    assert (told_of["since"], told_of["until"], people(told_of)) == ("2099-06-01T20:00:00Z", "2099-06-02T08:00:00Z", [])
    assert people(told_of["next"]) == ["anna", "ben"]


def test_a_stand_in_is_told_with_whose_shift_it_is(db: Database) -> None:
    put(db, ANNA | {"absences": [{"from": "2099-06-01", "to": "2099-06-01", "stand_in": "caro"}]})
    (caro, _) = night(db)["on_duty"]
    assert (caro["person"], caro["why"], caro["instead_of"]) == ("caro", "stand_in", "anna")


def test_all_rotas_are_told_and_who_is_unknown_has_no_name(db: Database) -> None:
    rotas = show(db)["rotas"]
    assert [rota["name"] for rota in rotas] == ["night", "other"]
    (ghost,) = rotas[1]["on_duty"]
    assert (ghost["person"], ghost["name"], rotas[1]["next"]) == ("ghost", None, None)


def test_a_policy_without_rotas_has_no_duty(db: Database) -> None:
    assert show(db, policy=a_policy()) == {"at": "2099-06-01T12:00:00Z", "rotas": [], "levels": []}


def test_without_an_instant_it_is_now(db: Database, tmp_path: Path) -> None:
    set_shift(tmp_path / "clock", NOON - clock.now())
    at = datetime.fromisoformat(told(duty.show_duty(db, POLICY, a_request()))["at"])
    assert NOON <= at < NOON + HOUR


def test_with_a_region_each_level_tells_whom_it_would_alert(db: Database) -> None:
    def levels(at: datetime, **query: str) -> list[tuple[str, int, str, bool, list[str]]]:
        return [tuple(level.values()) for level in show(db, at, **query)["levels"]]

    assert levels(NOON) == []
    assert levels(NOON - 2 * HOUR, region=" cz") == [
        ("storms", 1, "managers", True, ["caro"]),
        ("main", 1, "first", True, ["anna", "ben"]),
        ("main", 2, "top", True, ["anna", "ben"]),
    ]
    assert levels(NOON, region="CZ", language="cs-CZ") == [
        ("storms", 1, "managers", True, ["caro"]),
        ("main", 1, "first", True, ["anna"]),
        ("main", 2, "top", False, []),
    ]
    assert levels(NOON, region="DE")[1] == ("main", 1, "first", True, [])


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ({"at": "noon"}, ["/at"]),
        ({"at": "2099-06-01T12:00:00"}, ["/at"]),
        ({"at": "9999-12-31T23:00:00Z"}, ["/at"]),
        ({"at": "0001-01-01T00:00:00Z", "region": ""}, ["/at", "/region"]),
        ({"roat": "night"}, ["/roat"]),
        ({"rota": "", "language": "x" * 41}, ["/language", "/rota"]),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_its_place(
    db: Database, query: dict[str, str], pointers: list[str]
) -> None:
    assert sorted(refused(lambda: duty.show_duty(db, POLICY, a_request(**query)))) == pointers


@pytest.mark.parametrize("year", ["0002", "9998"])
def test_the_first_and_the_last_year_can_be_asked_for(db: Database, year: str) -> None:
    assert people(night(db, datetime.fromisoformat(f"{year}-12-31T12:00:00+00:00"))) == ["anna", "ben"]


def test_a_rota_that_the_policy_has_not_is_not_found(db: Database) -> None:
    with pytest.raises(NotFound):
        show(db, rota="day")
    with pytest.raises(NotFound):
        course(db, "day")


# -- the course of a rota -----------------------------------------------------------------------------------------


def test_a_course_tells_who_when_its_gaps_and_its_overrides(db: Database) -> None:
    override = swap(db)
    swap(db, rota="other")
    swap(db, **{"from": "2099-06-10T11:00:00Z", "to": "2099-06-10T13:00:00Z"})
    found = course(db, **{"from": "2099-06-01T12:00:00Z", "to": "2099-06-02T09:00:00Z"})
    assert [(part["from"][8:16], part["to"][8:16], people(part)) for part in found["course"]] == [
        ("01T12:00", "01T13:00", ["caro"]),
        ("01T13:00", "01T20:00", ["anna", "ben"]),
        ("01T20:00", "02T08:00", []),
        ("02T08:00", "02T09:00", ["anna", "ben"]),
    ]
    assert found["gaps"] == [{"from": "2099-06-01T20:00:00Z", "to": "2099-06-02T08:00:00Z"}]
    assert found["overrides"] == [override]
    assert found["course"][0]["on_duty"][0]["since"] == "2099-06-01T11:00:00Z"


def test_a_course_is_of_the_next_week_unless_said_otherwise(db: Database, tmp_path: Path) -> None:
    set_shift(tmp_path / "clock", NOON - clock.now())
    found = course(db)
    start, end = map(datetime.fromisoformat, (found["from"], found["to"]))
    assert NOON <= start < NOON + HOUR and end - start == timedelta(days=7)


@pytest.mark.parametrize(
    ("start", "end", "pointers"),
    [
        (NOON, NOON, ["/to"]),
        (NOON, NOON - HOUR, ["/to"]),
        (NOON, NOON + 31 * DAY + HOUR, ["/to"]),
        (NOON, NOON + 31 * DAY, None),
    ],
)
def test_a_course_has_a_length(db: Database, start: datetime, end: datetime, pointers: list[str] | None) -> None:
    query = {"from": start.isoformat().replace("+00:00", "Z"), "to": end.isoformat().replace("+00:00", "Z")}
    if pointers is None:
        assert course(db, **query)["course"][-1]["to"] == to_text(end)
    else:
        assert refused(lambda: course(db, **query)) == pointers


# -- overrides ----------------------------------------------------------------------------------------------------


def test_an_override_gives_the_duty_and_says_who_said_so(db: Database) -> None:
    override = swap(db, by="petr", reason="Christmas")
    assert {name: override[name] for name in SWAP} == SWAP
    assert (override["by"], override["reason"], override["instead_of"]) == ("petr", "Christmas", None)
    assert people(night(db)) == ["caro"]


def test_an_override_that_is_said_again_is_one_and_the_newest(db: Database) -> None:
    first = swap(db)
    assert swap(db) == first
    swap(db, person="ben")
    assert people(night(db)) == ["ben"]
    assert swap(db, by="eva") == first | {"by": "eva"}
    assert people(night(db)) == ["caro"]
    day = {"from": "2099-06-01T00:00:00Z", "to": "2099-06-02T00:00:00Z"}
    assert [each["person"] for each in course(db, **day)["overrides"]] == ["ben", "caro"]


def test_an_override_is_taken_back_once(db: Database) -> None:
    override = swap(db)
    assert told(duty.remove_override(db, override["id"])) == override
    assert people(night(db)) == ["anna", "ben"]
    with pytest.raises(NotFound):
        duty.remove_override(db, override["id"])


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"rota": "day"}, ["/rota"]),
        ({"person": "nobody"}, ["/person"]),
        ({"instead_of": "nobody"}, ["/instead_of"]),
        ({"instead_of": "caro"}, ["/instead_of"]),
        ({"to": SWAP["from"]}, ["/to"]),
        ({"from": "2020-06-01T11:00:00Z", "to": "2020-06-02T11:00:00Z"}, ["/to"]),
        ({"to": "2099-08-30T11:00:01Z"}, ["/to"]),
        ({"rota": "day", "person": "nobody", "to": SWAP["from"]}, ["/rota", "/person", "/to"]),
        ({"from": "tomorrow", "to": None, "person": "", "mood": 1}, ["/from", "/mood", "/person", "/to"]),
        ({"reason": "x" * 1001}, ["/reason"]),
        ({"reason": "\0"}, ["/reason"]),
    ],
)
def test_an_override_that_cannot_be_is_refused_with_every_fault(
    db: Database, changes: dict[str, Any], pointers: list[str]
) -> None:
    found = refused(lambda: swap(db, **changes))
    assert sorted(found) == sorted(pointers)
    assert people(night(db)) == ["anna", "ben"]


def test_an_override_may_have_begun_and_may_last_ninety_days(db: Database) -> None:
    now = clock.now()
    begun = {"from": to_text(now - HOUR), "to": to_text(now - HOUR + LONGEST_OVERRIDE)}
    assert {name: swap(db, **begun)[name] for name in begun} == begun


# -- what the decisions get ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "is_there"),
    [
        (NOON - DAY - HORIZON, NOON - HORIZON, False),
        (NOON - DAY - HORIZON, NOON - HORIZON + HOUR, True),
        (NOON - HOUR, NOON + HOUR, True),
        (NOON + 2 * HORIZON - HOUR, NOON + 3 * HORIZON, True),
        (NOON + 2 * HORIZON, NOON + 3 * HORIZON, False),
    ],
)
def test_people_come_with_the_overrides_that_matter_now(
    db: Database, start: datetime, end: datetime, is_there: bool
) -> None:
    override = Override("o1", "night", start, end, "caro", None, "petr")
    db.run(lambda tx: duty_store.add(tx, override))
    with db.read() as tx:
        found = duty_store.people(tx, POLICY, NOON)
    assert found.overrides == ((override,) if is_there else ())
    assert (found.rotas, [p.id for p in found.everybody]) == ((NIGHT, OTHER), ["anna", "ben", "caro"])


# -- the documents ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["get_duty", "get_rota", "post_override", "get_supervisors"])
def test_answers_are_as_described(db: Database, operation: str) -> None:
    put(db, ANNA | {"absences": [{"from": "2099-06-01", "to": "2099-06-01", "stand_in": "ben"}]})
    override = swap(db)
    answers: dict[str, dict[str, Any]] = {
        "get_duty": show(db, region="CZ"),
        "get_rota": course(db, **{"from": "2099-06-01T12:00:00Z", "to": "2099-06-03T09:00:00Z"}),
        "post_override": override,
        "get_supervisors": told(people_doors.list_supervisors(db)),
    }
    shape = schema_for(api.OPERATIONS[operation].answer)  # type: ignore[arg-type]
    assert shape.dump(shape.load(answers[operation])) == answers[operation]


def test_the_example_that_is_taken_back_is_the_one_that_is_given() -> None:
    given, taken = (api.OPERATIONS[name] for name in ("post_override", "delete_override"))
    asked = OverrideAsked(**load(duty_schemas.OverrideBody(), given.example))
    assert taken.example_path == {"override_id": asked.id}
    assert replace(asked, reason=None).id == asked.id

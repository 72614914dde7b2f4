"""Many supervisors at once: all or none, what differs is told, and told again nothing does."""

import json
import sqlite3
from typing import Any

import pytest
from sqlalchemy import Engine, event
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.escalation import doors, supervisors
from services.escalation.domain.ladder import Supervisor
from shared.errors import Rejected
from tests.unit.escalation.desk import Desk

EVE = {"id": "eve", "name": "Eve", "role": "supervisor", "regions": ["FR"], "languages": ["fr"]}
IVO = {"id": "ivo", "name": "Ivo", "role": "coordinator", "regions": ["CZ"]}


def a_request(body: Any, **query: str) -> Request:
    return Request(EnvironBuilder(method="PUT", query_string=query, data=json.dumps(body)).get_environ())


def put(desk: Desk, *people: dict[str, Any], **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        doors.put_supervisors(desk.db, a_request({"supervisors": people}, **query)).get_data()
    )
    return answer


def everybody(desk: Desk) -> dict[str, Supervisor]:
    with desk.db.read() as tx:
        return {person.id: person for person in supervisors.everybody(tx)}


def refused(desk: Desk, body: Any, **query: str) -> list[str]:
    with pytest.raises(Rejected) as caught:
        doors.put_supervisors(desk.db, a_request(body, **query))
    return [error["pointer"] for error in caught.value.errors]


def test_all_are_stored_and_what_changed_is_told(desk: Desk) -> None:
    before = everybody(desk)
    told = {"stored": True, "added": ["eve", "ivo"], "changed": [], "unchanged": []}
    assert put(desk, IVO, EVE) == told
    assert everybody(desk).keys() == before.keys() | {"eve", "ivo"}
    assert put(desk, EVE | {"name": "Eve Martin", "languages": ["fr", "en"]}, IVO) == {
        "stored": True,
        "added": [],
        "changed": [{"id": "eve", "fields": ["name", "languages"]}],
        "unchanged": ["ivo"],
    }
    after = everybody(desk)
    assert (after["eve"].name, after["eve"].languages) == ("Eve Martin", ("fr", "en"))
    assert before.items() <= after.items(), "who is not named stays as they are"


def test_told_again_nothing_changes_however_it_is_spelled(desk: Desk) -> None:
    put(desk, EVE)
    kept = everybody(desk)
    again = put(desk, EVE | {"regions": [" fr", "FR"], "languages": ["fr-FR"]})
    assert again == {"stored": True, "added": [], "changed": [], "unchanged": ["eve"]}
    assert everybody(desk) == kept


def test_a_check_tells_the_same_and_stores_nothing(desk: Desk) -> None:
    put(desk, EVE)
    kept = everybody(desk)
    assert put(desk, EVE | {"role": "manager"}, IVO, check="true") == {
        "stored": False,
        "added": ["ivo"],
        "changed": [{"id": "eve", "fields": ["role"]}],
        "unchanged": [],
    }
    assert everybody(desk) == kept


@pytest.mark.parametrize("query", [{}, {"check": "true"}])
def test_one_fault_among_many_and_nobody_is_stored(desk: Desk, query: dict[str, str]) -> None:
    kept = everybody(desk)
    people = [IVO, EVE | {"regions": ["FR", ""], "mood": "good"}, IVO | {"id": "a/b"}, "eve", IVO | {"id": "jan"}]
    assert refused(desk, {"supervisors": people}, **query) == [
        "/supervisors/1/regions/1",
        "/supervisors/1/mood",
        "/supervisors/2/id",
        "/supervisors/3",
    ]
    assert everybody(desk) == kept


def test_who_stands_there_twice_is_a_fault_beside_all_others(desk: Desk) -> None:
    body = {"supervisors": [EVE, IVO, EVE | {"role": "boss"}]}
    assert sorted(refused(desk, body)) == ["/supervisors/2/id", "/supervisors/2/role"]


@pytest.mark.parametrize("id_", ["", "x" * 101, "a/b", "a\0", 7, None])
def test_an_id_is_one_that_the_single_door_takes(desk: Desk, id_: Any) -> None:
    assert refused(desk, {"supervisors": [EVE | {"id": id_}]}) == ["/supervisors/0/id"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ("eve", ""),
        ({}, "/supervisors"),
        ({"supervisors": {}}, "/supervisors"),
        ({"supervisors": [], "x": 1}, "/x"),
    ],
)
def test_a_body_that_is_no_list_of_people_is_refused(desk: Desk, body: Any, pointer: str) -> None:
    assert refused(desk, body) == [pointer]


def test_a_wish_that_is_neither_true_nor_false_is_refused_and_nobody_stored(desk: Desk) -> None:
    kept = everybody(desk)
    assert refused(desk, {"supervisors": [EVE]}, check="yes") == ["/check"]
    assert everybody(desk) == kept


def test_nobody_is_fine(desk: Desk) -> None:
    assert put(desk) == {"stored": True, "added": [], "changed": [], "unchanged": []}


def test_a_database_that_takes_few_values_in_one_statement_takes_many_people(desk: Desk) -> None:
    if not desk.db.is_postgres:
        allow_few_values(desk.db.engine)
    crowd = [EVE | {"id": f"p{n:03}"} for n in range(500)]
    assert len(put(desk, *crowd)["added"]) == len(crowd)
    again = put(desk, *({**person, "name": "Crowd"} for person in crowd))
    assert len(again["changed"]) == len(crowd)
    assert everybody(desk)["p499"].name == "Crowd"


def allow_few_values(engine: Engine) -> None:
    """SQLite as it is built by default has such a limit, too: 32,766."""

    @event.listens_for(engine, "connect")
    def limit(connection: Any, _record: Any) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 100)

    engine.dispose()

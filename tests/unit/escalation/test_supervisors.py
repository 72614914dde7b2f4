"""Many supervisors at once: all or none, what differs is told, and told again nothing does."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

from services.escalation import tables
from services.escalation.domain.duty import Leave
from services.escalation.domain.people import Role, Supervisor
from services.escalation.doors import people
from services.escalation.people import supervisors
from shared.database import Database
from shared.web import BadRequest
from tests.unit.escalation.rotas import local, utc
from tests.unit.escalation.staff import a_database, a_request, everybody, put, refused, told

EVE = {"id": "eve", "name": "Eve", "role": "supervisor", "regions": ["FR"], "languages": ["fr"]}
IVO = {"id": "ivo", "name": "Ivo", "role": "coordinator", "regions": ["CZ"]}
CHRISTMAS = {"from": "2026-12-24", "to": "2026-12-26"}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """With two people, whom no test names."""
    with a_database(tmp_path) as made:
        for id_ in ("anna", "ben"):
            person = Supervisor(id_, id_.title(), Role.SUPERVISOR, ("CZ",), ("cs",))
            made.run(lambda tx, person=person: supervisors.save(tx, person))  # type: ignore[misc]
        yield made


def refused_list(db: Database, body: Any, **query: str) -> list[str]:
    return refused(lambda: people.put_supervisors(db, a_request(body, **query)))


def test_all_are_stored_and_what_changed_is_told(db: Database) -> None:
    before = everybody(db)
    told = {"stored": True, "added": ["eve", "ivo"], "changed": [], "unchanged": []}
    assert put(db, IVO, EVE) == told
    assert everybody(db).keys() == before.keys() | {"eve", "ivo"}
    assert put(db, EVE | {"name": "Eve Martin", "languages": ["fr", "en"]}, IVO) == {
        "stored": True,
        "added": [],
        "changed": [{"id": "eve", "fields": ["name", "languages"]}],
        "unchanged": ["ivo"],
    }
    after = everybody(db)
    assert (after["eve"].name, after["eve"].languages) == ("Eve Martin", ("fr", "en"))
    assert before.items() <= after.items(), "who is not named stays as they are"


def test_told_again_nothing_changes_however_it_is_spelled(db: Database) -> None:
    put(db, EVE)
    kept = everybody(db)
    again = put(db, EVE | {"regions": [" fr", "FR"], "languages": ["fr-FR"]})
    assert again == {"stored": True, "added": [], "changed": [], "unchanged": ["eve"]}
    assert everybody(db) == kept


def test_a_check_tells_the_same_and_stores_nothing(db: Database) -> None:
    put(db, EVE)
    kept = everybody(db)
    assert put(db, EVE | {"role": "manager"}, IVO, check="true") == {
        "stored": False,
        "added": ["ivo"],
        "changed": [{"id": "eve", "fields": ["role"]}],
        "unchanged": [],
    }
    assert everybody(db) == kept


@pytest.mark.parametrize("query", [{}, {"check": "true"}])
def test_one_fault_among_many_and_nobody_is_stored(db: Database, query: dict[str, str]) -> None:
    kept = everybody(db)
    people = [IVO, EVE | {"regions": ["FR", ""], "mood": "good"}, IVO | {"id": "a/b"}, "eve", IVO | {"id": "jan"}]
    assert refused_list(db, {"supervisors": people}, **query) == [
        "/supervisors/1/regions/1",
        "/supervisors/1/mood",
        "/supervisors/2/id",
        "/supervisors/3",
    ]
    assert everybody(db) == kept


def test_who_stands_there_twice_is_a_fault_beside_all_others(db: Database) -> None:
    body = {"supervisors": [EVE, IVO, EVE | {"role": "boss"}]}
    assert sorted(refused_list(db, body)) == ["/supervisors/2/id", "/supervisors/2/role"]


@pytest.mark.parametrize("id_", ["", "x" * 101, "a/b", "a\0", 7, None])
def test_an_id_is_one_that_the_single_door_takes(db: Database, id_: Any) -> None:
    assert refused_list(db, {"supervisors": [EVE | {"id": id_}]}) == ["/supervisors/0/id"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], "/"),
        ("eve", "/"),
        ({}, "/supervisors"),
        ({"supervisors": {}}, "/supervisors"),
        ({"supervisors": [], "x": 1}, "/x"),
    ],
)
def test_a_body_that_is_no_list_of_people_is_refused(db: Database, body: Any, pointer: str) -> None:
    assert refused_list(db, body) == [pointer]


def test_a_wish_that_is_neither_true_nor_false_is_refused_and_nobody_stored(db: Database) -> None:
    kept = everybody(db)
    assert refused_list(db, {"supervisors": [EVE]}, check="yes") == ["/check"]
    assert everybody(db) == kept


def test_nobody_is_fine(db: Database) -> None:
    assert put(db) == {"stored": True, "added": [], "changed": [], "unchanged": []}


def test_a_database_that_takes_few_values_in_one_statement_takes_many_people(db: Database) -> None:
    allow_few_values(db.engine)
    crowd = [EVE | {"id": f"p{n:03}"} for n in range(500)]
    assert len(put(db, *crowd)["added"]) == len(crowd)
    again = put(db, *({**person, "name": "Crowd"} for person in crowd))
    assert len(again["changed"]) == len(crowd)
    assert everybody(db)["p499"].name == "Crowd"


def allow_few_values(engine: Engine) -> None:
    """SQLite as it is built by default has such a limit, too: 32,766."""

    @event.listens_for(engine, "connect")
    def limit(connection: Any, _record: Any) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 100)

    engine.dispose()


# -- teams and absences -------------------------------------------------------------------------------------------


def test_teams_and_absences_are_kept_and_told_as_instants(db: Database) -> None:
    absence = {"from": "2026-12-01T08:00:00+01:00", "to": "2026-12-01T12:00:00+01:00"}
    put(db, EVE | {"leads": ["recall", "recall", "billing"], "absences": [CHRISTMAS | {"stand_in": "ivo"}, absence]})
    assert everybody(db)["eve"].leads == ("recall", "billing")
    (eve,) = (p for p in told(people.list_supervisors(db))["supervisors"] if p["id"] == "eve")
    assert eve["absences"] == [
        {"from": "2026-12-01T07:00:00Z", "to": "2026-12-01T11:00:00Z", "stand_in": None},
        {"from": "2026-12-24T00:00:00Z", "to": "2026-12-27T00:00:00Z", "stand_in": "ivo"},
    ]
    assert put(db, eve)["unchanged"] == ["eve"], "what is told can be sent again"


def test_days_are_whole_days_of_the_persons_zone_the_last_one_too(db: Database) -> None:
    put(db, EVE | {"timezone": "Europe/Paris", "absences": [{"from": "2026-10-24", "to": "2026-10-25"}]})
    paris = "Europe/Paris"
    assert everybody(db)["eve"].absences == (Leave(local(paris, "2026-10-24 00:00"), local(paris, "2026-10-26 00:00")),)


def test_the_order_of_absences_is_no_difference(db: Database) -> None:
    two = [CHRISTMAS, CHRISTMAS | {"stand_in": "ivo"}]
    put(db, EVE | {"absences": two})
    assert put(db, EVE | {"absences": two[::-1]})["unchanged"] == ["eve"]


def test_another_team_or_absence_or_zone_is_a_difference(db: Database) -> None:
    put(db, EVE)
    changed = put(db, EVE | {"leads": ["recall"], "timezone": "Europe/Paris", "absences": [CHRISTMAS]})["changed"]
    assert changed == [{"id": "eve", "fields": ["leads", "absences", "timezone"]}]


def test_a_stand_in_may_become_known_later(db: Database) -> None:
    assert put(db, EVE | {"absences": [CHRISTMAS | {"stand_in": "nobody.yet"}]})["added"] == ["eve"]


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({"leads": "recall"}, ["/leads"]),
        ({"leads": ["recall", "of course"]}, ["/leads/1"]),
        ({"leads": ["x" * 41]}, ["/leads/0"]),
        ({"leads": ["recall"] * 201}, ["/leads"]),
        ({"timezone": "Europe/Nowhere"}, ["/timezone"]),
        ({"absences": [{"from": "2026-12-24"}]}, ["/absences/0/to"]),
        ({"absences": [CHRISTMAS, {"from": "2026-12-26", "to": "2026-12-24"}]}, ["/absences/1/to"]),
        ({"absences": [dict.fromkeys(("from", "to"), "2026-12-24T08:00:00Z")]}, ["/absences/0/to"]),
        ({"absences": [{"from": "2026-12-24T08:00:00", "to": "2026-12-26"}]}, ["/absences/0/from"]),
        ({"absences": [{"from": "soon", "to": "9999-12-31"}]}, ["/absences/0/from", "/absences/0/to"]),
        ({"absences": [CHRISTMAS | {"until": "x"}]}, ["/absences/0/until"]),
        ({"absences": [CHRISTMAS | {"stand_in": ""}]}, ["/absences/0/stand_in"]),
        ({"absences": [CHRISTMAS | {"stand_in": "a\0"}]}, ["/absences/0/stand_in"]),
        ({"absences": [CHRISTMAS, CHRISTMAS | {"stand_in": "eve"}]}, ["/absences/1/stand_in"]),
        ({"absences": [CHRISTMAS] * 201}, ["/absences"]),
    ],
)
def test_each_fault_is_named_by_its_place_at_both_doors(
    db: Database, wrong: dict[str, Any], pointers: list[str]
) -> None:
    alone = {name: value for name, value in EVE.items() if name != "id"} | wrong
    assert sorted(refused(lambda: people.put_supervisor(db, a_request(alone), "eve"))) == pointers
    listed = refused_list(db, {"supervisors": [IVO, EVE | wrong]})
    assert sorted(listed) == [f"/supervisors/1{pointer}" for pointer in pointers]
    assert "eve" not in everybody(db)


def test_one_supervisor_is_stored_under_the_id_of_the_path(db: Database) -> None:
    body = {"name": "Eve", "role": "manager", "regions": ["*"], "leads": ["recall"]}
    answer = told(people.put_supervisor(db, a_request(body), "eve"))
    assert answer == body | {"id": "eve", "languages": [], "timezone": "UTC", "absences": []}
    assert everybody(db)["eve"] == Supervisor("eve", "Eve", Role.MANAGER, ("*",), leads=("recall",))


def test_the_id_of_the_path_has_an_end(db: Database) -> None:
    with pytest.raises(BadRequest):
        people.put_supervisor(db, a_request({}), "x" * 101)


def test_rows_from_before_teams_and_absences_can_be_read(db: Database) -> None:
    with db.transaction() as tx:
        tx.execute(update(tables.supervisors).values(leads=None, absences=None, timezone=None))
        (anna,) = supervisors.find(tx, ["anna"]).values()
    assert (anna.leads, anna.absences, anna.timezone) == ((), (), "UTC")


def test_instants_are_kept_to_the_microsecond(db: Database) -> None:
    put(db, EVE | {"absences": [{"from": "2026-12-01T08:00:00.000001Z", "to": "2026-12-01T08:00:00.000002Z"}]})
    (leave,) = everybody(db)["eve"].absences
    assert leave == Leave(utc("2026-12-01 08:00:00.000001"), utc("2026-12-01 08:00:00.000002"))

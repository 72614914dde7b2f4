"""Many contacts at once: all or none, what differs is told, and told again nothing does."""

import sqlite3
from typing import Any

import pytest
from sqlalchemy import Engine, event

from services.notify import usecases
from services.notify.people.contact_schemas import contact_from, contacts_from
from shared.differences import Changed, Difference
from shared.errors import Rejected
from tests.unit.notify.build import Office, a_contact

ANN = {"person": "ann", "name": "Ann", "email": "ann@example.org"}
BOB = {"person": "bob", "name": "Bob", "phone": "+420601234567", "channels": ["sms"]}


def put(office: Office, *people: dict[str, Any]) -> Difference:
    wanted = contacts_from({"contacts": list(people)})
    return office.db.run(lambda tx: usecases.put_contacts(tx, wanted))


def check(office: Office, *people: dict[str, Any]) -> Difference:
    wanted = contacts_from({"contacts": list(people)})
    with office.db.read() as tx:
        return usecases.check_contacts(tx, wanted)


def kept(office: Office) -> list[dict[str, Any]]:
    with office.db.read() as tx:
        found: list[dict[str, Any]] = usecases.list_contacts(tx, "")["contacts"]
        return found


def refused(body: Any) -> list[str]:
    with pytest.raises(Rejected) as caught:
        contacts_from(body)
    return [error["pointer"] for error in caught.value.errors]


def test_all_are_stored_and_what_changed_is_told(office: Office) -> None:
    office.know(a_contact("cleo"))
    assert put(office, BOB, ANN) == Difference(True, ("ann", "bob"), (), ())
    assert put(office, ANN | {"language": "cs", "channels": ["email"]}, BOB) == Difference(
        True, (), (Changed("ann", ("language", "channels")),), ("bob",)
    )
    assert [(c["person"], c["language"]) for c in kept(office)] == [("ann", "cs"), ("bob", "en"), ("cleo", "en")]


def test_told_again_nothing_changes(office: Office) -> None:
    put(office, ANN, BOB)
    assert put(office, BOB, ANN) == Difference(True, (), (), ("ann", "bob"))


def test_what_is_left_out_has_its_default_as_at_the_single_door(office: Office) -> None:
    assert contacts_from({"contacts": [ANN]}) == {"ann": contact_from("ann", {k: ANN[k] for k in ("name", "email")})}
    put(office, ANN | {"phone": "+420601234567"})
    assert put(office, ANN).changed == (Changed("ann", ("phone",)),)


def test_a_check_tells_the_same_and_stores_nothing(office: Office) -> None:
    put(office, ANN)
    before = kept(office)
    assert check(office, ANN | {"timezone": "Europe/Prague"}, BOB) == Difference(
        False, ("bob",), (Changed("ann", ("timezone",)),), ()
    )
    assert kept(office) == before


def test_every_fault_of_every_contact_is_named_by_its_path() -> None:
    people = [
        ANN,
        BOB | {"phone": None},
        ANN | {"person": "eva", "email": "eva", "timezone": "Prague"},
        ANN | {"person": "a b", "pager": "1"},
        "dan",
        ANN | {"person": "fay", "channels": ["email", "fax"]},
    ]
    assert refused({"contacts": people}) == [
        "/contacts/1",
        "/contacts/2/email",
        "/contacts/2/timezone",
        "/contacts/3/person",
        "/contacts/3/pager",
        "/contacts/4",
        "/contacts/5/channels/1",
    ]


def test_who_stands_there_twice_is_a_fault_beside_all_others() -> None:
    assert sorted(refused({"contacts": [ANN, BOB, ANN | {"phone": "1"}]})) == [
        "/contacts/2/person",
        "/contacts/2/phone",
    ]


@pytest.mark.parametrize("person", ["", "a b", "a/b", "a\n", "x" * 101, "a\0", 7, None])
def test_a_person_is_one_that_the_single_door_takes(person: Any) -> None:
    assert refused({"contacts": [ANN | {"person": person}]}) == ["/contacts/0/person"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], "/"),
        ("ann", "/"),
        (None, "/"),
        ({}, "/contacts"),
        ({"contacts": {}}, "/contacts"),
        ({"contacts": [], "x": 1}, "/x"),
    ],
)
def test_a_body_that_is_no_list_of_people_is_refused(body: Any, pointer: str) -> None:
    assert refused(body) == [pointer]


def test_nobody_is_fine(office: Office) -> None:
    assert put(office) == Difference(True, (), (), ())


def test_a_language_is_as_short_as_the_column_that_keeps_it() -> None:
    assert refused({"contacts": [ANN | {"language": "pt-" + "-".join(["brasilia"] * 4)}]}) == ["/contacts/0/language"]


def test_a_database_that_takes_few_values_in_one_statement_takes_many_people(office: Office) -> None:
    if not office.db.is_postgres:
        allow_few_values(office.db.engine)
    crowd = [ANN | {"person": f"p{n:03}"} for n in range(500)]
    assert len(put(office, *crowd).added) == len(crowd)
    assert len(put(office, *({**person, "name": "Crowd"} for person in crowd)).changed) == len(crowd)


def allow_few_values(engine: Engine) -> None:
    """SQLite as it is built by default has such a limit, too: 32,766."""

    @event.listens_for(engine, "connect")
    def limit(connection: Any, _record: Any) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 100)

    engine.dispose()

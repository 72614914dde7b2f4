"""What operators see of the outbox: all is counted, the oldest first, with why it waits; never what people wrote."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from ombud.migrate.command import migrations_of
from shared import clock, tables
from shared.database import Database
from shared.departures import rows
from shared.departures.rows import Wanted, Why
from shared.schema import migrate

NOW = clock.now()
FACTS = {"severity": "high", "category": "safety", "level": 2}
BODY = FACTS | {"reason": None, "text": "Jan Novak's kettle", "name": "Jan"}


@pytest.fixture
def db(emptied_database: str) -> Iterator[Database]:
    url = emptied_database.format(service="routing")
    migrate(url, "routing", migrations_of("routing"))
    database = Database(url, "routing")
    yield database
    database.close()


def waits(db: Database, *types: str, body: bytes = orjson.dumps(BODY), **columns: Any) -> None:
    headers = {"ce-subject": "complaint-1", "ce-source": "/ombud/routing", "ce-customer": "Jan", "x": "Jan"}
    row = {"exchange": "routing.events", "headers": orjson.dumps(headers).decode(), "body": body.decode()}
    with db.transaction() as tx:
        for number, type_ in enumerate(types):
            more = {"event_id": str(number), "type": type_, "created_at": NOW} | columns
            tx.execute(tables.outbox.insert().values(row | more))


def listed(db: Database, **wanted: Any) -> list[dict[str, Any]]:
    with db.read() as tx:
        return rows.listed(tx, Wanted(**wanted))


def test_all_are_counted_by_type_with_the_age_of_the_oldest(db: Database) -> None:
    old = NOW - timedelta(hours=2)
    waits(db, "complaint.assigned", "complaint.queued", "complaint.assigned")
    waits(db, "complaint.queued", created_at=old)
    with db.read() as tx:
        assert rows.counted(tx) == {
            "waiting": 4,
            "oldest_at": old,
            "by_type": {"complaint.assigned": 2, "complaint.queued": 2},
        }


def test_an_empty_outbox_has_no_oldest(db: Database) -> None:
    with db.read() as tx:
        assert rows.counted(tx) == {"waiting": 0, "oldest_at": None, "by_type": {}}


def test_the_oldest_come_first_and_not_all(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST", 2)
    waits(db, "a", "b", "c")
    assert [event["type"] for event in listed(db)] == ["a", "b"]


@pytest.mark.parametrize(("wanted", "types"), [({"type": "b"}, ["b"]), ({"id": 1}, ["a"]), ({"id": 7}, [])])
def test_those_that_are_asked_for_are_listed(db: Database, wanted: dict[str, Any], types: list[str]) -> None:
    waits(db, "a", "b")
    assert [event["type"] for event in listed(db, **wanted)] == types


def test_what_people_wrote_is_not_shown(db: Database) -> None:
    waits(db, "complaint.assigned")
    (event,) = listed(db)
    assert event["facts"] == FACTS
    assert event["envelope"] == {"ce-source": "/ombud/routing"}
    assert event["complaint_id"] == "complaint-1"
    assert "Jan" not in str(event)


@pytest.mark.parametrize("body", [b"no JSON of Jan's", b'["Jan"]', b""])
def test_of_a_body_that_is_no_event_only_the_size_is_shown(db: Database, body: bytes) -> None:
    waits(db, "complaint.submitted", body=body)
    (event,) = listed(db)
    assert (event["facts"], event["body_bytes"]) == ({}, len(body))


@pytest.mark.parametrize(
    ("attempts", "seconds", "why"),
    [
        (0, 0, Why.UNDER_WAY),
        (0, 4.9, Why.UNDER_WAY),
        (0, 5, Why.NOT_TAKEN),
        (1, 0, Why.RETURNED),
        (9, 999, Why.RETURNED),
    ],
)
def test_why_it_waits(attempts: int, seconds: float, why: Why) -> None:
    then: datetime = NOW - timedelta(seconds=seconds)
    assert rows.why(attempts, then, NOW) is why

"""What the plumbing counts: waits for a connection, what is left in the database, ages of events, ticks, the hub."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy.exc import TimeoutError as NoneFree

from shared import backlog, tables
from shared.database import Database, pool
from shared.messaging import metrics
from shared.messaging.envelope import Message, Received
from shared.ops import Ops
from shared.schema import migrate
from shared.ticker import Tick

INTAKE = Path(__file__).parents[3] / "services" / "intake" / "migrations"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
QUEUE = "routing.of-the-tests.v1"


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, f"{name}{labels} is not there"
    return found


# -- the database --------------------------------------------------------------------------------------------------


@pytest.fixture
def db(emptied_database: str) -> Iterator[Database]:
    url = emptied_database.format(service="intake")
    migrate(url, "intake", INTAKE)
    made = Database(url, "intake")
    yield made
    made.close()


def a_row(n: int, **columns: Any) -> dict[str, Any]:
    return {"event_id": str(n), "type": "t", "headers": {}, "body": "", "source": "s", "error": "e"} | columns


def a_retry(n: int, queue: str, next_at: datetime) -> dict[str, Any]:
    return a_row(n, queue=queue, next_at=next_at, attempt=1, content_type="")


def a_letter(n: int, reason: str, dead_at: datetime) -> dict[str, Any]:
    return a_row(n, id=str(n), queue=QUEUE, reason=reason, dead_at=dead_at, content_type="")


def test_what_waits_is_counted_with_its_age(db: Database) -> None:
    backlog.start_at_zero(QUEUE)
    with db.transaction() as tx:
        ago = lambda minutes: tx.now - timedelta(minutes=minutes)  # noqa: E731
        rows = [{"event_id": str(n), "exchange": "e", "type": "t", "headers": "", "body": ""} for n in (1, 2)]
        tx.insert_many(tables.outbox, [rows[0] | {"created_at": ago(1)}, rows[1] | {"created_at": ago(3)}])
        retries = [a_retry(1, QUEUE, ago(2)), a_retry(2, QUEUE, ago(-2)), a_retry(3, "gone", ago(-9))]
        tx.insert_many(tables.retries, retries)
        tx.insert_many(tables.dead_letters, [a_letter(1, "invalid", ago(7)), a_letter(2, "of somebody", ago(5))])
    backlog.look(db)
    assert (value("ombud_outbox_waiting"), value("ombud_outbox_oldest_age_seconds")) == (2, pytest.approx(180, abs=60))
    assert [value("ombud_retries_waiting", queue=q) for q in (QUEUE, "other")] == [2, 1]
    assert value("ombud_retries_overdue_seconds") == pytest.approx(120, abs=60)
    assert [value("ombud_dead_letters", reason=r) for r in ("invalid", "other", "failed")] == [1, 1, 0]
    assert value("ombud_dead_letters_oldest_age_seconds") == pytest.approx(420, abs=60)
    assert value("ombud_backlog_read_timestamp_seconds") > NOON.timestamp()


def test_what_is_gone_is_zero_again(db: Database) -> None:
    backlog.start_at_zero(QUEUE)
    with db.transaction() as tx:
        tx.insert_many(tables.retries, [a_retry(1, QUEUE, tx.now)])
        tx.insert_many(tables.dead_letters, [a_letter(1, "invalid", tx.now)])
    backlog.look(db)
    with db.transaction() as tx:
        for table in (tables.retries, tables.dead_letters):
            tx.execute(table.delete())
    backlog.look(db)
    assert value("ombud_retries_waiting", queue=QUEUE) == value("ombud_dead_letters", reason="invalid") == 0
    assert value("ombud_retries_overdue_seconds") == value("ombud_dead_letters_oldest_age_seconds") == 0


def test_the_pool_shows_what_is_in_use(db: Database) -> None:
    with db.read():
        db.look_at_pool()
        assert value("ombud_database_pool_checked_out") == 1
    db.look_at_pool()
    assert (value("ombud_database_pool_checked_out"), value("ombud_database_pool_overflow")) == (0, 0)
    assert value("ombud_database_pool_size") == (10 if db.is_postgres else 20), "SQLite has a writer and a reader"
    assert value("ombud_database_pool_open") >= 1


def waits() -> float:
    return value("ombud_database_pool_wait_seconds_count")


def test_each_wait_for_a_connection_counts_once(db: Database) -> None:
    before = waits()
    with db.transaction(), db.read():
        assert waits() == before, "counted when it is over, with what it was for"
    assert waits() == before + 2


def test_who_gets_no_connection_counts_as_well() -> None:
    before = waits()
    with pytest.raises(NoneFree), pool.waiting():
        raise NoneFree
    assert waits() == before + 1


# -- events --------------------------------------------------------------------------------------------------------


def received(source: str, time: str) -> Received:
    return Received(None, "1", source, "t", "s", None, Message("t", {"ce-time": time}, b""))


@pytest.mark.parametrize(
    ("source", "time", "counts", "age"),
    [
        ("/ombud/intake", "2026-11-02T11:59:58Z", 1, 2.0),
        ("/ombud/intake", "2026-11-02T12:00:01+00:00", 1, 0.0),  # by a clock that is ahead of ours
        ("web", "2026-11-02T11:59:58Z", 0, 0.0),
        ("/ombud/intake", "yesterday", 0, 0.0),
        ("/ombud/intake", "2026-11-02T11:59:58", 0, 0.0),
    ],
)
def test_only_what_ombud_announced_has_an_age(source: str, time: str, counts: int, age: float) -> None:
    metrics.start_at_zero(QUEUE)
    names = ("ombud_event_age_seconds_count", "ombud_event_age_seconds_sum")
    before = [value(name, queue=QUEUE) for name in names]
    metrics.note_ages(QUEUE, [received(source, time)], NOON)
    counted, seconds = (value(name, queue=QUEUE) - was for name, was in zip(names, before, strict=True))
    assert (counted, pytest.approx(seconds)) == (counts, age)


# -- ticks and the hub ---------------------------------------------------------------------------------------------


def test_a_run_that_fails_has_a_duration_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    tick = Tick(every=1)
    tick.method_name, tick.container = "of_the_tests", None  # whoever asks it for a worker fails
    with pytest.raises(AttributeError):
        tick._run_once()
    assert value("ombud_tick_duration_seconds_count", tick="of_the_tests") == 1


def test_the_worst_lag_is_kept_for_a_minute_and_no_longer() -> None:
    ops = Ops(("127.0.0.1", 0), lambda: None, lambda: None)
    for lag in (0.0, 3.0, *[0.1] * 118):
        ops._note_lag(lag)
    assert value("ombud_hub_lag_max_seconds") == 3.0
    for _ in range(2):
        ops._note_lag(0.1)
    assert value("ombud_hub_lag_max_seconds") == pytest.approx(0.1)


@pytest.mark.parametrize(("lag", "status"), [(9.0, "200 OK"), (11.0, "503 Service Unavailable")])
def test_health_is_what_the_last_look_found(lag: float, status: str) -> None:
    ops = Ops(("127.0.0.1", 0), lambda: None, lambda: None)
    ops._note_lag(lag)
    assert ops._health()[0] == status
    ops._note_lag(0.0)
    assert ops._health()[0] == "200 OK"

"""Storms on PostgreSQL: replicas that look at once open one, and looks are cheap, also those of the auditor."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event, text

from services.escalation import usecases
from services.escalation.domain.case import CaseState
from services.escalation.storms import storm_store, storming
from services.escalation.watch import audit
from shared import clock
from shared.contracts.escalation import CaseEscalated
from shared.contracts.event import Severity
from shared.database import Database, Transaction
from tests.harness.process import PATIENCE
from tests.harness.servers import patient
from tests.unit.escalation.desk import Desk, migrated
from tests.unit.escalation.storm_stories import (
    BY_PLACE,
    BY_PRODUCT,
    PEOPLE,
    a_complaint,
    alike,
    id_of,
    is_part,
    majors,
    with_storms,
)

MANY = 100_000


@pytest.fixture(scope="module")
def counter(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(migrated(postgres.create_database("escalation_storms")), tmp_path_factory.mktemp("storms"))
    yield made
    made.db.close()


@pytest.fixture
def desk(counter: Desk) -> Iterator[Desk]:
    counter.start_over(PEOPLE, with_storms(BY_PRODUCT, BY_PLACE))
    yield counter
    clock.shift_from(None)


@pytest.fixture
def replica(desk: Desk) -> Iterator[Desk]:
    """A second process of the service, as far as the database can tell."""
    second = object.__new__(Desk)
    second.__dict__ |= desk.__dict__ | {"db": patient(Database(desk.url, "escalation")), "announced": [], "again": []}
    second.under(with_storms(BY_PRODUCT, BY_PLACE))
    second.db.announce_with(second._keep)
    yield second
    second.db.close()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Runs them in threads that start together and gives what they gave; an error in one is an error of the test."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


@contextmanager
def before_each_statement(hook: Callable[[str], None], *desks: Desk) -> Iterator[None]:
    """The hook is told every statement of these; the desks are also those of the next tests, which go without it."""

    def tell(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        hook(statement)

    for desk in desks:
        event.listen(desk.db.engine, "before_cursor_execute", tell)
    try:
        yield
    finally:
        for desk in desks:
            event.remove(desk.db.engine, "before_cursor_execute", tell)


def test_two_replicas_that_see_it_at_once_open_one_major_complaint_and_alert_once(desk: Desk, replica: Desk) -> None:
    desk.hear(*alike(1, 8, severity=Severity.HIGH))
    both_see_it = Barrier(2)

    def wait(statement: str) -> None:
        if statement.startswith("INSERT INTO storms"):
            both_see_it.wait(timeout=PATIENCE)

    with before_each_statement(wait, desk, replica):
        at_once(desk.watch_storms, replica.watch_storms)
    desk.watch_storms()
    (alert,) = [e for e in desk.told(CaseEscalated) + replica.told(CaseEscalated) if e.facts.source == "ombud"]
    assert all(is_part(desk, name, alert.case_id) for name in range(1, 9))


def test_a_case_that_the_other_replica_opens_at_that_moment_is_gathered_by_the_next_look(
    desk: Desk, replica: Desk
) -> None:
    desk.hear(*alike(1, 4))
    with replica.db.transaction() as tx:
        usecases.take_complaints(tx, replica.book, [a_complaint(5, severity=Severity.CRITICAL)])
        assert desk.watch_storms() == 4
    assert desk.case(id_of(5)).state is CaseState.ESCALATED
    (major,) = majors(desk)
    assert desk.watch_storms() == 1
    assert is_part(desk, 5, major)


def test_a_case_that_somebody_is_just_taking_is_left_to_them(desk: Desk, replica: Desk) -> None:
    desk.hear(*alike(1, 5, severity=Severity.CRITICAL))
    with replica.db.transaction() as tx:
        tx.execute(text("SELECT 1 FROM cases WHERE id = :id FOR UPDATE"), {"id": id_of(5)})
        assert desk.watch_storms() == 4
    desk.take(id_of(5), "anna")
    desk.watch_storms()
    assert desk.case(id_of(5)).state is CaseState.ACKNOWLEDGED


def test_a_case_that_somebody_takes_between_the_look_and_the_lock_is_left_to_them(desk: Desk, replica: Desk) -> None:
    desk.hear(*alike(1, 5, severity=Severity.CRITICAL))

    def take(statement: str) -> None:
        if "SKIP LOCKED" in statement and desk.case(id_of(5)).state is CaseState.ESCALATED:
            replica.take(id_of(5), "anna")

    with before_each_statement(take, desk):
        assert desk.watch_storms() == 4
    assert (desk.case(id_of(5)).state, desk.case(id_of(5)).acknowledged_by) == (CaseState.ACKNOWLEDGED, "anna")


def test_cases_opened_and_storms_looked_at_all_the_time_end_in_one_storm(desk: Desk, replica: Desk) -> None:
    def hear(of: Desk, first: int) -> None:
        for number in range(first, first + 40):
            of.hear(a_complaint(number, severity=Severity.HIGH))

    def look() -> None:
        for _ in range(20):
            desk.watch_storms()

    at_once(lambda: hear(desk, 100), lambda: hear(replica, 200), look)
    while desk.watch_storms():
        pass
    (major,) = {*majors(desk), *majors(replica)}
    assert all(is_part(desk, n, major) for n in (*range(100, 140), *range(200, 240)))


# -- what the looks cost ------------------------------------------------------------------------------------------

FILL = """
INSERT INTO cases (id, state, revision, policy_version, severity, alarms, owner, clocks, level, round, recipients,
    due_at, respond_by, follow_up_by, opened_at, since, escalated_at, escalation_id, facts_revision, closed_revision,
    answered_revision, reopened_revision, region, category, product)
SELECT gen_random_uuid()::text, (ARRAY['open', 'escalated', 'acknowledged', 'resolved', 'resolved'])[1 + n % 5], 3,
    '1', n % 4, '{}', '{}', '[]', 0, 0, '[]',
    CASE WHEN n % 5 < 3 THEN now() + interval '1 day' END,
    CASE WHEN n % 5 = 1 THEN now() + interval '1 day' END,
    CASE WHEN n % 5 = 2 THEN now() + interval '1 day' END,
    now() - n * interval '1 minute', now(),
    CASE WHEN n % 5 = 1 THEN now() - n * interval '1 minute' END, gen_random_uuid()::text, 1, 0, 0, 0,
    (ARRAY['CZ', 'SK', 'GB'])[1 + n % 3], 'billing', 'P-' || n % 900
FROM generate_series(1, :many) AS n
"""
TOLD = """
INSERT INTO case_events (case_id, key, at, actor, what, details)
SELECT id, 'alert_accepted:1', now(), 'anna', 'alert_accepted', json_build_object('escalation_id', escalation_id)
FROM cases WHERE state = 'escalated'
"""


@pytest.fixture
def filled(desk: Desk) -> Desk:
    with desk.db.transaction() as tx:
        tx.execute(text(FILL), {"many": MANY})
        tx.execute(text(TOLD))
    with desk.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE cases, case_events, storms"))
    return desk


def plans_of(desk: Desk, work: Callable[[Transaction], Any]) -> list[dict[str, Any]]:
    """How PostgreSQL carried out each SELECT of the work, which is rolled back."""
    asked: list[tuple[str, Any]] = []

    def ask(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(desk.db.engine, "before_cursor_execute", ask)
    with desk.db.transaction() as tx:
        work(tx)
        event.remove(desk.db.engine, "before_cursor_execute", ask)
        found: list[dict[str, Any]] = []
        for statement, parameters in asked:
            row: Any = tx.connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters
            ).scalar()
            found.append((row if isinstance(row, list) else json.loads(row))[0] | {"asked": statement})
    return found


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from steps(part)


def pages_of(plans: list[dict[str, Any]]) -> int:
    """How many pages of 8 kB they looked at: what they cost, the same however busy the machine is."""
    return sum(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] for plan in plans)


def assert_cheap(plans: list[dict[str, Any]], pages: int) -> None:
    assert plans
    for plan in plans:
        whole = [
            s for s in steps(plan["Plan"]) if s["Node Type"] == "Seq Scan" and s["Relation Name"].startswith("case")
        ]
        assert whole == [], plan["asked"]
    assert pages_of(plans) <= pages


def test_a_look_for_storms_among_many_cases_goes_by_indexes(filled: Desk) -> None:
    plans = plans_of(filled, lambda tx: storming.watch_storms(tx, filled.book))
    assert len(plans) == 4, "the storms that last, one question a rule, the time"
    assert_cheap(plans, pages=30)


def test_a_look_at_a_storm_that_lasts_goes_by_indexes(filled: Desk) -> None:
    filled.hear(*alike(1, 400))
    filled.watch_storms()
    plans = plans_of(filled, lambda tx: storming.watch_storms(tx, filled.book))
    assert len(plans) == 7, "also: its case, how far it reaches, who might join"
    assert_cheap(plans, pages=1_000)


def test_to_look_for_parts_of_what_was_resolved_goes_by_indexes(filled: Desk) -> None:
    assert_cheap(plans_of(filled, lambda tx: storm_store.lock_parts_of_resolved(tx, 500)), pages=30)


def test_opening_a_case_asks_for_storms_by_an_index(filled: Desk) -> None:
    rules = {rule.name: rule for rule in filled.book.current.storms}
    assert_cheap(plans_of(filled, lambda tx: storm_store.taking(tx, rules)), pages=30)


def test_the_auditor_among_many_cases_goes_by_indexes(filled: Desk) -> None:
    plans = plans_of(filled, lambda tx: audit.audit(tx, filled.book))
    assert filled.audit() == dict.fromkeys(audit.Finding, 0)
    assert_cheap(plans, pages=6_000)
    used = [step["Index Name"] for plan in plans for step in steps(plan["Plan"]) if "Index Name" in step]
    assert used.count("cases_without_due") == 2 and "cases_due" in used

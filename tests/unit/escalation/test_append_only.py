"""The timeline is only appended to, whoever asks; what a customer wrote is not in it, so nothing there is erased."""

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from services.escalation import tables
from services.escalation.domain import answers, linking
from shared.contracts.escalation import CaseEscalated, Outcome
from shared.contracts.event import Severity
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintEscalationRequested,
    ComplaintForgotten,
    ComplaintRated,
    ComplaintReopened,
    ComplaintResolved,
    Customer,
)
from shared.contracts.notify import AlertAccepted
from shared.contracts.routing import ComplaintAssigned
from tests.harness.events import NOON, a_classified
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.storm_stories import BY_PRODUCT, HOUR, PEOPLE, alike, id_of, majors, with_storms

CHANGES = [
    "UPDATE case_events SET actor = 'nobody'",
    "DELETE FROM case_events",
]
NO_ROW = "UPDATE case_events SET actor = 'nobody' WHERE case_id = 'none'"


def refused(desk: Desk, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), desk.db.transaction() as tx:
        tx.execute(text(statement))


@pytest.mark.parametrize("statement", CHANGES)
def test_not_even_the_owner_changes_a_row(desk: Desk, statement: str) -> None:
    desk.hear(a_classified("1"))
    before = desk.rows(id_of("1"))
    refused(desk, statement)
    assert desk.rows(id_of("1")) == before and len(before) == 1


def test_a_change_of_no_row_is_refused_where_a_statement_can_be_and_else_changes_nothing(desk: Desk) -> None:
    desk.hear(a_classified("1"))
    before = desk.rows(id_of("1"))
    if desk.db.is_postgres:
        refused(desk, NO_ROW)
    else:  # a trigger of SQLite is called for each row
        with desk.db.transaction() as tx:
            assert tx.execute(text(NO_ROW)).rowcount == 0
    assert desk.rows(id_of("1")) == before


def test_nor_is_the_table_emptied_at_once(desk: Desk) -> None:
    desk.hear(a_classified("1"))
    # SQLite's way to truncate is a DELETE without a condition.
    refused(desk, "TRUNCATE case_events" if desk.db.is_postgres else "DELETE FROM case_events")
    assert len(desk.rows(id_of("1"))) == 1


def test_nor_is_a_row_overwritten_by_a_new_one(desk: Desk) -> None:
    desk.hear(a_classified("1"))
    before = desk.rows(id_of("1"))
    columns = "case_id, key, at, 'nobody', what, level, reason, policy_version, details"
    overwrite = "ON CONFLICT (case_id, key) DO UPDATE SET actor = 'nobody'"
    statements = [f"INSERT INTO case_events SELECT {columns} FROM case_events WHERE true {overwrite}"]
    if not desk.db.is_postgres:
        statements.append(f"REPLACE INTO case_events SELECT {columns} FROM case_events")
    for statement in statements:
        with suppress(DBAPIError), desk.db.transaction() as tx:
            tx.execute(text(statement))
        assert desk.rows(id_of("1")) == before


def test_a_row_that_is_told_twice_stays_as_it_was(desk: Desk) -> None:
    desk.hear(a_classified("1"))
    alert = AlertAccepted("a-1", id_of("1"), "e", 1, "anna", "email", "ok", NOON, 0.4)
    desk.hear_alerts(alert)
    desk.hear_alerts(AlertAccepted("a-1", id_of("1"), "e", 1, "anna", "email", "otherwise", NOON, 9.9))
    assert [row["reason"] for row in desk.rows(id_of("1")) if row["what"] == "alert_accepted"] == ["ok"]


# -- what is in it ------------------------------------------------------------------------------------------------

CUSTOMER = Customer("C-rhubarb-7", "platinum-tier", "CZ", "cs", "Europe/Prague")
# What only the customer can have said, or is known by.
WORDS = ("rhubarb", "kettle", "platinum", "A-4711", "KX-200", "marmalade", "billing")


def everything_told(desk: Desk) -> str:
    with desk.db.read() as tx:
        return str([tuple(row) for row in tx.execute(select(tables.case_events))])


def a_long_story(desk: Desk) -> str:
    """All that can happen to a complaint whose words are known, in a storm and out of it."""
    desk.start_over(PEOPLE, with_storms(BY_PRODUCT))
    complaint: dict[str, Any] = {"customer": CUSTOMER, "product": "KX-200", "excerpt": "my rhubarb kettle leaks"}
    first = a_classified("A-4711", severity=Severity.CRITICAL, **complaint)
    id_ = first.complaint_id
    desk.hear(first, *alike(1, 3))
    desk.watch_storms()
    (major,) = majors(desk)
    desk.answer(id_, lambda case, setting: linking.unlink(case, "caro", setting))
    desk.hear_owners(ComplaintAssigned(id_, 1, "gita", "Gita", NOON))
    (alert, *_) = (e for e in desk.told(CaseEscalated) if e.case_id == id_)
    desk.hear_alerts(AlertAccepted("a-1", id_, alert.escalation_id, 1, "anna", "email", "accepted", NOON, 0.4))
    desk.hear(a_classified("A-4711", revision=2, severity=Severity.CRITICAL, asks_supervisor=True, **complaint))
    desk.jump(HOUR)
    desk.settle()
    desk.take(id_, "anna")
    desk.answer(id_, lambda case, setting: answers.remark(case, "anna", setting), note="she wants marmalade")
    desk.hear(ComplaintAnswered(id_, 3, NOON, "gita"), ComplaintRated(id_, 4, NOON, score=0.1))
    desk.hear(ComplaintEscalationRequested(id_, 5, NOON, "gita"))
    desk.answer(id_, lambda case, setting: answers.resolve(case, "anna", Outcome.UPHELD, (), setting))
    desk.hear(ComplaintReopened(id_, 7, NOON, "gita"), ComplaintResolved(id_, 8, NOON, "gita"))
    assert major
    return id_


def test_the_timeline_keeps_nothing_that_the_customer_said_or_is_known_by(desk: Desk) -> None:
    id_ = a_long_story(desk)
    whole = everything_told(desk)
    assert whole.count(id_) > 15, "a story of many rows"
    assert [word for word in WORDS if word in whole] == []


def test_forgetting_erases_notes_and_facts_and_leaves_the_timeline_as_it_was(desk: Desk) -> None:
    id_ = a_long_story(desk)
    before = desk.timeline(id_)
    with desk.db.read() as tx:
        notes = tx.execute(select(tables.case_notes.c.text)).scalars().all()
    assert notes == ["she wants marmalade"]
    desk.hear(ComplaintForgotten(id_, 9, NOON))
    assert desk.timeline(id_) == [*before, "forgotten"]
    with desk.db.read() as tx:
        left = [
            str(tuple(row))
            for table in tables.metadata.sorted_tables
            for row in tx.execute(select(table))
            if id_ in str(tuple(row))
        ]
    assert left and not [word for word in WORDS for row in left if word in row]

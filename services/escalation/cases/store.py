"""Queries of escalation: domain objects in, domain objects out. Called by the use cases."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Interval,
    Select,
    Text,
    bindparam,
    delete,
    exists,
    func,
    select,
)

from services.escalation import tables
from services.escalation.cases.rows import case_from, row_of
from services.escalation.domain.case import Case, CaseState, Change, What
from shared import clock
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from shared.database import Row, Transaction
from shared.singly import each
from shared.tables import UtcDateTime

c, e = tables.cases, tables.case_events
n = tables.case_notes
_SEVERITIES = tuple(Severity)
PUT_OFF = timedelta(minutes=1)

# -- cases --------------------------------------------------------------------------------------------------------


def lock_cases(tx: Transaction, ids: Iterable[str]) -> dict[str, Case]:
    """Those that exist, locked in sorted order."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {row.id: case_from(row) for row in tx.execute(_lock_query(tx.is_postgres), {"ids": wanted})}


def add_cases(tx: Transaction, cases: Iterable[Case]) -> set[str]:
    """Inserts new cases; gives the ids that were added, the others came into being meanwhile."""
    rows = [row_of(case) for case in sorted(cases, key=lambda case: case.id)]
    return set(tx.insert_many(c, rows, skip_existing=True, returning=c.c.id))


def save_cases(tx: Transaction, cases: Iterable[Case]) -> None:
    tx.update_many(c, "id", [row_of(case) for case in sorted(cases, key=lambda case: case.id)])


def claim_due(tx: Transaction, limit: int) -> list[Case]:
    """Cases whose deadline has passed and that no other replica works on, the most severe first; locked.

    What is left of the limit goes to the milder ones: they must not wait for a moment without severe ones.
    """
    cases: list[Case] = []
    for severity in _severities_due(tx):
        due = select(c).where(c.c.severity == severity, c.c.due_at <= tx.now).order_by(c.c.due_at)
        rows = tx.execute(due.limit(limit - len(cases)).with_for_update(skip_locked=True)).all()
        # One that a newer version wrote, and this one cannot read, must not keep the others from their turn.
        readable, unreadable = each(rows, case_from, "row of a case")
        put_off(tx, [row.id for row in unreadable], tx.now + PUT_OFF)
        cases += readable
        if len(cases) == limit:
            break
    return cases


def put_off(tx: Transaction, ids: Sequence[str], until: datetime) -> None:
    """Lets cases that are locked be due then, whatever they say themselves."""
    tx.update_many(c, "id", [{"id": case_id, "due_at": until} for case_id in sorted(ids)])


def _severities_due(tx: Transaction) -> list[int]:
    return sorted(_oldest_due(tx), reverse=True)


def oldest_due(tx: Transaction) -> datetime | None:
    """The longest overdue deadline, None when nothing is due."""
    return min(_oldest_due(tx).values(), default=None)


def _oldest_due(tx: Transaction) -> dict[int, datetime]:
    """By severity, the longest overdue deadline. One question that brings its own time: every tick asks it."""
    now = {"shift": clock.shift()} if tx.is_postgres else {"now": tx.now}
    row: Any = tx.execute(_oldest_query(tx.is_postgres), now).one()
    return {rank: due_at for rank, due_at in enumerate(row[1:]) if due_at is not None and due_at <= row[0]}


def find_case(tx: Transaction, case_id: str) -> Case | None:
    row = tx.execute(select(c).where(c.c.id == case_id)).one_or_none()
    return case_from(row) if row else None


def has_parts(tx: Transaction, case_id: str) -> bool:
    """Whether other cases speak through this one."""
    return bool(tx.connection.scalar(select(exists().where(c.c.parent_id == case_id))))


def count_parts(tx: Transaction, case_id: str) -> int:
    """Cases that speak through this one, or did until it was resolved."""
    return tx.connection.scalar(select(func.count()).select_from(c).where(c.c.parent_id == case_id)) or 0


def find_cases(tx: Transaction, ids: Iterable[str]) -> dict[str, Case]:
    """Those that exist, without a lock."""
    rows = tx.execute(select(c).where(_among_ids(c.c.id, tx.is_postgres)), {"ids": sorted(set(ids))})
    return {row.id: case_from(row) for row in rows}


def count_by_state(tx: Transaction) -> dict[CaseState, int]:
    query = select(c.c.state, func.count().label("cases")).group_by(c.c.state)
    counted = {row.state: row.cases for row in tx.execute(query)}
    return {state: counted.get(state.value, 0) for state in CaseState}


def count_escalated(tx: Transaction) -> int:
    """Cases that were ever escalated."""
    return tx.connection.scalar(select(func.count()).select_from(c).where(c.c.round > 0)) or 0


# -- timeline -----------------------------------------------------------------------------------------------------


def add_events(tx: Transaction, rows: Sequence[Row]) -> None:
    """Rows of the timeline; one that is there already stays as it is."""
    tx.insert_many(e, sorted(rows, key=lambda row: (row["case_id"], row["key"])), skip_existing=True)


def timeline(tx: Transaction, case_id: str) -> list[dict[str, Any]]:
    rows = tx.execute(select(e).where(e.c.case_id == case_id).order_by(e.c.at, e.c.key))
    return [dict(row._mapping) for row in rows]


def count_escalations(tx: Transaction) -> dict[EscalationReason, int]:
    """Moves to a level, by reason."""
    query = select(e.c.reason, func.count().label("moves")).where(e.c.what == What.ESCALATED.value).group_by(e.c.reason)
    counted = {row.reason: row.moves for row in tx.execute(query)}
    return {reason: counted.get(reason.value, 0) for reason in EscalationReason}


def add_notes(tx: Transaction, changes: Iterable[Change]) -> None:
    """What people wrote, under the keys of the timeline's rows."""
    rows = [
        {"case_id": x.case.id, "key": x.row_key, "at": tx.now, "author": x.actor[:200], "text": x.note} for x in changes
    ]
    tx.insert_many(n, sorted(rows, key=lambda row: (row["case_id"], row["key"])), skip_existing=True)


def notes_of(tx: Transaction, case_id: str) -> dict[str, str]:
    """What people wrote about the case, by the keys of the timeline's rows."""
    return {row.key: row.text for row in tx.execute(select(n.c.key, n.c.text).where(n.c.case_id == case_id))}


def erase_notes(tx: Transaction, ids: Iterable[str]) -> None:
    for case_id in sorted(ids):
        tx.execute(delete(n).where(n.c.case_id == case_id))


# -- what runs with every event or tick, built once: putting a statement together takes longer than many a statement --


@cache
def _lock_query(is_postgres: bool) -> Select[Any]:
    return select(c).where(_among_ids(c.c.id, is_postgres)).order_by(c.c.id).with_for_update()


def _among_ids(column: ColumnElement[str], is_postgres: bool) -> ColumnElement[bool]:
    """`column IN :ids`; on PostgreSQL as one array, so that the statement is the same for any number."""
    if is_postgres:
        return column == func.any(bindparam("ids", type_=ARRAY(Text())))
    return column.in_(bindparam("ids", expanding=True))


@cache
def _oldest_query(is_postgres: bool) -> Select[Any]:
    """The time and, per severity, the oldest deadline: one look into the index each, however many cases wait."""
    now: Any = bindparam("now", type_=UtcDateTime)
    if is_postgres:
        now = func.clock_timestamp() + bindparam("shift", type_=Interval)
    oldest = (
        select(func.min(c.c.due_at)).where(c.c.severity == rank, c.c.due_at.is_not(None)).scalar_subquery()
        for rank in range(len(_SEVERITIES))
    )
    return select(now.label("now"), *oldest)

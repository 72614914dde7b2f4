"""Queries of escalation: domain objects in, domain objects out. Called by the use cases."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Interval, Select, Text, bindparam, func, select

from services.escalation import tables
from services.escalation.domain.case import Case, CaseState, Ending, What
from shared import clock
from shared.contracts.escalation import AlertFacts, EscalationReason
from shared.contracts.event import Severity
from shared.database import Row, Transaction
from shared.tables import UtcDateTime

c, e, p = tables.cases, tables.case_events, tables.policies
_SEVERITIES = tuple(Severity)
_FACTS = tuple(AlertFacts.__dataclass_fields__)

# -- cases --------------------------------------------------------------------------------------------------------


def lock_cases(tx: Transaction, ids: Iterable[str]) -> dict[str, Case]:
    """Those that exist, locked in sorted order."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {row.id: _case(row) for row in tx.execute(_lock_query(tx.is_postgres), {"ids": wanted})}


def add_cases(tx: Transaction, cases: Iterable[Case]) -> set[str]:
    """Inserts new cases; gives the ids that were added, the others came into being meanwhile."""
    rows = [_row(case) for case in sorted(cases, key=lambda case: case.id)]
    return set(tx.insert_many(c, rows, skip_existing=True, returning=c.c.id))


def save_cases(tx: Transaction, cases: Iterable[Case]) -> None:
    tx.update_many(c, "id", [_row(case) for case in sorted(cases, key=lambda case: case.id)])


def claim_due(tx: Transaction, limit: int) -> list[Case]:
    """Cases whose deadline has passed, of the highest severity that has any that no other replica works on; locked."""
    for severity in _severities_due(tx):
        due = select(c).where(c.c.severity == severity, c.c.due_at <= tx.now).order_by(c.c.due_at)
        cases = [_case(row) for row in tx.execute(due.limit(limit).with_for_update(skip_locked=True))]
        if cases:
            return cases
    return []


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
    return _case(row) if row else None


def list_cases(tx: Transaction, state: CaseState | None, limit: int) -> list[Case]:
    """The most severe first, then the longest waiting; without those whose complaint has not been heard of."""
    wanted = c.c.state == state.value if state else c.c.state != CaseState.EARLY.value
    rows = tx.execute(select(c).where(wanted).order_by(c.c.severity.desc(), c.c.since, c.c.id).limit(limit))
    return [_case(row) for row in rows]


def count_by_state(tx: Transaction) -> dict[CaseState, int]:
    query = select(c.c.state, func.count().label("cases")).group_by(c.c.state)
    counted = {row.state: row.cases for row in tx.execute(query)}
    return {state: counted.get(state.value, 0) for state in CaseState}


def count_escalated(tx: Transaction) -> int:
    """Cases that were ever escalated."""
    return tx.connection.scalar(select(func.count()).select_from(c).where(c.c.round > 0)) or 0


def _row(case: Case) -> Row:
    return vars(case) | {
        "state": case.state.value,
        "severity": case.severity.rank,
        "facts": _facts_row(case.facts),
        "alarms": {reason.value: revision for reason, revision in case.alarms.items()},
        "recipients": list(case.recipients),
    }


def _case(row: Any) -> Case:
    values = dict(row._mapping)
    values["state"] = CaseState(values["state"])
    values["severity"] = _SEVERITIES[values["severity"]]
    values["facts"] = _facts(values["facts"])
    values["alarms"] = {EscalationReason(reason): revision for reason, revision in values["alarms"].items()}
    values["reason"] = EscalationReason(values["reason"]) if values["reason"] else None
    values["trigger"] = EscalationReason(values["trigger"]) if values["trigger"] else None
    values["ending"] = Ending(values["ending"]) if values["ending"] else None
    values["recipients"] = tuple(values["recipients"])
    return Case(**values)


def _facts_row(facts: AlertFacts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    return vars(facts) | {"received_at": facts.received_at.isoformat()}


def _facts(document: Mapping[str, Any] | None) -> AlertFacts | None:
    if document is None:
        return None
    known = {name: document[name] for name in _FACTS if name in document}
    known["received_at"], known["flags"] = datetime.fromisoformat(known["received_at"]), tuple(known["flags"])
    return AlertFacts(**known)


# -- timeline -----------------------------------------------------------------------------------------------------


def add_events(tx: Transaction, rows: Sequence[Row]) -> None:
    """Rows of the timeline; one that is there already stays as it is."""
    tx.insert_many(e, sorted(rows, key=lambda row: (row["case_id"], row["key"])), skip_existing=True)


def timeline(tx: Transaction, case_id: str) -> list[dict[str, Any]]:
    rows = tx.execute(select(e).where(e.c.case_id == case_id).order_by(e.c.at, e.c.key))
    return [dict(row._mapping) for row in rows]


def agents_of(tx: Transaction, ids: Iterable[str]) -> dict[str, str]:
    """The agent that routing named last, by case; a case that waits for one again is not among them."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    newest: dict[str, tuple[int, str | None]] = {}
    for row in tx.execute(_agents_query(tx.is_postgres), {"ids": wanted}):
        attempt, agent = row.details["attempt"], row.details.get("agent")
        if attempt > newest.get(row.case_id, (-1, None))[0]:
            newest[row.case_id] = (attempt, agent)
    return {case_id: agent for case_id, (_, agent) in newest.items() if agent}


def count_escalations(tx: Transaction) -> dict[EscalationReason, int]:
    """Moves to a level, by reason."""
    query = select(e.c.reason, func.count().label("moves")).where(e.c.what == What.ESCALATED.value).group_by(e.c.reason)
    counted = {row.reason: row.moves for row in tx.execute(query)}
    return {reason: counted.get(reason.value, 0) for reason in EscalationReason}


# -- policies -----------------------------------------------------------------------------------------------------


def has_policy(tx: Transaction, version: str) -> bool:
    return tx.connection.scalar(select(p.c.version).where(p.c.version == version)) is not None


def save_policy(tx: Transaction, version: str, document: str) -> None:
    tx.insert_many(p, [{"version": version, "document": document, "loaded_at": tx.now}], skip_existing=True)


def find_policy(tx: Transaction, version: str) -> str | None:
    return tx.connection.scalar(select(p.c.document).where(p.c.version == version))


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
def _agents_query(is_postgres: bool) -> Select[Any]:
    told = e.c.what.in_([What.ASSIGNED.value, What.QUEUED.value])
    return select(e.c.case_id, e.c.details).where(_among_ids(e.c.case_id, is_postgres), told)


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

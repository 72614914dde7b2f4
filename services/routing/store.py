"""Queries about complaints and their assignments: domain objects in, domain objects out. Called by the use cases."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    bindparam,
    func,
    select,
    tuple_,
)

from services.routing import tables
from services.routing.domain.complaint import Complaint, State
from services.routing.domain.needs import Demand
from services.routing.domain.reasons import Reason
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from shared.database import Transaction

a = tables.assignments
IS_WAITING = a.c.state == State.WAITING.value
COUNT = func.count().label("number")
PLACES = (a.c.priority.desc(), a.c.waiting_since, a.c.complaint_id)


@dataclass(frozen=True)
class Line:
    """Complaints that wait for the same agents and for the same reason."""

    key: str
    needs: Needs
    weight: int
    reason: Reason
    count: int


def lock_complaints(tx: Transaction, ids: Collection[str]) -> dict[str, Complaint]:
    """Those of them that are known, locked in order of id; always before any agent."""
    return {row.complaint_id: _complaint(row) for row in tx.execute(_lock_query(tx.is_postgres), {"ids": sorted(ids)})}


def add_complaints(tx: Transaction, complaints: Iterable[Complaint]) -> None:
    """The last thing that a transaction waits for. One that another replica added meanwhile fails the batch, which then
    runs singly."""
    tx.insert_many(a, [_row(c) for c in sorted(complaints, key=lambda c: c.id)])


def save_complaints(tx: Transaction, complaints: Iterable[Complaint]) -> None:
    tx.update_many(a, "complaint_id", [_row(c) for c in sorted(complaints, key=lambda c: c.id)])


def find_complaint(tx: Transaction, complaint_id: str) -> Complaint | None:
    row = tx.execute(select(a).where(a.c.complaint_id == complaint_id)).one_or_none()
    return _complaint(row) if row else None


def lines(tx: Transaction) -> list[Line]:
    """What waits, the most urgent line first."""
    return [
        Line(r.line, Needs(r.skill, r.language, r.region), r.weight, Reason(r.reason), r.number)
        for r in tx.execute(_LINES)
    ]


def take_waiting(tx: Transaction, wanted: Sequence[Line], limit: int) -> list[Complaint]:
    """The first in these lines, by priority and then age, locked; those that another replica works on are left out."""
    of_lines = tuple_(a.c.line, a.c.reason).in_([(line.key, line.reason.value) for line in wanted])
    query = select(a).where(IS_WAITING, of_lines).order_by(*PLACES).limit(limit).with_for_update(skip_locked=True)
    return [_complaint(row) for row in tx.execute(query)]


def waiting(tx: Transaction, limit: int) -> list[Complaint]:
    """The waiting ones in the order in which they are served."""
    return [_complaint(row) for row in tx.execute(select(a).where(IS_WAITING).order_by(*PLACES).limit(limit))]


def count_states(tx: Transaction) -> dict[tuple[State, Reason | None], int]:
    rows = tx.execute(select(a.c.state, a.c.reason, COUNT).group_by(a.c.state, a.c.reason))
    return {(State(r.state), Reason(r.reason) if r.reason else None): r.number for r in rows}


def among_ids(column: ColumnElement[str], is_postgres: bool) -> ColumnElement[bool]:
    """`column IN :ids`; on PostgreSQL as one array, so that the statement is the same for any number."""
    if is_postgres:
        return column == func.any(bindparam("ids", type_=ARRAY(Text())))
    return column.in_(bindparam("ids", expanding=True))


# What runs with every event is built once: putting a statement together takes longer than many a statement.
_LINES = (
    select(
        a.c.line,
        a.c.reason,
        COUNT,
        *(func.min(c).label(c.name) for c in (a.c.skill, a.c.language, a.c.region, a.c.weight)),
    )
    .where(IS_WAITING)
    .group_by(a.c.line, a.c.reason)
    .order_by(func.max(a.c.priority).desc(), func.min(a.c.waiting_since), a.c.line)
)


@cache
def _lock_query(is_postgres: bool) -> Select[Any]:
    return select(a).where(among_ids(a.c.complaint_id, is_postgres)).order_by(a.c.complaint_id).with_for_update()


def _row(c: Complaint) -> dict[str, Any]:
    return {
        "complaint_id": c.id,
        "state": c.state.value,
        "facts_revision": c.facts_revision,
        "step_revision": c.step_revision,
        **_demand_columns(c.demand),
        "agent_id": c.agent_id,
        "reason": c.reason and c.reason.value,
        "attempt": c.attempt,
        "first_seen_at": c.first_seen_at,
        "waiting_since": c.waiting_since,
        "assigned_at": c.assigned_at,
        "released_at": c.released_at,
        "decided_at": c.decided_at,
        "decision": c.decision,
        "policy_version": c.policy_version,
    }


def _demand_columns(demand: Demand | None) -> Mapping[str, Any]:
    if demand is None:
        return dict.fromkeys(("skill", "language", "region", "severity", "weight", "priority", "line"))
    needs = demand.needs
    line = orjson.dumps([needs.skill, needs.language, needs.region, demand.weight]).decode()
    return {
        "skill": needs.skill,
        "language": needs.language,
        "region": needs.region,
        "severity": demand.severity.value,
        "weight": demand.weight,
        "priority": demand.priority,
        "line": line,
    }


def _complaint(row: Any) -> Complaint:
    demand = None
    if row.severity is not None:
        demand = Demand(Needs(row.skill, row.language, row.region), Severity(row.severity), row.weight, row.priority)
    return Complaint(
        row.complaint_id,
        row.first_seen_at,
        State(row.state),
        row.facts_revision,
        row.step_revision,
        demand,
        row.agent_id,
        Reason(row.reason) if row.reason else None,
        row.attempt,
        row.waiting_since,
        row.assigned_at,
        row.released_at,
        row.decided_at,
        row.decision,
        row.policy_version,
    )

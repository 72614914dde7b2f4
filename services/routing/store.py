"""Queries about complaints and their assignments: domain objects in, domain objects out. Called by the use cases."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    bindparam,
    column,
    exists,
    func,
    lateral,
    or_,
    select,
    true,
    tuple_,
    update,
)

from services.routing import tables
from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import Entry, State
from services.routing.domain.line import Line, line_from
from services.routing.domain.reasons import Reason
from services.routing.rows import complaint_from, complaint_row, entry_from, entry_row
from shared.database import Transaction

a, h, p = tables.assignments, tables.history, tables.policies
IS_WAITING = a.c.state == State.WAITING.value
# So long after it was due, no replica that has the policy which read a complaint will relax it any more.
LEFT_BEHIND = timedelta(minutes=1)
COUNT = func.count().label("number")
PLACES = (a.c.rank_at, a.c.complaint_id)


def lock_complaints(tx: Transaction, ids: Collection[str]) -> dict[str, Complaint]:
    """Those of them that are known, locked in order of id; always before any agent."""
    rows = tx.execute(_lock_query(tx.is_postgres), {"ids": sorted(ids)})
    return {row.complaint_id: complaint_from(row) for row in rows}


def add_complaints(tx: Transaction, complaints: Iterable[Complaint]) -> None:
    """The last thing that a transaction waits for. One that another replica added meanwhile fails the batch, which then
    runs singly."""
    tx.insert_many(a, [complaint_row(c) for c in sorted(complaints, key=lambda c: c.id)])


def save_complaints(tx: Transaction, complaints: Iterable[Complaint]) -> None:
    tx.update_many(a, "complaint_id", [complaint_row(c) for c in sorted(complaints, key=lambda c: c.id)])


def add_history(tx: Transaction, complaints: Iterable[Complaint]) -> None:
    """What is new about each, as it happened."""
    tx.insert_many(h, [entry_row(c, entry) for c in complaints for entry in c.news])


def erase_words(tx: Transaction, ids: Collection[str]) -> None:
    """What people wrote about these complaints, and the needs that they set."""
    if ids:
        tx.execute(update(h).where(h.c.complaint_id.in_(sorted(ids))).values(note=None, details=None))


def find_complaint(tx: Transaction, complaint_id: str) -> Complaint | None:
    row = tx.execute(select(a).where(a.c.complaint_id == complaint_id)).one_or_none()
    return complaint_from(row) if row else None


def history_of(tx: Transaction, complaint_id: str, limit: int) -> list[tuple[Entry, str | None]]:
    """The newest entries with the version of the policy, the oldest of them first."""
    query = select(h).where(h.c.complaint_id == complaint_id).order_by(h.c.id.desc()).limit(limit)
    return [(entry_from(row), row.policy_version) for row in reversed(tx.execute(query).all())]


def lines(tx: Transaction) -> list[Line]:
    """What waits for agents, the line with the earliest rank first."""
    return [line_from(r.line, Reason(r.reason), r.number, r.first_at) for r in tx.execute(_LINES)]


def take_waiting(tx: Transaction, wanted: Collection[Line], limit: int) -> list[Complaint]:
    """The first in these lines, by their rank, locked; those that another replica works on are left out."""
    pairs = [(line.key, line.reason.value) for line in wanted]
    if tx.is_postgres:
        values = {"keys": [key for key, _ in pairs], "reasons": [reason for _, reason in pairs], "most": limit}
        return [complaint_from(row) for row in tx.execute(_HEADS, values)]
    of_lines = tuple_(a.c.line, a.c.reason).in_(pairs)
    query = select(a).where(IS_WAITING, of_lines).order_by(*PLACES).limit(limit)
    return [complaint_from(row) for row in tx.execute(query)]


def first_of(tx: Transaction, wanted: Collection[Line], limit: int) -> list[Complaint]:
    """The first in these lines, by their rank, as they are seen: not locked."""
    if not wanted:
        return []
    query = select(a).where(IS_WAITING, a.c.line.in_(sorted({line.key for line in wanted}))).order_by(*PLACES)
    return [complaint_from(row) for row in tx.execute(query.limit(limit))]


def has_unanswered(tx: Transaction, agent_id: str) -> bool:
    """Whether the agent still has a complaint whose customer has no answer."""
    theirs = (a.c.state == State.ASSIGNED.value, a.c.agent_id == agent_id, a.c.answered_revision <= a.c.step_revision)
    return bool(tx.connection.scalar(select(exists().where(*theirs))))


def last_turns(tx: Transaction, places: Collection[tuple[str | None, int]]) -> dict[tuple[str | None, int], datetime]:
    """The last turn that was given to anybody who waits, by the customer's region and priority."""
    found = {}
    for region, priority in sorted(places, key=str):
        same = a.c.customer_region.is_(None) if region is None else a.c.customer_region == region
        query = select(a.c.turn_at).where(IS_WAITING, same, a.c.priority == priority, a.c.turn_at.is_not(None))
        last = tx.connection.scalar(query.order_by(a.c.turn_at.desc()).limit(1))
        if last is not None:
            found[region, priority] = last
    return found


def claim_relaxations(tx: Transaction, version: str, limit: int) -> list[Complaint]:
    """Waiting complaints whose next relaxation is due, locked: those that this policy read, and those left behind."""
    mine = or_(a.c.policy_version == version, a.c.relax_at <= tx.now - LEFT_BEHIND)
    query = select(a).where(IS_WAITING, a.c.relax_at <= tx.now, mine).order_by(a.c.relax_at)
    return [complaint_from(row) for row in tx.execute(query.limit(limit).with_for_update(skip_locked=True))]


def claim_unanswered(tx: Transaction, limit: int) -> list[Complaint]:
    """Assigned complaints whose agent had to answer by now, locked."""
    query = select(a).where(a.c.state == State.ASSIGNED.value, a.c.answer_by <= tx.now).order_by(a.c.answer_by)
    return [complaint_from(row) for row in tx.execute(query.limit(limit).with_for_update(skip_locked=True))]


def claim_left_behind(tx: Transaction, agent_ids: Collection[str], limit: int) -> list[Complaint]:
    """Complaints of these agents whose customers have no answer yet, locked in order of id."""
    unanswered = a.c.answered_revision <= a.c.step_revision
    query = select(a).where(a.c.state == State.ASSIGNED.value, a.c.agent_id.in_(sorted(agent_ids)), unanswered)
    rows = tx.execute(query.order_by(a.c.complaint_id).limit(limit).with_for_update(skip_locked=True))
    return [complaint_from(row) for row in rows]


def claim_outdated(tx: Transaction, version: str, limit: int) -> list[Complaint]:
    """Waiting complaints that were read by an older policy than this one, locked."""
    mine = select(p.c.taken_at).where(p.c.version == version).scalar_subquery()
    newer = exists().where(p.c.version == a.c.policy_version, p.c.taken_at > mine)
    version_of = a.c.policy_version
    old = or_(version_of < version, version_of > version, version_of.is_(None))  # as an index knows it
    query = select(a).where(IS_WAITING, old, ~newer, a.c.facts_revision > 0).order_by(a.c.complaint_id)
    return [complaint_from(row) for row in tx.execute(query.limit(limit).with_for_update(skip_locked=True))]


def take_policy(tx: Transaction, version: str, document: str, taken_at: datetime) -> None:
    """The policy has been in force since then, or later; said again, nothing changes."""
    known: datetime | None = tx.connection.scalar(select(p.c.taken_at).where(p.c.version == version))
    if known is None:
        tx.insert_many(p, [{"version": version, "document": document, "taken_at": taken_at}], skip_existing=True)
    elif known < taken_at:
        tx.execute(p.update().where(p.c.version == version, p.c.taken_at < taken_at).values(taken_at=taken_at))


def waiting(tx: Transaction, limit: int) -> list[Complaint]:
    """The waiting ones in the order in which they are served."""
    query = select(a).where(IS_WAITING).order_by(a.c.rank_at.nulls_last(), a.c.complaint_id)
    return [complaint_from(row) for row in tx.execute(query.limit(limit))]


def count_parked(tx: Transaction) -> int:
    return tx.connection.scalar(select(COUNT).where(IS_WAITING, a.c.line.is_(None))) or 0


def oldest_waiting(tx: Transaction) -> datetime | None:
    found: datetime | None = tx.connection.scalar(OLDEST_WAITING)
    return found


def count_states(tx: Transaction) -> dict[State, int]:
    return {State(r.state): r.number for r in tx.execute(select(a.c.state, COUNT).group_by(a.c.state))}


def among_ids(column_: ColumnElement[str], is_postgres: bool) -> ColumnElement[bool]:
    """`column IN :ids`; on PostgreSQL as one array, so that the statement is the same for any number."""
    if is_postgres:
        return column_ == func.any(bindparam("ids", type_=ARRAY(Text())))
    return column_.in_(bindparam("ids", expanding=True))


OLDEST_WAITING = select(func.min(a.c.waiting_since)).where(IS_WAITING)
# What runs with every event is built once: putting a statement together takes longer than many a statement.
_LINES = (
    select(a.c.line, a.c.reason, COUNT, func.min(a.c.rank_at).label("first_at"))
    .where(IS_WAITING, a.c.line.is_not(None), a.c.reason.is_not(None))
    .group_by(a.c.line, a.c.reason)
    .order_by(func.min(a.c.rank_at), a.c.line)
)


def _heads() -> Select[Any]:
    """The first of each line is found through the index, however many wait in it or in others."""
    arrays = (bindparam(name, type_=ARRAY(Text())) for name in ("keys", "reasons"))
    words = (column("line", Text()), column("reason", Text()))
    wanted = func.unnest(*arrays).table_valued(*words, name="w").render_derived()
    most: Any = bindparam("most")
    first = (
        select(a.c.complaint_id, a.c.rank_at)
        .where(IS_WAITING, a.c.line == wanted.c.line, a.c.reason == wanted.c.reason)
        .order_by(*PLACES)
        .limit(most)
    )
    each = lateral(first).alias("each")
    ids = (
        select(each.c.complaint_id)
        .select_from(wanted.join(each, true()))
        .order_by(each.c.rank_at, each.c.complaint_id)
        .limit(most)
    )
    chosen = ids.cte("chosen")
    of_those = a.c.complaint_id.in_(select(chosen.c.complaint_id))
    return select(a).where(IS_WAITING, of_those).order_by(*PLACES).with_for_update(of=a, skip_locked=True)


_HEADS = _heads()


@cache
def _lock_query(is_postgres: bool) -> Select[Any]:
    return select(a).where(among_ids(a.c.complaint_id, is_postgres)).order_by(a.c.complaint_id).with_for_update()

"""Queries about agents: who they are, how they stand, what they have. Called by the use cases and placing/."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Integer,
    Select,
    Text,
    Update,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from services.routing import tables
from services.routing.domain.presence import Said, Status
from services.routing.domain.room import Room
from services.routing.domain.roster import Agent
from services.routing.roster.agent_rows import AGENT, ROOM, SAID, agent_from, agent_row, room_from, said_from
from services.routing.store import among_ids
from shared.database import Transaction
from shared.tables import UtcDateTime

g = tables.agents
IS_AT_WORK = g.c.status == Status.AVAILABLE.value


@dataclass(frozen=True)
class LoadChange:
    """delta: what is added to the load; reserved: the part of it that needs room, so that the capacity is minded."""

    delta: int
    reserved: int


@dataclass(frozen=True)
class Known:
    """An agent's row: who they are, what is said of them, and how they stand now; told_at: when upstream said who."""

    agent: Agent
    said: Said | None
    room: Room
    vacate: bool = False
    told_at: datetime | None = None


@dataclass(frozen=True)
class Look:
    """What a look at an agent came to. due_at: when to look again; vacate: their complaints are to be taken away."""

    status: Status
    due_at: datetime | None
    vacate: bool


def read_room(tx: Transaction, ids: Collection[str]) -> dict[str, Room]:
    if not ids:
        return {}
    rows = tx.execute(_room_query(tx.is_postgres), {"ids": sorted(ids)})
    return {r.id: room_from(r) for r in rows}


def lock_room(tx: Transaction, ids: Collection[str]) -> dict[str, Room]:
    """The room of these agents, certain until the transaction ends; locked in order of id, so never a deadlock."""
    if not ids:
        return {}
    rows = tx.execute(_lock_query(tx.is_postgres), {"ids": sorted(ids)})
    return {r.id: room_from(r) for r in rows}


def change_loads(tx: Transaction, changes: Mapping[str, LoadChange]) -> None:
    """Reserves and frees capacity of locked agents; raises when a reservation would go over the capacity."""
    rows = [
        {"k_id": id_, "delta": c.delta, "reserved": c.reserved}
        for id_, c in sorted(changes.items())
        if c.delta or c.reserved
    ]
    if not rows:
        return
    in_arrays = {name: [row[name] for row in rows] for name in rows[0]}
    values: Any = in_arrays | {"now": tx.now} if tx.is_postgres else [row | {"now": tx.now} for row in rows]
    done = tx.execute(_load_update(tx.is_postgres), values)
    if done.rowcount != len(rows):
        raise RuntimeError(f"{len(rows) - done.rowcount} of {len(rows)} agents have no room for what was planned")


def find_agent(tx: Transaction, agent_id: str) -> Known | None:
    row = tx.execute(select(*KNOWN).where(g.c.id == agent_id)).one_or_none()
    return _known(row) if row else None


def all_agents(tx: Transaction) -> list[Known]:
    return [_known(row) for row in tx.execute(select(*KNOWN).order_by(g.c.id))]


def count_by_status(tx: Transaction) -> dict[Status, int]:
    rows = tx.execute(select(g.c.status, func.count().label("number")).group_by(g.c.status))
    return {Status(row.status): row.number for row in rows}


def find_agents(tx: Transaction, ids: Collection[str]) -> dict[str, Known]:
    rows = tx.execute(select(*KNOWN).where(g.c.id.in_(sorted(ids))))
    return {row.id: _known(row) for row in rows}


def lock_agents(tx: Transaction, ids: Collection[str]) -> dict[str, Known]:
    rows = tx.execute(select(*KNOWN).where(g.c.id.in_(sorted(ids))).order_by(g.c.id).with_for_update())
    return {row.id: _known(row) for row in rows}


def claim_due(tx: Transaction, limit: int) -> list[Known]:
    """Agents whose status is to be looked at again, locked in order of id."""
    due = select(g.c.id).where(g.c.due_at <= tx.now).order_by(g.c.due_at).limit(limit).scalar_subquery()
    query = select(*KNOWN).where(g.c.id.in_(due), g.c.due_at <= tx.now).order_by(g.c.id)
    return [_known(row) for row in tx.execute(query.with_for_update(skip_locked=True))]


def gone(tx: Transaction, limit: int) -> list[str]:
    """Agents whose complaints are still to be taken away."""
    return list(tx.execute(select(g.c.id).where(g.c.vacate).order_by(g.c.id).limit(limit)).scalars())


def lock_gone(tx: Transaction, ids: Collection[str]) -> list[str]:
    """Those of them that still are; without those on whom somebody works now."""
    query = select(g.c.id).where(g.c.id.in_(sorted(ids)), g.c.vacate).order_by(g.c.id)
    return list(tx.execute(query.with_for_update(skip_locked=True)).scalars())


def vacated(tx: Transaction, ids: Collection[str]) -> None:
    """Of locked agents."""
    tx.update_many(g, "id", [{"id": id_, "vacate": False} for id_ in sorted(ids)])


def next_revision(tx: Transaction) -> int:
    """Locks the roster: the next change of any agent waits until this one is committed."""
    r = tables.roster
    return int(tx.execute(update(r).values(revision=r.c.revision + 1).returning(r.c.revision)).scalar_one())


def put_agents(tx: Transaction, agents: Sequence[Agent], new: Mapping[str, datetime]) -> None:
    """Adds or changes locked agents at the roster's next revision; load and presence stay. new: who is, told when."""
    revision = next_revision(tx)
    rows = [agent_row(a) | {"revision": revision, "changed_at": tx.now} for a in agents]
    tx.update_many(g, "id", [row for row in rows if row["id"] not in new])
    added = [row | {"load": 0, "due_at": tx.now, "told_at": new[row["id"]]} for row in rows if row["id"] in new]
    tx.insert_many(g, added)


def note_told(tx: Transaction, told: Mapping[str, datetime]) -> None:
    """When upstream last said who they are."""
    tx.update_many(g, "id", [{"id": id_, "told_at": at} for id_, at in sorted(told.items())])


def save_status(tx: Transaction, looks: Mapping[str, Look]) -> None:
    """Of locked agents."""
    rows = [
        {"id": id_, "status": look.status.value, "due_at": look.due_at, "vacate": look.vacate}
        for id_, look in sorted(looks.items())
    ]
    tx.update_many(g, "id", rows)


def save_presence(tx: Transaction, agent_id: str, said: Said) -> None:
    values = {"presence": said.presence.value, "presence_at": said.at, "presence_until": said.until}
    tx.execute(update(g).where(g.c.id == agent_id).values(values))


def at_work(tx: Transaction) -> set[str]:
    rows = tx.execute(select(g.c.id).where(IS_AT_WORK, or_(g.c.due_at.is_(None), g.c.due_at > tx.now)))
    return set(rows.scalars())


def keepers(tx: Transaction) -> dict[str, tuple[str, datetime]]:
    """Agents whose room is kept for a complaint, with its id and rank."""
    rows = tx.execute(select(g.c.id, g.c.kept_for, g.c.kept_rank).where(g.c.kept_for.is_not(None)))
    return {row.id: (row.kept_for, row.kept_rank) for row in rows}


def keep_room(tx: Transaction, kept: Mapping[str, tuple[str, datetime] | None]) -> int:
    """By agent, the complaint that their room is kept for and its rank; None = for nobody any more. How many it is now.

    Those on whom somebody works are left for the next time: waited for out of order, they might wait for this one.
    """
    free = tx.execute(select(g.c.id).where(g.c.id.in_(sorted(kept))).with_for_update(skip_locked=True))
    rows = [{"id": i, "kept_for": (k := kept[i]) and k[0], "kept_rank": k and k[1]} for i in sorted(free.scalars())]
    tx.update_many(g, "id", rows)
    return len(rows)


KNOWN = (*ROOM, *(c for c in (*AGENT, *SAID) if c.name not in {room.name for room in ROOM}), g.c.vacate, g.c.told_at)


@cache
def _room_query(is_postgres: bool) -> Select[Any]:
    return select(*ROOM).where(among_ids(g.c.id, is_postgres))


@cache
def _lock_query(is_postgres: bool) -> Select[Any]:
    return _room_query(is_postgres).order_by(g.c.id).with_for_update()


@cache
def _load_update(is_postgres: bool) -> Update:
    """Takes arrays on PostgreSQL, where one statement changes all rows, and one row at a time on SQLite."""
    types: dict[str, TypeEngine[Any]] = {"k_id": Text(), "delta": Integer(), "reserved": Integer()}
    values: Any = {name: bindparam(name, type_=type_) for name, type_ in types.items()}
    if is_postgres:
        arrays = (bindparam(name, type_=ARRAY(type_)) for name, type_ in types.items())
        values = func.unnest(*arrays).table_valued(*types, name="v").render_derived().c
    fits = or_(values["reserved"] == 0, g.c.load + values["delta"] <= g.c.capacity)
    gets_more = or_(values["reserved"] > 0, values["delta"] > 0)
    assigned_at = case((gets_more, bindparam("now", type_=UtcDateTime)), else_=g.c.last_assigned_at)
    new = {"load": g.c.load + values["delta"], "last_assigned_at": assigned_at}
    return update(g).where(g.c.id == values["k_id"], fits).values(new)


def _known(row: Any) -> Known:
    return Known(agent_from(row), said_from(row), room_from(row), row.vacate, row.told_at)

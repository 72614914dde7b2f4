"""Queries about agents, and the roster that a process keeps between transactions. Called by the use cases."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Integer,
    Select,
    Text,
    Update,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from services.routing import tables
from services.routing.domain.choice import Room
from services.routing.domain.roster import Agent, Roster
from services.routing.store import among_ids
from shared.database import Transaction

g = tables.agents
AGENT = (g.c.id, g.c.name, g.c.skills, g.c.languages, g.c.regions, g.c.capacity, g.c.revision)
ROOM = (g.c.id, g.c.load, g.c.capacity, g.c.revision)


@dataclass(frozen=True)
class LoadChange:
    """delta: what is added to the load; reserved: the part of it that needs room, so that the capacity is minded."""

    delta: int
    reserved: int


class KnownRoster:
    """Who brings what, kept in memory and brought up to date in each transaction; loads are never kept."""

    def __init__(self) -> None:
        self._roster = Roster()

    def current(self, tx: Transaction) -> Roster:
        """Only what changed is read. A stale answer does no harm: `placing.py` checks the revision under the lock."""
        changed = [_agent(row) for row in tx.execute(_CHANGED, {"known": self._roster.revision})]
        if changed:
            self._roster = self._roster.with_changes(changed)
        return self._roster

    def name_of(self, agent_id: str) -> str:
        return self._roster[agent_id].name


def read_room(tx: Transaction, ids: Collection[str]) -> dict[str, Room]:
    if not ids:
        return {}
    rows = tx.execute(_room_query(tx.is_postgres), {"ids": sorted(ids)})
    return {r.id: Room(r.load, r.capacity, r.revision) for r in rows}


def lock_room(tx: Transaction, ids: Collection[str]) -> dict[str, Room]:
    """The room of these agents, certain until the transaction ends; locked in order of id, so never a deadlock."""
    if not ids:
        return {}
    rows = tx.execute(_lock_query(tx.is_postgres), {"ids": sorted(ids)})
    return {r.id: Room(r.load, r.capacity, r.revision) for r in rows}


def change_loads(tx: Transaction, changes: Mapping[str, LoadChange]) -> None:
    """Reserves and frees capacity of locked agents; raises when a reservation would go over the capacity."""
    rows = [
        {"k_id": id_, "delta": c.delta, "reserved": c.reserved}
        for id_, c in sorted(changes.items())
        if c.delta or c.reserved
    ]
    if not rows:
        return
    values = {name: [row[name] for row in rows] for name in rows[0]} if tx.is_postgres else rows
    done = tx.execute(_load_update(tx.is_postgres), values)
    if done.rowcount != len(rows):
        raise RuntimeError(f"{len(rows) - done.rowcount} of {len(rows)} agents have no room for what was planned")


def find_agent(tx: Transaction, agent_id: str) -> tuple[Agent, int] | None:
    """The agent with their load."""
    row = tx.execute(select(*AGENT, g.c.load).where(g.c.id == agent_id)).one_or_none()
    return (_agent(row), row.load) if row else None


def all_agents(tx: Transaction) -> list[tuple[Agent, int]]:
    return [(_agent(row), row.load) for row in tx.execute(select(*AGENT, g.c.load).order_by(g.c.id))]


def count_agents(tx: Transaction) -> int:
    return tx.connection.scalar(select(func.count()).select_from(g)) or 0


def put_agent(tx: Transaction, agent: Agent) -> None:
    """Adds or changes the agent at the roster's next revision; the load stays."""
    r = tables.roster
    # The row of the roster is locked here: the next change of any agent waits until this one is committed. Then the
    # agent's, before the clock is read: whoever was assigned something before the change has an earlier time.
    revision = tx.execute(update(r).values(revision=r.c.revision + 1).returning(r.c.revision)).scalar_one()
    tx.execute(select(g.c.id).where(g.c.id == agent.id).with_for_update())
    row = {
        "id": agent.id,
        "name": agent.name,
        "skills": agent.skills,
        "languages": agent.languages,
        "regions": agent.regions,
        "capacity": agent.capacity,
        "revision": revision,
        "changed_at": tx.now,
    }
    if not tx.execute(update(g).where(g.c.id == agent.id).values(row)).rowcount:
        tx.execute(g.insert().values(row | {"load": 0}))


# What runs with every event is built once: putting a statement together takes longer than many a statement.
_CHANGED = select(*AGENT).where(g.c.revision > bindparam("known"))


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
    return update(g).where(g.c.id == values["k_id"], fits).values(load=g.c.load + values["delta"])


def _agent(row: Any) -> Agent:
    words = tuple(row.skills), tuple(row.languages), tuple(row.regions)
    return Agent(row.id, row.name, *words, row.capacity, row.revision)

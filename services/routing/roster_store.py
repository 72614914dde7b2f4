"""Queries about agents, and the roster that a process keeps between transactions. Called by the use cases."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, Text, Update, bindparam, func, or_, select, update

from services.routing import tables
from services.routing.domain.choice import Room
from services.routing.domain.roster import Agent, Roster
from services.routing.store import among
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
        """Only what changed is read. A stale answer does no harm: a locked agent's own revision is checked (`placing.py`)."""
        rows = tx.execute(select(*AGENT).where(g.c.revision > self._roster.revision))
        changed = [_agent(row) for row in rows]
        if changed:
            self._roster = self._roster.with_changes(changed)
        return self._roster

    def name_of(self, agent_id: str) -> str:
        return self._roster[agent_id].name


def read_room(tx: Transaction, ids: Collection[str]) -> dict[str, Room]:
    if not ids:
        return {}
    rows = tx.execute(select(*ROOM).where(among(tx, g.c.id, sorted(ids))))
    return {r.id: Room(r.load, r.capacity, r.revision) for r in rows}


def lock_room(tx: Transaction, ids: Collection[str]) -> dict[str, Room]:
    """The room of these agents, certain until the end of the transaction; locked in order of id, so never a deadlock."""
    if not ids:
        return {}
    query = select(*ROOM).where(among(tx, g.c.id, sorted(ids))).order_by(g.c.id).with_for_update()
    return {r.id: Room(r.load, r.capacity, r.revision) for r in tx.execute(query)}


def change_loads(tx: Transaction, changes: Mapping[str, LoadChange]) -> None:
    """Reserves and frees capacity of locked agents; raises when a reservation would go over the capacity."""
    rows = [(id_, c.delta, c.reserved) for id_, c in sorted(changes.items()) if c.delta or c.reserved]
    if not rows:
        return
    done = tx.execute(*(_load_update_postgres(rows) if tx.is_postgres else _load_update_sqlite(rows)))
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
    # The row of the roster is locked here: the next change of any agent waits until this one is committed.
    revision = tx.execute(update(r).values(revision=r.c.revision + 1).returning(r.c.revision)).scalar_one()
    row = {"id": agent.id, "name": agent.name, "skills": agent.skills, "languages": agent.languages,
           "regions": agent.regions, "capacity": agent.capacity, "revision": revision, "changed_at": tx.now}
    if not tx.execute(update(g).where(g.c.id == agent.id).values(row)).rowcount:
        tx.execute(g.insert().values(row | {"load": 0}))


def _load_update(id_: ColumnElement[str], delta: ColumnElement[int], reserved: ColumnElement[int]) -> Update:
    fits = or_(reserved == 0, g.c.load + delta <= g.c.capacity)
    return update(g).where(g.c.id == id_, fits).values(load=g.c.load + delta)


def _load_update_postgres(rows: list[tuple[str, int, int]]) -> tuple[Update, dict[str, Any]]:
    ids, deltas, reserved = zip(*rows, strict=True)
    arrays = [bindparam("ids", type_=ARRAY(Text())), bindparam("deltas", type_=ARRAY(Integer())),
              bindparam("reserved", type_=ARRAY(Integer()))]
    v = func.unnest(*arrays).table_valued("id", "delta", "reserved", name="v").render_derived()
    statement = _load_update(v.c.id, v.c.delta, v.c.reserved)
    return statement, {"ids": list(ids), "deltas": list(deltas), "reserved": list(reserved)}


def _load_update_sqlite(rows: list[tuple[str, int, int]]) -> tuple[Update, list[dict[str, Any]]]:
    statement = _load_update(bindparam("k_id"), bindparam("v_delta", type_=Integer()), bindparam("v_reserved", type_=Integer()))
    return statement, [{"k_id": id_, "v_delta": delta, "v_reserved": reserved} for id_, delta, reserved in rows]


def _agent(row: Any) -> Agent:
    return Agent(row.id, row.name, tuple(row.skills), tuple(row.languages), tuple(row.regions), row.capacity, row.revision)

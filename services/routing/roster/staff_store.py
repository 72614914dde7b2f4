"""How many agents are in which status, and how loaded they are. Called by outlook.py, for the gauges."""

from sqlalchemy import case, func, select

from services.routing import tables
from services.routing.domain.presence import Status
from services.routing.domain.staff import Load, Staff
from shared.database import Transaction

g = tables.agents
# Whoever has nothing and can have nothing has no room: full.
_LOAD = case(
    (g.c.load > g.c.capacity, Load.OVER.value),
    (g.c.load == g.c.capacity, Load.FULL.value),
    (g.c.load == 0, Load.NONE.value),
    (2 * g.c.load < g.c.capacity, Load.BELOW_HALF.value),
    else_=Load.HALF_OR_MORE.value,
).label("taken")
_STAFF = select(
    g.c.status,
    _LOAD,
    func.count().label("agents"),
    func.sum(g.c.load).label("points"),
    func.sum(g.c.capacity).label("room"),
).group_by(g.c.status, _LOAD)


def staff(tx: Transaction) -> list[Staff]:
    """Without groups that nobody is in."""
    return [Staff(Status(r.status), Load(r.taken), r.agents, r.points, r.room) for r in tx.execute(_STAFF)]

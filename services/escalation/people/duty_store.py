"""Queries of escalation on the overrides of duty rotas, and everybody with the rotas as they stand. Called by the use
cases and the doors.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from services.escalation import tables
from services.escalation.domain.duty import HORIZON, Override
from services.escalation.domain.people import People
from services.escalation.domain.policy import Policy
from services.escalation.people import supervisors
from shared.database import Transaction
from shared.tables import UtcDateTime

o = tables.duty_overrides
_START, _END = (bindparam(name, type_=UtcDateTime) for name in ("start", "end"))
# In the order in which they were said: of two that want the same, the domain takes the later one.
_OVERLAPPING = select(o).where(o.c.start_at < _END, o.c.end_at > _START).order_by(o.c.created_at, o.c.id)


def people(tx: Transaction, policy: Policy, now: datetime) -> People:
    """Everybody, with the policy's rotas and the overrides that matter at that instant."""
    return people_between(tx, policy, now, now)


def people_between(tx: Transaction, policy: Policy, start: datetime, end: datetime) -> People:
    """The same for every instant between start and end: duty is told with what is HORIZON away, and then changes."""
    overrides = overlapping(tx, start - HORIZON, end + 2 * HORIZON) if policy.rotas else ()
    return People(supervisors.everybody(tx), policy.rotas, overrides)


def overlapping(tx: Transaction, start: datetime, end: datetime) -> tuple[Override, ...]:
    """Those that hold at some instant between start and end, the newest last."""
    return tuple(map(_override, tx.execute(_OVERLAPPING, {"start": start, "end": end})))


def add(tx: Transaction, override: Override) -> None:
    """Told again, it is the newest again."""
    row = _row(tx, override)
    if not tx.insert_many(o, [row], skip_existing=True, returning=o.c.id):
        tx.update_many(o, "id", [row])


def remove(tx: Transaction, override_id: str) -> Override | None:
    """The one that was removed; None if there is none of that id."""
    row = tx.execute(select(o).where(o.c.id == override_id).with_for_update()).one_or_none()
    if row is not None:
        tx.execute(delete(o).where(o.c.id == override_id))
    return _override(row) if row is not None else None


def _row(tx: Transaction, override: Override) -> dict[str, Any]:
    return {
        "id": override.id,
        "rota": override.rota,
        "start_at": override.start,
        "end_at": override.end,
        "person": override.person,
        "instead_of": override.instead_of,
        "by": override.by,
        "reason": override.reason,
        "created_at": tx.now,
    }


def _override(row: Any) -> Override:
    return Override(row.id, row.rota, row.start_at, row.end_at, row.person, row.instead_of, row.by, row.reason)

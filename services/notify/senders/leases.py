"""Queries by which senders hand alerts off under a lease, and are found to have lost them. Called by sending.py."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, Select, Update, bindparam, select, tuple_

from services.notify import tables
from services.notify.domain.alert import Alert, AlertState
from services.notify.rows import alert_of_row
from shared.database import Transaction, instant

a = tables.alerts
_OPEN = (AlertState.CLAIMED.value, AlertState.HANDED_OFF.value)


def hand_off(tx: Transaction, fences: Iterable[tuple[str, int]], lease: timedelta) -> set[tuple[str, int]]:
    """Marks the alerts whose open attempt has one of these fences; gives theirs. The same when asked again."""
    attempts = sorted(set(fences))
    if not attempts:
        return set()
    values = {"attempts": attempts, "lease_end": tx.from_now(lease)}
    return {(r.id, r.attempt) for r in tx.execute(_handing_off(tx.is_postgres), values)}


def expired_alerts(tx: Transaction, state: AlertState, limit: int) -> Iterable[Alert]:
    """Alerts whose sender did not come back in time; not locked, so it may come back while they are looked at."""
    values = {"in_state": state.value, "now": tx.from_now(), "most": limit}
    return [alert_of_row(r) for r in tx.execute(_expired(tx.is_postgres), values)]


@cache
def _expired(is_postgres: bool) -> Executable:
    lost = a.c.state == bindparam("in_state"), a.c.lease_until < instant("now", is_postgres)
    return select(a).where(*lost).order_by(a.c.id).limit(bindparam("most"))


@cache
def _handing_off(is_postgres: bool) -> Executable:
    ours = (
        select(a.c.id)
        .where(tuple_(a.c.id, a.c.attempt).in_(bindparam("attempts", expanding=True)), a.c.state.in_(_OPEN))
        .order_by(a.c.id)
        .with_for_update()
    )
    return _lease(ours, AlertState.HANDED_OFF, is_postgres).returning(a.c.id, a.c.attempt)


def _lease(chosen: Select[Any], state: AlertState, is_postgres: bool) -> Update:
    """The update of what `chosen` locks. A CTE, because PostgreSQL may run a subquery more often than once."""
    ids = chosen.cte("chosen")
    values = {"state": state.value, "lease_until": instant("lease_end", is_postgres)}
    return a.update().where(a.c.id.in_(select(ids.c.id))).values(values)

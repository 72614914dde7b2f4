"""Queries by which senders take alerts under a lease, and are found to have lost them. Called by sending.py."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Interval, Select, Update, bindparam, case, func, select, tuple_

from services.notify import tables
from services.notify.domain import Alert, AlertState, ChannelName, Purpose
from services.notify.rows import alert_of_row
from shared import clock
from shared.contracts.event import Severity
from shared.database import Transaction
from shared.tables import UtcDateTime

a = tables.alerts
_RANK = case({s.value: s.rank for s in Severity}, value=a.c.severity)
# What calls somebody leaves before what only warns.
_CALLS_FIRST = a.c.purpose == Purpose.WARNING.value
_OPEN = (AlertState.CLAIMED.value, AlertState.HANDED_OFF.value)


def claim_due(tx: Transaction, channel: ChannelName, limit: int, lease: timedelta) -> list[Alert]:
    """Takes due alerts of a channel that no other replica is taking, most severe first, each with a new attempt."""
    values = {
        "wanted_channel": channel.value,
        "at_most": limit,
        "due_at": _in(tx, timedelta(0)),
        "lease_end": _in(tx, lease),
    }
    taken = [alert_of_row(r) for r in tx.execute(_claiming(tx.is_postgres), values)]
    return sorted(taken, key=lambda x: (x.purpose is Purpose.WARNING, -x.severity.rank, x.next_at, x.id))


def hand_off(tx: Transaction, fences: Iterable[tuple[str, int]], lease: timedelta) -> set[tuple[str, int]]:
    """Marks the alerts whose open attempt has one of these fences; gives theirs. The same when asked again."""
    attempts = sorted(set(fences))
    if not attempts:
        return set()
    values = {"attempts": attempts, "lease_end": _in(tx, lease)}
    return {(r.id, r.attempt) for r in tx.execute(_handing_off(tx.is_postgres), values)}


def expired_alerts(tx: Transaction, state: AlertState, limit: int) -> Iterable[Alert]:
    """Alerts whose sender did not come back in time; not locked, so it may come back while they are looked at."""
    query = select(a).where(a.c.state == state, a.c.lease_until < tx.sql_now).order_by(a.c.id).limit(limit)
    return [alert_of_row(r) for r in tx.execute(query)]


@cache
def _claiming(is_postgres: bool) -> Executable:
    due = (
        select(a.c.id)
        .where(
            a.c.state == AlertState.PENDING.value,
            a.c.channel == bindparam("wanted_channel"),
            a.c.next_at <= _instant("due_at", is_postgres),
        )
        .order_by(_CALLS_FIRST, _RANK.desc(), a.c.next_at, a.c.id)
        .limit(bindparam("at_most"))
        .with_for_update(skip_locked=True)
    )
    return _lease(due, AlertState.CLAIMED, is_postgres).values(attempt=a.c.attempt + 1).returning(a)


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
    values = {"state": state.value, "lease_until": _instant("lease_end", is_postgres)}
    return a.update().where(a.c.id.in_(select(ids.c.id))).values(values)


def _instant(name: str, is_postgres: bool) -> ColumnElement[Any]:
    """A time in a statement that is built once: the database's clock where it has one that we trust."""
    if is_postgres:
        return func.clock_timestamp() + bindparam(name, type_=Interval())
    return bindparam(name, type_=UtcDateTime())


def _in(tx: Transaction, amount: timedelta) -> Any:
    """The value for `_instant`: `amount` from now."""
    return clock.shift() + amount if tx.is_postgres else clock.now() + amount

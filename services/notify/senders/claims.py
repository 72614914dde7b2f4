"""Queries by which senders take due alerts under a lease, person by person. Called by sending.py.

Who is next is read from one index, what is due for them from another: however many alerts wait, none are sorted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    Boolean,
    Column,
    Executable,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
    union_all,
)

from services.notify import tables
from services.notify.domain.alert import Alert, AlertState, ChannelName, Purpose
from services.notify.domain.folding import Openings, Take
from services.notify.domain.places import BEHIND_FIRSTS
from services.notify.rows import alert_of_row
from shared.database import Transaction, instant

a = tables.alerts
HEADS = 200  # looked at in one claim; more than there are senders, as some people have many
_WANTED: BindParameter[str] = bindparam("wanted_channel")
_IN_LINE = (a.c.place, a.c.next_at, a.c.id)
_CANNOT_WAIT = or_(a.c.place < BEHIND_FIRSTS, a.c.purpose != Purpose.ESCALATION.value)


def heads(tx: Transaction, openings: Mapping[ChannelName, Openings]) -> dict[ChannelName, list[str]]:
    """The recipients of what each channel has to send next, in their order, each perhaps more than once. One query."""
    found: dict[ChannelName, list[str]] = {channel: [] for channel in openings}
    if not found:
        return found
    values: dict[str, Any] = {"due_at": tx.from_now(), "at_most": HEADS}
    for channel, room in openings.items():
        values |= {f"full_{channel}": sorted(room.full), f"paced_{channel}": sorted(room.paced)}
    for row in tx.execute(_heading(tx.is_postgres, tuple(sorted(found))), values):
        found[ChannelName(row.channel)].append(row.recipient)
    return found


def lock_due(tx: Transaction, channel: ChannelName, takes: Sequence[Take]) -> dict[str, list[Alert]]:
    """What is due for these people and not locked by a colleague, in line."""
    values = {"wanted_channel": channel.value, "due_at": tx.from_now()}
    if tx.is_postgres:
        rows = list(tx.execute(_locking(), values | {"takes": [asdict(t) for t in takes]})) if takes else []
    else:  # which has no LATERAL, and no locks either
        rows = [r for t in takes for r in tx.execute(_looking(), values | asdict(t))]
    found = sorted((alert_of_row(r) for r in rows), key=lambda x: (x.place, x.next_at, x.id))
    return {t.recipient: [x for x in found if x.recipient == t.recipient] for t in takes}


def lease(tx: Transaction, alerts: Iterable[Alert], amount: timedelta) -> dict[str, Alert]:
    """Takes the locked alerts, each with a new attempt; gives them by id."""
    taken = {x.id: replace(x, state=AlertState.CLAIMED, attempt=x.attempt + 1) for x in alerts}
    if taken:
        tx.execute(_leasing(tx.is_postgres), {"ids": sorted(taken), "lease_end": tx.from_now(amount)})
    return taken


def _due(is_postgres: bool, channel: str | BindParameter[str]) -> Any:
    return and_(
        a.c.state == AlertState.PENDING.value,
        a.c.channel == channel,
        a.c.next_at <= instant("due_at", is_postgres),
    )


@cache
def _heading(is_postgres: bool, channels: tuple[ChannelName, ...]) -> Executable:
    """Each channel's own from the index, and these, which are few, in line."""
    each = union_all(*(select(_heads_of(channel, is_postgres).subquery()) for channel in channels)).subquery()
    return select(each.c.channel, each.c.recipient).order_by(each.c.place, each.c.next_at, each.c.id)


def _heads_of(channel: ChannelName, is_postgres: bool) -> Select[Any]:
    may_be_told = a.c.recipient.not_in(bindparam(f"full_{channel}", expanding=True))
    need_not_wait = or_(_CANNOT_WAIT, a.c.recipient.not_in(bindparam(f"paced_{channel}", expanding=True)))
    query = select(a.c.channel, a.c.recipient, *_IN_LINE)
    due = query.where(_due(is_postgres, channel.value), may_be_told, need_not_wait)
    return due.order_by(*_IN_LINE).limit(bindparam("at_most"))


@cache
def _locking() -> Executable:
    columns = (Column("recipient", Text), Column("most", Integer), Column("gathered", Boolean))
    document = func.json_to_recordset(bindparam("takes", type_=JSON))
    take = document.table_valued(*columns).render_derived(name="take", with_types=True)
    own = select(a).where(
        _due(True, _WANTED), a.c.recipient == take.c.recipient, or_(_CANNOT_WAIT, take.c.gathered == false())
    )
    due = own.order_by(*_IN_LINE).limit(take.c.most).with_for_update(skip_locked=True).correlate(take).lateral("due")
    return select(due).select_from(take.join(due, true()))


@cache
def _looking() -> Select[Any]:
    own = a.c.recipient == bindparam("recipient"), or_(_CANNOT_WAIT, bindparam("gathered", type_=Boolean) == false())
    return select(a).where(_due(False, _WANTED), *own).order_by(*_IN_LINE).limit(bindparam("most"))


@cache
def _leasing(is_postgres: bool) -> Executable:
    values = {"state": AlertState.CLAIMED.value, "lease_until": instant("lease_end", is_postgres)}
    chosen = a.c.id.in_(bindparam("ids", expanding=True))
    return a.update().where(chosen).values(values).values(attempt=a.c.attempt + 1)

"""Queries of notify on escalations and alerts: domain objects in, domain objects out. Called by the use cases."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, literal, select

from services.notify import tables
from services.notify.domain import (
    Alert,
    AlertState,
    ChannelName,
    Escalation,
    EscalationState,
    Purpose,
)
from services.notify.outcomes import Reason
from shared.contracts.event import Severity
from shared.database import Row, Transaction

a, e = tables.alerts, tables.escalations
_RANK = case({s.value: s.rank for s in Severity}, value=a.c.severity)


# -- escalations ------------------------------------------------------------------------------------------------------


def add_escalations(tx: Transaction, escalations: Iterable[Escalation]) -> set[str]:
    """Inserts those that are new and gives their keys."""
    ordered = sorted(escalations, key=lambda x: x.key)
    return set(tx.insert_many(e, [_escalation_row(x, tx.now) for x in ordered], skip_existing=True, returning=e.c.key))


def escalations_of(tx: Transaction, keys: Iterable[str]) -> dict[str, Escalation]:
    wanted = sorted(set(keys))
    return {r.key: _escalation(r) for r in tx.execute(select(e).where(e.c.key.in_(wanted)))} if wanted else {}


def mark_unreachable(tx: Transaction, key: str) -> bool:
    """False when it was marked before."""
    done = tx.execute(
        e.update()
        .where(e.c.key == key, e.c.state == EscalationState.PLANNED)
        .values(state=EscalationState.UNREACHABLE.value)
    )
    return done.rowcount == 1


# -- alerts -----------------------------------------------------------------------------------------------------------


def add_alerts(tx: Transaction, alerts: Iterable[Alert]) -> None:
    """Inserts them; the unique key absorbs what is there already."""
    tx.insert_many(a, [_alert_row(x) for x in sorted(alerts, key=lambda x: x.id)], skip_existing=True)


def save_alerts(tx: Transaction, alerts: Iterable[Alert]) -> None:
    """Updates what an alert's way changes; the alerts are locked."""
    tx.update_many(a, "id", [_progress(x) | {"id": x.id} for x in sorted(alerts, key=lambda x: x.id)])


def lock_alerts(tx: Transaction, ids: Iterable[str]) -> dict[str, Alert]:
    wanted = sorted(set(ids))
    rows = tx.execute(select(a).where(a.c.id.in_(wanted)).order_by(a.c.id).with_for_update()) if wanted else ()
    return {r.id: _alert(r) for r in rows}


def lock_unsent_alerts(tx: Transaction, case_ids: Iterable[str]) -> list[Alert]:
    """The alerts of these cases that were not handed off yet."""
    unsent = (AlertState.PENDING.value, AlertState.CLAIMED.value)
    query = (
        select(a)
        .where(a.c.case_id.in_(sorted(set(case_ids))), a.c.state.in_(unsent))
        .order_by(a.c.id)
        .with_for_update()
    )
    return [_alert(r) for r in tx.execute(query)]


def alerts_of_escalations(tx: Transaction, keys: Iterable[str]) -> list[Alert]:
    query = select(a).where(a.c.escalation_key.in_(sorted(set(keys)))).order_by(a.c.created_at, a.c.id)
    return [_alert(r) for r in tx.execute(query)]


def due_alerts(tx: Transaction, channel: ChannelName, limit: int) -> list[Alert]:
    """Claims due alerts of a channel, most severe first; locked until the end of tx, unseen by other replicas."""
    query = (
        select(a)
        .where(a.c.state == AlertState.PENDING, a.c.channel == channel, a.c.next_at <= tx.sql_now)
        .order_by(_RANK.desc(), a.c.next_at, a.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_alert(r) for r in tx.execute(query)]


def lease_alerts(
    tx: Transaction, ids: Iterable[str], state: AlertState, lease: timedelta, *, new_attempt: bool
) -> None:
    """Moves locked alerts to `state` with a lease from now; `new_attempt` counts up what fences their outcome."""
    values: dict[str, Any] = {"state": state.value, "lease_until": _from_now(tx, lease)}
    if new_attempt:
        values["attempt"] = a.c.attempt + 1
    tx.execute(a.update().where(a.c.id.in_(sorted(ids))).values(values))


def _from_now(tx: Transaction, amount: timedelta) -> Any:
    """A time for use inside a statement, without a round trip of its own."""
    return tx.sql_now + literal(amount) if tx.is_postgres else tx.now + amount


def lock_attempts(tx: Transaction, ids: Iterable[str]) -> dict[str, tuple[int, AlertState]]:
    """Locks the alerts and gives the number and the state of their latest attempt."""
    query = (
        select(a.c.id, a.c.attempt, a.c.state).where(a.c.id.in_(sorted(set(ids)))).order_by(a.c.id).with_for_update()
    )
    return {row.id: (row.attempt, AlertState(row.state)) for row in tx.execute(query)}


def expired_alerts(tx: Transaction, state: AlertState, limit: int) -> list[Alert]:
    """Alerts whose sender did not come back in time; not locked."""
    query = select(a).where(a.c.state == state, a.c.lease_until < tx.sql_now).order_by(a.c.id).limit(limit)
    return [_alert(r) for r in tx.execute(query)]


# -- deliveries -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """One attempt that came to an end."""

    alert_id: str
    attempt: int
    outcome: str
    reason: Reason
    detail: str
    handed_off: bool


def add_deliveries(tx: Transaction, deliveries: Iterable[Delivery]) -> None:
    rows = [
        {
            "alert_id": d.alert_id,
            "attempt": d.attempt,
            "outcome": d.outcome,
            "reason": d.reason.value,
            "detail": d.detail[:100],
            "handed_off": d.handed_off,
            "ended_at": tx.now,
        }
        for d in sorted(deliveries, key=lambda d: d.alert_id)
    ]
    tx.insert_many(tables.deliveries, rows, skip_existing=True)


# -- rows -------------------------------------------------------------------------------------------------------------


def _escalation_row(x: Escalation, now: datetime) -> Row:
    return {
        "key": x.key,
        "id": x.id,
        "purpose": x.purpose.value,
        "case_id": x.case_id,
        "case_revision": x.case_revision,
        "level": x.level,
        "severity": x.severity.value,
        "reason": x.reason,
        "recipients": list(x.recipients),
        "respond_by": x.respond_by,
        "caused_at": x.caused_at,
        "facts": dict(x.facts),
        "traceparent": x.traceparent,
        "state": x.state.value,
        "planned_at": now,
    }


def _escalation(row: Any) -> Escalation:
    return Escalation(
        row.id,
        Purpose(row.purpose),
        row.case_id,
        row.case_revision,
        row.level,
        Severity(row.severity),
        row.reason,
        tuple(row.recipients),
        row.respond_by,
        row.caused_at,
        row.facts,
        row.traceparent,
        EscalationState(row.state),
    )


def _progress(x: Alert) -> dict[str, Any]:
    return {
        "state": x.state.value,
        "reason": x.reason.value if x.reason else None,
        "next_at": x.next_at,
        "ended_at": x.ended_at,
        "provider_id": x.provider_id,
    }


def _alert_row(x: Alert) -> Row:
    return _progress(x) | {
        "id": x.id,
        "escalation_key": x.escalation_key,
        "escalation_id": x.escalation_id,
        "purpose": x.purpose.value,
        "case_id": x.case_id,
        "case_revision": x.case_revision,
        "level": x.level,
        "severity": x.severity.value,
        "recipient": x.recipient,
        "channel": x.channel.value,
        "attempt": x.attempt,
        "give_up_at": x.give_up_at,
        "created_at": x.created_at,
        "caused_at": x.caused_at,
        "traceparent": x.traceparent,
    }


def _alert(row: Any) -> Alert:
    return Alert(
        row.id,
        row.escalation_key,
        row.escalation_id,
        Purpose(row.purpose),
        row.case_id,
        row.case_revision,
        row.level,
        Severity(row.severity),
        row.recipient,
        ChannelName(row.channel),
        AlertState(row.state),
        row.created_at,
        row.caused_at,
        row.give_up_at,
        row.next_at,
        row.attempt,
        Reason(row.reason) if row.reason else None,
        row.ended_at,
        row.provider_id,
        row.traceparent,
    )

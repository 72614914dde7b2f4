"""What notify shows and measures of its own state. Called by usecases.py."""

from typing import Any

from sqlalchemy import func, select

from services.notify import tables
from services.notify.domain.alert import REACHED, AlertState, ChannelName, EscalationState, Purpose
from shared.database import Transaction

a, d, e = tables.alerts, tables.deliveries, tables.escalations
LIST_LIMIT = 500
_REACHED = [s.value for s in REACHED]

# An alert in a digest names it as its provider's message; each other is a mail of its own.
_MAILS = select(func.count(a.c.provider_id.distinct()) + func.count().filter(a.c.provider_id.is_(None))).where(
    a.c.state.in_(_REACHED), a.c.channel == ChannelName.EMAIL.value
)


def counts(tx: Transaction) -> dict[str, Any]:
    """Alerts by state, mails that a server took, escalations told and those that reached nobody."""
    by_state: dict[str, int] = {s.value: 0 for s in AlertState}
    by_state |= _tally(tx, select(a.c.state, func.count()).group_by(a.c.state))
    told = select(e.c.state, func.count()).where(e.c.purpose == Purpose.ESCALATION).group_by(e.c.state)
    escalations = _tally(tx, told)
    planned = sum(n for state, n in escalations.items() if state != EscalationState.ANSWERED)
    return {
        "alerts": by_state,
        "mails": tx.connection.scalar(_MAILS) or 0,
        "escalations": planned,
        "unreachable": escalations.get(EscalationState.UNREACHABLE.value, 0),
    }


def _tally(tx: Transaction, query: Any) -> dict[str, int]:
    rows: list[Any] = list(tx.execute(query))
    return {row[0]: row[1] for row in rows}


def list_alerts(tx: Transaction, case_id: str | None, after: str | None = None) -> list[dict[str, Any]]:
    """The newest alerts, of one case or of all, with their attempts; no addresses. after: by id, behind this one."""
    newest = select(a).order_by(a.c.created_at.desc(), a.c.id).limit(LIST_LIMIT)
    query = newest if after is None else select(a).where(a.c.id > after).order_by(a.c.id).limit(LIST_LIMIT)
    rows = list(tx.execute(query.where(a.c.case_id == case_id) if case_id else query))
    attempts: dict[str, list[dict[str, Any]]] = {}
    for row in tx.execute(select(d).where(d.c.alert_id.in_([r.id for r in rows])).order_by(d.c.alert_id, d.c.attempt)):
        attempts.setdefault(row.alert_id, []).append(
            {
                "attempt": row.attempt,
                "outcome": row.outcome,
                "reason": row.reason,
                "detail": row.detail,
                "handed_off": row.handed_off,
                "ended_at": row.ended_at,
            }
        )
    return [_alert_document(row) | {"deliveries": attempts.get(row.id, [])} for row in rows]


def _alert_document(row: Any) -> dict[str, Any]:
    names = (
        "id",
        "case_id",
        "escalation_id",
        "purpose",
        "level",
        "severity",
        "recipient",
        "channel",
        "state",
        "reason",
        "attempt",
        "created_at",
        "next_at",
        "ended_at",
        "provider_id",
    )
    document = {name: getattr(row, name) for name in names}
    return document if row.state == AlertState.PENDING else document | {"next_at": None}

"""Queries on receipts, and on the alerts that they are about. Called by receipts.py."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_

from services.notify import tables
from services.notify.domain.alert import AlertState
from services.notify.domain.outcomes import Reason
from services.notify.domain.receipts import Receipt, ReceiptKind
from shared.database import Transaction

a, r = tables.alerts, tables.receipts
_WITH_A_SENDER = (AlertState.CLAIMED.value, AlertState.HANDED_OFF.value)
_WAITING = (
    select(r, a.c.case_id)
    .join(a, a.c.id == r.c.alert_id)
    .where(r.c.waits, a.c.state.not_in(_WITH_A_SENDER))
    .order_by(r.c.alert_id, r.c.kind != ReceiptKind.DELIVERED.value, r.c.attempt)  # what was delivered counts
)


@dataclass(frozen=True)
class About:
    """A receipt and one alert that it is about. attempt: the alert's when it came, of one that was kept."""

    receipt: Receipt
    alert_id: str
    case_id: str
    attempt: int | None = None


def about(tx: Transaction, receipt: Receipt) -> list[About]:
    """The alert with its id, else all that left as the letter of that name; empty for what nobody knows."""
    for column, id_ in ((a.c.id, receipt.alert_id), (a.c.provider_id, receipt.provider_id)):
        rows = list(tx.execute(select(a.c.id, a.c.case_id).where(column == id_).order_by(a.c.id))) if id_ else []
        if rows:
            return [About(receipt, row.id, row.case_id) for row in rows]
    return []


def waiting(tx: Transaction, limit: int) -> list[About]:
    """Kept receipts of alerts that are with no sender any more."""
    return [
        About(
            Receipt(ReceiptKind(row.kind), row.alert_id, "", row.detail, row.at, Reason(row.reason)),
            row.alert_id,
            row.case_id,
            row.attempt,
        )
        for row in tx.execute(_WAITING.limit(limit))
    ]


def keep(tx: Transaction, rows: Iterable[dict[str, Any]]) -> None:
    """Adds what is new."""
    ordered = sorted(rows, key=lambda row: (row["alert_id"], row["kind"], row["attempt"]))
    tx.insert_many(r, ordered, skip_existing=True)


def no_longer_waiting(tx: Transaction, applied: Iterable[About]) -> None:
    """These alone: another one of the same alert may have come since they were looked up."""
    if keys := sorted((x.alert_id, x.receipt.kind.value, x.attempt) for x in applied):
        own = tuple_(r.c.alert_id, r.c.kind, r.c.attempt).in_(keys)
        tx.execute(r.update().where(own).values(waits=False))

"""Looks at the outbox: how much waits, since when, and why; without what people wrote. Called by doors.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import func, select

from shared import tables
from shared.database import Transaction
from shared.messaging.envelope import plain_text
from shared.outbox import LOGGED

MOST = 100
SOON = timedelta(seconds=5)  # the relay takes a row at once, or at its next turn
t = tables.outbox
# Attributes of the envelope, which no person writes.
_SHOWN = ("ce-source", "ce-time", "traceparent")


class Why(StrEnum):
    """UNDER_WAY: it came just now. RETURNED: no queue took it, or the broker refused it; it is tried again.

    NOT_TAKEN: nothing was heard of it: the broker is away, says nothing, or no relay runs.
    """

    UNDER_WAY = "under_way"
    RETURNED = "returned"
    NOT_TAKEN = "not_taken"


@dataclass(frozen=True)
class Wanted:
    """None = any."""

    id: int | None = None
    type: str | None = None


def counted(tx: Transaction) -> dict[str, Any]:
    """waiting, oldest_at, and how many there are of each type."""
    by_type: dict[str, int] = {}
    oldest: datetime | None = None
    for row in tx.execute(
        select(t.c.type, func.count().label("n"), func.min(t.c.created_at).label("oldest")).group_by(t.c.type)
    ):
        by_type[row.type] = row.n
        oldest = row.oldest if oldest is None else min(oldest, row.oldest)
    return {"waiting": sum(by_type.values()), "oldest_at": oldest, "by_type": dict(sorted(by_type.items()))}


def listed(tx: Transaction, wanted: Wanted) -> list[dict[str, Any]]:
    """The oldest, at most MOST."""
    query = select(t).order_by(t.c.id).limit(MOST)
    if wanted.id is not None:
        query = query.where(t.c.id == wanted.id)
    if wanted.type is not None:
        query = query.where(t.c.type == wanted.type)
    return [_entry(row, tx.now) for row in tx.execute(query)]


def why(attempts: int, created_at: datetime, now: datetime) -> Why:
    if attempts:
        return Why.RETURNED
    return Why.UNDER_WAY if now - created_at < SOON else Why.NOT_TAKEN


def _entry(row: Any, now: datetime) -> dict[str, Any]:
    headers = orjson.loads(row.headers)
    return {
        "id": row.id,
        "event_id": row.event_id,
        "exchange": row.exchange,
        "type": row.type,
        "complaint_id": _text(headers.get("ce-subject")),
        "created_at": row.created_at,
        "attempts": row.attempts,
        "next_at": row.next_at,
        "why": why(row.attempts, row.created_at, now).value,
        "envelope": {name: _text(headers[name]) for name in _SHOWN if name in headers},
        "facts": _facts(row.body),
        "body_bytes": len(row.body.encode()),
    }


def _facts(body: str) -> dict[str, Any]:
    """The fields that may stand in a log, too; of a body that is no JSON, none."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return {name: told[name] for name in LOGGED if told.get(name) is not None} if isinstance(told, dict) else {}


def _text(value: Any) -> str | None:
    return None if value is None else plain_text(value)[:200]

"""What the plumbing of a service still holds of forgotten complaints. Called where `complaint.forgotten` is heard."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Text, cast, delete, or_

from shared import tables
from shared.contracts.event import Event
from shared.contracts.intake import ComplaintForgotten
from shared.database import Transaction


def forgotten_among(events: Iterable[Any]) -> set[str]:
    """The ids of the complaints that are to be forgotten."""
    return {event.complaint_id for event in events if isinstance(event, ComplaintForgotten)}


def erase_messages(tx: Transaction, ids: Collection[str], *announced: type[Event]) -> int:
    """Deletes what was put aside (retries, dead letters) about them, and events of these types in the outbox.

    Whoever would have heard of those hears `complaint.forgotten` instead. The inbox keeps names of events only.
    """
    return sum(_erase(tx, id_, [event.type for event in announced]) for id_ in sorted(ids))


def _erase(tx: Transaction, id_: str, types: Collection[str]) -> int:
    deleted = 0
    for table in (tables.retries, tables.dead_letters):
        deleted += tx.execute(delete(table).where(_names(table, id_))).rowcount
    if types:
        table = tables.outbox
        deleted += tx.execute(delete(table).where(table.c.type.in_(types), _names(table, id_))).rowcount
    return deleted


def _names(table: Any, id_: str) -> Any:
    """Ids are random enough that whatever contains one is about it."""
    return or_(table.c.body.contains(id_, autoescape=True), cast(table.c.headers, Text).contains(id_, autoescape=True))

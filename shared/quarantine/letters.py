"""Dead letters as the quarantine reads them: pages of them, one whole, one under lock. Called by usecases.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select

from shared import tables
from shared.database import Transaction
from shared.messaging.envelope import Message
from shared.messaging.failures import REPLAY, Failure
from shared.messaging.kept import message_of

PAGE = 100
t = tables.dead_letters
_SHOWN = (t.c.id, t.c.queue, t.c.source, t.c.event_id, t.c.type, t.c.reason, t.c.error, t.c.dead_at)


@dataclass(frozen=True)
class Letter:
    """One dead letter; `message` is what came, byte for byte."""

    id: str
    queue: str
    source: str
    event_id: str
    reason: str
    error: str
    dead_at: datetime
    message: Message

    def failure(self, event_id: str, message: Message) -> Failure:
        """How it would fail again, under this id and with this message."""
        return Failure(self.queue, self.source, event_id, message.routing_key, "", message, self.reason, self.error)


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind this letter, in the order newest first."""

    dead_at: datetime
    id: str


@dataclass(frozen=True)
class Wanted:
    """Which letters; None = any. since: an instant, or how long ago. contains: in the body or the error."""

    reason: str | None = None
    type: str | None = None
    queue: str | None = None
    source: str | None = None
    since: datetime | timedelta | None = None
    contains: str | None = None
    after: Place | None = None


def page(tx: Transaction, wanted: Wanted) -> list[Any]:
    """Rows without headers and body, newest first; one more than a page tells that there is a next one."""
    query = select(*_SHOWN).where(*_conditions(tx, wanted)).order_by(t.c.dead_at.desc(), t.c.id.desc())
    return list(tx.execute(query.limit(PAGE + 1)))


def _conditions(tx: Transaction, wanted: Wanted) -> Iterator[Any]:
    for name in ("reason", "type", "queue", "source"):
        if (value := getattr(wanted, name)) is not None:
            yield t.c[name] == value
    if wanted.since is not None:
        yield t.c.dead_at >= (tx.now - wanted.since if isinstance(wanted.since, timedelta) else wanted.since)
    if wanted.contains is not None:
        yield or_(*(column.icontains(wanted.contains, autoescape=True) for column in (t.c.body, t.c.error)))
    if (after := wanted.after) is not None:
        yield or_(t.c.dead_at < after.dead_at, (t.c.dead_at == after.dead_at) & (t.c.id < after.id))


def find(tx: Transaction, id_: str) -> Letter | None:
    return _letter(tx.execute(select(t).where(t.c.id == id_)).one_or_none())


def take(tx: Transaction, id_: str) -> Letter | None:
    """Takes the letter out; of two who want the same one the second finds nothing."""
    letter = _letter(tx.execute(select(t).where(t.c.id == id_).with_for_update()).one_or_none())
    if letter is not None:
        tx.execute(delete(t).where(t.c.id == id_))
    return letter


def _letter(row: Any) -> Letter | None:
    if row is None:
        return None
    return Letter(row.id, row.queue, row.source, row.event_id, row.reason, row.error, row.dead_at, message_of(row))


def is_spoken_for(tx: Transaction, letter: Letter) -> bool:
    """Whether something went under the letter's own name already: it was acted on, or waits for its next try."""
    named = ((tables.inbox, tables.inbox.c.consumer), (tables.retries, tables.retries.c.queue))
    return any(
        tx.execute(select(1).where(queue == letter.queue, *_is_named(table, letter))).first() for table, queue in named
    )


def _is_named(table: Any, letter: Letter) -> tuple[Any, ...]:
    return table.c.source == letter.source, table.c.event_id == letter.event_id


def under_way(tx: Transaction) -> int:
    """Replays that nobody has worked off yet."""
    query = select(func.count()).select_from(tables.retries).where(tables.retries.c.attempt == REPLAY)
    return tx.connection.scalar(query) or 0


def oldest(tx: Transaction) -> datetime | None:
    """When the one that has been there longest died."""
    found: datetime | None = tx.connection.scalar(select(func.min(t.c.dead_at)))
    return found


def by_reason(tx: Transaction) -> dict[str, int]:
    rows: list[Any] = list(tx.execute(select(t.c.reason, func.count()).group_by(t.c.reason)))
    return {row[0]: row[1] for row in rows}

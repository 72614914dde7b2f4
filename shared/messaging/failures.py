"""What becomes of an event that cannot be worked off: a retry row with growing delay, then a dead letter."""

import hashlib
import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, delete, select

from shared import tables
from shared.contracts.event import Severity
from shared.contracts.failure import EventFailed
from shared.database import Transaction, instant
from shared.messaging.envelope import Message, Received, Undecodable, name_of, plain_text
from shared.messaging.kept import columns_of, message_of

DELAYS = (5, 30, 120, 600, 3600)  # seconds before retry 1, 2, …
JITTER = 0.2
REPLAY = 100  # the attempt of a dead letter that is tried again: behind every delay, so it has one try
DEAD_LETTER_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.dead-letters")
TEXT_LIMIT = 2000
TYPE_LIMIT = 80


@dataclass(frozen=True)
class Failure:
    """One message and why it failed; `severity` None = unknown."""

    queue: str
    source: str
    event_id: str
    type: str
    subject: str
    message: Message
    reason: str
    error: str
    severity: str | None = None


def failure_of(queue: str, received: Received, reason: str, error: BaseException) -> Failure:
    severity = getattr(received.event, "severity", None)
    return Failure(
        queue,
        received.source,
        received.id,
        received.type,
        received.subject,
        received.message,
        reason,
        f"{type(error).__name__}: {error}",
        str(severity) if severity else None,
    )


def undecodable(queue: str, message: Message, error: Undecodable) -> Failure:
    """A message without a readable envelope is known by its content: the same bytes are the same dead letter."""
    event_id = name_of(message.headers.get("ce-id") or uuid.uuid5(DEAD_LETTER_IDS, message.body.hex()))
    source = name_of(message.headers.get("ce-source") or error.source or "unknown")
    return Failure(
        queue,
        source,
        event_id,
        message.routing_key[:TYPE_LIMIT],
        "unknown",
        message,
        error.reason,
        str(error),
        error.severity,
    )


def schedule_retry(tx: Transaction, service: str, failure: Failure, attempt: int) -> bool:
    """Keeps the event for a later try (attempt counts from 1); False after the last one: it is a dead letter now."""
    if attempt > len(DELAYS):
        bury(tx, service, failure)
        return False
    if attempt == 1:
        _tell(tx, service, failure, dead=False)
    row = _row(failure) | {"attempt": attempt, "next_at": _next_at(tx.now, attempt)}
    tx.execute(delete(tables.retries).where(*_key(failure)))
    tx.execute(tables.retries.insert(), row)
    return True


def bury(tx: Transaction, service: str, failure: Failure) -> None:
    """Makes it a dead letter, with reason and body; told twice, it is one."""
    row = _row(failure) | {"id": letter_id(failure), "reason": failure.reason, "dead_at": tx.now}
    new = tx.insert_many(tables.dead_letters, [row], skip_existing=True, returning=tables.dead_letters.c.id)
    tx.execute(delete(tables.retries).where(*_key(failure)))
    if new:
        _tell(tx, service, failure, dead=True)


def letter_id(failure: Failure) -> str:
    """Of the body, too: senders whose ids are broken give two messages the same one, and neither may hide the other."""
    body = hashlib.sha256(columns_of(failure.message)["body"].encode()).hexdigest()
    return str(uuid.uuid5(DEAD_LETTER_IDS, f"{failure.queue}:{failure.source}:{failure.event_id}:{body}"))


def replay(tx: Transaction, failure: Failure) -> None:
    """Lets the event be tried once more, now; should it fail again it is a dead letter again."""
    tx.execute(tables.retries.insert(), _row(failure) | {"attempt": REPLAY, "next_at": tx.now})


def due_queues(tx: Transaction) -> set[str]:
    """The queues of the retry rows that are due."""
    return {row.queue for row in tx.execute(_queues_query(tx.is_postgres), {"now": tx.from_now()})}


@cache
def _queues_query(is_postgres: bool) -> Executable:
    t = tables.retries
    return select(t.c.queue).where(t.c.next_at <= instant("now", is_postgres)).distinct()


def due_retry(tx: Transaction, queue: str) -> tuple[Message, str, str, int] | None:
    """The retry row of a queue that is longest due, but for one that is being taken away: message, source, id, attempt.

    Two replicas may be given the same: only the one whose `forget_retry` takes the row away works it off.
    """
    row = tx.execute(_due_query(tx.is_postgres), {"of": queue, "now": tx.from_now()}).one_or_none()
    return None if row is None else (message_of(row), row.source, row.event_id, row.attempt)


@cache
def _due_query(is_postgres: bool) -> Executable:
    """Built once: a queue asks it anew for each of its retries."""
    t = tables.retries
    due = t.c.queue == bindparam("of"), t.c.next_at <= instant("now", is_postgres)
    return select(t).where(*due).order_by(t.c.next_at, t.c.event_id).limit(1).with_for_update(skip_locked=True)


def forget_retry(tx: Transaction, queue: str, source: str, event_id: str) -> bool:
    """False if it is not there any more: another replica has worked it off, or its customer was forgotten."""
    t = tables.retries
    row = (t.c.queue == queue, t.c.source == source, t.c.event_id == event_id)
    return tx.execute(delete(t).where(*row)).rowcount > 0


def _tell(tx: Transaction, service: str, failure: Failure, *, dead: bool) -> None:
    """Only what is severe, or may be, is worth waking somebody for; and never that this very news could not be told."""
    if failure.type == EventFailed.type or (failure.severity and not Severity(failure.severity).is_severe):
        return
    tx.announce(
        EventFailed(
            service,
            failure.queue,
            failure.event_id,
            failure.type,
            failure.subject,
            failure.reason,
            dead,
            tx.now,
            failure.severity,
        )
    )


def _row(failure: Failure) -> dict[str, Any]:
    return {
        "queue": failure.queue,
        "source": failure.source,
        "event_id": failure.event_id,
        "type": failure.type,
        **columns_of(failure.message),
        "error": plain_text(failure.error)[:TEXT_LIMIT],
    }


def _key(failure: Failure) -> tuple[Any, ...]:
    t = tables.retries
    return t.c.queue == failure.queue, t.c.source == failure.source, t.c.event_id == failure.event_id


def _next_at(now: datetime, attempt: int) -> datetime:
    return now + timedelta(seconds=DELAYS[attempt - 1] * random.uniform(1 - JITTER, 1 + JITTER))

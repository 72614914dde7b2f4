"""Events out: `tx.announce` writes a row in the same transaction, the relay publishes it and deletes it on confirm."""

import time
import uuid
from datetime import timedelta
from typing import Any

import amqp
import eventlet
import orjson
import structlog
from amqp.exceptions import AccessRefused
from eventlet.event import Event as Signal
from prometheus_client import Counter, Histogram
from sqlalchemy import BindParameter, Integer, bindparam, delete, or_, select, update

from shared import clock, failpoints, tables
from shared.contracts.event import Event
from shared.contracts.topology import STRAIGHT, exchange_of
from shared.database import Database, Transaction
from shared.logs import short
from shared.messaging import connection as broker
from shared.messaging.envelope import Message, encode, envelope, new_traceparent, trace_id
from shared.messaging.publisher import CONTENT_TYPE, Outcome, Publisher

log = structlog.get_logger()
BATCH = 100
POLL = 1.0
# Fields of events that may stand in a log: names out of enums, ids and numbers, never what somebody wrote.
LOGGED = (
    "revision",
    "severity",
    "category",
    "reason",
    "level",
    "agent_id",
    "recipient",
    "channel",
    "attempt",
    "seconds",
)
STEP_BACK = timedelta(seconds=10)  # so that a row that nobody takes is never in the way of the others
PUBLISHED = Counter("ombud_outbox_published_total", "Events that the broker confirmed")
RETURNED = Counter("ombud_outbox_returned_total", "Events that no queue took; they are tried again")
SECONDS = Histogram(
    "ombud_outbox_publish_duration_seconds",
    "Publish and confirm of one batch",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
t = tables.outbox
# Built once; this is the way of every event. The clock is this process's own: only rows that stepped back look at it.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_CLAIM = (
    select(t.c.id, t.c.exchange, t.c.type, t.c.headers, t.c.body)
    .where(or_(t.c.next_at.is_(None), t.c.next_at <= bindparam("now", type_=tables.UtcDateTime)))
    .order_by(t.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_DELETE = delete(t).where(t.c.id.in_(_IDS))
_STEP_BACK = update(t).where(t.c.id.in_(_IDS)).values(attempts=t.c.attempts + 1, next_at=bindparam("later"))


def write_rows(service: str, tx: Transaction, announced: list[tuple[Event, bool]]) -> None:
    """Turns what a transaction announced into outbox rows; called by the database just before the commit."""
    tx.insert_many(t, [_row(service, tx, event, again) for event, again in announced])


def _row(service: str, tx: Transaction, event: Event, again: bool) -> dict[str, Any]:
    # A repair must not look like the copy of what it repairs, or the inbox would swallow it.
    event_id = str(uuid.uuid4()) if again else event.event_id
    trace = tx.traces.get(event.subject) or new_traceparent(event.subject)
    headers = envelope(event, service, tx.now, trace, event_id)
    return {
        "event_id": event_id,
        "exchange": exchange_of(service),
        "type": event.type,
        "headers": orjson.dumps(headers).decode(),
        "body": encode(event),
        "created_at": tx.now,
    }


def send_straight(tx: Transaction, queue: str, event_id: str, message: Message) -> None:
    """Puts a message into one queue, whoever else listens to its type; for what came back from that queue."""
    headers = message.headers | {CONTENT_TYPE: message.content_type}
    row = {"exchange": STRAIGHT, "type": queue, "headers": orjson.dumps(headers).decode()}
    tx.insert_many(t, [row | {"event_id": event_id, "body": message.body.decode(), "created_at": tx.now}])


def _log_what_happened(event: Event, traceparent: str | None) -> None:
    """What a service announces is what happened in it: one line each, found by complaint or by trace."""
    trace = trace_id(traceparent or new_traceparent(event.subject))
    facts = {name: value for name in LOGGED if (value := getattr(event, name, None)) is not None}
    log.info("announced", type=event.type, complaint_id=event.subject, trace_id=trace, facts=facts)


class Relay:
    """Publishes the outbox of one service; one greenlet in every replica, woken by each commit that announced."""

    def __init__(self, db: Database, amqp_uri: str, declares_topology: bool):
        self.db, self.service = db, db.service
        self._publisher = Publisher(amqp_uri, declares_topology)
        self._has_connected = self._has_published = False
        self.refused: str | None = None  # what the broker has not let us do since the start; None once it does
        self._limit = BATCH
        self._has_refused_one = False  # a row went alone, and the broker closed the channel over it
        self._stopping = False
        self._wake = Signal()
        db.announce_with(lambda tx, announced: write_rows(db.service, tx, announced))
        db.after_commit(self._on_commit)

    def run(self) -> None:
        """Until `stop`; then once more, so that a stopped service leaves nothing behind if the broker is there."""
        attempt = 0
        while True:
            try:
                stopping = self._stopping
                self._publish_all()
                attempt = 0
                if stopping:
                    break
                self._rest(POLL)
                self._publisher.keep_alive()
            except Exception as error:
                attempt += 1
                reason = broker.missing_right(error) if isinstance(error, AccessRefused) else short(error)
                log.warning("relay_waits", attempt=attempt, error=reason)
                self._note_refusal(error, reason)
                self._start_anew(error)
                if self._stopping:
                    break
                self._rest(broker.reconnect_delay(attempt))
        self._publisher.disconnect()

    def _note_refusal(self, error: Exception, reason: str) -> None:
        """Only of what never worked, so that a rollout stops: later it must not take the HTTP doors away, too."""
        worked = {broker.NotLetIn: self._has_connected, AccessRefused: self._has_published}.get(type(error), True)
        self.refused = self.refused if worked else f"broker: {reason}"

    def stop(self) -> None:
        self._stopping = True
        self._rouse()

    def _on_commit(self, tx: Transaction) -> None:
        if tx.announced:
            self._rouse()
        for event, _ in tx.announced:
            _log_what_happened(event, tx.traces.get(event.subject))

    def _rouse(self) -> None:
        if not self._wake.ready():
            self._wake.send()

    def _rest(self, seconds: float) -> None:
        with eventlet.Timeout(seconds, False):
            self._wake.wait()
        self._wake = Signal()

    def _publish_all(self) -> None:
        if self._has_refused_one:
            self._let_it_step_back()
        while self._publish_batch() == self._limit:
            pass
        self._limit = BATCH

    def _publish_batch(self) -> int:
        """Claims, publishes, deletes; gives the number of rows claimed. On SQLite no transaction is open meanwhile."""
        self._publisher.connect()  # before the transaction, which is not to wait for that, too
        if not self._has_connected:
            self._has_connected, self.refused = True, None
        if self.db.is_postgres:
            with self.db.transaction() as tx:
                rows = self._claim(tx, self._limit)
                if rows:
                    self._settle(tx, self._publish(rows))
            return len(rows)
        with self.db.read() as tx:
            rows = self._claim(tx, self._limit)
        if rows:
            outcome = self._publish(rows)
            with self.db.transaction() as tx:
                self._settle(tx, outcome)
        return len(rows)

    def _claim(self, tx: Transaction, most: int) -> list[Any]:
        return list(tx.execute(_CLAIM, {"now": clock.now(), "most": most}))

    def _publish(self, rows: list[Any]) -> Outcome:
        started = time.monotonic()
        outcome = self._publisher.publish(rows)
        SECONDS.observe(time.monotonic() - started)
        return outcome

    def _settle(self, tx: Transaction, outcome: Outcome) -> None:
        """Rows that the broker said nothing about stay as they are and are published again."""
        failpoints.reach("outbox.published")
        if outcome.confirmed:
            self._has_published = True
            self.refused = None
            tx.execute(_DELETE, {"ids": outcome.confirmed})
            PUBLISHED.inc(len(outcome.confirmed))
        if outcome.returned:
            self._step_back(tx, outcome.returned)

    def _step_back(self, tx: Transaction, ids: list[int]) -> None:
        tx.execute(_STEP_BACK, {"ids": ids, "later": clock.now() + STEP_BACK})
        RETURNED.inc(len(ids))

    def _start_anew(self, error: Exception) -> None:
        """A row that makes the broker close the channel is found by going singly."""
        self._publisher.disconnect()
        refused = isinstance(error, amqp.ChannelError)
        self._has_refused_one |= refused and self._limit == 1
        self._limit = 1 if refused else BATCH

    def _let_it_step_back(self) -> None:
        """Where an error is waited out: the database may be away just then, and the relay must not end by it."""
        with self.db.transaction() as tx:
            self._step_back(tx, [row.id for row in self._claim(tx, 1)])
        self._has_refused_one = False

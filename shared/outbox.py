"""Events out: `tx.announce` writes a row in the same transaction, the relay publishes it and deletes it on confirm."""

import socket
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import amqp
import eventlet
import orjson
import structlog
from amqp import spec
from eventlet.event import Event as Signal
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import delete, func, or_, select, update

from shared import failpoints, tables
from shared.contracts.event import Event
from shared.contracts.topology import exchange_of, is_needed
from shared.database import Database, Transaction
from shared.messaging import connection as broker
from shared.messaging.envelope import encode, envelope, new_traceparent
from shared.messaging.handling import short

log = structlog.get_logger()
BATCH = 100
CONFIRM_WITHIN = 5.0  # seconds; the one place where a transaction waits for the network
POLL = 1.0
STEP_BACK = timedelta(seconds=10)  # so that a row that nobody takes is never in the way of the others
PUBLISHED = Counter("ombud_outbox_published_total", "Events that the broker confirmed", ["service"])
RETURNED = Counter("ombud_outbox_returned_total", "Events that no queue took; they stay and are tried again", ["service"])
WAITING = Gauge("ombud_outbox_waiting", "Rows in the outbox at the last look of the relay", ["service"])
AGE = Gauge("ombud_outbox_oldest_age_seconds", "Age of the oldest row in the outbox at the last look of the relay", ["service"])
CONFIRM_SECONDS = Histogram("ombud_outbox_publish_duration_seconds", "Publish and confirm of one batch", ["service"])
t = tables.outbox


def write_rows(service: str, tx: Transaction, announced: list[tuple[Event, bool]]) -> None:
    """Turns what a transaction announced into outbox rows; called by the database just before the commit."""
    tx.insert_many(t, [_row(service, tx, event, again) for event, again in announced])


def _row(service: str, tx: Transaction, event: Event, again: bool) -> dict[str, Any]:
    event_id = new_event_id(event, again)
    trace = tx.traces.get(event.subject) or new_traceparent(event.subject)
    headers = envelope(event, service, tx.now, trace, event_id)
    return {"event_id": event_id, "exchange": exchange_of(service), "type": event.type,
            "headers": orjson.dumps(headers).decode(), "body": encode(event), "created_at": tx.now}


def new_event_id(event: Event, again: bool) -> str:
    """A repair must not look like the copy of what it repairs, or the inbox would swallow it."""
    return str(uuid.uuid4()) if again else event.event_id


@dataclass
class _Batch:
    """What was published and what the broker said about each; `tag` counts the publishes on this channel."""

    pending: dict[int, int]
    confirmed: list[int]
    returned: list[int]


class Relay:
    """Publishes the outbox of one service; one greenlet in every replica. Any error throws the connection away."""

    def __init__(self, db: Database, amqp_uri: str):
        self.db, self._uri, self.service = db, amqp_uri, db.service
        self._connection: amqp.Connection | None = None
        self._tag = 0
        self._limit = BATCH
        self._stopping = False
        self._wake = Signal()
        db.announce_with(lambda tx, announced: write_rows(db.service, tx, announced))
        db.after_commit(self._on_commit)
        for series in (PUBLISHED, RETURNED, WAITING, AGE, CONFIRM_SECONDS):
            series.labels(self.service)

    def _on_commit(self, tx: Transaction) -> None:
        if tx.announced and not self._wake.ready():
            self._wake.send()

    def run(self) -> None:
        """Until `stop`; then once more, so that a stopped service leaves nothing behind if the broker is there."""
        attempt = 0
        while True:
            try:
                stopping = self._stopping
                while self._publish_batch() == self._limit:
                    pass
                self._limit = BATCH
                attempt = 0
                if stopping:
                    break
                self._rest(POLL)
            except Exception as error:
                attempt += 1
                log.warning("relay_waits", service=self.service, attempt=attempt, error=short(error))
                self._after_error(error)
                if self._stopping:
                    break
                self._rest(broker.reconnect_delay(attempt))
        self._disconnect()

    def stop(self) -> None:
        self._stopping = True
        if not self._wake.ready():
            self._wake.send()

    def _rest(self, seconds: float) -> None:
        with eventlet.Timeout(seconds, False):
            self._wake.wait()
        self._wake = Signal()
        if self._connection is not None:
            self._keep_alive(self._connection)

    def _keep_alive(self, connection: amqp.Connection) -> None:
        if time.monotonic() - self._beat_at > broker.HEARTBEAT / 4:
            connection.send_heartbeat()
            self._beat_at = time.monotonic()
        while broker.drain_waiting(connection):
            pass

    def _publish_batch(self) -> int:
        """Claims, publishes, deletes; gives the number of rows claimed. On SQLite no transaction is open meanwhile."""
        if self.db.is_postgres:
            with self.db.transaction() as tx:
                rows = self._claim(tx)
                if rows:
                    self._settle(tx, self._publish(rows))
            return len(rows)
        with self.db.read() as tx:
            rows = self._claim(tx)
        if rows:
            batch = self._publish(rows)
            with self.db.transaction() as tx:
                self._settle(tx, batch)
        return len(rows)

    def _after_error(self, error: Exception) -> None:
        """A row that makes the broker close the channel is found by going singly, and steps back then."""
        self._disconnect()
        refused = isinstance(error, amqp.ChannelError)
        if refused and self._limit == 1:
            with self.db.transaction() as tx:
                self._step_back(tx, [row.id for row in self._claim(tx)])
        self._limit = 1 if refused else BATCH

    def _step_back(self, tx: Transaction, ids: list[int]) -> None:
        later = {"attempts": t.c.attempts + 1, "next_at": tx.now + STEP_BACK}
        tx.execute(update(t).where(t.c.id.in_(ids)).values(later))
        RETURNED.labels(self.service).inc(len(ids))

    def _claim(self, tx: Transaction) -> list[Any]:
        query = (select(t.c.id, t.c.exchange, t.c.type, t.c.headers, t.c.body, t.c.created_at)
                 .where(or_(t.c.next_at.is_(None), t.c.next_at <= tx.sql_now)).order_by(t.c.id).limit(self._limit)
                 .with_for_update(skip_locked=True))
        return list(tx.execute(query))

    def _settle(self, tx: Transaction, batch: _Batch) -> None:
        failpoints.reach("outbox.published")
        if batch.confirmed:
            tx.execute(delete(t).where(t.c.id.in_(batch.confirmed)))
            PUBLISHED.labels(self.service).inc(len(batch.confirmed))
        if batch.returned:
            self._step_back(tx, batch.returned)
            # The next connection declares the topology again: a queue that somebody deleted comes back.
            self._disconnect()

    def _publish(self, rows: list[Any]) -> _Batch:
        connection = self._connected()
        started = time.monotonic()
        batch = _Batch({}, [], [])
        self._listen_for(connection, batch)
        self._send_all(connection, rows, batch)
        while batch.pending and time.monotonic() - started < CONFIRM_WITHIN:
            try:
                connection.drain_events(timeout=broker.SLICE)
            except socket.timeout:
                continue
        if batch.pending:
            # Late confirms would be taken for those of the next batch: this connection has no next batch.
            self._disconnect()
        CONFIRM_SECONDS.labels(self.service).observe(time.monotonic() - started)
        return batch

    def _send_all(self, connection: amqp.Connection, rows: list[Any], batch: _Batch) -> None:
        """Joins the frames of all rows into one write; not basic_publish, which reads the socket and can stall the hub."""
        out, transport = bytearray(), connection.transport
        write = transport._write
        transport._write = out.extend
        try:
            for row in rows:
                self._tag += 1
                batch.pending[self._tag] = row.id
                self._channel.send_method(spec.Basic.Publish, "Bssbb",
                                          (0, row.exchange, row.type, is_needed(row.exchange, row.type), False), _message(row))
        finally:
            transport._write = write
        write(out)

    def _listen_for(self, connection: amqp.Connection, batch: _Batch) -> None:
        returned: set[str] = set()

        def on_ack(tag: int, multiple: bool) -> None:
            for each in [p for p in batch.pending if p <= tag] if multiple else [tag]:
                row_id = batch.pending.pop(each, None)
                if row_id is not None:
                    (batch.returned if str(row_id) in returned else batch.confirmed).append(row_id)

        def on_nack(tag: int, multiple: bool) -> None:
            for each in [p for p in batch.pending if p <= tag] if multiple else [tag]:
                row_id = batch.pending.pop(each, None)
                if row_id is not None:
                    batch.returned.append(row_id)

        def on_return(_error: Any, _exchange: str, routing_key: str, message: Any) -> None:
            log.warning("event_returned", service=self.service, type=routing_key)
            returned.add(message.properties["correlation_id"])

        self._channel.events["basic_ack"] = {on_ack}
        self._channel.events["basic_nack"] = {on_nack}
        self._channel.events["basic_return"] = {on_return}

    def _connected(self) -> amqp.Connection:
        if self._connection is None:
            self._connection = broker.connect(self._uri)
            self._beat_at = time.monotonic()
            broker.declare_topology(self._connection)
            self._channel = self._connection.channel()
            self._channel.confirm_select()
            self._tag = 0
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            broker.close(connection)

    def look(self) -> None:
        """Sets the gauges of the backlog; called when metrics are asked for."""
        with self.db.read() as tx:
            count, oldest = tx.execute(select(func.count(), func.min(t.c.created_at)).select_from(t)).one()
            WAITING.labels(self.service).set(count)
            AGE.labels(self.service).set((tx.now - oldest).total_seconds() if oldest else 0)


def _message(row: Any) -> amqp.Message:
    # The row's id comes back with a returned message, which is how the relay knows which row it was.
    return amqp.Message(row.body.encode(), content_type="application/json", delivery_mode=2, correlation_id=str(row.id),
                        application_headers=orjson.loads(row.headers))

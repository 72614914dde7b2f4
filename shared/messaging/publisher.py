"""Publishes batches of outbox rows with pipelined confirms; used by the relay alone."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import amqp
import orjson
import structlog
from amqp import spec

from shared.contracts.topology import is_needed
from shared.messaging import connection as broker

log = structlog.get_logger()
CONFIRM_WITHIN = 5.0  # seconds
CONTENT_TYPE = "content-type"  # among the headers of a row whose body is not plain JSON


class Blocked(OSError):
    """An alarm of the broker is on, of its memory or its disk: it reads nothing more of whoever publishes."""


class OutboxRow(Protocol):
    """What the publisher reads of a row; `headers` and `body` are JSON texts."""

    id: int
    exchange: str
    type: str
    headers: str
    body: str


@dataclass
class Outcome:
    """What the broker said about each row; `pending`: by publish tag, those it has not spoken about (yet)."""

    pending: dict[int, int] = field(default_factory=dict)
    confirmed: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)


class Publisher:
    """One connection at a time, thrown away at any doubt: a late confirm would be taken for one of the next batch."""

    def __init__(self, uri: str, declares_topology: bool):
        self._uri, self._declares_topology = uri, declares_topology
        self._connection: amqp.Connection | None = None
        self._tag = 0
        self._beat_at = 0.0

    def publish(self, rows: Sequence[OutboxRow]) -> Outcome:
        """Sends all rows and waits for the confirms; raises one of broker.LOST when the connection fails."""
        connection = self.connect()
        outcome = Outcome()
        self._listen_for(outcome)
        self._send_all(connection, rows, outcome)
        end = time.monotonic() + CONFIRM_WITHIN
        while outcome.pending and time.monotonic() < end:
            with suppress(TimeoutError):
                connection.drain_events(timeout=broker.SLICE)
        if outcome.pending or outcome.returned:
            # After a return the next connection declares the topology again: a queue that somebody deleted comes back.
            self.disconnect()
        return outcome

    def keep_alive(self) -> None:
        """Between batches: heartbeats out and in."""
        if self._connection is None:
            return
        if time.monotonic() - self._beat_at > broker.beat_every(self._connection):
            self._connection.send_heartbeat()
            self._beat_at = time.monotonic()
        while broker.drain_waiting(self._connection):
            pass

    def disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            broker.close(connection)

    def connect(self) -> amqp.Connection:
        """The connection, opened if there is none; raises one of broker.LOST."""
        if self._connection is None:
            self._connection = broker.connect(self._uri)
            self._connection.on_blocked = _give_up
            self._beat_at = time.monotonic()
            broker.ensure_topology(self._connection, declares=self._declares_topology)
            with broker.answered():
                self._channel = self._connection.channel()
                self._channel.confirm_select()
            self._tag = 0
        return self._connection

    def _send_all(self, connection: amqp.Connection, rows: Sequence[OutboxRow], outcome: Outcome) -> None:
        """Joins the frames of all rows into one write; basic_publish would read the socket and can stall the hub."""
        out, transport = bytearray(), connection.transport
        write = transport._write
        transport._write = out.extend
        try:
            for row in rows:
                self._tag += 1
                outcome.pending[self._tag] = row.id
                mandatory = is_needed(row.exchange, row.type)
                arguments = (0, row.exchange, row.type, mandatory, False)
                self._channel.send_method(spec.Basic.Publish, "Bssbb", arguments, _message(row))
        finally:
            transport._write = write
        # A green socket has no limit of its own: a broker that stopped reading would hold us, and our transaction.
        with broker.answered(broker.WRITTEN_WITHIN):
            write(out)

    def _listen_for(self, outcome: Outcome) -> None:
        returned: set[int] = set()

        def on_ack(tag: int, multiple: bool) -> None:
            for row_id in _settled(outcome, tag, multiple):
                (outcome.returned if row_id in returned else outcome.confirmed).append(row_id)

        def on_nack(tag: int, multiple: bool) -> None:
            outcome.returned.extend(_settled(outcome, tag, multiple))

        def on_return(_error: Any, _exchange: str, routing_key: str, message: amqp.Message) -> None:
            log.warning("event_returned", type=routing_key)
            returned.add(int(message.properties["correlation_id"]))

        self._channel.events["basic_ack"] = {on_ack}
        self._channel.events["basic_nack"] = {on_nack}
        self._channel.events["basic_return"] = {on_return}


def _give_up(_reason: str) -> None:
    # At once, though it may pass: the relay then says so in its log, and tries again ever more seldom.
    raise Blocked("the broker takes no messages: an alarm of its memory or its disk is on")


def _settled(outcome: Outcome, tag: int, multiple: bool) -> list[int]:
    tags = [t for t in outcome.pending if t <= tag] if multiple else [tag]
    return [outcome.pending.pop(t) for t in tags if t in outcome.pending]


def _message(row: OutboxRow) -> amqp.Message:
    headers = orjson.loads(row.headers)
    # The row's id comes back with a returned message, which is how we know which row it was.
    return amqp.Message(
        row.body.encode(),
        content_type=headers.pop(CONTENT_TYPE, "application/json"),
        delivery_mode=2,
        correlation_id=str(row.id),
        application_headers=headers,
    )

"""The nameko entrypoint that takes events from a queue and acknowledges them after the commit.

nameko's own event handler acknowledges before its hooks run and loses messages on the way; this one does not.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import amqp
import eventlet
import structlog
from amqp.exceptions import AccessRefused
from nameko.extensions import Entrypoint

from shared import backlog, failpoints
from shared.contracts.event import Event
from shared.contracts.topology import queue_between
from shared.database import Database, Transaction
from shared.logs import short
from shared.messaging import connection as broker
from shared.messaging import metrics
from shared.messaging.due import LOOK_EVERY, DueQueues
from shared.messaging.envelope import Message, Received, decode, plain, plain_text
from shared.messaging.receiver import IdempotentReceiver
from shared.worker import call_method

log = structlog.get_logger()


class Subscription(Entrypoint):
    """`@subscribe(ComplaintClassified, …)`: the method gets `(self, tx, events)`, all in one transaction.

    source: the publisher; taken from the event classes when not given. decode: makes a Received of a Message, or raises
    Undecodable. prepare: the dependency whose `prepare(received)` does what needs no database, before the transaction.
    """

    due = DueQueues()

    def __init__(
        self,
        *events: type[Event],
        source: str | None = None,
        batch_size: int = 100,
        decode: Callable[[Message], Received] = decode,
        prepare: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.events, self.source = events, source or events[0].publisher
        self.batch_size, self.decode, self.prepare = batch_size, decode, prepare
        self._buffer: deque[Any] = deque()
        self._has_consumed = False

    def setup(self) -> None:
        self.queue = queue_between(self.container.service_name, self.source).name
        self.receiver = IdempotentReceiver(self.queue, self._database(), self.decode, self._preparer(), self._call)
        metrics.start_at_zero(self.queue)
        backlog.start_at_zero(self.queue)

    def _database(self) -> Database:
        db: Database = self.container.config["database"]
        return db

    def _preparer(self) -> Callable[[list[Received]], list[Received]]:
        for dependency in self.container.dependencies:
            if dependency.attr_name == self.prepare:
                prepare: Callable[[list[Received]], list[Received]] = dependency.get_dependency(None).prepare
                return prepare
        return lambda received: received

    def _call(self, tx: Transaction, events: list[Any]) -> None:
        call_method(self.container, self, tx, events)

    def start(self) -> None:
        self._loop = self.container.spawn_managed_thread(self._run)
        self._retries = self.container.spawn_managed_thread(self._replay)

    def stop(self) -> None:
        self.receiver.stopping = True
        self._loop.wait()
        self._retries.wait()

    def kill(self) -> None:
        self._loop.kill()
        self._retries.kill()

    def _run(self) -> None:
        """One connection after another, until told to stop; a topology conflict ends the process, loudly."""
        attempt = 0
        while not self.receiver.stopping:
            try:
                connection = broker.connect(self.container.config["amqp_uri"])
                try:
                    broker.ensure_topology(connection, declares=self.container.config["declares_topology"])
                    attempt = 0
                    self._consume(connection)
                finally:
                    broker.close(connection)
            except broker.LOST as error:
                self._buffer.clear()
                attempt += 1
                metrics.RECONNECTS.labels(self.queue).inc()
                log.warning("broker_lost", queue=self.queue, error=short(error), attempt=attempt)
                self._sleep(broker.reconnect_delay(attempt))

    def _consume(self, connection: amqp.Connection) -> None:
        self._cancelled = False
        channel, tag = self._consume_from(connection)
        pulse = broker.Pulse(connection)
        try:
            while not self.receiver.stopping:
                self._fill(connection, pulse)
                self._work_off_one_batch(connection, channel, tag)
            self._cancel(channel, tag)
            while self._buffer:
                self._work_off_one_batch(connection, channel, tag)
        finally:
            pulse.stop()

    def _consume_from(self, connection: amqp.Connection) -> tuple[amqp.Channel, str]:
        """Who may not read ends at the start, where a rollout stops; later a right may be taken and given back."""
        try:
            with broker.answered():
                channel = connection.channel()
                channel.basic_qos(0, 2 * self.batch_size, False)
                tag = channel.basic_consume(self.queue, callback=self._buffer.append)
        except AccessRefused as error:
            if self._has_consumed:
                raise
            raise broker.TopologyConflict(broker.missing_right(error)) from error
        self._has_consumed = True
        return channel, tag

    def _fill(self, connection: amqp.Connection, pulse: broker.Pulse) -> None:
        if not self._buffer:
            broker.listen_once(connection)
            pulse.check()
        while len(self._buffer) < self.batch_size and broker.drain_waiting(connection):
            pass

    def _cancel(self, channel: amqp.Channel, tag: str) -> None:
        if not self._cancelled:
            self._cancelled = True
            with broker.answered():
                channel.basic_cancel(tag)

    def _work_off_one_batch(self, connection: amqp.Connection, channel: amqp.Channel, tag: str) -> None:
        deliveries = [self._buffer.popleft() for _ in range(min(len(self._buffer), self.batch_size))]
        if not deliveries:
            return
        started = time.monotonic()
        self.receiver.work_off([_message(d) for d in deliveries], lambda seconds: broker.listen(connection, seconds))
        metrics.BATCH_SECONDS.labels(self.queue).observe(time.monotonic() - started)
        failpoints.reach(f"{self.queue}.before_ack")
        if self.receiver.stopping:
            # Before the ack, which frees credit: deliveries would race a later cancel and be given back.
            self._cancel(channel, tag)
        with broker.answered(broker.WRITTEN_WITHIN):
            channel.basic_ack(deliveries[-1].delivery_tag, multiple=True)

    def _replay(self) -> None:
        """Works off the retry rows of this queue as they become due."""
        while not self.receiver.stopping:
            self._sleep(LOOK_EVERY)
            try:
                if self.queue in self.due.queues():
                    while not self.receiver.stopping and self.receiver.replay_one(eventlet.sleep):
                        pass
            except Exception as error:
                log.warning("replay_waits", queue=self.queue, error=short(error))

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.receiver.stopping and time.monotonic() < end:
            eventlet.sleep(min(0.2, seconds))


def _message(delivery: Any) -> Message:
    body = delivery.body if isinstance(delivery.body, bytes) else str(delivery.body).encode()
    properties = delivery.properties
    headers = plain(dict(properties.get("application_headers") or {}))
    key, kind = delivery.delivery_info["routing_key"], properties.get("content_type") or ""
    return Message(plain_text(key), headers, body, plain_text(kind))

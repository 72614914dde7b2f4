"""Works off one batch: inbox, handler and outbox in one transaction; alone, retry or dead letter if it fails.

Called by the subscription with what it took from its queue, and with the retries that are due.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from shared import clock, failpoints
from shared.database import Database, Transaction
from shared.errors import Fault, Rejected, fault_of
from shared.logs import short
from shared.messaging import connection as broker
from shared.messaging import failures, inbox, metrics
from shared.messaging.envelope import Message, Received, Undecodable
from shared.messaging.failures import Failure

log = structlog.get_logger()
MAX_HOLD = 20 * 60  # seconds; RabbitMQ gives up on a consumer after 30 minutes without an ack
CONTENTION_TRIES = 5
# Faults of the work itself: what takes too long together may not do so singly, and together it would again.
OF_THE_WORK = frozenset({Fault.OTHER, Fault.SLOW})

Wait = Callable[[float], None]
T = TypeVar("T")


class GivenBack(OSError):
    """The messages cannot be worked off now; the connection is closed and the broker delivers them again."""


class IdempotentReceiver:
    """Works off the messages of one queue; told twice, it acts once.

    call: runs the service's method with (tx, events) and raises what it raises. prepare: what needs no database.
    Each method takes `wait`, which must keep the broker's connection alive while the database is away.
    """

    def __init__(
        self,
        queue: str,
        db: Database,
        decode: Callable[[Message], Received],
        prepare: Callable[[list[Received]], list[Received]],
        call: Callable[[Transaction, list[Any]], None],
    ):
        self.queue, self.db, self.service = queue, db, db.service
        self._decode, self._prepare, self._call = decode, prepare, call
        self.stopping = False

    def work_off(self, messages: list[Message], wait: Wait) -> None:
        """When this returns, each message is acted on, seen before, or kept in a row: it can be acknowledged."""
        received, broken = self._decode_all(messages)
        if broken:
            self._bury_all(broken, wait)
        if not received:
            return
        try:
            self._receive_in_transaction(received, wait)
        except GivenBack:
            raise
        except Exception as error:
            log.warning("batch_failed", queue=self.queue, size=len(received), error=short(error))
            for one in received:
                self._work_off_alone(one, wait)

    def replay_one(self, wait: Wait) -> bool:
        """Tries the retry row again that is longest due; False when none is."""
        with self.db.read() as tx:
            due = failures.due_retry(tx, self.queue)
        if due is None:
            return False
        message, source, event_id, attempt = due
        try:
            # The row says who it is: a message without a name gets another one each time that it is read.
            received = replace(self._decode(message), source=source, id=event_id)
        except Undecodable as error:  # the rules of what is valid have changed since it was put aside
            broken = replace(failures.undecodable(self.queue, message, error), source=source, event_id=event_id)
            self._bury_all([broken], wait, is_retry=True)
            return True
        try:
            self._receive_in_transaction([received], wait, is_retry=True)
        except GivenBack:
            raise
        except Exception as error:
            self._put_aside(received, error, attempt + 1, wait)
        return True

    def _receive_in_transaction(self, received: list[Received], wait: Wait, *, is_retry: bool = False) -> None:
        ready = self._prepare(received)

        def receive(tx: Transaction) -> list[Received]:
            return self._receive(tx, self._still_wanted(tx, ready) if is_retry else ready)

        new = self._persist(receive, wait, raised=OF_THE_WORK)
        metrics.count_taken(self.queue, len(new), len(ready) - len(new))
        metrics.note_ages(self.queue, new, clock.now())

    def _receive(self, tx: Transaction, received: list[Received]) -> list[Received]:
        """Gives those that were new."""
        fresh = inbox.only_new(tx, self.queue, received)
        if fresh:
            tx.traces.update({r.subject: r.traceparent for r in fresh if r.traceparent})
            self._call(tx, [r.event for r in fresh])
        return fresh

    def _still_wanted(self, tx: Transaction, retried: list[Received]) -> list[Received]:
        """Takes their rows away; without those whose row is gone, which forgetting a customer does."""
        return [r for r in retried if failures.forget_retry(tx, self.queue, r.source, r.id)]

    def _work_off_alone(self, received: Received, wait: Wait) -> None:
        try:
            self._receive_in_transaction([received], wait)
        except GivenBack:
            raise
        except Exception as error:
            self._put_aside(received, error, 1, wait)

    def _put_aside(self, received: Received, error: Exception, attempt: int, wait: Wait) -> None:
        """attempt: how often it has failed, this time included."""
        refused = isinstance(error, Rejected)
        failure = failures.failure_of(self.queue, received, "rejected" if refused else "failed", error)
        log.error(
            "event_failed",
            queue=self.queue,
            type=received.type,
            complaint_id=received.subject,
            attempt=attempt,
            error=short(error),
            exc_info=None if refused else error,
        )
        is_retry = attempt > 1
        if refused:
            self._bury_all([failure], wait, is_retry=is_retry)
            return

        def schedule(tx: Transaction) -> str | None:
            if is_retry and not failures.forget_retry(tx, self.queue, failure.source, failure.event_id):
                return None
            return metrics.RETRY if failures.schedule_retry(tx, self.service, failure, attempt) else metrics.DEAD

        if outcome := self._persist(schedule, wait):
            self._count(outcome, 1)

    def _bury_all(self, broken: list[Failure], wait: Wait, *, is_retry: bool = False) -> None:
        def bury(tx: Transaction) -> int:
            buried = 0
            for failure in sorted(broken, key=lambda f: (f.source, f.event_id)):
                if not is_retry or failures.forget_retry(tx, self.queue, failure.source, failure.event_id):
                    failures.bury(tx, self.service, failure)
                    buried += 1
            return buried

        self._count(metrics.DEAD, self._persist(bury, wait))

    def _decode_all(self, messages: list[Message]) -> tuple[list[Received], list[Failure]]:
        received, broken = [], []
        for message in messages:
            try:
                received.append(self._decode(message))
            except Undecodable as error:
                log.warning("message_undecodable", queue=self.queue, reason=error.reason)
                broken.append(failures.undecodable(self.queue, message, error))
        return received, broken

    def _persist(self, work: Callable[[Transaction], T], wait: Wait, raised: Collection[Fault] = (Fault.OTHER,)) -> T:
        """Runs the work in a transaction, however long the database is away. raised: faults that are not waited out."""
        started, attempt = time.monotonic(), 0
        while True:
            try:
                with self.db.transaction() as tx:
                    result = work(tx)
                    failpoints.reach(f"{self.queue}.before_commit")
                break
            except Exception as error:
                fault = fault_of(error)
                if fault in raised or (fault is Fault.CONTENTION and attempt >= CONTENTION_TRIES):
                    metrics.HOLDING.labels(self.queue).set(0)
                    raise
                attempt += 1
                self._hold(fault, error, attempt, started, wait)
        if attempt:
            metrics.HOLDING.labels(self.queue).set(0)
        failpoints.reach(f"{self.queue}.after_commit")
        return result

    def _hold(self, fault: Fault, error: Exception, attempt: int, started: float, wait: Wait) -> None:
        seconds = 0.01 * attempt
        if fault is not Fault.CONTENTION:
            if self.stopping or time.monotonic() - started > MAX_HOLD:
                raise GivenBack("the database is away") from error
            seconds = broker.reconnect_delay(attempt)
            metrics.HOLDING.labels(self.queue).set(1)
            log.warning("holding", queue=self.queue, attempt=attempt, error=short(error))
        try:
            wait(seconds)
        except broker.LOST as lost:
            raise GivenBack("the broker is away, too") from lost

    def _count(self, outcome: str, number: int) -> None:
        metrics.EVENTS.labels(self.queue, outcome).inc(number)

"""Connections to RabbitMQ as the subscription and the relay use them: opened, listened to, never blocking the hub."""

import random
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import amqp
import eventlet
from amqp.exceptions import AccessRefused, NotAllowed, NotFound, PreconditionFailed
from eventlet import patcher

from shared.broker_address import BrokerAddress, WrongAddress
from shared.contracts import topology

HEARTBEAT = 20
# Longer waits could be restarted for ever by heartbeat frames: py-amqp's clock starts anew with each frame.
SLICE = 0.5
# The delivery limit is the net for a message that kills the process; Ombud itself never returns messages.
QUORUM: dict[str, str | int] = {"x-queue-type": "quorum"}
QUEUE_ARGUMENTS = QUORUM | {
    "x-dead-letter-exchange": topology.DEAD_LETTERS_EXCHANGE,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
    "x-delivery-limit": 100,
}
LOST = (OSError, amqp.exceptions.AMQPError)
ANSWER_WITHIN, DECLARED_WITHIN, WRITTEN_WITHIN = 5.0, 10.0, 15.0  # seconds
_RIGHTS = {"Basic.consume": "read", "Basic.publish": "write"}
_plain = patcher.original("select")  # whose `poll` asks without waiting; `select` knows no descriptor beyond 1,023


class TopologyConflict(Exception):
    """A queue or exchange exists with other arguments, or we may not declare it: a person must look."""


class NotLetIn(OSError):
    """The broker does not let us in, or shows a certificate that we do not trust: tried again, somebody may mend it."""


class NotFoundYet(OSError):
    """A queue is not there now: right after its own start a broker says so ("home node … is down or inaccessible") of
    queues that it has not found again. No fault of what is published: an error of the connection, not of the channel.
    """


def connect(uri: str) -> amqp.Connection:
    """An open connection; raises one of LOST when the broker cannot be reached within 5 s."""
    try:
        address = BrokerAddress.parse(uri)
    except WrongAddress as error:  # it was right at the start: a file of it is being exchanged, or has been taken away
        raise NotLetIn(str(error)) from None
    connection = amqp.Connection(
        **address.arguments, heartbeat=HEARTBEAT, connect_timeout=5, read_timeout=30, write_timeout=15
    )
    try:
        connection.connect()
    except (AccessRefused, NotAllowed, ssl.SSLCertVerificationError) as error:
        raise NotLetIn(address.why_not(error)) from error
    return connection


def missing_right(error: AccessRefused) -> str:
    """The broker's words and the right that its user lacks, which RabbitMQ names from 3.12 on only."""
    right = _RIGHTS.get(error.method, "configure; with OMBUD_DECLARE_TOPOLOGY=false others make what it wants to make")
    return f"{error}: the user has no right to {right}"


@contextmanager
def answered(within: float = ANSWER_WITHIN) -> Iterator[None]:
    """Around calls that wait for the broker: py-amqp does so without limit on green sockets. Raises OSError."""
    with eventlet.Timeout(within, OSError("the broker does not answer")):
        yield


def arguments_of(queue: topology.Queue) -> dict[str, str | int]:
    """With what the queue is declared, by whomever."""
    return QUORUM if queue.source == topology.DEAD_LETTERS_EXCHANGE else QUEUE_ARGUMENTS


def ensure_topology(connection: amqp.Connection, *, declares: bool) -> None:
    """All exchanges and queues are there afterwards; raises TopologyConflict, or one of LOST."""
    with answered(DECLARED_WITHIN):
        (declare_topology if declares else check_topology)(connection)


def check_topology(connection: amqp.Connection) -> None:
    """Looks for everything that must exist, as far as the user may; raises NotFoundYet, or one of LOST."""
    channel = connection.channel()
    looks = [partial(_find_exchange, name) for name in topology.EXCHANGES]
    looks += [partial(_find_queue, queue.name) for queue in topology.QUEUES]
    for look in looks:
        try:
            look(channel)
        except NotFound as error:
            raise NotFoundYet(f"{error}; `ombud topology` makes it") from error
        except AccessRefused:
            # From RabbitMQ 4.2.6 on who has no right to a thing does not hear whether it is there. To publish, or to
            # consume, will show it. The refusal has closed the channel.
            channel = connection.channel()
    channel.close()


def _find_exchange(name: str, channel: amqp.Channel) -> None:
    channel.exchange_declare(name, "topic", passive=True)


def _find_queue(name: str, channel: amqp.Channel) -> None:
    channel.queue_declare(name, passive=True)


def declare_topology(connection: amqp.Connection) -> None:
    """Declares everything that exists, so that whoever starts first publishes into queues that are there.

    Raises TopologyConflict, or one of LOST.
    """
    channel = connection.channel()
    try:
        for exchange in topology.EXCHANGES:
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
        for queue in topology.QUEUES:
            channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=arguments_of(queue))
            for key in queue.keys:
                channel.queue_bind(queue.name, queue.exchange, key)
    except (PreconditionFailed, AccessRefused) as error:
        raise TopologyConflict(missing_right(error) if isinstance(error, AccessRefused) else str(error)) from error
    except NotFound as error:
        raise NotFoundYet(str(error)) from error
    channel.close()


def listen(connection: amqp.Connection, seconds: float) -> None:
    """Reads what comes for so long; used instead of sleep, because an unread connection looks dead to the broker."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        with suppress(TimeoutError):
            connection.drain_events(timeout=min(left, SLICE))


def listen_once(connection: amqp.Connection) -> None:
    """Waits for one frame, at most one slice."""
    with suppress(TimeoutError):
        connection.drain_events(timeout=SLICE)


def drain_waiting(connection: amqp.Connection) -> bool:
    """Takes one frame if one is waiting; says whether there was one."""
    if not _is_readable(connection):
        return False
    try:
        connection.drain_events(timeout=SLICE)
    except TimeoutError:  # a heartbeat, or a frame that stopped in its middle: asking again at once could last for ever
        return False
    return True


def _is_readable(connection: amqp.Connection) -> bool:
    sock = connection.transport.sock
    if connection.transport._read_buffer or (hasattr(sock, "pending") and sock.pending()):
        return True
    look = _plain.poll()
    look.register(sock.fileno(), _plain.POLLIN)
    return bool(look.poll(0))


def beat_every(connection: amqp.Connection) -> float:
    """Seconds between our heartbeats: a quarter of what was agreed on with the broker."""
    return float(connection.heartbeat or HEARTBEAT) / 4


class Pulse:
    """Sends heartbeats from a greenlet of its own while the owner works, and notices a broker that fell silent."""

    def __init__(self, connection: amqp.Connection):
        self._connection = connection
        self._beat_every = beat_every(connection)
        self._received = -1
        self._heard_at = time.monotonic()
        self._greenlet = eventlet.spawn(self._beat)

    def _beat(self) -> None:
        while True:
            eventlet.sleep(self._beat_every)
            try:
                self._connection.send_heartbeat()
            except Exception:  # the owner sees the same broken connection at its next read and reconnects
                return

    def check(self) -> None:
        """Called by the owner between reads; raises OSError after two heartbeats of silence."""
        received = self._connection.bytes_recv
        if received != self._received:
            self._received, self._heard_at = received, time.monotonic()
        elif time.monotonic() - self._heard_at > 8 * self._beat_every:
            raise OSError("the broker fell silent")

    def stop(self) -> None:
        self._greenlet.kill()


def close(connection: amqp.Connection) -> None:
    """Closes politely for at most 2 s: an unanswered farewell must not hold up a stop."""
    try:
        with eventlet.Timeout(2, False):
            connection.close()
    except LOST:
        pass
    finally:
        connection.collect()


def reconnect_delay(attempt: int) -> float:
    """Seconds to wait before the next try: 0.2 growing to 15, with jitter so that replicas do not come together."""
    return min(15.0, 0.2 * float(2 ** min(attempt, 10))) * random.uniform(0.5, 1.0)

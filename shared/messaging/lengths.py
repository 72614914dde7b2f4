"""How many messages wait in the queues of this service, asked of the broker now and then; run by the runner.

A connection of its own, as nobody may ask on one that another greenlet reads. What the broker itself exposes is exact
and has more to tell; this is for whoever does not scrape it. NaN while the broker cannot be asked: not known is not 0.
"""

from collections.abc import Sequence

import amqp
import eventlet
from eventlet.event import Event as Signal

from shared.messaging import connection as broker
from shared.messaging import metrics

EVERY = 5.0  # seconds


class QueueLengths:
    """`run` until `stop`, which does not wait; the series are there as soon as the subscriptions are set up."""

    def __init__(self, amqp_uri: str, queues: Sequence[str]):
        self._amqp_uri, self._queues = amqp_uri, queues
        self._stop = Signal()

    def run(self) -> None:
        attempt = 0
        while not self._stop.ready():
            try:
                connection = broker.connect(self._amqp_uri)
                try:
                    attempt = 0
                    self._look_again_and_again(connection)
                finally:
                    broker.close(connection)
            except broker.LOST:  # those who work with the broker say so in the log
                attempt += 1
                for queue in self._queues:
                    metrics.WAITING.labels(queue).set(float("nan"))
                self._rest(broker.reconnect_delay(attempt))

    def stop(self) -> None:
        if not self._stop.ready():
            self._stop.send()

    def _look_again_and_again(self, connection: amqp.Connection) -> None:
        with broker.answered():
            channel = connection.channel()
        while not self._stop.ready():
            for queue in self._queues:
                with broker.answered():
                    found = channel.queue_declare(queue, passive=True)
                metrics.WAITING.labels(queue).set(found.message_count)
            self._rest(EVERY)

    def _rest(self, seconds: float) -> None:
        with eventlet.Timeout(seconds, False):
            self._stop.wait()

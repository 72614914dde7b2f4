"""The broker as tests see it: publishes events as a service would, counts queues, reads what was announced."""

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import amqp
import orjson
from amqp.exceptions import MessageNacked
from kombu.utils.url import parse_url

from ombud.local.broker import PrivateBroker
from shared.contracts.event import Event
from shared.contracts.topology import QUEUES, exchange_of
from shared.messaging.connection import declare_topology
from shared.messaging.envelope import encode

T = TypeVar("T")
_PATIENCE = 20.0  # seconds


def held(broker: PrivateBroker, uri: str) -> dict[str, int]:
    """The messages in each of Ombud's queues, also those that were delivered and are not yet acknowledged.

    Each quorum queue is asked itself: what the management API and `list_queues` say of them is up to 5 s old. Raises
    LocalError while one cannot answer.
    """
    told = broker.evaluate(_HELD % parse_url(uri)["virtual_host"])
    counts = {name: int(count) for name, count in re.findall(r'"([^"]+)", (\d+)', told)}
    return {queue.name: counts[queue.name] for queue in QUEUES}


_HELD = """
Count = fun(Q) ->
    {ok, {_, Total}, _} = ra:leader_query(amqqueue:get_pid(Q), fun rabbit_fifo:query_messages_total/1),
    Total
end,
Quorum = [Q || Q <- rabbit_amqqueue:list(<<"%s">>), amqqueue:get_type(Q) =:= rabbit_quorum_queue],
[{binary_to_list(element(4, amqqueue:get_name(Q))), Count(Q)} || Q <- Quorum]
"""


class Bus:
    """One plain connection, closed at the end of the test."""

    def __init__(self, uri: str):
        self._connection = _patiently(partial(_with_all_queues, uri), amqp.InternalError)
        self.channel = self._connection.channel()

    def declare(self) -> None:
        declare_topology(self._connection)

    def publish(self, event: Event, *, service: str | None = None, event_id: str | None = None) -> None:
        publisher = service or event.publisher
        headers = {
            "ce-id": event_id or event.event_id,
            "ce-source": f"/ombud/{publisher}",
            "ce-type": event.type,
            "ce-specversion": "1.0",
        }
        send = partial(self.raw, exchange_of(publisher), event.type, encode(event).encode(), headers)
        _patiently(
            send, MessageNacked
        )  # some queues may have it twice then: as from the relay, a copy with the same id

    def raw(
        self,
        exchange: str,
        key: str,
        body: bytes,
        headers: dict[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> None:
        message = amqp.Message(body, application_headers=headers or {}, content_type=content_type, delivery_mode=2)
        self.channel.basic_publish_confirm(message, exchange, key)

    def waiting(self, queue: str) -> int:
        """Messages ready in the queue; those delivered and not yet acknowledged do not count."""
        return int(self.channel.queue_declare(queue, passive=True).message_count)

    def consumers(self, queue: str) -> int:
        return int(self.channel.queue_declare(queue, passive=True).consumer_count)

    def tap(self, service: str, *keys: str) -> str:
        """A queue of our own that gets copies of what a service announces."""
        name = self.channel.queue_declare("", exclusive=True).queue
        for key in keys or ("#",):
            self.channel.queue_bind(name, exchange_of(service), key)
        return str(name)

    def take(self, queue: str) -> list[tuple[dict[str, Any], Any]]:
        """Everything that is in the queue: (headers, data)."""
        taken = []
        while message := self.channel.basic_get(queue, no_ack=True):
            taken.append((dict(message.headers or {}), orjson.loads(message.body)))
        return taken

    def again(self, service: str, headers: dict[str, Any], data: Any) -> None:
        """Publishes a copy of what a tap took."""
        self.raw(exchange_of(service), headers["ce-type"], orjson.dumps(data), headers)

    def close(self) -> None:
        """Also when the broker was restarted meanwhile."""
        self._connection.collect()


def _patiently(do: Callable[[], T], refusal: type[Exception]) -> T:
    """Asks again, as services do. A broker whose disk lets it wait for 5 s was seen to nack the first message to a new
    quorum queue, and to break a connection off that declares one (541)."""
    give_up_at = time.monotonic() + _PATIENCE
    while True:
        try:
            return do()
        except refusal:
            if time.monotonic() > give_up_at:
                raise
        time.sleep(0.2)


def _with_all_queues(uri: str) -> amqp.Connection:
    connection = _connection(uri)
    try:
        connection.connect()
        declare_topology(connection)
    except amqp.InternalError:
        connection.collect()
        raise
    return connection


def _connection(uri: str) -> amqp.Connection:
    parts = parse_url(uri)
    return amqp.Connection(
        f"{parts['hostname']}:{parts['port']}",
        parts["userid"],
        parts["password"],
        virtual_host=parts["virtual_host"],
        confirm_publish=True,
    )

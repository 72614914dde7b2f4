"""Publishes upstream messages and waits for the broker's word on each; used by command.py and `ombud run`."""

import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import amqp
from amqp.exceptions import AMQPError, NotAllowed, NotFound

from ombud.send.lines import Line
from ombud.trouble import Trouble
from shared.broker_address import FORM, BrokerAddress
from shared.contracts.topology import QUEUES, UPSTREAM_EXCHANGE

BATCH = 100
CONFIRM_WITHIN = 30.0
ATTEMPTS = 6
LOST = (OSError, AMQPError)


def connect(uri: str) -> amqp.Connection:
    """An open connection; raises Trouble when there is no broker that lets us in."""
    address = address_of(uri)
    connection = _connection(uri)
    try:
        connection.connect()
    except LOST as error:
        raise Trouble(
            f"no RabbitMQ that lets us in at {address}: {_reason(error)}; look at --amqp-uri or OMBUD_AMQP_URI"
        ) from error
    return connection


def address_of(uri: str) -> str:
    """Host, port and virtual host, without the password; raises Trouble for what is no AMQP address."""
    address = _parsed(uri)
    return f"{address.host}:{address.port}/{address.vhost.lstrip('/')}"


def _parsed(uri: str) -> BrokerAddress:
    if not uri.startswith(("amqp://", "amqps://")):
        raise Trouble(f"an AMQP address starts with amqp:// or amqps://; {FORM}")
    try:
        return BrokerAddress.parse(uri)
    except ValueError as error:
        raise Trouble(f"the AMQP address cannot be used: {error}") from error


def _connection(uri: str) -> amqp.Connection:
    return amqp.Connection(
        **_parsed(uri).arguments, connect_timeout=5, read_timeout=CONFIRM_WITHIN, write_timeout=CONFIRM_WITHIN
    )


class Publisher:
    """Sends batches to the exchange `complaints`; a broken connection is replaced and the batch sent again.

    Sending again is harmless: the ids stay, and intake takes each id once.
    """

    def __init__(self, uri: str):
        self._uri = uri
        self._connection = connect(uri)
        self._open_channel()

    def send(self, lines: Sequence[Line]) -> None:
        """Returns when the broker has all of them on disk; raises Trouble when it will not take them."""
        for attempt in range(ATTEMPTS):
            try:
                self._send(lines)
                return
            except NotFound as error:
                raise Trouble(
                    f"the broker has no exchange {UPSTREAM_EXCHANGE!r}: start Ombud first (`ombud run`)"
                ) from error
            except amqp.AccessRefused as error:
                raise Trouble(f"the user of the broker may not tell complaints: {error}") from error
            except LOST as error:
                if attempt == ATTEMPTS - 1:
                    raise Trouble(f"the connection to the broker broke: {_reason(error)}") from error
                time.sleep(0.2 * 2**attempt)
                self._reconnect()

    def close(self) -> None:
        try:
            self._connection.close()
        except LOST:
            self._connection.collect()

    def _open_channel(self) -> None:
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._tag = 0

    def _reconnect(self) -> None:
        self._connection.collect()
        try:
            self._connection = connect(self._uri)
        except Trouble:
            return  # the next attempt fails on the closed connection and comes back here
        self._open_channel()

    def _send(self, lines: Sequence[Line]) -> None:
        answers = _Answers()
        self._channel.events["basic_ack"] = {answers.on_ack}
        self._channel.events["basic_nack"] = {answers.on_nack}
        self._channel.events["basic_return"] = {answers.on_return}
        for line in lines:
            self._tag += 1
            answers.pending.add(self._tag)
            self._channel.basic_publish(_message(line), UPSTREAM_EXCHANGE, line.type, mandatory=True)
        self._await(answers)
        if answers.refused:
            raise Trouble(
                f"the broker took {len(lines) - answers.refused} of {len(lines)} messages: {answers.why}; "
                "is intake running on this broker?"
            )

    def _await(self, answers: "_Answers") -> None:
        deadline = time.monotonic() + CONFIRM_WITHIN
        while answers.pending:
            try:
                self._connection.drain_events(timeout=1)
            except TimeoutError:
                if time.monotonic() > deadline:
                    self._connection.collect()  # no farewell: a broker that reads nothing answers none
                    raise Trouble(
                        f"the broker confirmed nothing for {CONFIRM_WITHIN:.0f} s: is it out of memory or disk space?"
                    ) from None


class _Answers:
    """What the broker said about one batch."""

    def __init__(self) -> None:
        self.pending: set[int] = set()
        self.refused = 0
        self.why = ""

    def on_ack(self, tag: int, multiple: bool) -> None:
        self.pending -= {p for p in self.pending if p <= tag} if multiple else {tag}

    def on_nack(self, tag: int, multiple: bool) -> None:
        before = len(self.pending)
        self.on_ack(tag, multiple)
        self.refused += before - len(self.pending)
        self.why = "a queue is full"

    def on_return(self, _error: Any, _exchange: str, _key: str, _message: Any) -> None:
        self.refused += 1
        self.why = "no queue wants them"


def _message(line: Line) -> amqp.Message:
    """Binary mode of CloudEvents, as the services read it: attributes in the headers, the data alone in the body."""
    headers = {"ce-specversion": "1.0", "ce-id": line.id, "ce-type": line.type, "ce-source": line.source}
    return amqp.Message(
        line.body, content_type="application/json", delivery_mode=2, message_id=line.id, application_headers=headers
    )


@contextmanager
def publishing(uri: str) -> Iterator[Publisher]:
    publisher = Publisher(uri)
    try:
        yield publisher
    finally:
        publisher.close()


def in_batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class Depths:
    """How many messages wait in all queues of the installation; one connection for many looks."""

    def __init__(self, uri: str):
        self._uri = uri
        self._connection: amqp.Connection | None = None

    def waiting(self) -> int | None:
        """None while the broker is away or a queue is not there yet."""
        try:
            if self._connection is None:
                self._connection = connect(self._uri)
            channel = self._connection.channel()
            depth: int = sum(channel.queue_declare(q.name, passive=True).message_count for q in QUEUES)
            channel.close()
            return depth
        except (Trouble, *LOST):
            self.close()
            return None

    def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                connection.close()
            except LOST:
                connection.collect()


def _reason(error: Exception) -> str:
    if isinstance(error, amqp.AccessRefused):
        return "the user or the password is wrong"
    if isinstance(error, NotAllowed):
        return "the user may not use this virtual host, or there is none of this name"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {error.verify_message}"
    return str(error).strip() or type(error).__name__

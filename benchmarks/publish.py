"""Publishes to the exchange that a chain listens to, at full speed or at a rate, and notes when; used by trial.py."""

import time
from collections.abc import Sequence
from contextlib import suppress

import amqp

from benchmarks.samples import Upstream
from ombud.send.publisher import LOST, connect
from ombud.trouble import Trouble

WINDOW = 500  # unconfirmed messages at most, so that a flood cannot outrun what the broker takes
SILENCE = 30.0

Stamps = dict[str, float]
"""By key: the monotonic second just before the message left."""


class Publisher:
    """One connection with confirms. `exchange` and `type_` are where the chain begins."""

    def __init__(self, uri: str, exchange: str, type_: str):
        self._connection = connect(uri)
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._exchange, self._type = exchange, type_
        self._unconfirmed: set[int] = set()
        self._sent = 0
        self._channel.events["basic_ack"] = {self._on_ack}
        self._channel.events["basic_return"] = {self._on_return}

    def flood(self, messages: Sequence[Upstream]) -> Stamps:
        """As fast as the broker confirms; returns when it has all of them on disk."""
        stamps = {}
        for message in messages:
            stamps[message.key] = time.monotonic()
            self._send(message)
            if len(self._unconfirmed) >= WINDOW:
                self._wait_until_at_most(WINDOW // 2)
        self._wait_until_at_most(0)
        return stamps

    def pace(self, messages: Sequence[Upstream], rate: float) -> Stamps:
        """`rate` a second, by the clock: a late one does not shift those after it."""
        stamps, started = {}, time.monotonic()
        for number, message in enumerate(messages):
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
            stamps[message.key] = time.monotonic()
            self._send(message)
        self._wait_until_at_most(0)
        return stamps

    def close(self) -> None:
        with suppress(*LOST):
            self._connection.close()

    def _send(self, message: Upstream) -> None:
        type_ = message.type or self._type
        headers = {"ce-specversion": "1.0", "ce-id": message.id, "ce-type": type_, "ce-source": message.source}
        self._sent += 1
        self._unconfirmed.add(self._sent)
        wrapped = amqp.Message(
            message.body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            message_id=message.id,
            application_headers=headers,
        )
        self._channel.basic_publish(wrapped, self._exchange, type_, mandatory=True)

    def _wait_until_at_most(self, count: int) -> None:
        deadline = time.monotonic() + SILENCE
        while len(self._unconfirmed) > count:
            with suppress(TimeoutError):
                self._connection.drain_events(timeout=1)
            if time.monotonic() > deadline:
                raise Trouble(f"the broker left {len(self._unconfirmed)} messages unconfirmed for {SILENCE:.0f} s")

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._unconfirmed -= {each for each in self._unconfirmed if each <= tag} if multiple else {tag}

    def _on_return(self, _error: object, exchange: str, routing_key: str, _message: object) -> None:
        raise Trouble(f"nobody listens to {routing_key} on {exchange}")

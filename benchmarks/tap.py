"""Hears the last events of a chain in a process of its own and notes when they came; used by trial.py.

What it costs is in every result: one more copy of each event in the broker and about 0.1 ms of CPU an event here, the
same for all chains. A row in a service's table would cost nothing but is stamped before its commit, so it is too early.
"""

import json
import multiprocessing
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from ombud.send.publisher import LOST, connect
from ombud.trouble import Trouble

_SPAWN = multiprocessing.get_context("spawn")
_START_WITHIN = 30.0


@dataclass(frozen=True)
class Binding:
    """One kind of event to listen for."""

    exchange: str
    type: str


@dataclass(frozen=True)
class Heard:
    """One event: `at` is the monotonic second of its arrival, which is the same clock in all processes."""

    type: str
    key: str
    event_id: str
    at: float


class Tap:
    """Counts at any time, gives out what it heard when asked. Ends with us."""

    def __init__(self, uri: str, bindings: Sequence[Binding]):
        self._types = [binding.type for binding in bindings]
        self._counts = _SPAWN.Array("q", len(bindings))
        self._ours, theirs = _SPAWN.Pipe()
        self._listener = _SPAWN.Process(target=_listen, args=(uri, list(bindings), self._counts, theirs), daemon=True)
        self._listener.start()
        theirs.close()
        self._expect("ready")

    @property
    def pid(self) -> int:
        return self._listener.pid or 0

    def count(self, *types: str) -> int:
        return sum(self._counts[number] for number, type_ in enumerate(self._types) if type_ in types)

    def take(self) -> list[Heard]:
        """Everything since the last time."""
        self._ours.send("take")
        heard: list[Heard] = self._expect(list)
        return heard

    def close(self) -> None:
        with suppress(OSError):
            self._ours.close()  # which is how the listener hears of it
        self._listener.join(5)
        self._listener.kill()
        self._listener.join()

    def _expect(self, what: str | type) -> Any:
        if not self._ours.poll(_START_WITHIN):
            raise Trouble("the tap does not answer")
        try:
            answer = self._ours.recv()
        except EOFError:
            raise Trouble("the tap lost the broker") from None
        if answer != what and not (isinstance(what, type) and isinstance(answer, what)):
            raise Trouble(f"the tap says {answer!r}")
        return answer


def _listen(uri: str, bindings: list[Binding], counts: Any, ours: Connection) -> None:
    """The listener's whole life: until the other end of the pipe closes or the broker goes."""
    heard: list[Heard] = []
    place = {(binding.exchange, binding.type): number for number, binding in enumerate(bindings)}

    def note(message: Any) -> None:
        at = time.monotonic()
        delivery = message.delivery_info
        headers = message.properties.get("application_headers") or {}
        heard.append(
            Heard(
                delivery["routing_key"],
                headers.get("ce-subject") or _key_in(message.body),
                headers.get("ce-id", ""),
                at,
            )
        )
        counts[place[delivery["exchange"], delivery["routing_key"]]] += 1

    with suppress(*LOST, EOFError, KeyboardInterrupt):
        connection = connect(uri)
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).queue
        for binding in bindings:
            channel.exchange_declare(binding.exchange, "topic", durable=True, auto_delete=False)
            channel.queue_bind(queue, binding.exchange, binding.type)
        channel.basic_consume(queue, no_ack=True, callback=note)
        ours.send("ready")
        while True:
            with suppress(TimeoutError):
                connection.drain_events(timeout=0.2)
            if ours.poll():
                ours.recv()
                ours.send(heard)
                heard.clear()


def _key_in(body: Any) -> str:
    """A stock nameko event has no CloudEvents headers."""
    return str(json.loads(body)["complaint_id"])

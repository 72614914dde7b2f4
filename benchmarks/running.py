"""Starts the processes of a chain, waits until each of its queues has a consumer, stops them; used by trial.py."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import amqp

from benchmarks.chains import TOKEN, Chain
from ombud.doors import Doors
from ombud.local.processes import Child
from ombud.roster.form import PARTS
from ombud.send.publisher import connect
from ombud.trouble import Trouble

READY_WITHIN = 60.0


class Running:
    """A chain whose members run."""

    def __init__(self, chain: Chain):
        self.chain = chain
        self._children = {
            m.name: Child(m.name, m.argv, m.env, chain.room.folder / f"{m.name}.log") for m in chain.members
        }

    @property
    def roots(self) -> dict[str, int]:
        return {name: child.pid or 0 for name, child in self._children.items()}

    def require_alive(self) -> None:
        for name, child in self._children.items():
            if not child.is_alive:
                raise Trouble(f"{self.chain.name}: {name} ended with {child.exit_code}: {child.log_tail(3)}")

    def start(self) -> None:
        for child in self._children.values():
            child.start()
        deadline = time.monotonic() + READY_WITHIN
        while missing := self._without_consumer():
            self.require_alive()
            if time.monotonic() > deadline:
                names = ", ".join(missing)
                raise Trouble(f"{self.chain.name}: nobody listens to {names} after {READY_WITHIN:.0f} s\n{self.logs()}")
            time.sleep(0.2)

    def stop(self) -> None:
        for child in self._children.values():
            child.stop()

    def logs(self) -> str:
        """The end of each log, for a run that failed."""
        return "\n".join(f"== {name}\n{child.log_tail(5)}" for name, child in self._children.items())

    def depths(self) -> dict[str, int]:
        """How many messages wait in each queue; -1 for one that is not there."""
        return {queue: ready for queue, (ready, _) in self._looks().items()}

    def _without_consumer(self) -> list[str]:
        return [queue for queue, (_, consumers) in self._looks().items() if consumers < 1]

    def _looks(self) -> dict[str, tuple[int, int]]:
        connection = connect(self.chain.room.amqp_uri)
        try:
            return {queue: _look(connection, queue) for queue in self.chain.queues}
        finally:
            connection.close()


def _look(connection: amqp.Connection, queue: str) -> tuple[int, int]:
    """Messages and consumers."""
    channel = connection.channel()
    try:
        found = channel.queue_declare(queue, passive=True)
        channel.close()
        return int(found.message_count), int(found.consumer_count)
    except amqp.NotFound:
        return -1, -1


@contextmanager
def running(chain: Chain) -> Iterator[Running]:
    started = Running(chain)
    try:
        started.start()
        yield started
    finally:
        started.stop()


def apply_roster(chain: Chain, people: dict[str, Any]) -> None:
    """By the services' own doors, one by one."""
    doors = Doors({service: chain.place_of(service).url for service in {part.service for part in PARTS}}, TOKEN)
    for part in PARTS:
        for person in people[part.title]:
            data = {name: value for name, value in person.items() if name != part.id_key}
            answer = doors.put(part.service, f"{part.path}/{person[part.id_key]}", data)
            if not answer.is_ok:
                raise Trouble(f"{part.service} refuses {person[part.id_key]}: {answer.errors}")

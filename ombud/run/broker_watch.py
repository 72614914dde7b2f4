"""The private broker as the keeper sees it: one that runs and lets nobody in counts as dead; made by stack.py."""

import time
from collections.abc import Callable
from typing import Protocol

from ombud.local.errors import LocalError

LOOK_EVERY, PATIENCE = 15.0, 60.0  # seconds; a machine under load may let somebody wait for a while


class Broker(Protocol):
    """A node, of which `is_alive` is its program alone."""

    @property
    def is_alive(self) -> bool: ...

    def takes_connections(self) -> bool: ...

    def start(self) -> None: ...

    def kill(self) -> None: ...


class WatchedBroker:
    """A full disk ends RabbitMQ's own database for good, while its program stays: only a new start mends that."""

    def __init__(self, broker: Broker, clock: Callable[[], float] = time.monotonic):
        self._broker, self._clock = broker, clock
        self._look_at = clock() + LOOK_EVERY
        self._shut_since: float | None = None

    @property
    def is_alive(self) -> bool:
        now = self._clock()
        if not self._broker.is_alive or now < self._look_at:
            return self._broker.is_alive
        self._look_at = now + LOOK_EVERY
        if self._lets_in():
            self._shut_since = None
            return True
        self._shut_since = now if self._shut_since is None else self._shut_since
        if now - self._shut_since < PATIENCE:
            return True
        self._broker.kill()
        return False

    def start(self) -> None:
        self._broker.start()
        self._look_at, self._shut_since = self._clock() + LOOK_EVERY, None

    def _lets_in(self) -> bool:
        try:
            return self._broker.takes_connections()
        except LocalError:  # another password: it answers
            return True

"""A broker in the place of `amqp`'s that keeps to itself what a user has no right to, as RabbitMQ from 4.2.6 on."""

from typing import Any

from amqp.exceptions import AccessRefused, NotFound


class StrictBroker:
    """there: exchanges and queues. rights: those of them that the user has some right to, which is enough to look.

    configures: only the right to configure is enough to look, and the user has none (4.2.6 and 4.3.0).
    """

    def __init__(self, there: set[str], rights: set[str], *, configures: bool = False):
        self.there, self.rights, self.made = there, rights, list[StrictChannel]()
        self.looks = set[str]() if configures else rights

    def channel(self) -> "StrictChannel":
        if not self.made or not self.made[-1].is_open:
            self.made.append(StrictChannel(self))
        return self.made[-1]


class StrictChannel:
    """A refusal closes it, and nothing can be asked on it any more."""

    def __init__(self, broker: StrictBroker):
        self._broker, self.is_open = broker, True

    def _ask(self, name: str, rights: set[str]) -> None:
        assert self.is_open, "asked on a channel that was closed"
        error = AccessRefused if name not in rights else None
        error = error or (NotFound if name not in self._broker.there else None)
        if error:
            self.is_open = False
            raise error(f"of {name}")

    def exchange_declare(self, name: str, *_: Any, passive: bool) -> None:
        self._ask(name, self._broker.looks)

    def queue_declare(self, name: str, *, passive: bool) -> None:
        self._ask(name, self._broker.looks)

    def basic_publish(self, _message: Any, exchange: str, _key: str) -> None:
        self._ask(exchange, self._broker.rights)

    def basic_consume(self, queue: str, arguments: Any) -> None:
        self._ask(queue, self._broker.rights)

    def tx_select(self) -> None: ...

    def tx_rollback(self) -> None: ...

    def close(self) -> None:
        self.is_open = False

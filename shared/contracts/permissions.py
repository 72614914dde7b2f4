"""What each user of the broker may do, derived from who needs what; written out by `python -m apidocs`.

Patterns are RabbitMQ's: configure makes and deletes, write publishes into exchanges and binds queues, read consumes and
binds exchanges. A service may make nothing, so it cannot listen where nobody planned it; `ombud-topology` makes all.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.contracts.topology import (
    DEAD_LETTERS_EXCHANGE,
    EXCHANGES,
    QUEUES,
    SERVICES,
    STRAIGHT,
    UPSTREAM_EXCHANGE,
    WORKFORCE_EXCHANGE,
    exchange_of,
)

# What permissions call the exchange without a name. Who may write there may put a message into any one queue.
DEFAULT_EXCHANGE = "amq.default"
NOTHING = "^$"


@dataclass(frozen=True)
class BrokerUser:
    """`tags` are for the management pages and their API; who has none cannot log in there."""

    name: str
    purpose: str
    configure: str = NOTHING
    write: str = NOTHING
    read: str = NOTHING
    tags: tuple[str, ...] = ()


def exactly(names: Iterable[str]) -> str:
    """The pattern that fits these names and no other."""
    wanted = [re.escape(name).replace(r"\-", "-") for name in names]
    return f"^({'|'.join(wanted)})$" if wanted else NOTHING


def user_of(service: str) -> str:
    return f"ombud-{service}"


def queues_of(service: str) -> tuple[str, ...]:
    """What the service reads."""
    return tuple(q.name for q in QUEUES if q.consumer == service)


def exchanges_of(service: str) -> tuple[str, ...]:
    """Where the service publishes."""
    # Whose queue it is that gets what the broker gave up on, puts it back where it came from.
    puts_back = any(q.source == DEAD_LETTERS_EXCHANGE for q in QUEUES if q.consumer == service)
    return (exchange_of(service), *((STRAIGHT,) if puts_back else ()))


def _service(service: str) -> BrokerUser:
    return BrokerUser(
        user_of(service),
        f"the service {service}: publishes what it announces, reads its own queues",
        write=exactly(exchange or DEFAULT_EXCHANGE for exchange in exchanges_of(service)),
        read=exactly(queues_of(service)),
    )


_QUEUE_NAMES = [q.name for q in QUEUES]
TOPOLOGY = BrokerUser(
    user_of("topology"),
    "the job that makes exchanges, queues and bindings: `ombud topology`",
    configure=exactly([*EXCHANGES, *_QUEUE_NAMES]),
    write=exactly([*_QUEUE_NAMES, DEAD_LETTERS_EXCHANGE]),
    read=exactly([*EXCHANGES, *_QUEUE_NAMES]),
)
USERS = (
    *(_service(service) for service in SERVICES),
    TOPOLOGY,
    BrokerUser(user_of("upstream"), "systems that tell complaints", write=exactly([UPSTREAM_EXCHANGE])),
    BrokerUser(user_of("workforce"), "systems that tell who is at work", write=exactly([WORKFORCE_EXCHANGE])),
    BrokerUser(user_of("monitoring"), "people and programs that look, and change nothing", tags=("monitoring",)),
)

"""A service with so many clients that its next descriptor is beyond the thousandth reads its broker all the same."""

import os
import resource
from collections.abc import Iterator

import pytest

from shared.messaging import connection as broker
from tests.harness.bus import Bus
from tests.harness.events import a_classified
from tests.harness.process import eventually

QUEUE = "routing.intake.v1"
SELECTABLE = 1024  # what `select` can be asked about


@pytest.fixture
def all_taken() -> Iterator[None]:
    """Every descriptor that `select` could be asked about."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * SELECTABLE), hard))
    taken = [os.open(os.devnull, os.O_RDONLY)]
    while taken[-1] < SELECTABLE:
        taken.append(os.dup(taken[0]))
    yield
    for descriptor in taken:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("all_taken")
def test_a_connection_beyond_the_thousandth_descriptor_is_read(bus: Bus, amqp_uri: str) -> None:
    connection = broker.connect(amqp_uri)
    try:
        assert connection.transport.sock.fileno() > SELECTABLE
        assert not broker.drain_waiting(connection)
        taken: list[object] = []
        connection.channel().basic_consume(QUEUE, callback=taken.append)
        bus.publish(a_classified("1"))
        eventually(lambda: broker.drain_waiting(connection) and bool(taken), "the event")
    finally:
        broker.close(connection)

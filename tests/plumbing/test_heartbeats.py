"""A connection is kept alive while its owner waits for something else, longer than the broker's patience."""

from collections.abc import Iterator

import pytest

from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres
from tests.harness.bus import Bus
from tests.harness.events import a_classified
from tests.harness.process import eventually
from tests.plumbing.conftest import Sink

QUEUE = "routing.intake.v1"


@pytest.fixture
def impatient_broker(broker: PrivateBroker) -> Iterator[PrivateBroker]:
    """Gives connections up after 4 s of silence instead of 40 s; those that are opened meanwhile."""
    broker.evaluate("application:set_env(rabbit, heartbeat, 2)")
    yield broker
    broker.evaluate("application:set_env(rabbit, heartbeat, 60)")


def test_messages_held_for_longer_than_two_heartbeats_are_not_given_back(
    impatient_broker: PrivateBroker, postgres_sink: Sink, bus: Bus, postgres: PrivatePostgres
) -> None:
    sink = postgres_sink.start()
    bus.publish(a_classified("1"))
    eventually(lambda: sink.effects() == ["1"], "the first one", sink.log)
    postgres.stop()
    try:
        bus.publish(a_classified("2"))
        eventually(lambda: sink.log().count('"event":"holding"') >= 6, "it to hold for seconds", sink.log)
    finally:
        postgres.start()
    eventually(lambda: sink.effects() == ["1", "2"], "the other one", sink.log)
    assert sink.metric(f'ombud_subscription_reconnects_total{{queue="{QUEUE}"}}') == 0
    assert sink.metric(f'ombud_events_total{{outcome="duplicate",queue="{QUEUE}"}}') == 0

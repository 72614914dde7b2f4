"""What a connection that stalls in the middle of a frame may not do: stop the rest of the service, or keep it alive."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.bus import Bus
from tests.harness.events import a_classified
from tests.harness.process import eventually
from tests.harness.proxy import StallingProxy
from tests.plumbing.conftest import PROMPT, Sink

QUEUE, NEXT = "routing.intake.v1", "escalation.routing.v1"
STALL = 3.0  # seconds


@pytest.fixture
def proxy(amqp_uri: str) -> Iterator[StallingProxy]:
    made = StallingProxy(amqp_uri)
    yield made
    made.close()


@pytest.fixture
def far_sink(tmp_path: Path, proxy: StallingProxy) -> Iterator[Sink]:
    """The sink with the proxy between itself and the broker."""
    made = Sink(tmp_path, f"sqlite:///{tmp_path}/routing.sqlite", proxy.uri)
    yield made.start()
    made.kill()
    made.engine.dispose()


def test_a_stall_in_the_middle_of_a_frame_holds_up_nothing_else(far_sink: Sink, proxy: StallingProxy, bus: Bus) -> None:
    bus.publish(a_classified("1"))
    eventually(lambda: far_sink.effects() == ["1"], "the first one", far_sink.log)
    with proxy.stalled():
        bus.publish(a_classified("2"))
        eventually(lambda: proxy.is_holding, "the stall")
        assert max(far_sink.times_to_answer(STALL)) < PROMPT
        assert far_sink.effects() == ["1"], "it did not stall"
    eventually(lambda: far_sink.effects() == ["1", "2"], "the rest of the frame to be read", far_sink.log)
    assert far_sink.metric(f'ombud_subscription_reconnects_total{{queue="{QUEUE}"}}') == 0


def test_a_stall_in_the_middle_of_a_frame_does_not_hold_up_a_stop(
    far_sink: Sink, proxy: StallingProxy, bus: Bus
) -> None:
    bus.publish(a_classified("1"))
    eventually(lambda: bus.waiting(NEXT) == 1, "the first one and its announcement", far_sink.log)
    with proxy.stalled():
        bus.publish(a_classified("2"))
        eventually(lambda: proxy.is_holding, "the stall")
        assert far_sink.stop() == 0, "it had to be killed"
    eventually(lambda: bus.waiting(QUEUE) == 1, "the other one to be back in the queue")

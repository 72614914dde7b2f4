"""A virtual host of its own for each test: the next one works whatever the removal of the last did to the broker."""

from ombud.local.broker import PrivateBroker
from tests.harness.bus import Bus
from tests.harness.events import a_classified


def test_queues_of_a_new_virtual_host_take_messages_though_the_broker_lost_its_dead_lettering(
    broker: PrivateBroker,
) -> None:
    broker.evaluate("supervisor:terminate_child(rabbit_sup, rabbit_fifo_dlx_sup)")
    bus = Bus(broker.add_vhost("after-the-loss"))
    bus.publish(a_classified("1"))
    assert bus.waiting("routing.intake.v1") == 1
    bus.close()
    broker.remove_vhost("after-the-loss")

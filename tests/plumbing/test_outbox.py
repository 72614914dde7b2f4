"""What the relay promises: what was committed reaches every queue that needs it, whatever the broker does meanwhile."""

from pathlib import Path

from ombud.local.broker import PrivateBroker
from shared.contracts.topology import QUEUES
from tests.harness.bus import Bus
from tests.harness.events import a_classified
from tests.harness.process import eventually
from tests.harness.servers import full_disk, stopped
from tests.plumbing.conftest import Sink

QUEUE, NEXT = "routing.intake.v1", "escalation.routing.v1"
ALL_NEXT = tuple(q.name for q in QUEUES if q.source == "routing")
# A row over which the broker closes the channel.
REFUSED = (
    "INSERT INTO {}outbox (event_id, exchange, type, headers, body, created_at) VALUES "
    "('x', 'no-such-exchange', 'complaint.assigned', '{{}}', '{{}}', '2026-01-01T00:00:00.000000+00:00')"
)


def test_an_event_that_no_queue_takes_stays_and_is_tried_again(sink: Sink, bus: Bus) -> None:
    sink.start()
    bus.publish(a_classified("first, so that the relay has declared everything"))
    eventually(lambda: bus.waiting(NEXT) == 1, "the first event")
    for queue in ALL_NEXT:  # one that is left would take it
        bus.channel.queue_delete(queue)
    bus.publish(a_classified("1"))
    eventually(lambda: sink.rows("SELECT attempts FROM {}outbox") == [1], "the return", sink.log)
    assert sink.metric("ombud_outbox_returned_total") == 1
    sink.change("UPDATE {}outbox SET next_at = NULL")
    eventually(lambda: sink.metric("ombud_outbox_published_total") == 2, "the second try", sink.log)
    assert bus.waiting(NEXT) == 1, "the queue came back, and the event with it"
    eventually(lambda: sink.rows("SELECT id FROM {}outbox") == [], "the row to go")


def test_a_row_that_closes_the_channel_is_not_in_the_way_of_the_others(sink: Sink, bus: Bus) -> None:
    sink.start()
    sink.change(REFUSED)
    for n in range(20):
        bus.publish(a_classified(str(n)))
    eventually(lambda: bus.waiting(NEXT) == 20, "the healthy ones", sink.log)
    eventually(lambda: sink.rows("SELECT event_id FROM {}outbox") == ["x"], "the others to go")


def test_a_database_that_is_away_right_after_the_broker_closed_the_channel_ends_nothing(
    tmp_path: Path, amqp_uri: str
) -> None:
    """On SQLite, where another program may have the file to itself: the relay goes on reading it all the while."""
    sink = Sink(tmp_path, f"sqlite:///{tmp_path}/routing.sqlite", amqp_uri)
    try:
        sink.start()
        with sink.engine.connect() as connection:
            connection.exec_driver_sql(REFUSED.format(""))
            connection.commit()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            eventually(lambda: "database is locked" in sink.log() or not sink.is_alive, "the step back", sink.log)
            assert sink.is_alive, sink.log()
        eventually(lambda: sink.rows("SELECT attempts FROM {}outbox")[0] > 0, "it to step back", sink.log)
    finally:
        sink.kill()
        sink.engine.dispose()


def test_a_broker_that_restarts_loses_nothing(sink: Sink, bus: Bus, broker: PrivateBroker, amqp_uri: str) -> None:
    sink.start()
    names = [f"{n:03}" for n in range(100)]
    for name in names[:50]:
        bus.publish(a_classified(name))
    broker.restart()
    after = Bus(amqp_uri)
    for name in names:
        after.publish(a_classified(name))
    eventually(lambda: sink.effects() == names, "all effects", sink.log)
    eventually(lambda: after.waiting(NEXT) >= 100, "all announcements", sink.log)
    after.close()


def test_a_broker_whose_disk_is_full_is_named_in_the_log_and_gets_the_event_once_it_has_room(
    sink: Sink, bus: Bus, broker: PrivateBroker
) -> None:
    sink.start()
    bus.publish(a_classified("before, so that the relay has declared everything"))
    eventually(lambda: bus.waiting(NEXT) == 1, "the first event")
    with full_disk(broker):
        sink.change(
            "INSERT INTO {}outbox (event_id, exchange, type, headers, body, created_at) VALUES "
            "('z', 'routing.events', 'complaint.assigned', '{{}}', '{{}}', '2026-01-01T00:00:00.000000+00:00')"
        )
        eventually(lambda: "takes no messages: an alarm of its memory or its disk is on" in sink.log(), "the reason")
        assert sink.is_ready()
        assert sink.metric("ombud_outbox_waiting") == 1
    eventually(lambda: bus.waiting(NEXT) >= 2, "the event", sink.log)
    eventually(lambda: sink.rows("SELECT id FROM {}outbox") == [], "the row to go")


def test_while_the_broker_is_away_the_service_stays_ready_and_publishes_later(
    sink: Sink, bus: Bus, broker: PrivateBroker, amqp_uri: str
) -> None:
    sink.start()
    with stopped(broker):
        sink.change(
            "INSERT INTO {}outbox (event_id, exchange, type, headers, body, created_at) VALUES "
            "('y', 'routing.events', 'complaint.assigned', '{{}}', '{{}}', '2026-01-01T00:00:00.000000+00:00')"
        )
        assert sink.is_ready()
        assert sink.metric("ombud_outbox_waiting") == 1
    after = Bus(amqp_uri)
    eventually(lambda: after.waiting(NEXT) == 1, "the event", sink.log)
    after.close()

"""What `tx.announce` and the relay promise together: effect and announcement, or neither; a refusal loses nothing."""

import pytest
import requests
from kombu.utils.url import parse_url

from ombud.local.broker import PrivateBroker
from tests.harness.bus import Bus
from tests.harness.events import a_classified
from tests.harness.process import ANSWER_WITHIN, eventually
from tests.plumbing.conftest import Sink

NEXT = "escalation.routing.v1"


class QueueLimit:
    """A limit that an operator sets on a queue, so that the broker refuses (nacks) what is past it."""

    def __init__(self, broker: PrivateBroker, amqp_uri: str):
        vhost = parse_url(amqp_uri)["virtual_host"]
        self._url = f"{broker.management_url}/api/policies/{vhost}/full"
        self._who = broker.credentials

    def set(self, queue: str, length: int) -> None:
        policy = {"pattern": f"^{queue}$", "apply-to": "queues", "definition": {"max-length": length}}
        requests.put(self._url, json=policy, auth=self._who, timeout=ANSWER_WITHIN).raise_for_status()

    def lift(self) -> None:
        requests.delete(self._url, auth=self._who, timeout=ANSWER_WITHIN).raise_for_status()


@pytest.fixture
def limit(broker: PrivateBroker, amqp_uri: str) -> QueueLimit:
    return QueueLimit(broker, amqp_uri)


def test_what_cannot_be_announced_has_not_happened(sink: Sink, bus: Bus) -> None:
    sink.start()
    sink.change("ALTER TABLE {}outbox RENAME TO outbox_away")
    bus.publish(a_classified("1"))
    eventually(lambda: sink.rows("SELECT attempt FROM {}retries") == [1], "the retry row", sink.log)
    assert sink.effects() == []
    sink.change("ALTER TABLE {}outbox_away RENAME TO outbox")
    sink.change("UPDATE {}retries SET next_at = '2026-01-01T00:00:00.000000+00:00'")
    eventually(lambda: bus.waiting(NEXT) == 1, "the announcement", sink.log)
    assert sink.effects() == ["1"]


def test_an_event_that_the_broker_refuses_stays_and_is_tried_again(sink: Sink, bus: Bus, limit: QueueLimit) -> None:
    sink.start()
    bus.publish(a_classified("0"))
    eventually(lambda: bus.waiting(NEXT) == 1, "the first one")
    limit.set(NEXT, 1)
    sent = 1
    while not sink.metric("ombud_outbox_returned_total"):  # a quorum queue takes a few more
        bus.publish(a_classified(str(sent)))
        sent += 1
        eventually(lambda sent=sent: len(sink.effects()) == sent, "the effect", sink.log)  # type: ignore[misc]
        assert sent < 1000, "the queue never refused"
    kept = "SELECT id FROM {}outbox"
    eventually(lambda: len(sink.rows(kept)) == sent - bus.waiting(NEXT) > 0, "the others to stay", sink.log)
    limit.lift()
    eventually(lambda: bus.waiting(NEXT) == sent, "those that were refused", sink.log)
    eventually(lambda: sink.rows(kept) == [], "the rows to go", sink.log)

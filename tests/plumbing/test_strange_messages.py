"""Whatever stands in a message's headers, it costs that one message and never the service."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from shared import tables
from shared.database import Database
from shared.messaging import failures
from shared.messaging.envelope import Message, Received, Undecodable, name_of, valid_traceparent
from shared.messaging.receiver import IdempotentReceiver
from tests.harness.bus import Bus
from tests.harness.events import a_classified
from tests.harness.process import eventually
from tests.harness.tables import bring_up
from tests.plumbing.conftest import MIGRATIONS, Sink

OURS = {"ce-source": "/ombud/intake", "ce-type": "complaint.classified"}
STRANGE: list[dict[str, Any]] = [
    {"ce-id": "long" * 60},
    {"ce-id": "with\0nul"},
    {"ce-id": b"bytes\xff"},
    {"ce-id": "1", "ce-source": "far/" * 60},
    {"ce-id": "1", "price": Decimal("1.5"), "blob": b"\xff\0", "at": datetime(2026, 1, 1, tzinfo=UTC)},
    {"ce-id": "1", "nested": {"a\0": [b"x", {"b": "\0"}]}},
]


@pytest.mark.parametrize("headers", STRANGE, ids=str)
def test_strange_headers_of_garbage_make_a_dead_letter(sink: Sink, bus: Bus, headers: dict[str, Any]) -> None:
    bus.raw("intake.events", "complaint.classified", b"no JSON", OURS | headers)
    bus.publish(a_classified("1"))
    sink.start()
    eventually(lambda: sink.effects() == ["1"], "the healthy one", sink.log)
    assert sink.rows("SELECT body FROM {}dead_letters") == ["no JSON"]


@pytest.mark.parametrize("headers", [h for h in STRANGE if "ce-source" not in h], ids=str)
def test_strange_headers_of_an_event_change_nothing_about_it(sink: Sink, bus: Bus, headers: dict[str, Any]) -> None:
    healthy, failing = a_classified("1"), a_classified("poison")
    for event in (healthy, healthy):
        bus.raw("intake.events", event.type, as_json(event), OURS | headers | {"traceparent": "x" * 300})
    bus.raw("intake.events", failing.type, as_json(failing), OURS | headers | {"ce-id": "other"})
    sink.start()
    eventually(lambda: sink.rows("SELECT attempt FROM {}retries") == [1], "the failing one to wait", sink.log)
    eventually(lambda: sink.effects() == ["1"], "the healthy one", sink.log)
    assert sink.rows("SELECT id FROM {}dead_letters") == []


def test_a_type_as_long_as_amqp_allows_makes_a_dead_letter(sink: Sink, bus: Bus) -> None:
    sink.start()
    queue, key = "routing.intake.v1", "t" * 250
    bus.channel.queue_bind(queue, "intake.events", key)
    bus.raw("intake.events", key, b"{}", {"ce-id": "1", "ce-source": "/ombud/intake"})
    eventually(lambda: sink.rows("SELECT reason FROM {}dead_letters") == ["unknown_type"], "the letter", sink.log)


def test_names_that_are_too_long_stay_apart() -> None:
    one, two = name_of("x" * 300 + "1"), name_of("x" * 300 + "2")
    assert len(one) == len(two) == 200
    assert one != two
    assert name_of("x" * 300 + "1") == one


@pytest.mark.parametrize("value", [None, 7, "", "00-1-2-01", "00-" + "g" * 32 + "-" + "1" * 16 + "-01", "x" * 55])
def test_what_is_no_traceparent_is_left_out(value: object) -> None:
    assert valid_traceparent(value) is None


class Desk:
    """A receiver without a broker: what its retry rows become."""

    def __init__(self, url: str):
        bring_up(url, "routing", MIGRATIONS)
        self.db = Database(url, "routing")
        self.db.announce_with(lambda _tx, _announced: None)
        self.done: list[str] = []
        self.receiver = IdempotentReceiver(
            "q", self.db, self.decode, lambda r: r, lambda _tx, events: self.done.extend(events)
        )

    def decode(self, message: Message) -> Received:
        """As of structured CloudEvents: the content type tells how to read the body."""
        if message.content_type != "application/cloudevents+json":
            raise Undecodable("not_structured", message.content_type)
        text = message.body.decode()
        return Received(text, text, "upstream", "t", text, None, message)

    def put_aside(self, body: str, content_type: str) -> None:
        message = Message("t", {}, body.encode(), content_type)
        failure = failures.Failure("q", "upstream", body, "t", body, message, "failed", "first failure", "low")
        with self.db.transaction() as tx:
            failures.schedule_retry(tx, "routing", failure, 1)
            tx.execute(tables.retries.update().values(next_at=datetime(2026, 1, 1, tzinfo=UTC)))

    def column(self, column: Any) -> list[Any]:
        with self.db.read() as tx:
            return list(tx.execute(select(column)).scalars())


@pytest.fixture
def desk(emptied_database: str) -> Iterator[Desk]:
    made = Desk(emptied_database.format(service="routing"))
    yield made
    made.db.close()


def test_a_structured_event_is_tried_again_as_what_it_was(desk: Desk) -> None:
    desk.put_aside("1", "application/cloudevents+json")
    assert desk.receiver.replay_one(lambda _seconds: None)
    assert desk.done == ["1"]
    assert desk.column(tables.retries.c.event_id) == []


def test_one_that_cannot_be_read_any_more_is_not_in_the_way_of_the_other_retries(desk: Desk) -> None:
    desk.put_aside("1", "text/plain")
    desk.put_aside("2", "application/cloudevents+json")
    while desk.receiver.replay_one(lambda _seconds: None):
        pass
    assert desk.done == ["2"]
    assert desk.column(tables.dead_letters.c.event_id) == ["1"]
    assert desk.column(tables.retries.c.event_id) == []


def as_json(event: Any) -> bytes:
    from shared.messaging.envelope import encode

    return encode(event).encode()

"""`ombud send` puts a file onto the broker, each line once and on disk."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import amqp
import pytest

from ombud.send.publisher import BATCH, Depths, connect
from shared.contracts.topology import QUEUES, UPSTREAM_EXCHANGE
from tests.harness.process import eventually
from tests.integration.ombud.conftest import Result

QUEUE = "intake.complaints.v1"
COMPLAINT = {"source": "webshop", "external_id": "W-1", "text": "Kde je můj balík?"}


@pytest.fixture
def channel(amqp_uri: str) -> Iterator[amqp.Channel]:
    """The exchange and the queue that intake would have declared."""
    connection = connect(amqp_uri)
    channel = connection.channel()
    channel.exchange_declare(UPSTREAM_EXCHANGE, "topic", durable=True, auto_delete=False)
    channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(QUEUE, UPSTREAM_EXCHANGE, "#")
    yield channel
    connection.close()


def taken(channel: amqp.Channel) -> list[Any]:
    """All messages of the queue, as they were sent."""
    messages = []
    while (message := channel.basic_get(QUEUE, no_ack=True)) is not None:
        messages.append(message)
    return messages


def test_each_line_arrives_once_as_a_cloud_event(
    ombud: Callable[..., Result], channel: amqp.Channel, amqp_uri: str
) -> None:
    lines = [COMPLAINT, COMPLAINT | {"type": "complaint.contacted", "text": "Haló?"}]
    feed = "".join(json.dumps(line) + "\n" for line in lines) + "not JSON\n"
    result = ombud("send", "-", feed=feed, OMBUD_AMQP_URI=amqp_uri)
    assert result.stdout.startswith("sent 3 messages in "), result
    first, second, third = taken(channel)
    assert json.loads(first.body) == COMPLAINT
    assert first.headers["ce-type"] == first.delivery_info["routing_key"] == "complaint.submitted"
    assert second.delivery_info["routing_key"] == "complaint.contacted"
    assert third.body == b"not JSON"
    assert first.properties["delivery_mode"] == 2


def test_sending_again_sends_the_same_ids(ombud: Callable[..., Result], channel: amqp.Channel, amqp_uri: str) -> None:
    for _ in range(2):
        ombud("send", "-", feed=json.dumps(COMPLAINT), OMBUD_AMQP_URI=amqp_uri)
    first, again = taken(channel)
    assert first.headers["ce-id"] == again.headers["ce-id"]


def test_a_file_of_many_batches_arrives_whole_and_in_order(
    ombud: Callable[..., Result], channel: amqp.Channel, amqp_uri: str
) -> None:
    count = 2 * BATCH + 1
    feed = "".join(json.dumps(COMPLAINT | {"external_id": f"W-{n}"}) + "\n" for n in range(count))
    assert f"sent {count} messages" in ombud("send", "-", feed=feed, OMBUD_AMQP_URI=amqp_uri).stdout
    assert [json.loads(m.body)["external_id"] for m in taken(channel)] == [f"W-{n}" for n in range(count)]


def test_without_intake_nothing_pretends_to_be_sent(ombud: Callable[..., Result], amqp_uri: str) -> None:
    result = ombud("send", "-", feed=json.dumps(COMPLAINT), OMBUD_AMQP_URI=amqp_uri)
    assert result.returncode == 1
    assert "has no exchange 'complaints': start Ombud first" in result.stderr


def test_messages_that_no_queue_wants_are_said_to_be_refused(
    ombud: Callable[..., Result], channel: amqp.Channel, amqp_uri: str
) -> None:
    channel.queue_delete(QUEUE)
    result = ombud("send", "-", feed=json.dumps(COMPLAINT), OMBUD_AMQP_URI=amqp_uri)
    assert result.returncode == 1
    assert "took 0 of 1 messages: no queue wants them" in result.stderr


def test_the_depth_of_the_queues_is_unknown_until_all_are_there(channel: amqp.Channel, amqp_uri: str) -> None:
    depths = Depths(amqp_uri)
    assert depths.waiting() is None
    for queue in QUEUES:
        channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    assert depths.waiting() == 0
    for number in (1, 2):
        channel.basic_publish(amqp.Message(b"{}"), UPSTREAM_EXCHANGE, "complaint.submitted")
        eventually(lambda number=number: depths.waiting() == number, "the message to be counted")
    depths.close()

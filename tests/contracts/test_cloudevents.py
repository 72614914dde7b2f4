"""Our envelope and the CloudEvents SDK understand each other, in both directions."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings import amqp, rabbitmq
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage
from cloudevents.core.v1.event import CloudEvent

from services.intake.domain.complaint import Step, StepKind, Submission
from services.intake.upstream import decode as decode_upstream
from shared.contracts.event import from_data, to_data
from shared.contracts.intake import complaint_id
from shared.messaging.envelope import Message, Undecodable, decode, encode, envelope, new_traceparent
from tests.contracts.stored import FULL, Example

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def sent(example: Example) -> tuple[Any, RabbitMQMessage]:
    """An event as its publisher hands it to the broker."""
    event = from_data(example.event, example.data())
    publisher = "routing" if event.publisher == "any" else event.publisher
    headers = envelope(event, publisher, NOON, new_traceparent(event.subject), event.event_id)
    return event, RabbitMQMessage(headers, "application/json", encode(event).encode())


@pytest.mark.parametrize("example", FULL, ids=str)
def test_sdk_reads_what_we_publish(example: Example) -> None:
    event, message = sent(example)
    read = rabbitmq.from_rabbitmq_event(message)
    assert (read.get_specversion(), read.get_type(), read.get_subject()) == ("1.0", event.type, event.subject)
    assert read.get_source() == f"/ombud/{'routing' if event.publisher == 'any' else event.publisher}"
    assert read.get_id() == message.headers["ce-id"]
    assert (read.get_time(), read.get_datacontenttype()) == (NOON, "application/json")
    assert read.get_data() == to_data(event)


@pytest.mark.parametrize("example", FULL, ids=str)
def test_we_read_what_the_sdk_publishes_in_our_name(example: Example) -> None:
    event, message = sent(example)
    again = rabbitmq.to_binary_event(rabbitmq.from_rabbitmq_event(message))
    received = decode(Message(event.type, dict(again.headers), again.body, again.content_type or ""))
    assert received.event == event
    assert (received.id, received.type, received.subject) == (message.headers["ce-id"], event.type, event.subject)


COMPLAINT = {
    "text": "The kettle melted.",
    "channel": "email",
    "received_at": "2026-11-02T11:00:00+01:00",
    "customer": {"ref": "K-1", "name": "Eva", "region": "CZ"},
}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def upstream_event(data: Any = COMPLAINT, type_: str = "complaint.submitted") -> CloudEvent:
    """As a company's own system writes it with the SDK: source and subject outside of the data."""
    attributes = {
        "type": type_,
        "source": "crm",
        "subject": "A-1",
        "id": "evt-7",
        "specversion": "1.0",
        "time": NOON,
        "datacontenttype": "application/json",
        "traceparent": TRACE,
    }
    return CloudEvent(attributes, data)


def binary(event: CloudEvent) -> Message:
    """Headers `ce-…`."""
    made = rabbitmq.to_binary_event(event)
    return Message("complaint.submitted", dict(made.headers), made.body, made.content_type or "")


def structured(event: CloudEvent) -> Message:
    """Everything in the body."""
    made = rabbitmq.to_structured_event(event)
    return Message("complaint.submitted", dict(made.headers), made.body, made.content_type or "")


def from_amqp_1(event: CloudEvent) -> Message:
    """Headers `cloudEvents_…`, as they come out of RabbitMQ when the sender speaks AMQP 1.0."""
    made = amqp.to_binary_event(event)
    return Message(
        "complaint.submitted", made.application_properties, made.application_data, made.properties["content-type"]
    )


def structured_as_plain_json(event: CloudEvent) -> Message:
    """As an HTTP library sends it that nobody told its content type."""
    return replace(structured(event), content_type="application/json", routing_key="")


OTHER_WAYS = (structured, structured_as_plain_json, from_amqp_1)
WAYS = pytest.mark.parametrize("write", [binary, *OTHER_WAYS])


@WAYS
def test_complaint_written_with_the_sdk_is_taken_in(write: Any) -> None:
    received = decode_upstream(write(upstream_event()))
    assert isinstance(received.event, Submission)
    assert (received.id, received.source, received.type) == ("evt-7", "crm", "complaint.submitted")
    assert received.traceparent == TRACE
    assert (received.event.source, received.event.external_id) == ("crm", "A-1")
    assert received.subject == complaint_id("crm", "A-1")
    assert received.event.text == "The kettle melted."
    assert received.event.received_at == datetime(2026, 11, 2, 10, tzinfo=UTC)


@WAYS
def test_step_written_with_the_sdk_is_taken_in(write: Any) -> None:
    received = decode_upstream(write(upstream_event({"score": 0.25, "at": "2026-11-03T08:00:00Z"}, "complaint.rated")))
    assert received.event == Step(StepKind.RATED, "crm", "A-1", datetime(2026, 11, 3, 8, tzinfo=UTC), None, 0.25)


def test_all_ways_of_writing_are_the_same_message() -> None:
    """A sender that changes its mode and repeats itself is still known by (source, id)."""
    one, *others = (decode_upstream(write(upstream_event())) for write in (binary, *OTHER_WAYS))
    assert all((each.source, each.id, each.event) == (one.source, one.id, one.event) for each in others)


@WAYS
def test_fault_in_the_data_is_named_by_its_path(write: Any) -> None:
    broken = {**COMPLAINT, "customer": {"ref": 7}}
    with pytest.raises(Undecodable, match=r"/customer/ref: Not a valid string\."):
        decode_upstream(write(upstream_event(broken)))


def bare(type_: str, **data: Any) -> str:
    """The id of a message that brings no name of its own."""
    body = orjson.dumps({"source": "web", "external_id": "1", **data})
    return decode_upstream(Message(type_, {}, body)).id


def test_the_same_words_without_a_name_are_the_same_message() -> None:
    assert bare("complaint.submitted", text="a") == bare("complaint.submitted", text="a")
    assert bare("complaint.submitted", text="a") != bare("complaint.submitted", text="b")
    at = "2026-11-02T12:00:00Z"
    assert bare("complaint.resolved", at=at) == bare("complaint.resolved", at=at)
    assert bare("complaint.rated", score=1) == bare("complaint.rated", score=1)


def test_a_bare_step_is_a_message_of_its_own() -> None:
    assert bare("complaint.resolved") != bare("complaint.resolved")

"""The CloudEvents envelope of our own events: binary mode, `ce-` headers, the data as JSON in the body."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.contracts.event import Event, InvalidEvent, event_class
from shared.contracts.failure import ANY_SERVICE
from shared.messaging import wire

MAX_BODY_BYTES = 256 * 1024


class Undecodable(ValueError):
    """The message is no event that we know; `reason` names why for the dead letter, severity None = unknown."""

    def __init__(self, reason: str, detail: str, severity: str | None = None):
        super().__init__(detail)
        self.reason, self.severity = reason, severity


@dataclass(frozen=True)
class Message:
    """A message as it came from the broker or out of a retry row."""

    routing_key: str
    headers: dict[str, Any]
    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True)
class Received:
    """An event with its envelope; (source, id) tells copies apart."""

    event: Any
    id: str
    source: str
    type: str
    subject: str
    traceparent: str | None
    message: Message


def envelope(event: Event, service: str, at: datetime, traceparent: str, event_id: str) -> dict[str, str]:
    """The headers of an event that leaves `service`."""
    return {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-source": f"/ombud/{service}",
        "ce-type": event.type,
        "ce-subject": event.subject,
        "ce-time": at.isoformat().replace("+00:00", "Z"),
        "traceparent": traceparent,
    }


def encode(event: Event) -> str:
    return wire.encode(event).decode()


def decode(message: Message) -> Received:
    """The event in a message of ours; raises Undecodable."""
    headers = message.headers
    source, type_ = str(headers.get("ce-source", "")), str(headers.get("ce-type", message.routing_key))
    service = source.rpartition("/")[2]
    cls = event_class(service, type_) or event_class(ANY_SERVICE, type_)
    if cls is None or "ce-id" not in headers:
        raise Undecodable("unknown_type", f"type {type_!r} from {source!r}")
    event = _load(cls, message.body)
    trace = headers.get("traceparent")
    return Received(event, str(headers["ce-id"]), source, type_, event.subject, str(trace) if trace else None, message)


def _load(cls: type[Event], body: bytes) -> Event:
    try:
        return wire.decode(cls, body)
    except orjson.JSONDecodeError as error:
        raise Undecodable("not_json", str(error)) from error
    except InvalidEvent as error:
        raise Undecodable("invalid_data", str(error)) from error


def new_traceparent(subject: str | None = None) -> str:
    """A W3C traceparent; for timed steps the trace is the complaint's own id: one search finds its whole way."""
    try:
        trace = uuid.UUID(subject).hex if subject else uuid.uuid4().hex
    except ValueError:
        trace = uuid.uuid5(uuid.NAMESPACE_OID, str(subject)).hex
    return f"00-{trace}-{uuid.uuid4().hex[:16]}-01"


def trace_id(traceparent: str) -> str:
    """The part of a traceparent that is the same on the whole way."""
    return traceparent.split("-")[1] if traceparent.count("-") == 3 else traceparent[:64]

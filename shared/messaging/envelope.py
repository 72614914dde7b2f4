"""The CloudEvents envelope of our own events: binary mode, `ce-` headers, the data as JSON in the body."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.contracts.event import Event, InvalidEvent, event_class
from shared.contracts.failure import ANY_SERVICE
from shared.messaging import wire

MAX_NAME = 200  # characters of a source or an id, as wide as the columns that keep them
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Undecodable(ValueError):
    """The message is no event that we know; `reason` names why for the dead letter, severity None = unknown.

    source: who sent it, where the message says so elsewhere than in the header `ce-source`.
    """

    def __init__(self, reason: str, detail: str, severity: str | None = None, source: str = ""):
        super().__init__(detail)
        self.reason, self.severity, self.source = reason, severity, source


@dataclass(frozen=True)
class Message:
    """A message as it came from the broker or out of a retry row."""

    routing_key: str
    headers: dict[str, Any]
    body: bytes
    content_type: str = "application/json"


def plain(value: Any) -> Any:
    """A header's value as text, numbers, lists and dicts that every database and JSON can keep.

    AMQP also has bytes, decimals and times, and its text may hold NUL and half characters.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {plain_text(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return plain_text(value)


def plain_text(value: Any) -> str:
    if isinstance(value, str) and value.isascii() and "\0" not in value:
        return value
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def name_of(value: Any) -> str:
    """A source or an id from outside; one that is too long ends in its hash, so that two never become the same."""
    name = plain_text(value)
    if len(name) <= MAX_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{name[: MAX_NAME - 33]}~{digest}"


def valid_traceparent(value: Any) -> str | None:
    """A W3C traceparent as it came, or None when it is none: others keep it in columns of its width."""
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None


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
    source, type_ = name_of(headers.get("ce-source", "")), str(headers.get("ce-type", message.routing_key))
    service = source.rpartition("/")[2]
    cls = event_class(service, type_) or event_class(ANY_SERVICE, type_)
    if cls is None or "ce-id" not in headers:
        raise Undecodable("unknown_type", f"type {type_!r} from {source!r}")
    event = _load(cls, message.body)
    trace = valid_traceparent(headers.get("traceparent"))
    return Received(event, name_of(headers["ce-id"]), source, type_, event.subject, trace, message)


def given_up(_message: Message) -> Received:
    """The decoder for what the broker gave up on: none of it is tried again, all of it becomes dead letters."""
    raise Undecodable("given_up", "every consumer that took it died of it or gave it back")


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

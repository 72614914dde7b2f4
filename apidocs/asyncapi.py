"""The AsyncAPI document of the bus, from contracts, topology and stored examples; called by `__main__.py`."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from apidocs.shapes import Shapes
from services.intake.schemas import UPSTREAM
from services.routing.roster.agent_schemas import WORKFORCE
from shared.contracts import topology
from shared.contracts.document import EXAMPLES, example_path
from shared.contracts.event import OMBUD, Event, event_classes, from_data
from shared.contracts.failure import ANY_SERVICE
from shared.contracts.topology import (
    DEAD_LETTERS_EXCHANGE,
    QUEUES,
    SERVICES,
    UPSTREAM_EXCHANGE,
    WORKFORCE_EXCHANGE,
    Queue,
)
from shared.messaging.connection import QUEUE_ARGUMENTS, QUORUM
from shared.messaging.envelope import envelope

UPSTREAM_EXAMPLES = EXAMPLES.parent / "upstream"
_TEXTS = {
    "complaint.submitted": "A customer complained.",
    "complaint.contacted": "A further message of the customer; the first one is a complaint.submitted.",
    "complaint.answered": "The customer got an answer upstream.",
    "complaint.resolved": "The complaint was closed upstream.",
    "complaint.reopened": "A closed complaint was opened again upstream.",
    "complaint.escalation_requested": "Somebody upstream asks that a supervisor looks at the complaint.",
    "complaint.rated": "The customer rated the service; score is 0 (worst) to 1 (best).",
    "agent.changed": "An agent is new, or changed: all that there is to say of them, as PUT /v1/agents/{id} takes it.",
    "agent.presence": "An agent is there, busy, away or gone; until says when that is over.",
}
_LACKING = {
    UPSTREAM_EXCHANGE: "What the data lacks of source and external_id is taken from ce-source and ce-subject.",
    WORKFORCE_EXCHANGE: "ce-time, or at in the data, says when it was so: what is older than what is known changes "
    "nothing. Without ce-id a message is taken for a new one.",
}
# What others send: by exchange, type, and what the data looks like.
_INBOUND = {UPSTREAM_EXCHANGE: UPSTREAM, WORKFORCE_EXCHANGE: WORKFORCE}
_PREFIX = {UPSTREAM_EXCHANGE: "upstream", WORKFORCE_EXCHANGE: "workforce"}
_HEADER_TEXTS = {
    "ce-specversion": "The CloudEvents version.",
    "ce-id": "With ce-source it tells copies apart.",
    "ce-source": "Who says it.",
    "ce-type": "The type; the routing key, too.",
    "ce-subject": "What it is about: the id of the complaint or the case.",
    "ce-time": "When it was announced, RFC 3339 in UTC.",
    "traceparent": "W3C trace context.",
}
_AT = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
_TRACE = f"00-{'5' * 32}-{'7' * 16}-01"
_VERSION = {"bindingVersion": "0.3.0"}


def asyncapi() -> dict[str, Any]:
    """The document, ready for JSON: what Ombud sends and receives over RabbitMQ."""
    shapes = Shapes(complete=False)
    messages = dict(_messages(shapes))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ombud",
            "version": version("ombud"),
            "description": "Events of the four services, and what other systems send. Events come twice and in any "
            "order; fields are only ever added; whoever reads ignores those that it does not know.",
        },
        "defaultContentType": "application/json",
        "servers": {"rabbitmq": {"host": "127.0.0.1:5672", "protocol": "amqp", "protocolVersion": "0.9.1"}},
        "channels": _routing_keys() | {queue.name: _queue_channel(queue) for queue in QUEUES},
        "operations": _sends() | {f"{queue.consumer}.hears.{queue.source}": _receives(queue) for queue in QUEUES},
        "components": {"messages": messages, "schemas": shapes.all},
    }


# -- channels and operations --------------------------------------------------------------------------------------


def _published() -> Iterator[tuple[str, str, str]]:
    """Exchange, routing key, and the message that goes there."""
    for exchange, types in _INBOUND.items():
        yield from ((exchange, type_, f"{_PREFIX[exchange]}.{type_}") for type_ in types)
    for event in event_classes():
        for service in _publishers(event):
            yield topology.exchange_of(service), event.type, _message_name(event)


def _routing_keys() -> dict[str, Any]:
    return {
        f"{exchange}.{type_}": {
            "address": type_,
            "messages": {message: {"$ref": f"#/components/messages/{message}"}},
            "bindings": {"amqp": {"is": "routingKey", "exchange": _exchange(exchange)} | _VERSION},
        }
        for exchange, type_, message in _published()
    }


def _exchange(name: str) -> dict[str, Any]:
    return {"name": name, "type": "topic", "durable": True, "autoDelete": False}


def _queue_channel(queue: Queue) -> dict[str, Any]:
    is_last = queue.source == DEAD_LETTERS_EXCHANGE
    return {
        "address": queue.name,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _heard(queue)},
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {"name": queue.name, "durable": True, "exclusive": False, "autoDelete": False},
            }
            | _VERSION
        },
        "x-arguments": QUORUM if is_last else QUEUE_ARGUMENTS,
        "x-bound-to": {"exchange": queue.exchange, "keys": list(queue.keys)},
    }


def _heard(queue: Queue) -> list[str]:
    if queue.source == DEAD_LETTERS_EXCHANGE:
        return ["given-up"]
    return [m for exchange, type_, m in _published() if exchange == queue.exchange and {type_, "#"} & {*queue.keys}]


def _sends() -> dict[str, Any]:
    return {
        f"{exchange.partition('.')[0]}.announces.{type_}": _operation("send", f"{exchange}.{type_}", [message])
        for exchange, type_, message in _published()
        if exchange not in _INBOUND
    }


def _receives(queue: Queue) -> dict[str, Any]:
    return _operation("receive", queue.name, _heard(queue))


def _operation(action: str, channel: str, messages: list[str]) -> dict[str, Any]:
    there = f"#/channels/{channel}"
    return {
        "action": action,
        "channel": {"$ref": there},
        "messages": [{"$ref": f"{there}/messages/{message}"} for message in messages],
    }


def _publishers(event: type[Event]) -> tuple[str, ...]:
    return SERVICES if event.publisher == ANY_SERVICE else (event.publisher,)


# -- messages -----------------------------------------------------------------------------------------------------


def _message_name(event: type[Event]) -> str:
    return f"{event.publisher}.{event.type}"


def _messages(shapes: Shapes) -> Iterator[tuple[str, dict[str, Any]]]:
    for exchange, types in _INBOUND.items():
        for type_, schema in types.items():
            yield f"{_PREFIX[exchange]}.{type_}", _inbound_message(exchange, type_, shapes.of(schema))
    for event in event_classes():
        yield _message_name(event), _message(event, shapes.of(event))
    yield "given-up", {"name": "given-up", "summary": "Whatever its consumers died of, as it was.", "payload": {}}


def _message(event: type[Event], payload: dict[str, Any]) -> dict[str, Any]:
    data = json.loads(example_path(event).read_text(encoding="utf-8"))
    headers = _headers_of(event, data)
    return {
        "name": event.type,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": "application/json",
        "headers": _header_schema(headers, {"ce-type": event.type}, tuple(headers)),
        "payload": payload,
        "correlationId": {"location": "$message.header#/traceparent"},
        "examples": [{"headers": headers, "payload": data}],
    }


def _headers_of(event: type[Event], data: dict[str, Any]) -> dict[str, str]:
    example: Event = from_data(event, data)
    id_ = example.event_id if event.identity else str(uuid.uuid5(OMBUD, event.type))
    return envelope(example, _publishers(event)[0], _AT, _TRACE, id_)


def _inbound_message(exchange: str, type_: str, payload: dict[str, Any]) -> dict[str, Any]:
    data = json.loads((UPSTREAM_EXAMPLES / f"{type_}.json").read_text(encoding="utf-8"))
    headers = {"ce-id": "A-1/1", "ce-source": data.get("source", "personnel"), "ce-type": type_}
    return {
        "name": type_,
        "summary": _TEXTS[type_],
        "description": "Binary mode, as here (the prefixes cloudEvents: and cloudEvents_ do, too); structured mode as "
        f"application/cloudevents+json; or bare JSON with the type as routing key. {_LACKING[exchange]}",
        "contentType": "application/json",
        "headers": _header_schema(_HEADER_TEXTS, {"ce-type": type_}, ()),
        "payload": payload,
        "examples": [{"headers": headers, "payload": data}],
    }


def _header_schema(names: Any, constants: dict[str, str], required: tuple[str, ...]) -> dict[str, Any]:
    properties = {
        name: {"type": "string", "description": _HEADER_TEXTS[name]}
        | ({"const": constants[name]} if name in constants else {})
        for name in names
    }
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})

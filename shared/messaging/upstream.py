"""Messages of other systems in all the forms that CloudEvents has; bare JSON counts too. Used by services' decoders.

Binary mode (headers `ce-…` and how the other bindings write them), structured mode, or just data in the body.
"""

from typing import Any

from shared.bodies import parse_json
from shared.errors import Rejected
from shared.messaging.envelope import Message, Undecodable

STRUCTURED = "application/cloudevents+json"
ONLY_STRUCTURED = {"specversion", "type", "data"}  # which no body has that is the data alone
# How the AMQP 0-9-1, AMQP 1.0 and JMS bindings write an attribute's name.
_PREFIXES = ("ce-", "cloudEvents:", "cloudEvents_")
MAX_BYTES = 256 * 1024  # of a message: as much as HTTP takes


def check_size(message: Message) -> None:
    """Raises Undecodable."""
    if len(message.body) > MAX_BYTES:
        raise Undecodable("too_large", f"{len(message.body)} bytes; a message may have {MAX_BYTES}")


def opened(message: Message, at: str = "") -> tuple[dict[str, Any], Any, str]:
    """Attributes, data, and where in the body the data stands; raises Rejected with a pointer below `at`."""
    body = _json(message.body)
    if message.content_type.lower().startswith(STRUCTURED) or _is_structured(body):
        if not isinstance(body, dict):
            raise Rejected("not a CloudEvent", [{"pointer": at or "/", "detail": "Not an object."}])
        return {k: v for k, v in body.items() if k != "data"}, body.get("data"), f"{at}/data"
    return _binary_attributes(message.headers), body, at


def _is_structured(body: Any) -> bool:
    """A CloudEvent that was sent as plain JSON, as most HTTP libraries do it by themselves."""
    return isinstance(body, dict) and body.keys() >= ONLY_STRUCTURED


def undecodable(message: Message, error: Rejected) -> Undecodable:
    """What is wrong with the message, each fault by its path."""
    text = "; ".join(f"{e['pointer']}: {e['detail']}" for e in error.errors) or error.detail
    return Undecodable("invalid", text, source=_source(message))


def _source(message: Message) -> str:
    """Who sent it, as far as it can be read: whoever looks for its dead letters looks for this name."""
    try:
        body = _json(message.body)
    except Rejected:
        body = None
    inside = body.get("source") if isinstance(body, dict) else None
    named = _binary_attributes(message.headers).get("source") or inside
    return named if isinstance(named, str) else ""


def _binary_attributes(headers: dict[str, Any]) -> dict[str, Any]:
    found = {"traceparent": headers["traceparent"]} if "traceparent" in headers else {}
    for name, value in headers.items():
        for prefix in _PREFIXES:
            if name.lower().startswith(prefix.lower()):
                found[name[len(prefix) :].lower()] = value
    return found


def _json(body: bytes) -> Any:
    try:
        return parse_json(body)
    except ValueError as error:
        raise Rejected("the body is not JSON", [{"pointer": "/", "detail": str(error)}]) from error

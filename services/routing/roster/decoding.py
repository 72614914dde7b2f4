"""Messages of the exchange `workforce`: who the agents are, and whether they are there. Called by the subscription."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from services.routing.domain.presence import Said
from services.routing.roster.agent_schemas import PresenceEventSchema, agent_from
from services.routing.roster.told import AgentTold, PresenceTold
from shared import clock
from shared.contracts.event import Instant
from shared.errors import Rejected
from shared.loading import load
from shared.messaging.envelope import Message, Received, name_of, valid_traceparent
from shared.messaging.upstream import check_size, opened, undecodable

SOURCE = "workforce"  # of whoever does not say
_INSTANT = Instant()
Event = AgentTold | PresenceTold


def decode(message: Message) -> Received:
    """An `agent.changed` or `agent.presence`; raises Undecodable with what is wrong, and then it goes to quarantine."""
    check_size(message)
    try:
        return _received(message)
    except Rejected as error:
        raise undecodable(message, error) from error


def _received(message: Message) -> Received:
    attributes, data, _ = opened(message)
    type_ = str(attributes.get("type") or message.routing_key)
    read = _READERS.get(type_)
    if read is None:
        raise Rejected(f"type {type_!r} is none of {', '.join(_READERS)}")
    if not isinstance(data, dict):
        raise Rejected("no data", [{"pointer": "/", "detail": "Not an object."}])
    event = read(data, _time(attributes))
    # Without a name it gets one of its own: the same words said again may be news, after others in between.
    id_ = name_of(attributes.get("id") or uuid.uuid4())
    source = name_of(attributes.get("source") or SOURCE)
    return Received(event, id_, source, type_, event.subject, valid_traceparent(attributes.get("traceparent")), message)


def _agent_changed(data: Mapping[str, Any], at: datetime | None) -> AgentTold:
    id_ = data.get("id")
    body = {name: value for name, value in data.items() if name != "id"}
    return AgentTold(agent_from(id_ if isinstance(id_, str) else "", body), at)


def _agent_presence(data: Mapping[str, Any], at: datetime | None) -> PresenceTold:
    told = load(PresenceEventSchema(), data, "this is no presence")
    return PresenceTold(told["agent_id"], Said(told["presence"], told["at"] or at or clock.now(), told["until"]))


def _time(attributes: Mapping[str, Any]) -> datetime | None:
    at = attributes.get("time")
    if at is None:
        return None
    try:
        found: datetime = _INSTANT.deserialize(at)
    except ValidationError as error:
        raise Rejected("no CloudEvent", [{"pointer": "/time", "detail": str(error.messages[0])}]) from error
    return found


_READERS: Mapping[str, Callable[[Mapping[str, Any], datetime | None], Event]] = {
    "agent.changed": _agent_changed,
    "agent.presence": _agent_presence,
}

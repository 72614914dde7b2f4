"""Upstream messages in all the forms that CloudEvents has, from AMQP and HTTP alike; bare JSON counts too.

Asked by the subscription (`decode`, named in service.py) and by the door of events.
"""

import uuid
from typing import Any

from services.intake import schemas
from services.intake.domain.complaint import Step, StepKind, Submission
from shared.errors import Rejected
from shared.messaging.envelope import Message, Received, name_of, valid_traceparent
from shared.messaging.upstream import check_size, opened, undecodable

MESSAGE_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.upstream")


def decode(message: Message) -> Received:
    """A message of the exchange `complaints`; raises Undecodable with what is wrong, and then it goes to quarantine."""
    check_size(message)
    try:
        return received(message)
    except Rejected as error:
        raise undecodable(message, error) from error


def received(message: Message, at: str = "") -> Received:
    """The event with its envelope; raises Rejected, each fault by its path below `at`."""
    attributes, data, at_data = opened(message, at)
    type_ = str(attributes.get("type") or message.routing_key or "complaint.submitted")
    event = schemas.upstream(type_, _with_envelope(data, attributes), at_data)
    source = name_of(attributes.get("source") or event.source)
    id_ = name_of(attributes.get("id") or _derived_id(event, type_, message.body))
    trace = valid_traceparent(attributes.get("traceparent"))
    return Received(event, id_, source, type_, event.complaint_id, trace, message)


def _derived_id(event: Submission | Step, type_: str, body: bytes) -> uuid.UUID:
    """For a message without a name: the same words about the same complaint are the same message.

    Not so a bare "resolved": it may be the second one, with a reopening between. It gets a name of its own, and a copy
    of it is known by changing nothing (`usecases`). A bare "escalate" counts each time: better heard twice than not.
    """
    if isinstance(event, Step) and event.at is None and event.kind is not StepKind.RATED:
        return uuid.uuid4()
    # In binary mode the body does not say of which complaint it is.
    return uuid.uuid5(MESSAGE_IDS, type_ + event.complaint_id + body.decode("utf-8", "replace"))


def _with_envelope(data: Any, attributes: dict[str, Any]) -> Any:
    """CloudEvents says source and subject outside of the data; ours may stand in either place."""
    if not isinstance(data, dict):
        return data
    outside = {"source": attributes.get("source"), "external_id": attributes.get("subject")}
    return {k: v for k, v in outside.items() if v is not None} | data

"""How a dead letter is worked off again, by the queue that it came from. Called by usecases.py.

The rule is: by the very way of its first time. Whoever keeps dead letters of something that is no queue of the broker
says here what its way is: `WAYS["intake.webhooks."] = as_retry` for all queues that begin so.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shared.contracts.topology import DEAD_LETTERS_EXCHANGE, QUEUES
from shared.database import Transaction
from shared.errors import Conflict
from shared.messaging import failures
from shared.messaging.envelope import Message, name_of, plain_text
from shared.outbox import send_straight
from shared.quarantine import letters
from shared.quarantine.letters import Letter

ORIGIN = "x-first-death-queue"  # where a message was that the broker gave up on; the broker writes it
_ATTRIBUTES = ("ce-", "cloudevents", "traceparent")
_TYPES = ("ce-type", "cloudevents:type", "cloudevents_type")


@dataclass(frozen=True)
class Replayed:
    """How a letter went on: under which id, to which queue, and as which letter it comes back if it fails again."""

    queue: str
    event_id: str
    comes_back_as: str | None


@dataclass(frozen=True)
class Correction:
    """What an operator puts in the place of what came; None = as it was."""

    body: bytes | None = None
    type: str | None = None
    content_type: str | None = None

    def of(self, message: Message) -> Message:
        headers = message.headers
        if self.type is not None:
            headers = {n: self.type if n.lower() in _TYPES else value for n, value in headers.items()}
        return Message(
            message.routing_key if self.type is None else self.type,
            headers,
            message.body if self.body is None else self.body,
            message.content_type if self.content_type is None else self.content_type,
        )


Way = Callable[[Transaction, Letter, Message], Replayed]


def as_retry(tx: Transaction, letter: Letter, message: Message) -> Replayed:
    """A retry row that is due now, worked off like any other; for queues whose retry rows somebody works off.

    It keeps its id: what never committed is not in the inbox, and a copy that comes later is known. Only where that id
    has been acted on, or is about to be, it gets a new one: the inbox would swallow it.
    """
    event_id = str(uuid.uuid4()) if letters.is_spoken_for(tx, letter) else letter.event_id
    failure = letter.failure(event_id, message)
    failures.replay(tx, failure)
    return Replayed(letter.queue, event_id, failures.letter_id(failure))


def back_to_its_queue(tx: Transaction, letter: Letter, message: Message) -> Replayed:
    """Into the queue whose consumers died of it, through the outbox; its headers of the broker stay behind."""
    origin = letter.message.headers.get(ORIGIN)
    if origin not in _WORKED_OFF:
        came = f"came from the queue {origin!r}, which is none of Ombud's" if origin else "does not say its queue"
        raise Conflict(f"the broker gave up on this message, and it {came}: publish it there yourself, then discard it")
    if plain_text(message.body).encode() != message.body:
        raise Conflict("the body is no text, so it cannot be sent back as it is: replay it with a corrected body")
    headers = _attributes(message, None if message == letter.message else str(uuid.uuid4()))
    event_id = name_of(headers.get("ce-id", letter.event_id))
    send_straight(tx, origin, event_id, replace(message, headers=headers))
    return Replayed(origin, event_id, None)


def _attributes(message: Message, new_id: str | None) -> dict[str, Any]:
    """What CloudEvents says, as short text; the type, too, which a bare message has in its routing key alone."""
    kept = {n: plain_text(v) for n, v in message.headers.items() if n.lower().startswith(_ATTRIBUTES) and len(n) < 80}
    if not any(name.lower() in _TYPES for name in kept):
        kept["ce-type"] = message.routing_key
    return kept | {name: new_id for name in kept if new_id and name.lower() in ("ce-id", "cloudevents:id")}


_GIVEN_UP = {q.name for q in QUEUES if q.source == DEAD_LETTERS_EXCHANGE}
_WORKED_OFF = {q.name for q in QUEUES} - _GIVEN_UP
# By what the queue's name begins with; the longest that fits counts.
WAYS: dict[str, Way] = {}
WAYS.update(dict.fromkeys(_WORKED_OFF, as_retry) | dict.fromkeys(_GIVEN_UP, back_to_its_queue))


def way_of(queue: str) -> Way:
    """Raises Conflict for a queue that nobody works off any more."""
    fitting = [name for name in WAYS if queue.startswith(name)]
    if not fitting:
        raise Conflict(f"nobody works off the queue {queue!r} (any more): send it anew, then discard this one")
    return WAYS[max(fitting, key=len)]

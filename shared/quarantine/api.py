"""What the quarantine's doors take and answer, in every service alike; part of the table in each service's api.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.api import Operation
from shared.quarantine import schemas


@dataclass(frozen=True)
class DeadLetterEntry:
    """What could not be worked off, and why; source and event_id are the sender's."""

    id: str
    queue: str
    source: str
    event_id: str
    type: str
    reason: str
    error: str
    dead_at: datetime


@dataclass(frozen=True)
class DeadLetterList:
    """A page, newest first; next: what to pass as `after` for the one behind it. under_way: replays not worked off."""

    dead_letters: tuple[DeadLetterEntry, ...]
    next: str | None
    under_way: int


@dataclass(frozen=True)
class DeadLetter(DeadLetterEntry):
    """With the message as it came; encoding: `text`, or `base64` for a body that is no text."""

    headers: dict[str, Any]
    content_type: str
    encoding: str
    body: str


@dataclass(frozen=True)
class ReplayedLetter:
    """How it goes on: to which queue, under which id, and as which dead letter it comes back if it fails again."""

    id: str
    queue: str
    event_id: str
    comes_back_as: str | None


@dataclass(frozen=True)
class DiscardedLetter:
    """Nothing is left of it but this, in the log."""

    id: str
    queue: str
    by: str
    why: str


OPERATIONS = {
    "get_dead_letters": Operation(
        "List dead letters, the newest first",
        answer=DeadLetterList,
        query=schemas.WantedSchema().fields,
        problems=(422,),
    ),
    "get_dead_letter": Operation("Show a dead letter with its message", answer=DeadLetter, problems=(404,)),
    "replay_dead_letter": Operation(
        "Let a dead letter be worked off again, as it came or corrected",
        body=schemas.CorrectionSchema(),
        needs_body=False,
        answer=ReplayedLetter,
        status=202,
        problems=(404, 409),
        example={"type": "complaint.resolved"},
    ),
    "discard_dead_letter": Operation(
        "Throw a dead letter away",
        body=schemas.DiscardSchema(),
        answer=DiscardedLetter,
        problems=(404,),
        example={"why": "a test of the sender", "by": "petr"},
    ),
}

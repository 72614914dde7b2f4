"""What can happen to a complaint, and the lines of its history; used by the complaint."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """EARLY: a step came before the complaint's facts, so only its revision is known."""

    EARLY = "early"
    WAITING = "waiting"
    ASSIGNED = "assigned"
    RELEASED = "released"


class What(StrEnum):
    """What happened to a complaint, in its history."""

    ASSIGNED = "assigned"
    QUEUED = "queued"
    RELAXED = "relaxed"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    LOST = "lost"
    HANDED_BACK = "handed_back"
    CHANGED = "changed"
    RELEASED = "released"
    REOPENED = "reopened"


@dataclass(frozen=True)
class Entry:
    """One line of a complaint's history. reason: of a decision, an ending or a loss; by: the person who did it."""

    at: datetime
    what: What
    reason: str | None = None
    agent_id: str | None = None
    by: str | None = None
    note: str | None = None
    details: Mapping[str, Any] | None = None

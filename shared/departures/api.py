"""What the outbox's door takes and answers, in every service alike; part of the table in each service's api.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.api import Operation
from shared.departures.doors import WantedSchema
from shared.departures.rows import Why


@dataclass(frozen=True)
class Departure:
    """An event that waits to be published. why: under_way, returned (no queue took it), not_taken (nothing was heard).

    facts: what of its body may stand in a log; envelope: what of its headers no person wrote.
    """

    id: int
    event_id: str
    exchange: str
    type: str
    complaint_id: str | None
    created_at: datetime
    attempts: int
    next_at: datetime | None
    why: Why
    envelope: dict[str, str | None]
    facts: dict[str, Any]
    body_bytes: int


@dataclass(frozen=True)
class Departures:
    """waiting, oldest_at, by_type: of all; events: the oldest that were asked for, at most 100."""

    waiting: int
    oldest_at: datetime | None
    by_type: dict[str, int]
    events: tuple[Departure, ...]


OPERATIONS = {
    "get_outbox": Operation(
        "See what waits to be published, and why; without what people wrote",
        answer=Departures,
        query=WantedSchema().fields,
        problems=(422,),
    ),
}

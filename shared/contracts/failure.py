"""The event that any service publishes when it cannot work off one of its own messages; heard by notify."""

from datetime import datetime

from shared.contracts.event import Event, event

ANY_SERVICE = "any"


@event(ANY_SERVICE, "event.failed", subject="failed_subject")
class EventFailed(Event):
    """A message failed alone for the first time, or became a dead letter (`dead`); severity None = unknown."""

    service: str
    queue: str
    failed_id: str
    failed_type: str
    failed_subject: str
    reason: str
    dead: bool
    at: datetime
    severity: str | None = None

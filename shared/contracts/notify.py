"""Events that notify publishes on `notify.events`, heard by escalation."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.event import Event, event

# The part of a level's time, at most, for which notify gathers its alerts: so long escalation hears nothing of them.
GATHERED = 4


@dataclass(frozen=True)
class AlertOutcome(Event):
    """How one alert ended; `seconds` is the time since the event that caused it, `reason` a name from notify's enum.

    purpose: `escalation`, `warning` (then `escalation_id` is the id of the warning), `exhausted`, `assignment` (of an
    agent who wishes to hear of it) or `taken` (told to those who were alerted before).
    """

    alert_id: str
    case_id: str
    escalation_id: str
    level: int
    recipient: str
    channel: str
    reason: str
    at: datetime
    seconds: float
    purpose: str = "escalation"


@event("notify", "alert.accepted", identity=("alert_id",), subject="case_id")
class AlertAccepted(AlertOutcome):
    """A provider took the alert."""


@event("notify", "alert.delivered", identity=("alert_id",), subject="case_id")
class AlertDelivered(AlertOutcome):
    """The alert is with its recipient, as the provider told afterwards; comes behind `alert.accepted`, if at all."""


@event("notify", "alert.failed", identity=("alert_id",), subject="case_id")
class AlertFailed(AlertOutcome):
    """The alert will not reach its recipient through this channel; may come behind `alert.accepted`, from a receipt."""


@event("notify", "alert.suppressed", identity=("alert_id",), subject="case_id")
class AlertSuppressed(AlertOutcome):
    """The alert was not sent on purpose; the reason says why."""


@event("notify", "alert.ambiguous", identity=("alert_id",), subject="case_id")
class AlertAmbiguous(AlertOutcome):
    """Handed over, and what became of it cannot be known; counts as not reached."""


@event("notify", "escalation.unreachable", identity=("escalation_id",), subject="case_id")
class EscalationUnreachable(Event):
    """Every recipient and channel of an escalation ended without acceptance: the case climbs at once."""

    case_id: str
    escalation_id: str
    level: int
    reasons: tuple[str, ...]
    at: datetime


@event("notify", "alert.answered", identity=("alert_id", "what"), subject="case_id")
class AlertAnswered(Event):
    """The recipient of an alert answered it where it came: by a text message, by a button in a chat.

    by: the person; how: `sms`, `chat`; what: `acknowledge`.
    """

    alert_id: str
    case_id: str
    escalation_id: str
    level: int
    by: str
    how: str
    what: str
    at: datetime

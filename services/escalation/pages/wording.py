"""What the page says in words: why a level, what happened, how long. Used by page.py."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.escalation.domain.case import OMBUD, Case, What
from shared.contracts.escalation import EscalationReason

_STORY = {
    What.OPENED: "The case was opened",
    What.UPDATED: "The complaint was read again",
    What.ANSWERED: "The customer got an answer from {actor}",
    What.REOPENED: "The complaint was opened again",
    What.NOTED: "A message about the complaint came late and changed nothing",
    What.LEVEL_EMPTY: "Level {level} has nobody for this region: passed over",
    What.ESCALATED: "Escalated to level {level}: {reason}",
    What.ACKNOWLEDGED: "{actor} took the case",
    What.RESOLVED: "Resolved by {actor}",
    What.MERGED: "Merged into another complaint by {actor}",
    What.FORGOTTEN: "The customer's data was erased",
    What.EXHAUSTED: "No level is left and nobody has answered",
    What.ASSIGNED: "Given to {agent}",
    What.QUEUED: "Waits for an agent: {reason}",
    What.ALERT_ACCEPTED: "{actor} was alerted by {channel}",
    What.ALERT_FAILED: "{actor} could not be alerted by {channel}: {reason}",
    What.ALERT_SUPPRESSED: "{actor} was not alerted by {channel}, on purpose: {reason}",
    What.ALERT_AMBIGUOUS: "Whether {actor} was alerted by {channel} is not known",
}


_CHANNELS = {"sms": "SMS"}


def why(reason: EscalationReason | None, case: Case) -> str:
    """Why the case moved to its level, as a sentence."""
    below = f"level {case.level - 1}"
    match reason:
        case EscalationReason.SEVERITY:
            return f"the severity is {case.severity.value}"
        case EscalationReason.ASKED:
            kind = case.facts.asks_kind if case.facts else "supervisor"
            return f"the customer asks for {'an' if kind[0] in 'aeiou' else 'a'} {kind}"
        case EscalationReason.OVERDUE:
            return "the customer got no answer in time"
        case EscalationReason.UNANSWERED:
            return f"nobody at {below} answered in time"
        case EscalationReason.UNREACHABLE:
            return f"nobody could be reached at {below}"
    return "not known"


def sentence(row: Mapping[str, Any], case: Case, people: Mapping[str, str]) -> str:
    """One row of the timeline in words."""
    what, details = What(row["what"]), row["details"]
    reason = str(row["reason"] or "").replace("_", " ")
    if what is What.ESCALATED:
        reason = _why_then(row, case)
    actor = people.get(row["actor"], "Ombud" if row["actor"] == OMBUD else row["actor"])
    return _STORY[what].format(
        actor=actor,
        level=row["level"],
        reason=reason,
        agent=details.get("agent", ""),
        channel=_CHANNELS.get(details.get("channel"), details.get("channel")),
    )


def _why_then(row: Mapping[str, Any], case: Case) -> str:
    return why(EscalationReason(row["reason"]), replace(case, level=row["level"]))


def span(length: timedelta) -> str:
    """A length of time in its two largest units: 2 days 3 hours."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    parts = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in units if n]
    return " ".join(parts[:2]) or "less than a minute"


def readable(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def machine(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

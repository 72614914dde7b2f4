"""The timeline in words, row by row. Used by the page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from services.escalation.domain.case import OMBUD, Case, What
from services.escalation.pages.wording import listed, readable, why, words
from shared.contracts.escalation import EscalationReason

Row = Mapping[str, Any]
Name = Callable[[str], str]
_CHANNELS = {"sms": "SMS"}
_PLAIN = {
    What.OPENED: "The case was opened",
    What.UPDATED: "The complaint was read again",
    What.ANSWERED: "The customer got an answer from {actor}",
    What.REOPENED: "The complaint was opened again",
    What.RATED: "The customer gave a rating of {score} out of 1",
    What.REQUESTED: "{actor} asked for somebody higher",
    What.NOTED: "{noted}",
    What.WARNED: "{percent} percent of the time for the {clock} has passed; it ends {due_at}",
    What.CLOCK_BROKEN: "The {clock} was due {due_at} and is late",
    What.LEVEL_EMPTY: "Level {level} has nobody for this region: passed over",
    What.LEVEL_CLOSED: "The next level is closed{until}",
    What.ESCALATED: "Escalated to level {level}: {reason}",
    What.CONFIRMED: "{actor} has answered; the others must, too",
    What.REPLY_REFUSED: "{actor} answered an alert, which changed nothing: {reason}",
    What.ACKNOWLEDGED: "{actor} took the case",
    What.TAKEN_OVER: "{actor} took the case over",
    What.REMINDED: "{recipients} was reminded that the next step is due {due_at}",
    What.KEPT: "At the end of the shift of {recipients} nobody took over: the case stays with them",
    What.SNOOZED: "{actor} put the case off{until}",
    What.HANDED_BACK: "{actor} gave the complaint back to the agents{needs}",
    What.PAUSED: "{actor} stopped the clocks{until}: {reason}",
    What.RESUMED: "{actor} let the clocks run again",
    What.REMARKED: "{actor} added a note",
    What.CORRECTED: "{actor} corrected how the complaint was read: {corrected}",
    What.LINKED: "{actor} made it part of another complaint, {parent}",
    What.UNLINKED: "{actor} let it stand for itself again",
    What.STORM: "Many complaints alike became this major complaint",
    What.RESOLVED: "Resolved by {actor}{outcome}",
    What.MERGED: "Merged into {into} by {actor}",
    What.FORGOTTEN: "The customer's data was erased",
    What.EXHAUSTED: "No level is left and nobody has answered",
    What.REPAIRED: "Ombud found something amiss and put it right: {reason}",
    What.ASSIGNED: "Given to {agent}",
    What.QUEUED: "Waits for an agent: {reason}",
    What.ALERT_ACCEPTED: "{actor} was alerted by {channel}",
    What.ALERT_DELIVERED: "The alert by {channel} has reached {actor}",
    What.ALERT_FAILED: "{actor} could not be alerted by {channel}: {reason}",
    What.ALERT_SUPPRESSED: "{actor} was not alerted by {channel}, on purpose: {reason}",
    What.ALERT_AMBIGUOUS: "Whether {actor} was alerted by {channel} is not known",
}


@dataclass(frozen=True)
class Line:
    """note: what a person wrote about it."""

    at: datetime
    text: str
    note: str | None


def told(rows: tuple[Row, ...], notes: Mapping[str, str], case: Case, name: Name, zone: tzinfo = UTC) -> list[Line]:
    return [Line(row["at"], sentence(row, case, name, zone), notes.get(row["key"])) for row in rows]


def sentence(row: Row, case: Case, name: Name, zone: tzinfo = UTC) -> str:
    """One row in words; what an older version did not write down is left out."""
    what, details = What(row["what"]), row["details"]
    return _PLAIN[what].format(
        actor=_actor(row["actor"], name),
        level=row["level"],
        reason=_reason(what, row, case),
        until=_until(details, zone),
        due_at=_instant(details.get("due_at"), zone),
        recipients=", ".join(name(person) for person in details.get("recipients", ()) if person) or "Nobody",
        outcome=_outcome(details),
        needs=_needs(details.get("needs", {})),
        corrected=", ".join(f"{words(key)} {words(str(value))}" for key, value in sorted(details.items())),
        into=f"complaint {details['into']}" if "into" in details else "another complaint",
        parent=details.get("parent", "not known"),
        clock=words(str(details.get("clock", "deadline"))),
        percent=details.get("percent", ""),
        score=details.get("score", ""),
        noted=_noted(details, zone),
        agent=details.get("agent") or "an agent",
        channel=_CHANNELS.get(details.get("channel"), details.get("channel") or "a channel"),
    )


def _actor(actor: str, name: Name) -> str:
    return "Ombud" if actor == OMBUD else name(actor)


def _reason(what: What, row: Row, case: Case) -> str:
    if what is What.ESCALATED and row["reason"]:
        return why(EscalationReason(row["reason"]), replace(case, level=row["level"] or 0))
    if what is What.PAUSED:
        return words(row["details"].get("reason", "not said"))
    return words(str(row["reason"] or "not said"))


def _instant(text: str | None, zone: tzinfo) -> str:
    return readable(datetime.fromisoformat(text), zone) if text else "at a time that was not written down"


def _until(details: Mapping[str, Any], zone: tzinfo) -> str:
    until = details.get("until") or details.get("opens_at")
    return f" until {_instant(until, zone)}" if until else ""


def _outcome(details: Mapping[str, Any]) -> str:
    if "with" in details:
        return f", with the complaint that it is part of, {details['with']}"
    outcome, remedies = details.get("outcome"), details.get("remedies")
    if not outcome:
        return ""
    return f": {words(outcome)}" + (f"; the customer got: {listed(remedies)}" if remedies else "")


def _needs(needs: Mapping[str, str]) -> str:
    wanted = ", ".join(f"{words(name)} {value}" for name, value in sorted(needs.items()))
    return f"; it needs {wanted}" if wanted else ""


def _noted(details: Mapping[str, Any], zone: tzinfo) -> str:
    if "respond_by" in details:
        return f"It is more severe now, and must be answered by {_instant(details['respond_by'], zone)}"
    return "Something came that changed nothing about who is asked"

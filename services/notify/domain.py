"""Decisions of notify: whom to alert through which channel, what follows an outcome; pure, called by the use cases."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.notify.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter
from shared.contracts.event import Severity

ALERT_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.alerts")
LONGEST_PAUSE = 60.0
OPERATOR_PATIENCE = timedelta(days=1)  # alerts for the last resort have no clock of their own


class ChannelName(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    NONE = "none"  # of an alert that had no channel to go through


class Purpose(StrEnum):
    ESCALATION = "escalation"
    EXHAUSTED = "exhausted"
    DEAD_LETTER = "dead_letter"


class AlertState(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    HANDED_OFF = "handed_off"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    AMBIGUOUS = "ambiguous"


ENDED = frozenset({AlertState.ACCEPTED, AlertState.FAILED, AlertState.SUPPRESSED, AlertState.AMBIGUOUS})
UNREACHED = frozenset({AlertState.FAILED, AlertState.AMBIGUOUS})


class EscalationState(StrEnum):
    """What notify made of an escalation: told its recipients, came too late, found nobody, reached nobody."""

    PLANNED = "planned"
    ANSWERED = "answered"
    NOBODY = "nobody"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Contact:
    """A person and how to reach them; `channels` in the order of their wish."""

    person: str
    name: str
    email: str | None = None
    phone: str | None = None
    language: str = "en"
    timezone: str = "UTC"
    channels: tuple[ChannelName, ...] = (ChannelName.EMAIL, ChannelName.SMS)

    def address(self, channel: ChannelName) -> str | None:
        return {ChannelName.EMAIL: self.email, ChannelName.SMS: self.phone}.get(channel)

    @property
    def routes(self) -> tuple[ChannelName, ...]:
        return tuple(c for c in self.channels if self.address(c))


@dataclass(frozen=True)
class Rules:
    """What this installation can do: channels with settings, and who hears of what nobody answered."""

    configured: frozenset[ChannelName]
    last_resort: str | None = None
    last_resort_contact: Contact | None = None  # set when the last resort is an address instead of a person


@dataclass(frozen=True)
class Escalation:
    """One thing to tell some people. `facts` is the JSON document that the templates read; `id` is the contract's."""

    id: str
    purpose: Purpose
    case_id: str
    case_revision: int
    level: int
    severity: Severity
    reason: str
    recipients: tuple[str, ...]
    respond_by: datetime | None
    caused_at: datetime
    facts: Mapping[str, Any]
    traceparent: str | None = None
    state: EscalationState = EscalationState.PLANNED

    @property
    def key(self) -> str:
        return f"{self.purpose}:{self.id}"


@dataclass(frozen=True)
class Alert:
    """One message to one recipient through one channel; `attempt` counts claims and fences older outcomes."""

    id: str
    escalation_key: str
    escalation_id: str
    purpose: Purpose
    case_id: str
    case_revision: int
    level: int
    severity: Severity
    recipient: str
    channel: ChannelName
    state: AlertState
    created_at: datetime
    caused_at: datetime
    give_up_at: datetime
    next_at: datetime
    attempt: int = 0
    reason: Reason | None = None
    ended_at: datetime | None = None
    provider_id: str | None = None
    traceparent: str | None = None
    lease_until: datetime | None = None

    @property
    def fence(self) -> tuple[str, int]:
        """What a sender holds of its claim: another one, older or newer, has another fence."""
        return self.id, self.attempt

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    def end(self, state: AlertState, reason: Reason, at: datetime, provider_id: str | None = None) -> "Alert":
        return replace(self, state=state, reason=reason, ended_at=at, provider_id=provider_id)

    @property
    def seconds(self) -> float:
        """From the event that caused it to its end."""
        return max(0.0, (self.ended_at - self.caused_at).total_seconds()) if self.ended_at else 0.0


def alert_id(escalation_id: str, recipient: str, channel: str, purpose: str) -> str:
    return str(uuid.uuid5(ALERT_IDS, f"{escalation_id}\n{recipient}\n{channel}\n{purpose}"))


def next_alerts(
    escalation: Escalation,
    recipient: str,
    contact: Contact | None,
    tried: frozenset[ChannelName],
    rules: Rules,
    now: datetime,
) -> list[Alert]:
    """The alerts to add for a recipient after those `tried`: impossible ones, ended, then one pending at most."""
    if contact is None or not contact.routes:
        reason = Reason.UNKNOWN_CONTACT if contact is None else Reason.NO_ADDRESS
        return (
            [] if tried else [_alert(escalation, recipient, ChannelName.NONE, now).end(AlertState.FAILED, reason, now)]
        )
    added: list[Alert] = []
    routes = [c for c in contact.routes if c not in tried]
    for place, channel in enumerate(routes):
        if channel in rules.configured:
            is_last = not rules.configured.intersection(routes[place + 1 :])
            return [
                *added,
                replace(
                    _alert(escalation, recipient, channel, now), give_up_at=give_up_at(escalation, now, is_last=is_last)
                ),
            ]
        added.append(_alert(escalation, recipient, channel, now).end(AlertState.FAILED, Reason.NOT_CONFIGURED, now))
    return added


def give_up_at(escalation: Escalation, now: datetime, *, is_last: bool) -> datetime:
    """When to stop retrying: a channel before the last leaves half of the level's time to those behind it."""
    if escalation.respond_by is None:
        return now + OPERATOR_PATIENCE
    if is_last:
        return escalation.respond_by
    return now + (escalation.respond_by - now) / 2


def _alert(escalation: Escalation, recipient: str, channel: ChannelName, now: datetime) -> Alert:
    e = escalation
    return Alert(
        alert_id(e.id, recipient, channel, e.purpose),
        e.key,
        e.id,
        e.purpose,
        e.case_id,
        e.case_revision,
        e.level,
        e.severity,
        recipient,
        channel,
        AlertState.PENDING,
        now,
        e.caused_at,
        give_up_at=now,
        next_at=now,
        traceparent=e.traceparent,
    )


def after(alert: Alert, outcome: Outcome, now: datetime, *, is_answered: bool = False) -> Alert:
    """The alert after one attempt: ended, or pending again while its time lasts and nobody has answered."""
    if isinstance(outcome, Accepted):
        return alert.end(AlertState.ACCEPTED, Reason.ACCEPTED, now, outcome.provider_id or None)
    if isinstance(outcome, Permanent):
        return alert.end(AlertState.FAILED, outcome.reason, now)
    if isinstance(outcome, Ambiguous):
        return alert.end(AlertState.AMBIGUOUS, outcome.reason, now)
    seconds = outcome.seconds if isinstance(outcome, RetryAfter) else pause(alert)
    again_at = now + timedelta(seconds=seconds)
    if again_at > alert.give_up_at:
        return alert.end(AlertState.FAILED, outcome.reason, now)
    if is_answered:
        return alert.end(AlertState.SUPPRESSED, Reason.ANSWERED, now)
    return replace(alert, state=AlertState.PENDING, next_at=again_at, reason=outcome.reason)


def pause(alert: Alert) -> float:
    """Seconds before the next attempt: 1, 2, 4 … 60, spread by a fifth so that an outage does not end in a rush."""
    spread = 1 + int(alert.id[:4], 16) / 0xFFFF / 5
    return float(min(LONGEST_PAUSE, 2.0 ** max(0, alert.attempt - 1)) * spread)


def is_unreachable(alerts: Iterable[Alert]) -> bool:
    """True when every alert of an escalation has ended and none may still bring an answer."""
    return all(a.state in UNREACHED for a in alerts)

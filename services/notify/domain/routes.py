"""Which alerts a recipient gets: by which channel, and how long each is tried; pure, for planning and sending."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from services.notify.domain.alert import Alert, AlertState, ChannelName, Escalation
from services.notify.domain.contact import Contact
from services.notify.domain.outcomes import Reason
from services.notify.domain.places import place_of
from services.notify.domain.rules import Rules

ALERT_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.alerts")
PATIENCE = timedelta(days=1)  # where no level waits: with the last resort, and with what has already come to pass
# What reaches people at any hour, wherever they are: not for what can wait until they look at their mail.
INTRUSIVE = frozenset({ChannelName.SMS})


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
    allowed = _allowed(escalation, contact)
    if not allowed:
        return [] if tried else [_impossible(escalation, recipient, contact, now)]
    added: list[Alert] = []
    routes = [c for c in allowed if c not in tried]
    opted_out = contact.opted_out if contact else frozenset()
    for place, channel in enumerate(routes):
        alert = alert_by(escalation, recipient, channel, now)
        if channel in opted_out:
            added.append(alert.end(AlertState.SUPPRESSED, Reason.OPTED_OUT, now))
            continue
        if channel in rules.configured:
            is_last = not rules.configured.intersection(c for c in routes[place + 1 :] if c not in opted_out)
            return [*added, replace(alert, give_up_at=give_up_at(escalation, now, is_last=is_last))]
        added.append(alert.end(AlertState.FAILED, Reason.NOT_CONFIGURED, now))
    return added


def _allowed(escalation: Escalation, contact: Contact | None) -> list[ChannelName]:
    routes = contact.routes(escalation.severity) if contact else ()
    return [c for c in routes if escalation.is_urgent or c not in INTRUSIVE]


def _impossible(escalation: Escalation, recipient: str, contact: Contact | None, now: datetime) -> Alert:
    alert = alert_by(escalation, recipient, ChannelName.NONE, now)
    if contact is None:
        return alert.end(AlertState.FAILED, Reason.UNKNOWN_CONTACT, now)
    if not contact.routes(escalation.severity):
        return alert.end(AlertState.FAILED, Reason.NO_ADDRESS, now)
    return alert.end(AlertState.SUPPRESSED, Reason.NOT_URGENT, now)


def give_up_at(escalation: Escalation, now: datetime, *, is_last: bool) -> datetime:
    """When to stop retrying: a channel before the last leaves half of the level's time to those behind it."""
    if escalation.respond_by is None:
        return now + PATIENCE
    if is_last:
        return escalation.respond_by
    return now + (escalation.respond_by - now) / 2


def alert_by(escalation: Escalation, recipient: str, channel: ChannelName, now: datetime) -> Alert:
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
        place=place_of(e.purpose, e.severity),
    )

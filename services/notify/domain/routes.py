"""Which alerts a recipient gets: by which channel, and when each leaves; pure, called by plans/."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.notify.domain.alert import Alert, AlertState, ChannelName, Escalation, Purpose
from services.notify.domain.contact import Contact
from services.notify.domain.limits import LIMITED, UNLIMITED, Allowance
from services.notify.domain.outcomes import Reason
from services.notify.domain.places import place_of
from services.notify.domain.rules import Rules
from services.notify.domain.timing import gathered_until, timed
from shared.contracts.event import Severity

ALERT_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.alerts")
# What reaches people at any hour, wherever they are: not for what can wait until they look at their mail.
INTRUSIVE = frozenset({ChannelName.SMS})
CAN_WAIT = frozenset({Purpose.WARNING, Purpose.ASSIGNMENT})  # until quiet hours end


def alert_id(escalation_id: str, recipient: str, channel: str, purpose: str) -> str:
    return str(uuid.uuid5(ALERT_IDS, f"{escalation_id}\n{recipient}\n{channel}\n{purpose}"))


def next_alerts(
    escalation: Escalation,
    recipient: str,
    contact: Contact | None,
    tried: frozenset[ChannelName],
    rules: Rules,
    now: datetime,
    allowance: Allowance = UNLIMITED,
) -> list[Alert]:
    """The alerts to add for a recipient after those `tried`: impossible ones, ended, then one pending at most."""
    allowed = _allowed(escalation, contact)
    if contact is None or not allowed:
        return [] if tried else [_impossible(escalation, recipient, contact, now)]
    if contact.quiet and recipient == rules.last_resort:
        contact = replace(contact, quiet=None)  # behind whom there is nobody
    step = _Step(escalation, recipient, contact, rules, now, is_first=not tried)
    if step.is_silenced:
        return [] if ChannelName.NONE in tried else [step.untold(ChannelName.NONE, Reason.QUIET_HOURS)]
    return step.alerts([c for c in allowed if c not in tried], allowance)


@dataclass(frozen=True)
class _Step:
    """What decides between the channels that are left. is_first: none was tried before."""

    escalation: Escalation
    recipient: str
    contact: Contact
    rules: Rules
    now: datetime
    is_first: bool

    @property
    def is_silenced(self) -> bool:
        return self.escalation.purpose not in CAN_WAIT and self._waits_until(self.now) > self.now

    def alerts(self, left: list[ChannelName], allowance: Allowance) -> list[Alert]:
        """left: the channels that were not tried, in the order of the contact's wish."""
        e = self.escalation
        barred = {c: reason for c in left if (reason := self._bar(c))}
        opens = {c: allowance.opens_at(self.recipient, c, e.purpose, self.now) for c in left if c not in barred}
        line = self._line(opens)
        added: list[Alert] = []
        for channel in left:
            if line and channel is line[0]:
                return [*added, self._timed(channel, opens[channel], is_last=len(line) == 1)]
            if channel in barred:
                added.append(self.untold(channel, barred[channel]))
            elif not self._is_critical:
                added.append(self.untold(channel, Reason.THROTTLED))
        return added

    def untold(self, channel: ChannelName, reason: Reason) -> Alert:
        state = AlertState.FAILED if reason is Reason.NOT_CONFIGURED else AlertState.SUPPRESSED
        return alert_by(self.escalation, self.recipient, channel, self.now).end(state, reason, self.now)

    def _line(self, opens: Mapping[ChannelName, datetime | None]) -> list[ChannelName]:
        """The channels to try, the next one first.

        Of a call, those at their limit are left out; of a critical one they come last, as it is never dropped.
        """
        if self.escalation.purpose is not Purpose.ESCALATION:
            return list(opens)
        free = [c for c, opens_at in opens.items() if opens_at is None]
        return free + [c for c in opens if c not in free] if self._is_critical else _from_first(free, opens)

    def _bar(self, channel: ChannelName) -> Reason | None:
        if channel in self.contact.opted_out:
            return Reason.OPTED_OUT
        return None if channel in self.rules.configured else Reason.NOT_CONFIGURED

    def _timed(self, channel: ChannelName, opens_at: datetime | None, *, is_last: bool) -> Alert:
        alert, leaves_at = alert_by(self.escalation, self.recipient, channel, self.now), self.now
        if alert.purpose is not Purpose.ESCALATION:
            leaves_at = self._waits_until(opens_at or self.now)
        elif self.is_first:
            leaves_at = gathered_until(alert, self.contact, self.escalation.respond_by, self.now)
        return timed(alert, self.escalation, self.rules.policy, leaves_at, self.now, is_last=is_last)

    def _waits_until(self, instant: datetime) -> datetime:
        """The end of the quiet hours that the instant lies in."""
        if self.contact.quiet is None or self.escalation.purpose not in LIMITED:
            return instant
        return self.contact.quiet_until(self.escalation.severity, instant) or instant

    @property
    def _is_critical(self) -> bool:
        return self.escalation.severity is Severity.CRITICAL


def _from_first(free: list[ChannelName], all_: Mapping[ChannelName, object]) -> list[ChannelName]:
    """The first free channel and all behind it, which may be free by the time that they are needed."""
    order = list(all_)
    return order[order.index(free[0]) :] if free else []


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

"""When an alert leaves, when the next channel begins beside it, and when it is given up; pure, for routes and late."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.notify.domain.alert import Alert, Escalation, Purpose
from services.notify.domain.contact import Contact
from services.notify.domain.folding import FOLDS
from services.notify.domain.policy import Policy
from shared.contracts.event import Severity
from shared.contracts.notify import GATHERED

PATIENCE = timedelta(days=1)  # where no level waits: with the last resort, and with what has already come to pass
# What became due only now is not given up yet, whatever its time: it may have lain with a service that was down.
CHANCE = timedelta(seconds=30)
AFTERWARDS = timedelta(minutes=30)  # that something is tried, at least, which had to wait before
TO_LAST_RESORT = frozenset({Purpose.EXHAUSTED, Purpose.DEAD_LETTER})
CALLS = frozenset({Purpose.ESCALATION, Purpose.EXHAUSTED, Purpose.DEAD_LETTER})  # for which somebody must be reached
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def give_up_at(escalation: Escalation, now: datetime, *, is_last: bool) -> datetime:
    """When to stop retrying: a channel before the last leaves half of the level's time to those behind it.

    Where no level waits, nobody does, but for the last resort: behind it is no level that would tell somebody else.
    """
    if escalation.respond_by is None:
        return now + (AFTERWARDS if escalation.purpose in TO_LAST_RESORT and not is_last else PATIENCE)
    if is_last:
        return escalation.respond_by
    return now + (escalation.respond_by - now) / 2


def is_given_up(alert: Alert, now: datetime) -> bool:
    """Whether its time is over although nobody tried it: its provider is away, or no sender was free."""
    return max(alert.give_up_at, alert.next_at + CHANCE) < now


def timed(
    alert: Alert, escalation: Escalation, policy: Policy, leaves_at: datetime, now: datetime, *, is_last: bool
) -> Alert:
    """With the times that it lives by; leaves_at: after `now` where something makes it wait."""
    give_up = give_up_at(escalation, now, is_last=is_last)
    if leaves_at > now:
        gathered = escalation.purpose is Purpose.ESCALATION
        alert = replace(alert, next_at=leaves_at, gathered=gathered)
        if not gathered:
            give_up = max(give_up, leaves_at + AFTERWARDS)
    patience = policy.fall_back_after.get(escalation.severity)
    if patience is None or is_last or escalation.purpose not in CALLS:
        return replace(alert, give_up_at=give_up)
    return replace(alert, give_up_at=give_up, fall_back_at=leaves_at + patience)


def gathered_until(alert: Alert, contact: Contact, respond_by: datetime | None, now: datetime) -> datetime:
    """The end of the window in which the alert waits for others, where its recipient wishes it; else now.

    Never longer than a part of the level's time, nor into hours in which it must not leave.
    """
    may_wait = alert.purpose is Purpose.ESCALATION and alert.severity is not Severity.CRITICAL
    if contact.gather is None or not may_wait or alert.channel not in FOLDS:
        return now
    end = window_end(contact.gather, now)
    if respond_by is not None:
        end = min(end, now + (respond_by - now) / GATHERED)
    return now if end <= now or contact.quiet_until(alert.severity, end) else end


def window_end(length: timedelta, now: datetime) -> datetime:
    """Windows follow each other from the same instant on for everybody: what comes within one leaves at its end."""
    return _EPOCH + ((now - _EPOCH) // length + 1) * length

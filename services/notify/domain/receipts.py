"""What a provider tells of a letter after it took it, and what follows for its alerts; pure, called by incoming/."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.notify.domain.alert import Alert, AlertState
from services.notify.domain.outcomes import Reason


class ReceiptKind(StrEnum):
    """DELIVERED: it is where the recipient can read it. UNDELIVERED, BOUNCED: it never will be."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    BOUNCED = "bounced"


class Effect(StrEnum):
    """What a receipt does to an alert.

    WAITS: the alert is with a sender, whose outcome comes first. OLDER: it is of an attempt before the present one.
    NOTHING: the alert has ended, or was never sent.
    """

    DELIVERED = "delivered"
    FAILED = "failed"
    WAITS = "waits"
    OLDER = "older"
    NOTHING = "nothing"


REASONS: Mapping[ReceiptKind, Reason] = {
    ReceiptKind.DELIVERED: Reason.DELIVERED,
    ReceiptKind.UNDELIVERED: Reason.UNDELIVERED,
    ReceiptKind.BOUNCED: Reason.BOUNCED,
}
_WITH_A_SENDER = (AlertState.CLAIMED, AlertState.HANDED_OFF)
_MAY_HAVE_ARRIVED = (AlertState.ACCEPTED, AlertState.AMBIGUOUS)


@dataclass(frozen=True)
class Receipt:
    """Of the alert with that id, else of all that left as the letter that the provider calls `provider_id`.

    detail: a code, never anybody's words. at: None = just now.
    """

    kind: ReceiptKind
    alert_id: str = ""
    provider_id: str = ""
    detail: str = ""
    at: datetime | None = None
    reason: Reason | None = None  # where the provider says more than the kind does

    @property
    def why(self) -> Reason:
        return self.reason or REASONS[self.kind]


def effect(alert: Alert, receipt: Receipt, attempt: int | None = None) -> Effect:
    """What the receipt does to the alert as it stands; forward only, so one that ended by a receipt stays as it is.

    attempt: the alert's when the receipt came, if that was earlier.
    """
    if alert.state in _WITH_A_SENDER:
        return Effect.WAITS
    if receipt.kind is ReceiptKind.DELIVERED:
        has_left = alert.state in _MAY_HAVE_ARRIVED or (alert.state is AlertState.PENDING and alert.doubts > 0)
        return Effect.DELIVERED if has_left else Effect.NOTHING
    if alert.state not in _MAY_HAVE_ARRIVED:
        return Effect.NOTHING
    return Effect.OLDER if _is_older(alert, receipt, attempt) else Effect.FAILED


def told(alert: Alert, receipt: Receipt, now: datetime) -> Alert:
    """The alert after a receipt of effect; a delivered one keeps the time at which the provider took it."""
    if receipt.kind is ReceiptKind.DELIVERED:
        ended_at = alert.ended_at or now
        return replace(alert, state=AlertState.DELIVERED, reason=receipt.why, ended_at=ended_at, fall_back_at=None)
    return alert.end(AlertState.FAILED, receipt.why, now, alert.provider_id)


def _is_older(alert: Alert, receipt: Receipt, attempt: int | None) -> bool:
    """Whether the letter that failed is another one than that which was sent last."""
    is_of_other = bool(receipt.provider_id and alert.provider_id and receipt.provider_id != alert.provider_id)
    return is_of_other or (attempt is not None and attempt < alert.attempt)

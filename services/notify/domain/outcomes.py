"""What a channel answers to a send, and the names of every reason why an alert ended; pure."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why an alert is where it is: stored with it, announced with it."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    UNDELIVERED = "undelivered"
    NO_RECIPIENTS = "no_recipients"
    UNKNOWN_CONTACT = "unknown_contact"
    NO_ADDRESS = "no_address"
    NOT_CONFIGURED = "not_configured"
    INVALID_ADDRESS = "invalid_address"
    RECIPIENT_REFUSED = "recipient_refused"
    OPTED_OUT = "opted_out"
    MESSAGE_REFUSED = "message_refused"
    PROVIDER_AWAY = "provider_away"
    PROVIDER_DEFERRED = "provider_deferred"
    PROVIDER_THROTTLED = "provider_throttled"
    LOGIN_REFUSED = "login_refused"
    WRONG_SETTINGS = "wrong_settings"
    NO_ANSWER = "no_answer"
    PROVIDER_ERROR = "provider_error"
    SENDER_DIED = "sender_died"
    OUR_FAULT = "our_fault"
    ANSWERED = "answered"
    SNOOZED = "snoozed"
    HANDED_BACK = "handed_back"
    MUTED = "muted"
    MERGED = "merged"
    FORGOTTEN = "forgotten"
    NOT_URGENT = "not_urgent"
    REASSIGNED = "reassigned"
    QUIET_HOURS = "quiet_hours"
    THROTTLED = "throttled"


# The provider's or our own fault, not that of the letter or its recipient: another provider may do better.
PROVIDER_FAULTS = frozenset(
    {
        Reason.PROVIDER_AWAY,
        Reason.PROVIDER_DEFERRED,
        Reason.PROVIDER_THROTTLED,
        Reason.LOGIN_REFUSED,
        Reason.WRONG_SETTINGS,
    }
)
# Only an operator can mend these; they are counted apart.
OPERATOR_FAULTS = (Reason.LOGIN_REFUSED, Reason.WRONG_SETTINGS)


@dataclass(frozen=True)
class Accepted:
    """The provider took it; `provider_id` is its name for the message, when it gave one."""

    provider_id: str = ""
    detail: str = ""
    provider: str = ""


@dataclass(frozen=True)
class RetryAfter:
    """Certainly unsent; the provider says when to come again."""

    seconds: float
    reason: Reason
    detail: str = ""


@dataclass(frozen=True)
class Temporary:
    """Certainly unsent; another try may work."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True)
class Permanent:
    """Certainly unsent, and it would be so again."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True)
class Ambiguous:
    """Handed over, and the answer is missing: it may have been sent."""

    reason: Reason
    detail: str = ""
    provider: str = ""


# `detail` holds status codes only: what providers write behind them often repeats the address.
Outcome = Accepted | RetryAfter | Temporary | Permanent | Ambiguous

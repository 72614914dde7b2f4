"""What notify thinks in, and what follows the outcome of an attempt; pure, called by the use cases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter
from shared.contracts.event import Severity

LONGEST_PAUSE = 60.0
# Until a letter that may have arrived is sent, or asked for, again: by then a provider that took it shows it.
IN_DOUBT = timedelta(seconds=60)
MOST_DOUBTS = 1
BROKEN = "broken"  # the reason of a warning whose clock has run out
ALL_MUST_ANSWER = "all_must_answer"  # the fact of a call to a level where one answer is not enough


class ChannelName(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"
    APPRISE = "apprise"  # whatever else that library reaches
    NONE = "none"  # of an alert that had no channel to go through


class Purpose(StrEnum):
    """Why there is an alert; a level waits for those of an ESCALATION alone.

    WARNING: a clock of the case runs out. ASSIGNMENT: an agent got a complaint. TAKEN: what somebody was alerted of has
    been taken by somebody else. TEST: an operator tries whether the address works.
    """

    ESCALATION = "escalation"
    WARNING = "warning"
    EXHAUSTED = "exhausted"
    DEAD_LETTER = "dead_letter"
    ASSIGNMENT = "assignment"
    TAKEN = "taken"
    TEST = "test"


# Through one channel, whatever becomes of them: no other one is tried, and nobody is called instead.
SINGLE = frozenset({Purpose.TAKEN, Purpose.TEST})


class AlertState(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    HANDED_OFF = "handed_off"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    AMBIGUOUS = "ambiguous"


OPEN = frozenset({AlertState.PENDING, AlertState.CLAIMED, AlertState.HANDED_OFF})
ENDED = frozenset(AlertState) - OPEN
REACHED = frozenset({AlertState.ACCEPTED, AlertState.DELIVERED})
UNREACHED = frozenset({AlertState.FAILED, AlertState.AMBIGUOUS})
UNSENT = frozenset({AlertState.FAILED, AlertState.SUPPRESSED})
# Suppressed for these, an alert leaves its recipient untold while the level's clock runs: as good as failed.
UNTOLD = frozenset({Reason.QUIET_HOURS, Reason.THROTTLED, Reason.OPTED_OUT})


class EscalationState(StrEnum):
    """What notify made of an escalation: told its recipients, came too late, found nobody, reached nobody."""

    PLANNED = "planned"
    ANSWERED = "answered"
    NOBODY = "nobody"
    UNREACHABLE = "unreachable"


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

    @property
    def is_urgent(self) -> bool:
        """Whether it may ring a phone: any call does, of the warnings those of the worst that has come to pass."""
        return self.purpose is not Purpose.WARNING or (self.severity is Severity.CRITICAL and self.reason == BROKEN)

    def waits_for_others(self, person: str) -> bool:
        """Whether the answer of this person alone may not take the case yet; somebody who was not called takes it."""
        return ALL_MUST_ANSWER in self.facts and person in self.recipients


@dataclass(frozen=True)
class Alert:
    """One message to one recipient through one channel; `attempt` counts claims and fences older outcomes.

    case_revision: of an ASSIGNMENT, which of routing's decisions about the complaint it is.
    """

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
    place: int = 10  # in the line before the senders: see places.py
    fall_back_at: datetime | None = None  # when the next channel begins beside this one, should it not have ended
    doubts: int = 0  # attempts that may have arrived, and after which it is tried again
    provider: str = ""  # whose answer, or silence, the last attempt ended with
    gathered: bool = False  # it waits for others, with which it leaves as one letter

    @property
    def fence(self) -> tuple[str, int]:
        """What a sender holds of its claim: another one, older or newer, has another fence."""
        return self.id, self.attempt

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def is_unreached(self) -> bool:
        """Whether it ended so that somebody else must be told instead."""
        return self.state in UNREACHED or (self.state is AlertState.SUPPRESSED and self.reason in UNTOLD)

    def end(self, state: AlertState, reason: Reason, at: datetime, provider_id: str | None = None) -> "Alert":
        """Ended; never as unsent while an attempt may have arrived."""
        if self.doubts and state in UNSENT and self.state in OPEN:
            state = AlertState.AMBIGUOUS
        return replace(self, state=state, reason=reason, ended_at=at, provider_id=provider_id, fall_back_at=None)

    @property
    def seconds(self) -> float:
        """From the event that caused it to its end."""
        return max(0.0, (self.ended_at - self.caused_at).total_seconds()) if self.ended_at else 0.0


def reference(case_id: str) -> str:
    """The short form of a complaint's id that people read to each other, and answer with."""
    return case_id[:8]


def after(
    alert: Alert, outcome: Outcome, now: datetime, answer: Reason | None = None, *, repeats: bool = False
) -> Alert:
    """The alert after one attempt: ended, or pending again while its time lasts and there is no answer to it.

    repeats: what may have arrived is tried once more.
    """
    if isinstance(outcome, Accepted):
        ended = alert.end(AlertState.ACCEPTED, Reason.ACCEPTED, now, outcome.provider_id or None)
        return replace(ended, provider=outcome.provider or alert.provider)
    if isinstance(outcome, Permanent):
        return alert.end(AlertState.FAILED, outcome.reason, now)
    if isinstance(outcome, Ambiguous):
        alert = replace(alert, provider=outcome.provider or alert.provider)
        return _in_doubt(alert, outcome, now, repeats=repeats and not answer)
    seconds = outcome.seconds if isinstance(outcome, RetryAfter) else pause(alert)
    again_at = now + timedelta(seconds=seconds)
    if again_at > alert.give_up_at:
        return alert.end(AlertState.FAILED, outcome.reason, now)
    if answer:
        return alert.end(AlertState.SUPPRESSED, answer, now)
    return replace(alert, state=AlertState.PENDING, next_at=again_at, reason=outcome.reason)


def _in_doubt(alert: Alert, outcome: Ambiguous, now: datetime, *, repeats: bool) -> Alert:
    """Once more after a minute, or a quarter of what is left of its time, so that the channel behind it has some."""
    left = alert.give_up_at - now
    if not repeats or alert.doubts >= MOST_DOUBTS or left <= timedelta(0):
        return alert.end(AlertState.AMBIGUOUS, outcome.reason, now)
    again_at = now + min(IN_DOUBT, left / 4)
    doubts = alert.doubts + 1
    return replace(alert, state=AlertState.PENDING, next_at=again_at, reason=outcome.reason, doubts=doubts)


def pause(alert: Alert) -> float:
    """Seconds before the next attempt: 1, 2, 4 … 60, spread by a fifth so that an outage does not end in a rush."""
    spread = 1 + int(alert.id[:4], 16) / 0xFFFF / 5
    return float(min(LONGEST_PAUSE, 2.0 ** max(0, alert.attempt - 1)) * spread)


def is_unreachable(alerts: Iterable[Alert]) -> bool:
    """True when every alert of an escalation, or to one recipient, has ended and none may still bring an answer.

    Also when there is no alert at all: an escalation without recipients is unreachable.
    """
    return all(a.is_unreached for a in alerts)

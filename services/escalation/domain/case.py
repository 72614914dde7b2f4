"""The case and its transitions as values; used by the decisions, the use cases and the store."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.escalation.domain.clocks import BROKEN, Clock, Pause
from services.escalation.domain.told import NOBODY, NOTHING, Owner, Told, last_revision
from shared.contracts.escalation import AlertFacts, EscalationReason, Outcome, Remedy
from shared.contracts.event import Severity

ESCALATIONS = uuid.uuid5(uuid.NAMESPACE_DNS, "escalations.ombud")
OMBUD = "ombud"  # who acts when nobody does
ALL_MUST_ANSWER = "all_must_answer"  # a detail of an escalation, where it is so


class CaseState(StrEnum):
    """EARLY: an event came before its complaint, so only its revision is known. EXHAUSTED can still be answered.

    SNOOZED: a person put it off until a time. MUTED: it is part of another case, whose alerts speak for it.
    """

    EARLY = "early"
    OPEN = "open"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    MUTED = "muted"
    RESOLVED = "resolved"
    EXHAUSTED = "exhausted"


# Somebody is called for it. UNTAKEN: nobody has taken it or put it off. TAKABLE: whoever takes it takes it from nobody.
# QUIET: nobody is called, so that a new alarm is news to whoever must answer.
CALLING = (CaseState.ESCALATED, CaseState.EXHAUSTED)
UNTAKEN = (CaseState.OPEN, *CALLING)
TAKABLE = (*UNTAKEN, CaseState.SNOOZED)
QUIET = (CaseState.OPEN, CaseState.ACKNOWLEDGED, CaseState.SNOOZED)


class Ending(StrEnum):
    """How a complaint's duty ended for good; a resolved one may be opened again."""

    MERGED = "merged"
    FORGOTTEN = "forgotten"


class What(StrEnum):
    """The kinds of timeline rows: what happened to a case, or was noted about it."""

    OPENED = "opened"
    UPDATED = "updated"
    ANSWERED = "answered"
    REOPENED = "reopened"
    RATED = "rated"
    REQUESTED = "requested"
    NOTED = "noted"
    WARNED = "warned"
    CLOCK_BROKEN = "clock_broken"
    LEVEL_EMPTY = "level_empty"
    LEVEL_CLOSED = "level_closed"
    ESCALATED = "escalated"
    CONFIRMED = "confirmed"
    REPLY_REFUSED = "reply_refused"
    ACKNOWLEDGED = "acknowledged"
    TAKEN_OVER = "taken_over"
    REMINDED = "reminded"
    KEPT = "kept"
    SNOOZED = "snoozed"
    HANDED_BACK = "handed_back"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMARKED = "remarked"
    CORRECTED = "corrected"
    LINKED = "linked"
    UNLINKED = "unlinked"
    STORM = "storm"
    RESOLVED = "resolved"
    MERGED = "merged"
    FORGOTTEN = "forgotten"
    EXHAUSTED = "exhausted"
    REPAIRED = "repaired"
    ASSIGNED = "assigned"
    QUEUED = "queued"
    ALERT_ACCEPTED = "alert_accepted"
    ALERT_DELIVERED = "alert_delivered"
    ALERT_FAILED = "alert_failed"
    ALERT_SUPPRESSED = "alert_suppressed"
    ALERT_AMBIGUOUS = "alert_ambiguous"


@dataclass(frozen=True)
class Case:
    """Our duty of care for one complaint, or for a storm of them (`is_major`).

    The `…_revision` fields count the complaint's events: the newest facts, resolution and so on that are known.
    `alarms`: by reason, the earliest complaint revision that fired it; of requests and low ratings the newest.
    Severity and ask never sink unless a person corrects them (at `corrected_revision`), so that the order in which two
    contacts arrive does not matter.
    `respond_by`: when the present rung has had its time, the snooze ends, or the level opens. `follow_up_by`,
    `remind_at`, `shift_ends_at`: of whoever took the case. `unassigned_at`: when nobody has worked on it for too long.
    `since`: start of the present wait of the customer. `taken_at`: when somebody first took it since then.
    `confirmed_by`: who has answered at a level where all must. `repeats`: how often the level was alerted again.
    `repaired`: how often the auditor has put the case right; `repaired_at`: the last time.
    `ending`: set once the complaint is merged into another one, or forgotten; nothing is heard of it after that.
    """

    id: str
    state: CaseState = CaseState.EARLY
    revision: int = 0
    policy_version: str = ""
    severity: Severity = Severity.LOW
    facts: AlertFacts | None = None
    told: Told = NOTHING
    alarms: Mapping[EscalationReason, int] = field(default_factory=dict)
    owner: Owner = NOBODY
    clocks: tuple[Clock, ...] = ()
    pauses: tuple[Pause, ...] = ()
    ladder: str = ""
    level: int = 0
    round: int = 0
    repeats: int = 0
    repaired: int = 0
    reason: EscalationReason | None = None
    trigger: EscalationReason | None = None
    escalation_id: str | None = None
    recipients: tuple[str, ...] = ()
    confirmed_by: tuple[str, ...] = ()
    respond_by: datetime | None = None
    follow_up_by: datetime | None = None
    remind_at: datetime | None = None
    shift_ends_at: datetime | None = None
    unassigned_at: datetime | None = None
    opened_at: datetime | None = None
    since: datetime | None = None
    escalated_at: datetime | None = None
    repaired_at: datetime | None = None
    taken_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    remedies: tuple[Remedy, ...] = ()
    facts_revision: int = 0
    corrected_revision: int = 0
    closed_revision: int = 0
    requested_revision: int = 0
    rated_revision: int = 0
    parent_id: str | None = None
    is_major: bool = False
    traceparent: str | None = None
    ending: Ending | None = None

    def but(self, **to: Any) -> "Case":
        """The same case with these fields. `dataclasses.replace` takes ten times as long for so many, and a step
        makes a dozen cases. Raises TypeError for what is no field.
        """
        if not to.keys() <= _FIELDS:
            raise TypeError(f"a case has no {', '.join(sorted(to.keys() - _FIELDS))}")
        other = object.__new__(Case)
        other.__dict__.update(self.__dict__)
        other.__dict__.update(to)
        return other

    @property
    def due_at(self) -> datetime | None:
        """The earliest of everything that time will ask of the case; None = nothing, ever. A column of its own."""
        return min(filter(None, self.dues), default=None)

    @property
    def dues(self) -> tuple[datetime | None, ...]:
        return (
            *(clock.next_at for clock in self.clocks),
            self.respond_by,
            self.remind_at,
            self.follow_up_by,
            self.shift_ends_at,
            self.unassigned_at,
        )

    @property
    def customer_is_answered(self) -> bool:
        """Whether the customer has an answer since the complaint was last opened."""
        return last_revision(self.told.answers) > self.reopened_revision

    @property
    def reopened_revision(self) -> int:
        return last_revision(self.told.reopenings)

    @property
    def is_closed(self) -> bool:
        """Whether the newest word is that it is resolved: no reopening and no new alarm came after it."""
        is_newest = self.closed_revision >= max(self.reopened_revision, *self.alarms.values(), 1)
        return self.ending is not None or is_newest

    @property
    def is_forgotten(self) -> bool:
        """Whether the customer's data was erased: whatever comes late is not even looked at."""
        return self.ending is Ending.FORGOTTEN

    @property
    def overdue_since(self) -> datetime | None:
        """When the first of the clocks broke that still run; None = none is broken. A column of its own."""
        return min((c.due_at for c in self.clocks if c.told >= BROKEN and c.stopped_at is None), default=None)

    @property
    def last_revision(self) -> int:
        """The newest revision of the complaint that the case has seen."""
        moments = (*self.told.contacts, *self.told.answers, *self.told.reopenings)
        known = (self.facts_revision, self.closed_revision, self.requested_revision, self.rated_revision)
        return max(*known, last_revision(moments))


_FIELDS = Case.__dataclass_fields__.keys()


@dataclass(frozen=True)
class Change:
    """One transition: the case after it, who did it and why. Each one is a row of the timeline.

    details: what else the row tells, ready for JSON. key: of the row, where something else than its revision counts
    what is told. note: what a person wrote, kept beside the timeline, since it must be erasable.
    """

    case: Case
    what: What
    actor: str = OMBUD
    reason: StrEnum | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    note: str | None = None

    @property
    def row_key(self) -> str:
        return self.key or f"{self.case.revision:06d}"


def escalation_id(case_id: str, level: int, round_: int) -> str:
    """The same rung in the same round always has the same id, so that a repeated step is recognised everywhere."""
    return str(uuid.uuid5(ESCALATIONS, f"{case_id}:{level}:{round_}"))

"""The policy: what escalates, which clocks run, what is a storm, which ladders there are. Made by its reader; pure."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from services.escalation.domain.conditions import ANYTHING, Picture, When
from services.escalation.domain.duty import Rota
from services.escalation.domain.ladder import BySeverity, Ladder, Recipient
from services.escalation.domain.spans import Span
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from shared.hours.calendar import Calendar
from shared.policy.words import ANY

# Why a rule of the policy may escalate, in the order in which the documents name them.
TRIGGER_REASONS = (
    EscalationReason.SEVERITY,
    EscalationReason.ASKED,
    EscalationReason.ANGER,
    EscalationReason.FLAGGED,
    EscalationReason.TIER,
    EscalationReason.REPEATED,
    EscalationReason.LOW_RATING,
    EscalationReason.REOPENED,
    EscalationReason.UNASSIGNED,
    EscalationReason.DECLINED,
    EscalationReason.OVERDUE,
    EscalationReason.UPSTREAM_REQUEST,
    EscalationReason.AGENT_REQUEST,
)


# Those that follow from what was read in a contact; the others have a moment of their own.
READ_REASONS = frozenset(TRIGGER_REASONS[: TRIGGER_REASONS.index(EscalationReason.REPEATED) + 1])


@dataclass(frozen=True)
class Trigger:
    """Escalates at once for its reason, when what the reason is about happens and `when` fits.

    after: of UNASSIGNED only, how long nobody works on the complaint. clocks: of OVERDUE only, the names of the clocks
    whose end escalates; empty = any.
    """

    reason: EscalationReason
    when: When = ANYTHING
    after: BySeverity = field(default_factory=dict)
    clocks: frozenset[str] = frozenset()


class Measure(StrEnum):
    """What a clock measures. FIRST_ANSWER: from the receipt to the first answer. NEXT_ANSWER: from the earliest contact
    after an answer to the next answer. RESOLUTION: from the receipt to the end. SUPERVISOR: from when the customer
    first asked for somebody until a named person takes the case.
    """

    FIRST_ANSWER = "first_answer"
    NEXT_ANSWER = "next_answer"
    RESOLUTION = "resolution"
    SUPERVISOR = "supervisor"


class Starts(StrEnum):
    """From when FIRST_ANSWER and RESOLUTION count."""

    OPENED = "opened"
    RECEIVED = "received"


class PauseReason(StrEnum):
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    WAITING_FOR_SUPPLIER = "waiting_for_supplier"
    UNDER_INVESTIGATION = "under_investigation"


@dataclass(frozen=True)
class ClockRule:
    """A clock that runs for each case that `when` fits.

    starts: RECEIVED, or OPENED: when Ombud first heard of it, so that an old backlog is not overdue as it comes in.
    hours: None = calendar time; REGION = the hours of the complaint's region; else a name of hours. warn: percents.
    told: recipients of its warnings, as of a Level. pauses: the reasons that stop it for a while.
    """

    name: str
    measures: Measure
    within: Mapping[Severity, Span]
    when: When = ANYTHING
    hours: str | None = None
    warn: tuple[int, ...] = (50, 80, 95)
    told: tuple[Recipient, ...] = ()
    pauses: frozenset[PauseReason] = frozenset()
    starts: Starts = Starts.OPENED


REGION = "region"  # of ClockRule.hours


class Of(StrEnum):
    """By what cases are counted together to see a storm."""

    CATEGORY = "category"
    PRODUCT = "product"
    REGION = "region"


@dataclass(frozen=True)
class StormRule:
    """More than `more_than` cases alike in every part of `of`, received within `within`, are a storm.

    ladder: which one its major complaint climbs. quiet_after: so long without a further case, and it is over.
    """

    name: str
    of: tuple[Of, ...]
    more_than: int
    within: timedelta
    ladder: str
    quiet_after: timedelta
    when: When = ANYTHING


@dataclass(frozen=True)
class BusinessHours:
    """regions: those that it is the hours of; ANY = every region without hours of its own; may be none."""

    name: str
    regions: frozenset[str]
    calendar: Calendar


@dataclass(frozen=True)
class FollowUp:
    """After the answer: how long without progress until the case escalates again; remind: at which percent of it."""

    within: BySeverity
    remind: int = 80


@dataclass(frozen=True)
class Policy:
    """Triggers are in order: the first that fires gives the reason. Of the ladders the first that fits is climbed; the
    last one fits everything.

    again_after: how long an exhausted case rests before its top level is alerted again.
    """

    version: str
    triggers: tuple[Trigger, ...]
    clocks: tuple[ClockRule, ...]
    ladders: tuple[Ladder, ...]
    follow_up: FollowUp
    snooze_at_most: timedelta
    pause_at_most: timedelta
    again_after: BySeverity
    hours: tuple[BusinessHours, ...] = ()
    rotas: tuple[Rota, ...] = ()
    storms: tuple[StormRule, ...] = ()

    def fired(self, seen: Picture, among: Container[EscalationReason]) -> tuple[EscalationReason, ...]:
        """The reasons to escalate at once, of those asked about, in the order of the policy."""
        return tuple(dict.fromkeys(t.reason for t in self.triggers if t.reason in among and t.when.fits(seen)))

    def first(self, reasons: Container[EscalationReason]) -> EscalationReason | None:
        """Of several reasons the one that comes first in the policy."""
        return next((t.reason for t in self.triggers if t.reason in reasons), None)

    def trigger(self, reason: EscalationReason, seen: Picture) -> Trigger | None:
        """The first rule for that reason that fits."""
        return next((t for t in self.triggers if t.reason is reason and t.when.fits(seen)), None)

    def clocks_of(self, seen: Picture) -> tuple[ClockRule, ...]:
        return tuple(rule for rule in self.clocks if rule.when.fits(seen))

    def ladder_for(self, seen: Picture) -> Ladder:
        return next(ladder for ladder in self.ladders if ladder.when.fits(seen))

    def ladder(self, name: str) -> Ladder:
        """That one; the last if there is none of that name, so that the case climbs all the same."""
        return next((ladder for ladder in self.ladders if ladder.name == name), self.ladders[-1])

    def rota(self, name: str) -> Rota | None:
        return next((rota for rota in self.rotas if rota.name == name), None)

    def calendar(self, hours: str | None, region: str | None) -> Calendar | None:
        """The calendar that a clock or a level goes by; None = calendar time."""
        if hours is None:
            return None
        if hours != REGION:
            return next((h.calendar for h in self.hours if h.name == hours), None)
        named = next((h.calendar for h in self.hours if region in h.regions), None)
        return named or next((h.calendar for h in self.hours if ANY in h.regions), None)

"""The policy: what escalates, which clocks run, who is on which rung. Made by the policy reader; pure."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from services.escalation.domain.duty import Rota
from services.escalation.domain.spans import Span
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from shared.hours.calendar import Calendar
from shared.policy.words import ANY, NONE

MAX_LEVELS = 5  # the metrics have one series per level
NOT_ASKED = "none"
# Strongest first: a wish for a supervisor counts more than one for any human.
ASK_KINDS = ("supervisor", "executive", "human")
BySeverity = Mapping[Severity, timedelta]

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
class Picture:
    """What is known of a complaint when rules are asked: of one contact, with what upstream and customer did since."""

    severity: Severity
    asks_kind: str
    anger: float
    flags: frozenset[str]
    category: str
    channel: str
    region: str | None
    product: str | None
    tier: str | None
    contacts: int = 1
    rating: float | None = None
    reopenings: int = 0


@dataclass(frozen=True)
class When:
    """Conditions that all must hold; None = says nothing. A set: one of them; ANY = whatever is known, NONE = unknown.

    tier is compared in small letters. anger: at least; contacts, reopenings: at least; rating: at most.
    """

    severity: frozenset[Severity] | None = None
    asked: frozenset[str] | None = None
    flags: frozenset[str] | None = None
    category: frozenset[str] | None = None
    channel: frozenset[str] | None = None
    region: frozenset[str] | None = None
    product: frozenset[str] | None = None
    tier: frozenset[str] | None = None
    anger: float | None = None
    contacts: int | None = None
    rating: float | None = None
    reopenings: int | None = None

    def fits(self, seen: Picture) -> bool:
        return (
            (self.severity is None or seen.severity in self.severity)
            and (self.asked is None or seen.asks_kind in self.asked)
            and (self.flags is None or _any_of(self.flags, seen.flags))
            and _is_among(self.category, seen.category)
            and _is_among(self.channel, seen.channel)
            and _is_among(self.region, seen.region)
            and _is_among(self.product, seen.product)
            and _is_among(self.tier, seen.tier.casefold() if seen.tier else None)
            and (self.anger is None or seen.anger >= self.anger)
            and (self.contacts is None or seen.contacts >= self.contacts)
            and (self.rating is None or (seen.rating is not None and seen.rating <= self.rating))
            and (self.reopenings is None or seen.reopenings >= self.reopenings)
        )


def _is_among(wanted: frozenset[str] | None, value: str | None) -> bool:
    return wanted is None or value in wanted or (NONE if value is None else ANY) in wanted


def _any_of(wanted: frozenset[str], values: frozenset[str]) -> bool:
    return not wanted.isdisjoint(values) or (ANY in wanted and bool(values))


# Of a ladder that is climbed only where a storm names it.
NEVER = When(severity=frozenset())


@dataclass(frozen=True)
class Trigger:
    """Escalates at once for its reason, when what the reason is about happens and `when` fits.

    after: of UNASSIGNED only, how long nobody works on the complaint. clocks: of OVERDUE only, the names of the clocks
    whose end escalates; empty = any.
    """

    reason: EscalationReason
    when: When = When()
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
    when: When = When()
    hours: str | None = None
    warn: tuple[int, ...] = (50, 80, 95)
    told: tuple["Recipient", ...] = ()
    pauses: frozenset[PauseReason] = frozenset()
    starts: Starts = Starts.OPENED


REGION = "region"  # of ClockRule.hours


class Kind(StrEnum):
    """How a recipient of a level is named. ROLE: on the ladder; TEAM_LEAD: of the agent who has the complaint."""

    PERSON = "person"
    ROLE = "role"
    DUTY = "duty"
    TEAM_LEAD = "team_lead"


@dataclass(frozen=True)
class Recipient:
    """name: of the person, the role or the rota; empty for TEAM_LEAD."""

    kind: Kind
    name: str = ""


class Needed(StrEnum):
    """Who must answer at a level so that it does not climb."""

    ONE = "one"
    ALL = "all"


class Outside(StrEnum):
    """What becomes of a level outside its hours."""

    CLIMB = "climb"
    WAIT = "wait"


@dataclass(frozen=True)
class Level:
    """A rung: whom it alerts, and how long they have to answer, by severity.

    repeat: how many times it is alerted again before the case climbs. hours: name of the hours in which it may be
    alerted; None = always.
    """

    name: str
    recipients: tuple[Recipient, ...]
    respond_within: BySeverity
    needed: Needed = Needed.ONE
    repeat: int = 0
    hours: str | None = None
    outside: Outside = Outside.CLIMB


@dataclass(frozen=True)
class Ladder:
    """Levels are counted from 1. start: the level at which a case of that severity begins; 1 if not said."""

    name: str
    levels: tuple[Level, ...]
    when: When = When()
    start: Mapping[Severity, int] = field(default_factory=dict)

    @property
    def top_level(self) -> int:
        return len(self.levels)

    def level(self, number: int) -> Level:
        return self.levels[number - 1]

    def start_of(self, severity: Severity) -> int:
        return self.start.get(severity, 1)

    def levels_above(self, number: int) -> Iterator[tuple[int, Level]]:
        return ((n, level) for n, level in enumerate(self.levels, start=1) if n > number)


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
    when: When = When()


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

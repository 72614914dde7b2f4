"""The policy: from the facts of a complaint to what it needs, how that relaxes, and when its region is open.

Pure; made by policy/policyfile.py, asked by following.py and placing/.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.routing.domain.facts import Facts
from services.routing.domain.needs import Demand, Wanted, differing
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from shared.hours.calendar import Calendar
from shared.policy.words import ANY

UTC_ZONE = "UTC"
_SETS = ("category", "region", "product", "campaign", "channel")


@dataclass(frozen=True)
class When:
    """The condition of a rule: every part that is given must fit. None = plays no part.

    flags: any of them. tier: in small letters, however upstream writes it. language: of the customer, else of the text.
    contact_count: at least. local_time: hours on the customer's own clock, as a calendar in UTC whose wall times are
    theirs.
    """

    severity: frozenset[Severity] | None = None
    category: frozenset[str] | None = None
    flags: frozenset[str] | None = None
    tier: frozenset[str] | None = None
    region: frozenset[str] | None = None
    language: frozenset[str] | None = None
    product: frozenset[str] | None = None
    campaign: frozenset[str] | None = None
    channel: frozenset[str] | None = None
    contact_count: int | None = None
    local_time: Calendar | None = None

    def fits(self, facts: Facts, local: datetime) -> bool:
        """local: the customer's wall clock, as if it were UTC."""
        if self.severity is not None and facts.severity not in self.severity:
            return False
        if self.flags is not None and self.flags.isdisjoint(facts.flags):
            return False
        if not all(_among(getattr(self, name), getattr(facts, name)) for name in self._sets):
            return False
        if not _among(self.tier, facts.tier.casefold() if facts.tier else None):
            return False
        if not _among(self.language, facts.customer_language or facts.language):
            return False
        if self.contact_count is not None and facts.contact_count < self.contact_count:
            return False
        return self.local_time is None or self.local_time.is_open(local)

    @cached_property
    def _sets(self) -> tuple[str, ...]:
        return tuple(name for name in _SETS if getattr(self, name) is not None)


def _among(wanted: frozenset[str] | None, known: str | None) -> bool:
    return wanted is None or (known is not None and (ANY in wanted or known in wanted))


@dataclass(frozen=True)
class Relaxation:
    """After so long in the line, these needs are enough."""

    after: timedelta
    wanted: Wanted


@dataclass(frozen=True)
class Rule:
    """The first rule whose condition fits decides. weight, priority, answer_within: by severity.

    follow_the_sun: it does not wait for the business hours of its region.
    """

    name: str
    when: When
    wanted: Wanted
    weight: Mapping[Severity, int]
    priority: Mapping[Severity, int]
    answer_within: Mapping[Severity, timedelta | None]
    relax: tuple[Relaxation, ...] = ()
    follow_the_sun: bool = False


@dataclass(frozen=True)
class BusinessHours:
    """When customers of these regions are served."""

    name: str
    regions: frozenset[str]
    calendar: Calendar


@dataclass(frozen=True)
class ScoreWeights:
    """How much each part of a score counts; each part is 0 to 1."""

    skill: float = 2
    language: float = 1
    load: float = 4
    idle: float = 1

    @cached_property
    def whole(self) -> float:
        return self.skill + self.language + self.load + self.idle


@dataclass(frozen=True)
class Policy:
    """version: name and hash of the file's content.

    ageing: waiting this long counts as much as one step of priority. spacing: how far apart the waiting complaints of
    one region and priority stand in line. patience: after so long nobody light overtakes a complaint of more weight at
    the agent that is kept for it. attempts: how many agents may lose a complaint before it waits for a supervisor.
    The last rule fits everything.
    """

    version: str
    rules: tuple[Rule, ...]
    hours: tuple[BusinessHours, ...] = ()
    score: ScoreWeights = field(default_factory=ScoreWeights)
    ageing: timedelta = timedelta(minutes=30)
    spacing: timedelta = timedelta(seconds=10)
    patience: timedelta = timedelta(minutes=10)
    attempts: int = 3

    def demand_of(self, facts: Facts, now: datetime, override: Mapping[str, Any] | None = None) -> Demand:
        """What a complaint with these facts asks for that begins to wait now; override: needs that a person set."""
        local = _local(now, facts.timezone, self._zone_of(facts.region))
        rule = next(r for r in self.rules if r.when.fits(facts, local))
        return self._demand(rule, facts, 0, override or {})

    def relaxed(self, demand: Demand, facts: Facts, waited: timedelta, override: Mapping[str, Any] | None) -> Demand:
        """The demand with every relaxation that is due after so long in the line."""
        rule = self._by_name.get(demand.rule, self.rules[-1])
        stage = sum(step.after <= waited for step in rule.relax)
        return self._demand(rule, facts, stage, override or {}) if stage > demand.stage else demand

    def next_relaxation(self, demand: Demand) -> timedelta | None:
        """How long after the beginning of its wait the next relaxation comes; None when there is no other."""
        rule = self._by_name.get(demand.rule)
        return rule.relax[demand.stage].after if rule and demand.stage < len(rule.relax) else None

    def needs_after(self, demand: Demand, facts: Facts, override: Mapping[str, Any] | None) -> Needs | None:
        """What will do after the next relaxation; None when there is no other."""
        if self.next_relaxation(demand) is None:
            return None
        return self._demand(self._by_name[demand.rule], facts, demand.stage + 1, override or {}).needs

    def hours_of(self, region: str | None) -> BusinessHours | None:
        """The hours of a region; None = always open."""
        return self._hours_by_region.get(region or ANY) or self._hours_by_region.get(ANY)

    def hours_named(self, name: str | None) -> BusinessHours | None:
        return self._hours_by_name.get(name or "")

    def rank_at(self, turn_at: datetime, priority: int) -> datetime:
        """The place in line: the earliest is served first."""
        return turn_at - priority * self.ageing

    def _demand(self, rule: Rule, facts: Facts, stage: int, override: Mapping[str, Any]) -> Demand:
        first = _with(rule.wanted.of(facts), override)
        needs = _with(rule.relax[stage - 1].wanted.of(facts), override) if stage else first
        hours = None if rule.follow_the_sun else self.hours_of(facts.region)
        severity = facts.severity
        return Demand(
            rule=rule.name,
            needs=needs,
            severity=severity,
            weight=rule.weight[severity],
            priority=rule.priority[severity],
            hours=hours.name if hours else None,
            stage=stage,
            relaxed=differing(first, needs),
            answer_within=rule.answer_within[severity],
        )

    def _zone_of(self, region: str | None) -> str:
        hours = self.hours_of(region)
        return hours.calendar.timezone if hours else UTC_ZONE

    @cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in self.rules}

    @cached_property
    def _hours_by_region(self) -> dict[str, BusinessHours]:
        return {region: hours for hours in self.hours for region in hours.regions}

    @cached_property
    def _hours_by_name(self) -> dict[str, BusinessHours]:
        return {hours.name: hours for hours in self.hours}


def _with(needs: Needs, override: Mapping[str, Any]) -> Needs:
    return replace(needs, **override) if override else needs


def _local(now: datetime, *zones: str | None) -> datetime:
    """The wall clock in the first of the zones that exists, written as if it were UTC; else UTC's."""
    for zone in filter(None, zones):
        # Upstream may say anything: such names are not found, or are no names, or are folders of the zones.
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return now.astimezone(ZoneInfo(zone)).replace(tzinfo=now.tzinfo, fold=0)
    return now

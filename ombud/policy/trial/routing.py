"""What routing's policy makes of a complaint; printed by `ombud policy try`."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from services.routing.domain.facts import Facts
from services.routing.domain.needs import Demand
from services.routing.domain.policy import Policy
from shared.contracts.routing import Needs
from shared.hours.intervals import in_words

_AT_FIRST = timedelta(0)


def show_trial(policy: Policy, facts: Facts, at: datetime) -> None:
    """Prints the rule, what it says, and how the needs relax."""
    demand = policy.demand_of(facts, at)
    console = Console(soft_wrap=True)
    for name, value in _said(policy, demand, facts, at):
        console.print(f"{name:<14}{value}", markup=False, highlight=False)
    console.print(_plan(policy, demand, facts))


def _said(policy: Policy, demand: Demand, facts: Facts, at: datetime) -> Iterator[tuple[str, str]]:
    yield "rule", f"{demand.rule} ({policy.version})"
    yield "weight", str(demand.weight)
    yield "priority", str(demand.priority)
    yield "answer within", in_words(demand.answer_within) if demand.answer_within else "no limit"
    yield "hours", _hours(policy, demand, facts, at)


def _hours(policy: Policy, demand: Demand, facts: Facts, at: datetime) -> str:
    hours = policy.hours_named(demand.hours)
    if hours is None:
        return "at any time" if policy.hours_of(facts.region) is None else "at any time (follow_the_sun)"
    opening = hours.calendar.next_opening(at)
    if opening == at:
        return f"{hours.name}: open now"
    if opening is None:
        return f"{hours.name}: closed, and no opening to be seen"
    zone = hours.calendar.timezone
    return f"{hours.name}: closed, opens {opening.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} ({zone})"


def _plan(policy: Policy, demand: Demand, facts: Facts) -> Table:
    table = Table("in line for", "skill", "language", "region", "team")
    for waited, stage in _stages(policy, demand, facts):
        needs = stage.needs
        table.add_row(
            in_words(waited) if waited else "at first",
            _with_level(needs, "skill"),
            _with_level(needs, "language"),
            needs.region or "any",
            needs.team or "any",
        )
    return table


def _stages(policy: Policy, demand: Demand, facts: Facts) -> Iterator[tuple[timedelta, Demand]]:
    yield _AT_FIRST, demand
    while (after := policy.next_relaxation(demand)) is not None:
        demand = policy.relaxed(demand, facts, after, None)
        yield after, demand


def _with_level(needs: Needs, part: str) -> str:
    value, level = getattr(needs, part), getattr(needs, f"{part}_level")
    return f"{value} {level}" if value else "any"

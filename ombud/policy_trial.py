"""`ombud policy try`: facts as name=value, and what routing's policy makes of them; called by policy.py."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError
from rich.console import Console
from rich.table import Table

from ombud.trouble import Trouble
from services.routing.domain.facts import Facts
from services.routing.domain.needs import Demand
from services.routing.domain.policy import Policy
from shared.codes import language_code, region_code
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from shared.hours.intervals import in_words
from shared.hours.schedule import Zone
from shared.policy.fields import severity_of

_AT_FIRST = timedelta(0)


def _counted(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) == int(text)):
        raise ValidationError(f"{text!r} is no number of contacts")
    return int(text)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValidationError(f"{text!r} is no time; write 2026-11-26T20:00:00Z") from error
    if at.tzinfo is None:
        raise ValidationError(f"{text!r} does not say in which zone; write 2026-11-26T20:00:00Z")
    return at


_READ: Mapping[str, Callable[[str], Any]] = {
    "category": str,
    "severity": severity_of,
    "region": region_code,
    "language": language_code,
    "customer_language": language_code,
    "tier": str,
    "channel": str,
    "flags": lambda text: tuple(text.split(",")),
    "product": str,
    "campaign": str,
    "contact_count": _counted,
    "timezone": Zone().deserialize,
    "at": _instant,
}


def show_trial(policy: Policy, written: Sequence[str], now: datetime) -> None:
    """Prints the rule, what it says, and how the needs relax; raises Trouble for facts that cannot be read."""
    known = _facts(written)
    at = known.pop("at", now)
    facts = Facts(**{"category": "other", "severity": Severity.LOW, **known})
    demand = policy.demand_of(facts, at)
    console = Console(soft_wrap=True)
    for name, value in _said(policy, demand, facts, at):
        console.print(f"{name:<14}{value}", markup=False, highlight=False)
    console.print(_plan(policy, demand, facts))


def _facts(written: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in written:
        name, sign, text = one.partition("=")
        if name not in _READ or not sign:
            raise Trouble(f"{one!r} is no fact; write name=value, with one of {', '.join(_READ)}")
        try:
            found[name] = _READ[name](text)
        except ValidationError as error:
            raise Trouble(f"{name}: {' '.join(map(str, error.messages))}") from error
    return found


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

"""Facts, rules, policies and agents with defaults, for the tests of the policy; nothing of the rest of routing."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from services.routing.domain.facts import Facts
from services.routing.domain.needs import Wanted
from services.routing.domain.policy import Policy, Rule, When
from services.routing.domain.roster import Agent
from services.routing.policy.policyfile import parse
from shared.contracts.event import Severity
from shared.hours.calendar import Calendar, Shift
from shared.policy.page import PolicyError

MONDAY_NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
WORKDAYS = frozenset(range(5))


def words(*names: str) -> frozenset[str]:
    return frozenset(names)


def some_facts(**changed: Any) -> Facts:
    return Facts(**{"category": "billing", "severity": Severity.LOW, **changed})


def a_rule(name: str = "everything", **changed: Any) -> Rule:
    defaults: dict[str, Any] = {
        "when": When(),
        "wanted": Wanted(),
        "weight": dict.fromkeys(Severity, 1),
        "priority": {s: s.rank for s in Severity},
        "answer_within": dict.fromkeys(Severity, timedelta(hours=1)),
    }
    return Rule(name, **{**defaults, **changed})


def a_policy_of(*rules: Rule, **changed: Any) -> Policy:
    return Policy("test@1", rules, **changed)


def an_agent_with(
    id_: str = "eva",
    *,
    skills: dict[str, int] | None = None,
    languages: dict[str, int] | None = None,
    regions: tuple[str, ...] = ("CZ",),
    capacity: int = 5,
    **changed: Any,
) -> Agent:
    return Agent(id_, id_, skills or {"billing": 3}, languages or {"cs": 5}, regions, capacity, **changed)


def hours_of_day(start: int, end: int, timezone: str = "UTC", days: frozenset[int] = WORKDAYS) -> Calendar:
    """Whole hours; 24 is midnight."""
    return Calendar(timezone, (Shift(days, time(start), time(end % 24)),))


def mistakes_in(document: str) -> tuple[str, ...]:
    """What is wrong with a policy; nothing if it can be used."""
    try:
        parse(document, "policy.yml")
    except PolicyError as error:
        return error.mistakes
    return ()

"""What a complaint asks for: which rule it follows, how that relaxes while it waits, and which hours it waits for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.routing.domain.needs import CUSTOMER, CUSTOMER_OR_TEXT, TEXT, Wanted
from services.routing.domain.policy import BusinessHours, Relaxation, When
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from shared.policy.words import NONE
from tests.unit.routing.policies import (
    MINUTE,
    MONDAY_NOON,
    SECOND,
    a_policy_of,
    a_rule,
    hours_of_day,
    some_facts,
    words,
)

PRAGUE = BusinessHours("central", frozenset({"CZ", "SK"}), hours_of_day(8, 18, "Europe/Prague"))
OTHERS = BusinessHours("others", frozenset({"*"}), hours_of_day(0, 12, "America/New_York"))


@pytest.mark.parametrize(
    ("when", "facts", "fits"),
    [
        ({}, {}, True),
        ({"severity": frozenset({Severity.HIGH})}, {"severity": Severity.HIGH}, True),
        ({"severity": frozenset({Severity.HIGH})}, {"severity": Severity.LOW}, False),
        ({"category": words("billing")}, {"category": "billing"}, True),
        ({"category": words("billing")}, {"category": "refund"}, False),
        ({"flags": words("safety", "legal")}, {"flags": ("legal", "x")}, True),
        ({"flags": words("safety")}, {"flags": ("legal",)}, False),
        ({"flags": words("safety")}, {}, False),
        ({"tier": words("vip")}, {"tier": "vip"}, True),
        ({"tier": words("vip")}, {"tier": "VIP"}, True),
        ({"tier": words("vip")}, {"tier": "gold"}, False),
        ({"tier": words("vip")}, {}, False),
        ({"tier": words("*")}, {"tier": "gold"}, True),
        ({"tier": words("*")}, {}, False),
        ({"region": words("CZ")}, {"region": "CZ"}, True),
        ({"region": words("CZ")}, {"region": "SK"}, False),
        ({"region": words("*")}, {"region": "SK"}, True),
        ({"region": words("*")}, {}, False),
        ({"language": words("cs")}, {"language": "cs"}, True),
        ({"language": words("cs")}, {"customer_language": "cs", "language": "en"}, True),
        ({"language": words("cs")}, {"customer_language": "en", "language": "cs"}, False),
        ({"language": words("*")}, {}, False),
        ({"product": words("kettle")}, {"product": "kettle"}, True),
        ({"campaign": words("recall")}, {"campaign": "recall"}, True),
        ({"channel": words("mail", "web")}, {"channel": "web"}, True),
        ({"contact_count": 3}, {"contact_count": 2}, False),
        ({"contact_count": 3}, {"contact_count": 3}, True),
        ({"contact_count": 3}, {"contact_count": 4}, True),
        ({"tier": words("vip"), "region": words("CZ")}, {"tier": "vip", "region": "SK"}, False),
        ({"tier": words("vip"), "region": words("CZ")}, {"tier": "vip", "region": "CZ"}, True),
    ],
)
def test_every_part_of_a_condition_must_fit(when: dict[str, Any], facts: dict[str, Any], fits: bool) -> None:
    policy = a_policy_of(a_rule("first", when=When(**when)), a_rule("rest"))
    assert policy.demand_of(some_facts(**facts), MONDAY_NOON).rule == ("first" if fits else "rest")


def test_the_first_rule_that_fits_decides() -> None:
    vip, czech = When(tier=words("vip")), When(region=words("CZ"))
    policy = a_policy_of(a_rule("vip", when=vip), a_rule("czech", when=czech), a_rule("rest"))
    assert policy.demand_of(some_facts(tier="vip", region="CZ"), MONDAY_NOON).rule == "vip"
    assert policy.demand_of(some_facts(region="CZ"), MONDAY_NOON).rule == "czech"


def utc(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "at", "fits"),
    [
        # Prague is an hour ahead of UTC, New York five behind; 2 November 2026 is a Monday.
        ({"timezone": "Europe/Prague"}, utc(2, 16, 59, 59), False),
        ({"timezone": "Europe/Prague"}, utc(2, 17), True),
        ({"timezone": "Europe/Prague"}, utc(3, 6, 59, 59), True),
        ({"timezone": "Europe/Prague"}, utc(3, 7), False),
        ({"timezone": "America/New_York"}, utc(2, 22, 59, 59), False),
        ({"timezone": "America/New_York"}, utc(2, 23), True),
        ({"region": "CZ"}, utc(2, 16, 59, 59), False),
        ({"region": "CZ"}, utc(2, 17), True),
        ({"region": "CZ", "timezone": "America/New_York"}, utc(2, 17), False),
        ({"region": "CZ", "timezone": "Mars/Base"}, utc(2, 17), True),
        ({"region": "CZ", "timezone": "../etc"}, utc(2, 17), True),
        ({"region": "CZ", "timezone": "Europe"}, utc(2, 17), True),
        ({"region": "CZ", "timezone": ""}, utc(2, 17), True),
        ({"region": "CZ", "timezone": "x" * 5000}, utc(2, 17), True),
        ({"region": "CZ", "timezone": "a\0b"}, utc(2, 17), True),
        ({"region": "DE"}, utc(2, 17), False),
        ({"region": "DE"}, utc(2, 18), True),
    ],
)
def test_local_time_is_the_customers_else_that_of_the_region(facts: dict[str, Any], at: datetime, fits: bool) -> None:
    evening = a_rule("evening", when=When(local_time=hours_of_day(18, 8)))
    policy = a_policy_of(evening, a_rule("rest"), hours=(PRAGUE,))
    assert policy.demand_of(some_facts(**facts), at).rule == ("evening" if fits else "rest")


@pytest.mark.parametrize(
    ("source", "customer", "text", "needed"),
    [
        (CUSTOMER_OR_TEXT, "cs", "en", "cs"),
        (CUSTOMER_OR_TEXT, None, "en", "en"),
        (CUSTOMER_OR_TEXT, None, None, None),
        (CUSTOMER, "cs", "en", "cs"),
        (CUSTOMER, None, "en", None),
        (TEXT, "cs", "en", "en"),
        (NONE, "cs", "en", None),
        ("no", "cs", "en", "no"),
    ],
)
def test_language_that_is_needed(source: str, customer: str | None, text: str | None, needed: str | None) -> None:
    policy = a_policy_of(a_rule(wanted=Wanted(language=source, language_level=3)))
    needs = policy.demand_of(some_facts(customer_language=customer, language=text), MONDAY_NOON).needs
    assert (needs.language, needs.language_level) == (needed, 3 if needed else None)


@pytest.mark.parametrize(
    ("wanted", "needs"),
    [
        (Wanted(), Needs("billing", "cs", "CZ", 1, 1)),
        (Wanted(skill="safety", skill_level=4), Needs("safety", "cs", "CZ", 4, 1)),
        (Wanted(skill=NONE, language=NONE, region=NONE), Needs()),
        (Wanted(region="DE", team="recall"), Needs("billing", "cs", "DE", 1, 1, "recall")),
    ],
)
def test_needs_follow_from_facts(wanted: Wanted, needs: Needs) -> None:
    policy = a_policy_of(a_rule(wanted=wanted))
    assert policy.demand_of(some_facts(language="cs", region="CZ"), MONDAY_NOON).needs == needs


def test_what_is_not_known_asks_for_nothing() -> None:
    assert a_policy_of(a_rule()).demand_of(some_facts(), MONDAY_NOON).needs == Needs("billing", None, None, 1)


def test_weight_priority_and_time_to_answer_come_from_severity() -> None:
    critical, hour = Severity.CRITICAL, timedelta(hours=1)
    rule = a_rule(
        weight=dict.fromkeys(Severity, 1) | {critical: 3},
        priority=dict.fromkeys(Severity, 0) | {critical: 9},
        answer_within=dict.fromkeys(Severity, hour) | {critical: None},
    )
    for severity, expected in ((Severity.HIGH, (1, 0, hour)), (critical, (3, 9, None))):
        demand = a_policy_of(rule).demand_of(some_facts(severity=severity), MONDAY_NOON)
        assert (demand.weight, demand.priority, demand.answer_within) == expected


FIRST = Wanted(skill_level=4, team="recall")
SECOND_STEP = replace(FIRST, skill_level=3)
THIRD_STEP = replace(SECOND_STEP, skill=NONE, team="overflow")
RELAXING = a_policy_of(
    a_rule(
        "recall",
        wanted=FIRST,
        relax=(Relaxation(5 * MINUTE, SECOND_STEP), Relaxation(15 * MINUTE, THIRD_STEP)),
        when=When(campaign=words("recall")),
    ),
    a_rule("rest"),
)
RECALLED = some_facts(campaign="recall", region="CZ")


@pytest.mark.parametrize(
    ("waited", "stage", "relaxed"),
    [
        (0 * MINUTE, 0, ()),
        (5 * MINUTE - SECOND, 0, ()),
        (5 * MINUTE, 1, ("skill_level",)),
        (5 * MINUTE + SECOND, 1, ("skill_level",)),
        (15 * MINUTE - SECOND, 1, ("skill_level",)),
        (15 * MINUTE, 2, ("skill", "skill_level", "team")),
        (999 * MINUTE, 2, ("skill", "skill_level", "team")),
    ],
)
def test_needs_relax_when_it_is_time(waited: timedelta, stage: int, relaxed: tuple[str, ...]) -> None:
    demand = RELAXING.relaxed(RELAXING.demand_of(RECALLED, MONDAY_NOON), RECALLED, waited, None)
    assert (demand.rule, demand.stage, demand.relaxed) == ("recall", stage, relaxed)
    wanted = (FIRST, SECOND_STEP, THIRD_STEP)[stage]
    assert demand.needs == wanted.of(RECALLED)


def test_a_relaxation_is_never_taken_back() -> None:
    demand = RELAXING.demand_of(RECALLED, MONDAY_NOON)
    late = RELAXING.relaxed(demand, RECALLED, 15 * MINUTE, None)
    assert RELAXING.relaxed(late, RECALLED, 5 * MINUTE, None) is late


def test_the_next_relaxation_and_what_will_do_then() -> None:
    demand = RELAXING.demand_of(RECALLED, MONDAY_NOON)
    assert RELAXING.next_relaxation(demand) == 5 * MINUTE
    assert RELAXING.needs_after(demand, RECALLED, None) == SECOND_STEP.of(RECALLED)
    late = RELAXING.relaxed(demand, RECALLED, 15 * MINUTE, None)
    assert (RELAXING.next_relaxation(late), RELAXING.needs_after(late, RECALLED, None)) == (None, None)


def test_a_complaint_whose_rule_is_gone_keeps_what_it_has() -> None:
    demand = RELAXING.demand_of(RECALLED, MONDAY_NOON)
    other = a_policy_of(a_rule("rest"))
    assert other.relaxed(demand, RECALLED, 99 * MINUTE, None) is demand
    assert other.next_relaxation(demand) is None


def test_needs_that_a_person_set_hold_at_every_stage() -> None:
    override = {"team": "legal", "region": None}
    demand = RELAXING.demand_of(RECALLED, MONDAY_NOON, override)
    assert (demand.needs.team, demand.needs.region, demand.relaxed) == ("legal", None, ())
    late = RELAXING.relaxed(demand, RECALLED, 15 * MINUTE, override)
    assert (late.needs.team, late.needs.region, late.needs.skill) == ("legal", None, None)
    assert "team" not in late.relaxed


@pytest.mark.parametrize(
    ("hours", "region", "name"),
    [
        ((), "CZ", None),
        ((PRAGUE,), "CZ", "central"),
        ((PRAGUE,), "DE", None),
        ((PRAGUE,), None, None),
        ((PRAGUE, OTHERS), "SK", "central"),
        ((PRAGUE, OTHERS), "DE", "others"),
        ((PRAGUE, OTHERS), None, "others"),
    ],
)
def test_hours_of_a_region(hours: tuple[BusinessHours, ...], region: str | None, name: str | None) -> None:
    policy = a_policy_of(a_rule(), hours=hours)
    demand = policy.demand_of(some_facts(region=region), MONDAY_NOON)
    assert demand.hours == name
    found = policy.hours_named(name)
    assert (found.name if found else None) == name


def test_a_rule_that_follows_the_sun_waits_for_no_hours() -> None:
    policy = a_policy_of(a_rule(follow_the_sun=True), hours=(PRAGUE,))
    assert policy.demand_of(some_facts(region="CZ"), MONDAY_NOON).hours is None


def test_waiting_for_as_long_as_one_step_of_priority_is_worth_makes_even() -> None:
    policy = a_policy_of(a_rule(), ageing=30 * MINUTE)
    older, newer = policy.rank_at(MONDAY_NOON, 1), policy.rank_at(MONDAY_NOON + 30 * MINUTE, 2)
    assert older == newer
    assert policy.rank_at(MONDAY_NOON + 30 * MINUTE - SECOND, 2) < older < policy.rank_at(MONDAY_NOON + SECOND, 1)

"""What a policy asks for that a roster's agents do not bring, and when nobody works although a region is open."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.routing.domain.lint import Kind, lint
from services.routing.domain.needs import TEXT, Wanted
from services.routing.domain.policy import Relaxation, Rule, When
from services.routing.domain.roster import Agent
from shared.contracts.event import Severity
from shared.policy.words import NONE
from tests.unit.routing.policies import MINUTE, a_policy_of, a_rule, an_agent_with, words

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
EVA = an_agent_with("eva", skills={"billing": 3}, languages={"cs": 5}, regions=("CZ",), teams=("vip",), capacity=5)
JAN = an_agent_with("jan", skills={"safety": 5}, languages={"en": 2}, regions=("*",), teams=("recall",), capacity=8)


def found(rule: Rule, *agents: Agent) -> list[tuple[Kind, str]]:
    return [(f.kind, f.text) for f in lint(a_policy_of(rule), agents, MONDAY)]


def unmet(wanted: Wanted, when: When | None = None, relax: Sequence[Relaxation] = ()) -> list[str]:
    rule = a_rule(wanted=wanted, when=when or When(), relax=tuple(relax))
    return [text for _, text in found(rule, EVA, JAN)]


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        (Wanted(), []),
        (Wanted(team="vip"), []),
        (Wanted(team="legal"), ["nobody has team legal: at first"]),
        (Wanted(skill="billing", skill_level=3), []),
        (Wanted(skill="billing", skill_level=4), ["nobody has skill billing of level 4: at first"]),
        (Wanted(skill="refund"), ["nobody has skill refund: at first"]),
        (Wanted(language="en", language_level=2), []),
        (Wanted(language="en", language_level=3), ["nobody has language en of level 3: at first"]),
        (Wanted(region="DE"), []),
        (Wanted(skill="billing", region="CZ"), []),
        (Wanted(skill="billing", region="DE"), ["nobody has skill billing with region DE: at first"]),
        (Wanted(skill="billing", team="recall"), ["nobody has skill billing with team recall: at first"]),
        (Wanted(skill="billing", language="en"), ["nobody has skill billing with language en: at first"]),
        (Wanted(skill="refund", team="legal", region="DE"), ["nobody has team legal: at first"]),
        (Wanted(skill=NONE, language=TEXT, region=NONE), []),
    ],
)
def test_fixed_needs_that_nobody_meets_are_found_at_their_least(wanted: Wanted, texts: list[str]) -> None:
    assert unmet(wanted) == texts


@pytest.mark.parametrize(
    ("when", "texts"),
    [
        (When(category=words("billing", "safety")), []),
        (When(category=words("billing", "refund")), ["nobody has skill refund: at first"]),
        (When(category=words("*")), []),
        (When(language=words("cs", "de")), ["nobody has language de: at first"]),
        (When(region=words("DE")), []),
        (When(category=words("billing"), region=words("DE")), ["nobody has skill billing with region DE: at first"]),
        (
            When(category=words("billing"), language=words("en")),
            ["nobody has skill billing with language en: at first"],
        ),
    ],
)
def test_values_that_the_condition_lists_are_looked_at_one_by_one(when: When, texts: list[str]) -> None:
    assert unmet(Wanted(), when) == texts


def test_every_stage_is_looked_at() -> None:
    legal, recall = Wanted(team="legal"), Wanted(team="recall", skill="billing")
    steps = (Relaxation(5 * MINUTE, replace(legal, skill_level=2)), Relaxation(120 * MINUTE, recall))
    assert unmet(legal, relax=steps) == [
        "nobody has team legal: at first, after 5m",
        "nobody has skill billing with team recall: after 2h",
    ]


def test_of_many_only_the_first_are_shown() -> None:
    texts = unmet(Wanted(), When(category=frozenset(f"c{n}" for n in range(9))))
    assert len(texts) == 6 and texts[-1] == "and 4 more"


def test_more_combinations_than_can_be_looked_at_are_looked_at_one_value_at_a_time() -> None:
    many = frozenset(f"X{n}" for n in range(200))
    texts = unmet(Wanted(), When(category=words("refund", "billing"), language=words("en"), region=many | {"CZ"}))
    assert texts[0] == "nobody has skill billing with language en: at first"
    texts = unmet(Wanted(), When(category=many, language=many, region=many))
    assert texts[0] == "nobody has skill X0: at first"


def test_without_agents_nothing_can_be_met() -> None:
    assert found(a_rule()) == [(Kind.NEEDS_NOBODY_MEETS, "nobody has anything, as there are no agents: at first")]


def heavy(
    weight: int, wanted: Wanted | None = None, relax: Sequence[Relaxation] = (), when: When | None = None
) -> list[str]:
    weights = dict.fromkeys(Severity, 1) | {Severity.CRITICAL: weight}
    rule = a_rule(weight=weights, wanted=wanted or Wanted(), relax=tuple(relax), when=when or When())
    return [text for kind, text in found(rule, EVA, JAN) if kind is Kind.TOO_HEAVY]


def test_a_weight_that_nobody_who_qualifies_can_carry() -> None:
    eva_only = Wanted(team="vip")
    assert heavy(8) == [] and heavy(5, eva_only) == []
    assert heavy(9) == ["weight 9 (critical), but nobody who qualifies has more than 8: at first"]
    assert heavy(6, eva_only) == ["weight 6 (critical), but nobody who qualifies has more than 5: at first"]
    assert heavy(6, eva_only, [Relaxation(5 * MINUTE, Wanted())]) == heavy(6, eva_only)
    assert heavy(6, Wanted(team="legal")) == [], "that nobody qualifies is said already"
    assert heavy(9, when=When(severity=frozenset({Severity.LOW}))) == []

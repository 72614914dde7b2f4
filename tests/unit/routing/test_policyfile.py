"""What a policy file says."""

import re
from datetime import time, timedelta
from pathlib import Path

import pytest

from services.routing.domain.needs import Wanted
from services.routing.domain.policy import ScoreWeights, When
from services.routing.policy.policyfile import parse, read
from services.routing.settings import SHIPPED_POLICY
from shared.contracts.event import Severity
from shared.hours.calendar import Shift
from tests.unit.routing.policies import WORKDAYS

DOCUMENT = Path(__file__).parents[3] / "docs" / "routing.md"
GOOD = """\
name: mine
score: {skill: 2, language: 0.5, load: 4, idle: 0}
ageing: 20m
spacing: 5s
patience: 1h
attempts: 4
hours:
  - {name: central, regions: [CZ, sk], timezone: Europe/Prague, holidays: CZ,
     open: {days: mon-fri, from: 08:00, to: 18:00}}
  - name: rest
    regions: "*"
    timezone: UTC
    open: [{days: daily, from: "00:00", to: "24:00"}]
defaults:
  needs: {language_level: 2}
  weight: {critical: 3}
  relax: [{after: 1h, language: none}]
rules:
  - name: recall
    when: {campaign: kettle-recall, severity: [high, critical], contact_count: 3,
           local_time: {days: fri-mon, from: 18:00, to: 08:00}}
    needs: {team: recall, skill_level: 4}
    weight: {high: 2}
    answer_within: {critical: none, high: 30m}
    relax:
      - {after: 5m, skill_level: 3}
      - {after: 15m, skill: none, language: en}
    follow_the_sun: true
  - name: vip
    when: {tier: [VIP, Gold], region: cz, language: pt-BR}
    priority: 9
    relax: []
  - name: everything
"""


def test_the_shipped_policy_can_be_used_and_treats_all_regions_alike() -> None:
    policy = read(SHIPPED_POLICY)
    assert policy.version.startswith("standard@") and len(policy.version) == len("standard@") + 12
    assert [rule.name for rule in policy.rules] == ["everything"]
    assert policy.rules[0].wanted == Wanted()
    assert policy.hours == ()


def test_what_the_shipped_policy_writes_out_is_what_is_left_out_elsewhere() -> None:
    shipped, least = read(SHIPPED_POLICY), parse("name: x\nrules: [{name: everything}]", "policy.yml")
    assert shipped.rules == least.rules
    assert (shipped.score, shipped.ageing, shipped.spacing) == (least.score, least.ageing, least.spacing)
    assert (shipped.patience, shipped.attempts) == (least.patience, least.attempts)


def test_the_examples_in_the_documents_can_be_used() -> None:
    whole, rules, hours = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    shipped = read(SHIPPED_POLICY)
    assert parse(whole, "whole").rules == shipped.rules
    assert (parse(whole, "whole").score, parse(whole, "whole").ageing) == (shipped.score, shipped.ageing)
    policy = parse(f"name: both\n{hours}{rules}", "both")
    assert [rule.name for rule in policy.rules] == ["recall", "vip", "night", "everything"]


def test_a_policy_says_numbers_and_periods() -> None:
    policy = parse(GOOD, "policy.yml")
    assert policy.score == ScoreWeights(skill=2, language=0.5, load=4, idle=0)
    assert (policy.ageing, policy.spacing) == (timedelta(minutes=20), timedelta(seconds=5))
    assert (policy.patience, policy.attempts) == (timedelta(hours=1), 4)


def test_hours_have_regions_and_a_calendar() -> None:
    central, rest = parse(GOOD, "policy.yml").hours
    assert central.regions == {"CZ", "SK"} and rest.regions == {"*"}
    assert central.calendar.timezone == "Europe/Prague"
    assert central.calendar.shifts == (Shift(WORKDAYS, time(8), time(18)),)
    assert rest.calendar.shifts == (Shift(frozenset(range(7)), time(0), time(0)),)


def test_a_condition_is_read_into_the_spelling_of_facts() -> None:
    recall, vip, _ = (rule.when for rule in parse(GOOD, "policy.yml").rules)
    assert recall.severity == {Severity.HIGH, Severity.CRITICAL}
    assert (recall.campaign, recall.contact_count) == ({"kettle-recall"}, 3)
    assert recall.local_time and recall.local_time.shifts[0].days == {4, 5, 6, 0}
    assert vip == When(tier=frozenset({"vip", "gold"}), region=frozenset({"CZ"}), language=frozenset({"pt"}))


def test_what_a_rule_says_comes_on_top_of_the_defaults_key_by_key() -> None:
    recall, vip, everything = parse(GOOD, "policy.yml").rules
    assert recall.wanted == Wanted(team="recall", skill_level=4, language_level=2)
    assert recall.weight == {Severity.LOW: 1, Severity.MEDIUM: 1, Severity.HIGH: 2, Severity.CRITICAL: 3}
    assert set(vip.priority.values()) == {9}
    assert recall.answer_within[Severity.CRITICAL] is None
    assert recall.answer_within[Severity.HIGH] == timedelta(minutes=30)
    assert recall.answer_within[Severity.LOW] == timedelta(days=2)
    assert (recall.follow_the_sun, everything.follow_the_sun) == (True, False)


def test_each_relaxation_changes_what_the_one_before_it_left() -> None:
    recall, vip, everything = parse(GOOD, "policy.yml").rules
    first, second = recall.relax
    assert first.wanted == Wanted(team="recall", skill_level=3, language_level=2)
    assert (second.after, second.wanted.skill, second.wanted.language) == (timedelta(minutes=15), "none", "en")
    assert (second.wanted.team, second.wanted.skill_level) == ("recall", 3)
    assert vip.relax == (), "an empty list takes the relaxations of the defaults away"
    assert [step.wanted.language for step in everything.relax] == ["none"]


def test_the_version_is_the_name_and_the_content() -> None:
    version = parse(GOOD, "policy.yml").version
    assert version.startswith("mine@")
    assert version == parse(GOOD, "other.yml").version
    assert version != parse(GOOD + "# x\n", "policy.yml").version


@pytest.mark.parametrize("word", ["NO", "no", "No", "ON", "yes", "null_island", "1e3", "08"])
def test_words_that_yaml_takes_for_something_else_stay_words(word: str) -> None:
    text = f"name: x\nrules: [{{name: a, when: {{region: [{word}], tier: {word}}}}}, {{name: b}}]"
    (when, _) = (rule.when for rule in parse(text, "policy.yml").rules)
    assert (when.region, when.tier) == ({word.upper()}, {word.casefold()})


def test_norway_is_a_region_and_norwegian_a_language() -> None:
    text = "name: x\nrules: [{name: a, needs: {language: no, region: NO}}]"
    assert parse(text, "policy.yml").rules[0].wanted == Wanted(language="no", region="NO")


@pytest.mark.parametrize("written", ["08:00", '"08:00"', "'08:00'"])
def test_times_may_stand_without_quotes(written: str) -> None:
    text = GOOD.replace("from: 08:00, to: 18:00", f"from: {written}, to: 18:00")
    assert parse(text, "policy.yml").hours[0].calendar.shifts[0].start == time(8)

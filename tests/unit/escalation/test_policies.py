"""The policies that are shipped, and the ones that the documents and the samples show."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from services.escalation.domain.conditions import NEVER, When
from services.escalation.domain.ladder import Kind, Needed, Recipient
from services.escalation.domain.policy import TRIGGER_REASONS, Of
from services.escalation.domain.spans import Span, Unit
from services.escalation.policy.policyfile import parse, read
from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from tests.unit.escalation.policies import LEAST, a_picture

HOME = Path(__file__).parents[3]
DOCUMENT = HOME / "docs" / "escalation.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
PRESETS = sorted((SHIPPED_POLICY.parent / "policies").glob("*.yml"))
LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_what_the_shipped_policy_writes_out_is_what_is_left_out_elsewhere() -> None:
    shipped, least = read(SHIPPED_POLICY), parse(LEAST, "policy.yml")
    assert (shipped.follow_up, shipped.again_after) == (least.follow_up, least.again_after)
    assert (shipped.snooze_at_most, shipped.pause_at_most) == (least.snooze_at_most, least.pause_at_most)


def test_the_shipped_policy_escalates_what_it_always_did_and_needs_neither_rotas_nor_hours() -> None:
    policy = read(SHIPPED_POLICY)
    assert policy.version.startswith("standard@") and len(policy.version) == len("standard@") + 12
    assert (policy.hours, policy.rotas) == ((), ())
    for seen, reason in (
        (a_picture(severity=HIGH), EscalationReason.SEVERITY),
        (a_picture(asks_kind="supervisor"), EscalationReason.ASKED),
        (a_picture(severity=MEDIUM, anger=0.9), EscalationReason.ANGER),
        (a_picture(flags=frozenset({"safety"})), EscalationReason.FLAGGED),
        (a_picture(contacts=3), EscalationReason.REPEATED),
        (a_picture(rating=0.2), EscalationReason.LOW_RATING),
        (a_picture(reopenings=2), EscalationReason.REOPENED),
    ):
        assert policy.fired(seen, TRIGGER_REASONS[:8]) == (reason,)
    assert policy.fired(a_picture(asks_kind="human", anger=1.0), TRIGGER_REASONS[:8]) == ()


def test_the_shipped_policy_asks_the_coordinators_first_where_the_region_is_not_known() -> None:
    policy = read(SHIPPED_POLICY)
    for region, first in ((None, "coordinator"), ("CZ", "supervisor")):
        ladder = policy.ladder_for(a_picture(region=region))
        assert ladder.level(1).recipients == (Recipient(Kind.ROLE, first),)
        assert ladder.level(ladder.top_level).recipients == (Recipient(Kind.ROLE, "manager"),)
    levels = policy.ladder("standard").levels
    assert [level.name for level in levels] == ["supervisor", "coordinator", "manager"]
    assert [level.respond_within[CRITICAL] for level in levels] == [10 * MINUTE, 10 * MINUTE, 15 * MINUTE]
    assert [level.respond_within[LOW] for level in levels] == [2 * HOUR, 2 * HOUR, 4 * HOUR]


def test_each_storm_of_the_shipped_policy_climbs_a_ladder_of_its_own() -> None:
    policy = read(SHIPPED_POLICY)
    assert {(storm.of, storm.more_than) for storm in policy.storms} == {
        ((Of.PRODUCT,), 30),
        ((Of.CATEGORY, Of.REGION), 50),
    }
    assert {policy.ladder(storm.ladder).when for storm in policy.storms} == {NEVER}


@pytest.mark.parametrize(
    ("name", "clock", "span"),
    [
        ("fca", "acknowledgement", Span(Unit.BUSINESS_DAYS, days=1)),
        ("fca", "summary_resolution", Span(Unit.BUSINESS_DAYS, days=3)),
        ("fca", "final_response", Span(Unit.DAYS, days=56)),
        ("psd2", "reply", Span(Unit.BUSINESS_DAYS, days=15)),
        ("psd2", "final_reply", Span(Unit.BUSINESS_DAYS, days=35)),
        ("cfpb", "response", Span(Unit.DAYS, days=15)),
        ("cfpb", "final_response", Span(Unit.DAYS, days=60)),
    ],
)
def test_the_presets_have_the_times_of_their_rules_for_every_severity_and_nothing_stops_them(
    name: str, clock: str, span: Span
) -> None:
    policy = read(SHIPPED_POLICY.parent / "policies" / f"{name}.yml")
    (rule,) = (rule for rule in policy.clocks if rule.name == clock)
    assert set(rule.within.values()) == {span} and set(rule.within) == set(Severity)
    assert (rule.when, rule.pauses) == (When(), frozenset())


def test_the_presets_are_all_that_the_document_names() -> None:
    named = set(re.findall(r"policies/([a-z0-9]+)\.yml", DOCUMENT.read_text()))
    assert {path.stem for path in PRESETS} == named == {"fca", "psd2", "cfpb"}


def test_the_sample_of_a_company_can_be_used() -> None:
    policy = read(HOME / "samples" / "escalation.yml")
    assert policy.version.startswith("kestrel@")
    assert policy.ladders[0].level(2).needed is Needed.ALL
    assert policy.storms and [rota.name for rota in policy.rotas] == ["world"]


def test_the_ladder_for_one_region_in_the_document_fits_before_the_one_it_was_copied_from() -> None:
    (part,) = [example for example in EXAMPLES if example.startswith(" ")]
    before, mark, after = SHIPPED_POLICY.read_text().partition("  - name: standard\n")
    changed, shipped = parse(before + part + after, "changed"), read(SHIPPED_POLICY)
    assert mark and part.endswith(mark)
    of_germany, of_others = (changed.ladder_for(a_picture(severity=CRITICAL, region=region)) for region in ("DE", "GB"))
    assert (of_germany.name, of_germany.level(1).respond_within[CRITICAL]) == ("germany", 5 * MINUTE)
    assert of_germany.level(1).respond_within[HIGH] == of_others.level(1).respond_within[HIGH]
    assert of_others == shipped.ladder("standard")


def test_the_examples_in_the_document_can_be_used_together() -> None:
    whole, *parts = [example for example in EXAMPLES if not example.startswith(" ")]
    least = parse(whole, "whole")
    assert [clock.name for clock in least.clocks] == ["resolution"]
    together = parse("name: all\n" + "\n".join(parts), "together")
    assert len(parts) >= 5
    assert {t.reason for t in together.triggers} == {t.reason for t in read(SHIPPED_POLICY).triggers} | {
        EscalationReason.TIER
    }
    assert together.rotas and together.storms and together.hours and len(together.ladders) >= 3

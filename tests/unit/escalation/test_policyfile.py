"""What a policy file says."""

import re
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from services.escalation.domain.duty import Rotation
from services.escalation.domain.policy import (
    NEVER,
    Kind,
    Measure,
    Needed,
    Of,
    Outside,
    PauseReason,
    Recipient,
    When,
)
from services.escalation.domain.spans import Span, Unit
from services.escalation.policyfile import parse, read
from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from tests.unit.escalation.policies import GOOD, LEAST, a_picture, changed

HOME = Path(__file__).parents[3]
DOCUMENT = HOME / "docs" / "escalation.md"
PRESETS = sorted((SHIPPED_POLICY.parent / "policies").glob("*.yml"))
LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_a_trigger_says_its_reason_and_its_condition() -> None:
    triggers = parse(GOOD, "policy.yml").triggers
    assert [t.reason for t in triggers][1:4] == [
        EscalationReason.SEVERITY,
        EscalationReason.ASKED,
        EscalationReason.ANGER,
    ]
    by_reason = {t.reason: t for t in triggers}
    assert triggers[0].when == When(severity=frozenset({HIGH, CRITICAL}), region=frozenset({"CZ"}))
    assert by_reason[EscalationReason.ASKED].when.asked == {"supervisor", "executive"}
    assert by_reason[EscalationReason.ANGER].when.anger == 0.9
    assert by_reason[EscalationReason.FLAGGED].when.flags == {"safety", "legal"}
    tier = by_reason[EscalationReason.TIER].when
    assert (tier.tier, tier.channel) == ({"gold"}, {"phone", "chat"}), "tiers are compared in small letters"
    assert by_reason[EscalationReason.REPEATED].when.contacts == 3
    assert by_reason[EscalationReason.LOW_RATING].when.rating == 0.2
    assert by_reason[EscalationReason.REOPENED].when.reopenings == 2
    assert by_reason[EscalationReason.DECLINED].when == When()


def test_a_trigger_of_the_unassigned_says_after_what_time_and_one_of_the_overdue_which_clocks() -> None:
    triggers = parse(GOOD, "policy.yml").triggers
    unassigned = next(t for t in triggers if t.reason is EscalationReason.UNASSIGNED)
    assert unassigned.after == {CRITICAL: 5 * MINUTE, HIGH: 30 * MINUTE, MEDIUM: 4 * HOUR, LOW: DAY}
    overdue = [t.clocks for t in triggers if t.reason is EscalationReason.OVERDUE]
    assert overdue == [{"first_answer"}, {"resolution"}]


def test_a_clock_says_what_it_measures_how_long_and_in_whose_hours() -> None:
    first, resolution, supervisor = parse(GOOD, "policy.yml").clocks
    assert (first.name, first.measures, first.hours) == ("first_answer", Measure.FIRST_ANSWER, "region")
    assert first.within[CRITICAL] == Span(Unit.TIME, time=timedelta(seconds=90))
    assert first.within[LOW] == Span(Unit.BUSINESS_DAYS, days=2)
    assert first.when == When(category=frozenset({"billing"}), product=frozenset({"none"}))
    assert first.warn == (50, 80) and first.pauses == {PauseReason.WAITING_FOR_CUSTOMER}
    assert first.told == (
        Recipient(Kind.TEAM_LEAD),
        Recipient(Kind.ROLE, "supervisor"),
        Recipient(Kind.DUTY, "night"),
        Recipient(Kind.PERSON, "petr.svoboda"),
    )
    assert (resolution.hours, resolution.warn, resolution.told) == (None, (), ())
    assert set(resolution.within.values()) == {Span(Unit.DAYS, days=56)}
    assert (supervisor.hours, supervisor.warn) == ("office", (50, 80, 95))


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("90s", Span(Unit.TIME, time=timedelta(seconds=90))),
        ("10m", Span(Unit.TIME, time=10 * MINUTE)),
        ("4h", Span(Unit.TIME, time=4 * HOUR)),
        ("1d", Span(Unit.DAYS, days=1)),
        ("2w", Span(Unit.DAYS, days=14)),
        ("366d", Span(Unit.DAYS, days=366)),
    ],
)
def test_spans_of_time_and_of_days(written: str, span: Span) -> None:
    assert changed("within: 8w", f"within: {written}").clocks[1].within[LOW] == span


def test_a_ladder_says_whom_each_level_alerts_and_how_long_they_have() -> None:
    placed, major, standard = parse(GOOD, "policy.yml").ladders
    assert placed.when == When(region=frozenset({"CZ", "none"}), severity=frozenset({HIGH, CRITICAL}))
    assert (placed.start_of(CRITICAL), placed.start_of(HIGH), placed.top_level) == (2, 1, 2)
    first, board = placed.levels
    assert first.recipients == (Recipient(Kind.DUTY, "night"), Recipient(Kind.ROLE, "supervisor"))
    assert first.respond_within == {CRITICAL: 5 * MINUTE, HIGH: 10 * MINUTE, MEDIUM: HOUR, LOW: 2 * HOUR}
    assert (first.needed, first.repeat, first.hours, first.outside) == (Needed.ONE, 0, None, Outside.CLIMB)
    assert (board.needed, board.repeat, board.hours, board.outside) == (Needed.ALL, 2, "board", Outside.WAIT)
    assert set(board.respond_within.values()) == {15 * MINUTE}
    assert (major.when, standard.when) == (NEVER, When())


def test_a_ladder_for_storms_is_climbed_by_no_single_case() -> None:
    policy = parse(GOOD, "policy.yml")
    pictures = [a_picture(severity=severity, region=region) for severity in Severity for region in ("CZ", "DE", None)]
    assert {policy.ladder_for(seen).name for seen in pictures} == {"placed", "standard"}
    assert policy.ladder("major").name == "major"


@pytest.mark.parametrize(("region", "fits"), [(None, True), ("CZ", False)], ids=["not known", "known"])
def test_none_means_that_it_is_not_known(region: str | None, fits: bool) -> None:
    policy = changed("region: [CZ, none]", "region: none")
    assert policy.ladders[0].when.fits(a_picture(severity=HIGH, region=region)) is fits


def test_a_rota_says_who_has_which_hours_and_in_what_turn() -> None:
    (night,) = parse(GOOD, "policy.yml").rotas
    week, weekend = night.shifts
    assert week.people == ("petr.svoboda", "ivana.benesova"), "in the order of the turns"
    assert week.rotation == Rotation(date(2026, 1, 5), time(9), 7)
    assert (week.calendar.timezone, date(2026, 12, 25) in week.calendar.holidays) == ("Europe/Prague", True)
    (shift,) = week.calendar.shifts
    assert (shift.days, shift.start, shift.end) == (frozenset(range(5)), time(18), time(6))
    assert (weekend.people, weekend.rotation) == (("petr.svoboda",), None)
    assert date(2026, 12, 25) not in weekend.calendar.holidays


def test_hours_may_be_for_regions_or_only_named() -> None:
    office, rest, board = parse(GOOD, "policy.yml").hours
    assert (office.regions, rest.regions, board.regions) == ({"CZ", "SK"}, {"*"}, frozenset())
    policy = parse(GOOD, "policy.yml")
    assert policy.calendar("region", "SK") == office.calendar
    assert policy.calendar("region", "DE") == rest.calendar
    assert policy.calendar("board", "SK") == board.calendar


def test_a_storm_says_what_is_counted_together() -> None:
    (storm,) = parse(GOOD, "policy.yml").storms
    assert (storm.of, storm.more_than, storm.within) == ((Of.PRODUCT, Of.REGION), 30, 10 * MINUTE)
    assert (storm.ladder, storm.quiet_after, storm.when) == ("major", HOUR, When(category=frozenset({"defect"})))


def test_what_holds_for_all_cases() -> None:
    policy = parse(GOOD, "policy.yml")
    assert policy.follow_up.within == {CRITICAL: HOUR, HIGH: 4 * HOUR, MEDIUM: DAY, LOW: 3 * DAY}
    assert policy.follow_up.remind == 75
    assert (policy.snooze_at_most, policy.pause_at_most) == (12 * HOUR, 30 * DAY)
    assert policy.again_after == {CRITICAL: 15 * MINUTE, HIGH: HOUR, MEDIUM: HOUR, LOW: DAY}


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
        assert policy.fired(seen) == (reason,)
    assert policy.fired(a_picture(asks_kind="human", anger=1.0)) == ()


def test_the_shipped_policy_asks_the_coordinators_first_where_the_region_is_not_known() -> None:
    policy = read(SHIPPED_POLICY)
    for region, first in ((None, "coordinator"), ("CZ", "supervisor")):
        ladder = policy.ladder_for(a_picture(region=region))
        assert ladder.level(1).recipients == (Recipient(Kind.ROLE, first),)
        assert ladder.level(3).recipients == (Recipient(Kind.ROLE, "manager"),)
    levels = policy.ladder("standard").levels
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


def test_the_examples_in_the_document_can_be_used_together() -> None:
    whole, *parts = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    least = parse(whole, "whole")
    assert [clock.name for clock in least.clocks] == ["resolution"]
    together = parse("name: all\n" + "\n".join(parts), "together")
    assert len(parts) >= 5
    assert {t.reason for t in together.triggers} == {t.reason for t in read(SHIPPED_POLICY).triggers} | {
        EscalationReason.TIER
    }
    assert together.rotas and together.storms and together.hours and len(together.ladders) >= 3


def test_the_version_is_the_name_and_the_content() -> None:
    version = parse(GOOD, "policy.yml").version
    assert version.startswith("mine@")
    assert version == parse(GOOD, "other.yml").version
    assert version != parse(GOOD + "# x\n", "policy.yml").version


@pytest.mark.parametrize("word", ["NO", "no", "ON", "yes", "null_island", "1e3", "08"])
def test_words_that_yaml_takes_for_something_else_stay_words(word: str) -> None:
    policy = changed("region: cz", f"region: [{word}], tier: {word}")
    assert policy.triggers[0].when.region == {word.upper()}
    assert policy.triggers[0].when.tier == {word.casefold()}

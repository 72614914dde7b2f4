"""What a policy file says."""

from datetime import date, time, timedelta

import pytest

from services.escalation.domain.conditions import NEVER, When
from services.escalation.domain.duty import Rotation
from services.escalation.domain.ladder import Kind, Needed, Outside, Recipient
from services.escalation.domain.policy import Measure, Of, PauseReason
from services.escalation.domain.spans import Span, Unit
from services.escalation.policy.policyfile import parse
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from tests.unit.escalation.policies import GOOD, a_picture, changed

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

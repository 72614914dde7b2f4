"""What is counted for whoever leads the supervisors: each complaint once, by its region and by its category."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.escalation import lead
from services.escalation.domain import answers
from services.escalation.domain.case import Case, Change, What
from services.escalation.lead import MOST_REGIONS, Book, Dimension, Regions
from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.escalation import Outcome
from shared.contracts.intake import (
    CATEGORIES,
    ComplaintAnswered,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintRated,
    ComplaintReopened,
    ComplaintResolved,
    Customer,
)
from tests.unit.escalation.builders import ANNA, EVERYBODY, NOON, a_case
from tests.unit.escalation.desk import Desk, migrated
from tests.unit.escalation.meters import Meter, value
from tests.unit.escalation.test_usecases import a_complaint, id_of, severe

HOURS = timedelta(hours=1)
LEMURIAN_HOURS = """
hours:
  - {name: day, regions: [LEMURIA], timezone: Europe/Prague, open: {days: mon-fri, from: 09:00, to: 17:00}}
"""
COUNTERS = ("cases_opened_total", "cases_resolved_total", "cases_reopened_total")
TIMES = ("acknowledgement_seconds", "first_answer_seconds", "resolution_seconds", "satisfaction_ratio")


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """What is counted does not ask which database it is."""
    folder = tmp_path_factory.mktemp("lead")
    made = Desk(migrated(f"sqlite:///{folder}/escalation.sqlite"), folder)
    yield made
    made.db.close()


@pytest.fixture(autouse=True)
def _known(desk: Desk) -> None:
    lead.know(desk.book.current, EVERYBODY)


def region(name: str, region: str = "CZ") -> Meter:
    return Meter(f"ombud_region_{name}", region=region)


def category(name: str, category: str = "billing") -> Meter:
    return Meter(f"ombud_category_{name}", category=category)


def received(desk: Desk, hours_ago: int, name: str = "1", **changes: Any) -> Any:
    return a_complaint(name, received_at=desk.now - hours_ago * HOURS, **changes)


def resolve(desk: Desk, name: str = "1") -> None:
    desk.answer(id_of(name), lambda case, setting: answers.resolve(case, "anna", Outcome.UPHELD, (), setting))


# -- series -------------------------------------------------------------------------------------------------------


def test_every_category_and_the_rest_of_the_regions_are_there_before_anything_happens() -> None:
    for by, names in (("category", CATEGORIES), ("region", ("none", "other"))):
        for name in names:
            for series in (*COUNTERS, *(f"{time}_count" for time in TIMES)):
                value(f"ombud_{by}_{series}", **{by: name})


def test_the_first_use_case_of_a_new_process_learns_the_regions_of_roster_and_policy(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.start_over((replace(ANNA, regions=("ATLANTIS",)),), SHIPPED_POLICY.read_text() + LEMURIAN_HOURS)
    monkeypatch.setattr(lead.REGIONS, "is_told", False)
    desk.hear(a_complaint(customer=Customer(region="atlantis")))
    assert value("ombud_region_cases_opened_total", region="ATLANTIS") == 1
    assert value("ombud_region_cases_opened_total", region="LEMURIA") == 0


def fresh_regions() -> tuple[Regions, CollectorRegistry]:
    registry = CollectorRegistry()
    return Regions(Book(Dimension.REGION, registry)), registry


def test_regions_are_a_limited_number_whatever_the_roster_says() -> None:
    regions, registry = fresh_regions()
    regions.know(f"R{number:03}" for number in range(200))
    regions.know([f"S{number:03}" for number in range(200)])
    labels = {s.labels["region"] for m in registry.collect() for s in m.samples}
    assert labels == {f"R{number:03}" for number in range(MOST_REGIONS)}
    assert (regions.label("R000"), regions.label("R199"), regions.label("S000")) == ("R000", "other", "other")


def test_regions_stay_once_they_have_series() -> None:
    regions, _ = fresh_regions()
    regions.know(["CZ", "DE"])
    regions.know(["AT"])
    assert [regions.label(name) for name in ("CZ", "DE", "AT")] == ["CZ", "DE", "AT"]


def test_everywhere_is_no_region() -> None:
    regions, registry = fresh_regions()
    regions.know(["*", "CZ"])
    assert regions.label("*") == "other"
    assert {s.labels["region"] for m in registry.collect() for s in m.samples} == {"CZ"}


@pytest.mark.parametrize(("said", "label"), [("CZ", "CZ"), ("XX", "other"), (None, "none"), (" cz", "CZ")])
def test_a_region_that_nobody_has_is_another_and_an_unknown_one_is_none(
    desk: Desk, said: str | None, label: str
) -> None:
    opened = region("cases_opened_total", label)
    desk.hear(a_complaint("1", customer=Customer(region=said)))
    assert opened.gained == [1]


def test_a_category_of_the_company_is_another(desk: Desk) -> None:
    opened = category("cases_opened_total", "other")
    desk.hear(a_complaint(category="lost_luggage"))
    assert opened.gained == [1]


# -- opened, resolved, opened again -------------------------------------------------------------------------------


def test_a_complaint_is_opened_once_by_region_and_by_category(desk: Desk) -> None:
    by_region, by_category = region("cases_opened_total"), category("cases_opened_total")
    desk.hear(a_complaint(), a_complaint())
    desk.hear(a_complaint())
    assert (by_region.gained, by_category.gained) == ([1], [1])


def test_a_resolution_counts_once_though_it_is_told_twice_with_the_time_since_it_was_received(desk: Desk) -> None:
    resolved, took = region("cases_resolved_total"), region("resolution_seconds")
    desk.hear(received(desk, 5))
    end = ComplaintResolved(id_of("1"), 2, desk.now - HOURS)
    desk.hear(end, end)
    desk.hear(end)
    assert resolved.gained == [1] and took.gained == [1, pytest.approx(4 * 3600, abs=5)]


def test_a_resolution_that_is_heard_before_its_complaint_counts_with_it(desk: Desk) -> None:
    opened, resolved, took = (region(n) for n in ("cases_opened_total", "cases_resolved_total", "resolution_seconds"))
    desk.hear(ComplaintResolved(id_of("1"), 2, desk.now - HOURS))
    assert (opened.gained, resolved.gained) == ([0], [0])
    desk.hear(received(desk, 5))
    assert (opened.gained, resolved.gained) == ([1], [1])
    assert took.gained == [1, pytest.approx(4 * 3600, abs=5)]


def test_what_a_supervisor_resolves_counts_as_what_upstream_resolves(desk: Desk) -> None:
    resolved, took = category("cases_resolved_total"), category("resolution_seconds")
    desk.hear(received(desk, 3))
    resolve(desk)
    desk.hear(ComplaintResolved(id_of("1"), 2, desk.now))
    assert resolved.gained == [1] and took.gained == [1, pytest.approx(3 * 3600, abs=5)]


def test_what_is_opened_again_and_resolved_again_counts_again_from_then_on(desk: Desk) -> None:
    desk.hear(received(desk, 9), ComplaintResolved(id_of("1"), 2, desk.now - 8 * HOURS))
    resolved, reopened, took = (
        region(n) for n in ("cases_resolved_total", "cases_reopened_total", "resolution_seconds")
    )
    again = ComplaintReopened(id_of("1"), 3, desk.now - 3 * HOURS)
    desk.hear(again)
    desk.hear(again, ComplaintResolved(id_of("1"), 4, desk.now - HOURS))
    assert (resolved.gained, reopened.gained) == ([1], [1])
    assert took.gained == [1, pytest.approx(2 * 3600, abs=5)]


def test_within_one_batch_each_step_counts(desk: Desk) -> None:
    resolved, reopened = region("cases_resolved_total"), region("cases_reopened_total")
    steps = ComplaintResolved(id_of("1"), 2, desk.now), ComplaintReopened(id_of("1"), 3, desk.now)
    desk.hear(a_complaint(), *steps, ComplaintResolved(id_of("1"), 4, desk.now))
    assert (resolved.gained, reopened.gained) == ([2], [1])


def test_a_reopening_that_nobody_told_counts_from_when_the_case_was_opened_again(desk: Desk) -> None:
    """A supervisor resolved it, and a bad rating opens it again."""
    desk.hear(received(desk, 9))
    resolve(desk)
    desk.hear(ComplaintRated(id_of("1"), 2, desk.now, score=0.0))
    took, reopened = region("resolution_seconds"), region("cases_reopened_total")
    desk.jump(HOURS)
    resolve(desk)
    assert took.gained == [1, pytest.approx(3600, abs=5)]
    assert reopened.gained == [0], "it was counted before"


@pytest.mark.parametrize("end", [ComplaintForgotten, ComplaintMerged])
def test_what_is_forgotten_or_merged_is_not_resolved(desk: Desk, end: type) -> None:
    resolved, took = region("cases_resolved_total"), region("resolution_seconds")
    desk.hear(a_complaint())
    more = {"into": id_of("2")} if end is ComplaintMerged else {}
    desk.hear(end(id_of("1"), 2, desk.now, **more))
    assert (resolved.gained, took.gained) == ([0], [0, 0])


def test_the_case_of_a_storm_is_no_complaint() -> None:
    opened = region("cases_opened_total")
    major = a_case(is_major=True)
    lead.count(Case(major.id), Change(major, What.OPENED), NOON)
    assert opened.gained == [0]
    lead.count(Case(major.id), Change(a_case(), What.OPENED), NOON)
    assert opened.gained == [1]


# -- answers ------------------------------------------------------------------------------------------------------


def test_only_the_first_answer_counts_from_when_the_complaint_was_received(desk: Desk) -> None:
    by_region, by_category = region("first_answer_seconds"), category("first_answer_seconds")
    desk.hear(received(desk, 3))
    first = ComplaintAnswered(id_of("1"), 2, desk.now - HOURS)
    desk.hear(first, first)
    desk.hear(first, ComplaintAnswered(id_of("1"), 3, desk.now))
    assert by_region.gained == by_category.gained == [1, pytest.approx(2 * 3600, abs=5)]


def test_an_answer_that_is_heard_before_its_complaint_counts_with_it(desk: Desk) -> None:
    took = region("first_answer_seconds")
    desk.hear(ComplaintAnswered(id_of("1"), 3, desk.now), ComplaintAnswered(id_of("1"), 2, desk.now - HOURS))
    assert took.gained == [0, 0]
    desk.hear(received(desk, 3))
    assert took.gained == [1, pytest.approx(2 * 3600, abs=5)]


def test_of_two_answers_the_one_that_is_heard_first_counts(desk: Desk) -> None:
    took = region("first_answer_seconds")
    desk.hear(received(desk, 5), ComplaintAnswered(id_of("1"), 3, desk.now - HOURS))
    desk.hear(ComplaintAnswered(id_of("1"), 2, desk.now - 4 * HOURS))
    assert took.gained == [1, pytest.approx(4 * 3600, abs=5)]


def test_an_answer_before_the_complaint_by_upstreams_clock_took_no_time(desk: Desk) -> None:
    took = region("first_answer_seconds")
    desk.hear(a_complaint(received_at=desk.now), ComplaintAnswered(id_of("1"), 2, desk.now - HOURS))
    assert took.gained == [1, 0]


# -- supervisors and satisfaction ---------------------------------------------------------------------------------


def test_the_time_until_somebody_takes_a_case_counts_by_region_and_category_of_its_complaint(desk: Desk) -> None:
    desk.hear(severe())
    by_region, by_category = region("acknowledgement_seconds"), category("acknowledgement_seconds")
    desk.jump(timedelta(minutes=5))
    desk.take(id_of("1"), "anna")
    desk.take(id_of("1"), "ben")
    assert by_region.gained == by_category.gained == [1, pytest.approx(300, abs=5)]


def test_a_complaint_is_rated_once_with_its_first_rating(desk: Desk) -> None:
    by_region, by_category = region("satisfaction_ratio"), category("satisfaction_ratio")
    rated = ComplaintRated(id_of("1"), 2, desk.now, score=0.75)
    desk.hear(a_complaint(), rated, rated)
    desk.hear(rated, ComplaintRated(id_of("1"), 3, desk.now, score=0.25))
    assert by_region.gained == by_category.gained == [1, 0.75]


def test_a_rating_that_is_heard_before_its_complaint_or_after_its_end_counts(desk: Desk) -> None:
    rated = region("satisfaction_ratio")
    desk.hear(ComplaintRated(id_of("1"), 2, desk.now, score=0.5))
    desk.hear(a_complaint("2"), ComplaintResolved(id_of("2"), 2, desk.now))
    assert rated.gained == [0, 0]
    desk.hear(a_complaint("1"), ComplaintRated(id_of("2"), 3, desk.now, score=1.0))
    assert rated.gained == [2, 1.5]


def test_the_worst_rating_is_no_missing_one(desk: Desk) -> None:
    rated = region("satisfaction_ratio")
    desk.hear(a_complaint(), ComplaintRated(id_of("1"), 2, desk.now, score=0.0))
    assert rated.gained == [1, 0]
    desk.hear(ComplaintRated(id_of("1"), 3, desk.now, score=0.0))
    assert rated.gained == [1, 0]

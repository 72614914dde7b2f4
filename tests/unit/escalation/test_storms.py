"""More than so many cases alike in so much time are one major complaint, which speaks for all of them."""

from dataclasses import replace
from typing import Any

import pytest

from services.escalation.domain.case import CaseState
from services.escalation.domain.policy import Of, StormRule, Trigger
from services.escalation.domain.storms import alike_in
from services.escalation.domain.watching import refreshed
from shared.contracts.escalation import CaseEscalated, CaseMuted, EscalationReason
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintAnswered, ComplaintMerged, ComplaintResolved, ComplaintUpdated
from tests.harness.events import NOON, a_classified
from tests.unit.escalation.builders import a_case, a_policy
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.storm_stories import (
    BY_PLACE,
    BY_PRODUCT,
    HOUR,
    MINUTE,
    MORE_THAN,
    PEOPLE,
    SECOND,
    a_complaint,
    a_storm,
    alerts,
    alike,
    id_of,
    is_part,
    majors,
    with_storms,
)

PLACE: dict[str, Any] = {"product": None, "severity": Severity.HIGH}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.start_over(PEOPLE, with_storms(BY_PRODUCT, BY_PLACE))
    return desk


# -- when it is one -----------------------------------------------------------------------------------------------


def test_as_many_as_the_rule_lets_pass_are_no_storm_and_one_more_is(desk: Desk) -> None:
    desk.hear(*alike(1, MORE_THAN))
    assert desk.watch_storms() == 0 and majors(desk) == []
    desk.hear(a_complaint(MORE_THAN + 1))
    assert desk.watch_storms() == MORE_THAN + 1
    assert len(majors(desk)) == 1


@pytest.mark.parametrize(("later", "storms"), [(10 * MINUTE - SECOND, 1), (10 * MINUTE + SECOND, 0)])
def test_only_cases_of_the_last_minutes_count(desk: Desk, later: Any, storms: int) -> None:
    desk.hear(a_complaint(1))
    desk.jump(later)
    desk.hear(*alike(2, MORE_THAN + 1))
    desk.watch_storms()
    assert len(majors(desk)) == storms


def test_other_products_are_other_matters_and_no_product_is_none(desk: Desk) -> None:
    desk.hear(*(a_complaint(number, product=f"P-{number}") for number in range(9)))
    desk.hear(*(a_complaint(number, product=None) for number in range(10, 19)))
    desk.watch_storms()
    assert majors(desk) == []


def test_a_rule_by_two_things_wants_both_alike(desk: Desk) -> None:
    desk.hear(*alike(1, 3, **PLACE), *alike(4, 6, "SK", **PLACE), *alike(7, 9, category="delivery", **PLACE))
    desk.watch_storms()
    assert majors(desk) == []
    desk.hear(a_complaint(10, "SK", **PLACE))
    desk.watch_storms()
    (major,) = majors(desk)
    assert [n for n in range(1, 11) if is_part(desk, n, major)] == [4, 5, 6, 10]
    (alert,) = alerts(desk, major)
    assert (alert.facts.region, alert.facts.category, alert.facts.product) == ("SK", "billing", None)


@pytest.mark.parametrize(
    "other", [{"severity": Severity.MEDIUM}, {"channel": "chat"}, {"severity": Severity.LOW, "channel": "chat"}]
)
def test_cases_that_the_rule_does_not_fit_neither_count_nor_join(desk: Desk, other: dict[str, Any]) -> None:
    desk.hear(*alike(1, MORE_THAN, **PLACE), *alike(11, 19, **PLACE | other))
    desk.watch_storms()
    assert majors(desk) == []
    desk.hear(a_complaint(4, **PLACE))
    desk.watch_storms()
    (major,) = majors(desk)
    assert [n for n in (1, 2, 3, 4, *range(11, 20)) if is_part(desk, n, major)] == [1, 2, 3, 4]


def test_a_case_that_becomes_one_of_them_later_counts_and_joins_then(desk: Desk) -> None:
    desk.hear(*alike(1, MORE_THAN, **PLACE), a_complaint(4, product=None))
    desk.watch_storms()
    assert majors(desk) == []
    desk.hear(a_classified("4", severity=Severity.HIGH, revision=2))
    desk.watch_storms()
    (major,) = majors(desk)
    assert is_part(desk, 4, major)
    desk.hear(a_complaint(5, product=None))
    assert not is_part(desk, 5, major)
    desk.hear(a_classified("5", severity=Severity.HIGH, revision=2))
    desk.watch_storms()
    assert is_part(desk, 5, major)


def test_what_one_storm_has_gathered_is_no_second_one(desk: Desk) -> None:
    desk.hear(*alike(1, 9, severity=Severity.HIGH))  # alike by product, and by place
    desk.watch_storms()
    desk.watch_storms()
    (major,) = majors(desk)
    assert alerts(desk, major)[0].facts.product == "KX-200"


# -- one alert ----------------------------------------------------------------------------------------------------


def test_one_alert_to_the_coordinators_of_all_regions_in_any_language(desk: Desk) -> None:
    desk.hear(*alike(1, 2), *alike(3, 4, "SK"), a_complaint(5, "GB", severity=Severity.LOW))
    desk.watch_storms()
    (alert,) = desk.told(CaseEscalated)
    assert set(alert.recipients) == {"caro", "stela", "sven", "gwen"}
    assert (alert.level, alert.reason, alert.severity) == (1, EscalationReason.STORM, Severity.MEDIUM)
    assert (alert.facts.children, alert.facts.regions) == (5, ("CZ", "GB", "SK"))
    assert alert.facts.excerpt == "5 complaints alike: product KX-200"
    assert alert.facts.external_id == "product: KX-200"
    desk.watch_storms()
    assert len(desk.told(CaseEscalated)) == 1


def test_children_that_had_alerted_are_muted_with_the_reason_and_climb_no_more(desk: Desk) -> None:
    desk.hear(*alike(1, 4, severity=Severity.CRITICAL))
    assert len(desk.told(CaseEscalated)) == 4
    desk.watch_storms()
    (major,) = majors(desk)
    assert {(e.case_id, e.parent_id) for e in desk.told(CaseMuted)} == {(id_of(n), major) for n in range(1, 5)}
    row = desk.rows(id_of(1))[-1]
    assert (row["what"], row["reason"], row["details"]["parent"]) == ("linked", "storm", major)
    assert desk.case(id_of(1)).respond_by is None
    desk.jump(3 * HOUR)
    desk.settle()
    assert {e.case_id for e in desk.told(CaseEscalated)[5:]} == {major}


def test_a_case_that_somebody_has_taken_stays_theirs(desk: Desk) -> None:
    desk.hear(*alike(1, 4, severity=Severity.CRITICAL))
    desk.take(id_of(2), "anna")
    desk.watch_storms()
    (major,) = majors(desk)
    assert desk.case(id_of(2)).state is CaseState.ACKNOWLEDGED
    assert [n for n in range(1, 5) if is_part(desk, n, major)] == [1, 3, 4]


def test_cases_that_were_resolved_already_count_and_stay_resolved(desk: Desk) -> None:
    desk.hear(*alike(1, 4))
    desk.hear(ComplaintResolved(id_of(1), 2, NOON, "crm"))
    desk.watch_storms()
    assert len(majors(desk)) == 1 and desk.case(id_of(1)).state is CaseState.RESOLVED


def test_what_was_merged_into_another_complaint_is_not_counted_beside_it(desk: Desk) -> None:
    desk.hear(*alike(1, 6))
    desk.hear(*(ComplaintMerged(id_of(n), 2, NOON, id_of(1)) for n in range(4, 7)))
    desk.watch_storms()
    assert majors(desk) == []


def test_a_new_case_joins_before_it_alerts_anybody(desk: Desk) -> None:
    major = a_storm(desk)
    desk.announced.clear()
    desk.hear(a_complaint(9, severity=Severity.MEDIUM, asks_supervisor=True, asks_kind="supervisor"))
    assert is_part(desk, 9, major)
    assert desk.told(CaseEscalated) == []
    assert desk.timeline(id_of(9)) == ["opened", "linked"]
    assert len(desk.told(CaseMuted)) == 1


def test_what_else_is_told_of_a_case_in_the_batch_that_opens_it_is_not_lost(desk: Desk) -> None:
    major = a_storm(desk)
    news = a_complaint(9, revision=2, severity=Severity.CRITICAL)
    update = ComplaintUpdated(**{name: getattr(news, name) for name in news.__dataclass_fields__})
    desk.hear(a_complaint(9), update, ComplaintAnswered(id_of(9), 3, NOON))
    case = desk.case(id_of(9))
    assert is_part(desk, 9, major)
    assert (case.severity, case.customer_is_answered, case.facts_revision) == (Severity.CRITICAL, True, 2)
    assert desk.timeline(id_of(9)) == ["opened", "linked", "updated", "answered"]


def test_a_case_that_comes_resolved_does_not_join(desk: Desk) -> None:
    a_storm(desk)
    desk.hear(ComplaintResolved(id_of(9), 2, NOON, "crm"))
    desk.hear(a_complaint(9))
    assert desk.case(id_of(9)).state is CaseState.RESOLVED


def test_other_cases_alert_as_ever_while_a_storm_lasts(desk: Desk) -> None:
    a_storm(desk)
    desk.hear(a_complaint(9, product="OTHER", severity=Severity.CRITICAL))
    assert len(alerts(desk, id_of(9))) == 1


# -- the major complaint ------------------------------------------------------------------------------------------


def test_unanswered_it_climbs_and_is_exhausted_like_any_other(desk: Desk) -> None:
    major = a_storm(desk)
    for _ in range(4):
        desk.jump(16 * MINUTE)
        desk.settle()
    assert [(e.level, e.recipients) for e in alerts(desk, major)] == [(1, ("caro",)), (2, ("dora",)), (2, ("dora",))]
    assert desk.case(major).state is CaseState.EXHAUSTED


def test_taken_it_rests_and_nobody_waits_for_an_answer_to_it(desk: Desk) -> None:
    major = a_storm(desk)
    assert desk.take(major, "caro").refusal is None
    desk.jump(10 * HOUR)  # longer than a first answer may take
    desk.settle()
    assert len(alerts(desk, major)) == 1
    assert {clock.name for clock in desk.case(major).clocks} == {"resolution"}


def test_that_no_agent_works_on_it_is_no_alarm() -> None:
    policy = a_policy(triggers=(Trigger(EscalationReason.UNASSIGNED, after=dict.fromkeys(Severity, HOUR)),))
    waiting = a_case(CaseState.OPEN, level=0)
    assert refreshed(waiting, policy).unassigned_at is not None
    assert refreshed(replace(waiting, is_major=True), policy).unassigned_at is None


def test_cases_of_which_nothing_is_known_any_more_share_nothing() -> None:
    rule = StormRule("product", (Of.PRODUCT,), 3, MINUTE, "major", HOUR)
    assert alike_in(rule, None) is None

"""What becomes of a storm while it lasts: it grows, is worse, reaches further, and ends."""

from typing import Any

import pytest

from services.escalation.domain.case import CaseState
from services.escalation.storms.storming import GATHER
from shared.contracts.escalation import CaseEscalated, CaseMuted
from shared.contracts.event import Severity
from tests.harness.events import a_classified
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.storm_stories import (
    BY_PLACE,
    BY_PRODUCT,
    COORDINATORS,
    HOUR,
    MINUTE,
    PEOPLE,
    SECOND,
    a_complaint,
    a_storm,
    alerts,
    alike,
    id_of,
    is_part,
    majors,
    storms,
    with_storms,
)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.start_over(PEOPLE, with_storms(BY_PRODUCT, BY_PLACE))
    return desk


def told_counts(desk: Desk, major: str) -> list[int]:
    """What the timeline says about how many there are."""
    return [row["details"]["children"] for row in desk.rows(major) if row["what"] == "updated"]


# -- it grows, is worse, reaches further --------------------------------------------------------------------------


def test_how_many_they_are_is_written_down_every_five_minutes_and_alerts_nobody(desk: Desk) -> None:
    major = a_storm(desk)
    for name in range(5, 11):
        desk.jump(MINUTE)
        desk.hear(a_complaint(name))
        desk.watch_storms()
        desk.watch_storms()
    assert told_counts(desk, major) == [9]
    assert desk.case(major).facts.children == 9  # type: ignore[union-attr]
    assert len(alerts(desk, major)) == 1
    desk.jump(5 * MINUTE)
    desk.watch_storms()
    desk.watch_storms()
    assert told_counts(desk, major) == [9, 10]


def test_a_worse_child_raises_the_major_and_alerts_again_at_once_and_once(desk: Desk) -> None:
    major = a_storm(desk)
    desk.hear(a_complaint(5, severity=Severity.CRITICAL))
    for _ in range(3):
        desk.watch_storms()
    first, second = alerts(desk, major)
    assert (first.severity, second.severity) == (Severity.MEDIUM, Severity.CRITICAL)
    assert (second.level, second.round, second.recipients) == (1, 2, ("caro",))
    assert first.escalation_id != second.escalation_id
    assert desk.case(major).severity is Severity.CRITICAL


def test_a_child_that_becomes_worse_does_so_too(desk: Desk) -> None:
    major = a_storm(desk)
    desk.hear(a_classified("2", severity=Severity.CRITICAL, product="KX-200", revision=2))
    desk.watch_storms()
    assert [e.severity for e in alerts(desk, major)] == [Severity.MEDIUM, Severity.CRITICAL]
    assert alerts(desk, id_of(2)) == []


def test_a_new_region_alerts_its_coordinators_at_once_and_once(desk: Desk) -> None:
    major = a_storm(desk)
    desk.hear(a_complaint(5, "SK"), a_complaint(6, "SK"))
    for _ in range(3):
        desk.watch_storms()
    first, second = alerts(desk, major)
    assert (first.recipients, set(second.recipients)) == (("caro",), {"caro", "stela", "sven"})
    assert second.facts.regions == ("CZ", "SK")
    assert desk.case(major).recipients == second.recipients


def test_a_new_region_where_nobody_else_is_responsible_alerts_nobody_again(desk: Desk) -> None:
    major = a_storm(desk)
    desk.hear(a_complaint(5, "PL"))
    desk.watch_storms()
    assert len(alerts(desk, major)) == 1
    assert desk.case(major).facts.regions == ("CZ", "PL")  # type: ignore[union-attr]


def test_whoever_has_taken_it_keeps_it_when_it_grows_and_is_called_when_it_is_worse(desk: Desk) -> None:
    major = a_storm(desk)
    desk.take(major, "caro")
    desk.hear(a_complaint(5, "SK"))
    desk.watch_storms()
    assert (desk.case(major).state, len(alerts(desk, major))) == (CaseState.ACKNOWLEDGED, 1)
    desk.hear(a_complaint(6, "SK", severity=Severity.HIGH))
    desk.watch_storms()
    assert desk.case(major).state is CaseState.ESCALATED
    assert set(alerts(desk, major)[-1].recipients) == {"caro", "stela", "sven"}


def test_one_that_nobody_could_be_alerted_of_alerts_whom_it_reaches_then(desk: Desk) -> None:
    desk.start_over(COORDINATORS, with_storms(BY_PRODUCT))
    desk.hear(*alike(1, 4))  # in CZ, where nobody is
    desk.watch_storms()
    assert desk.told(CaseEscalated) == []
    desk.hear(a_complaint(5, "GB"))
    desk.watch_storms()
    desk.watch_storms()
    (alert,) = desk.told(CaseEscalated)
    assert (alert.level, alert.recipients) == (1, ("gwen",))


def test_the_most_severe_begin_where_the_ladder_says(desk: Desk) -> None:
    policy = with_storms(BY_PRODUCT).replace("    when: storm\n", "    when: storm\n    start: {critical: 2}\n")
    desk.start_over(PEOPLE, policy)
    major = a_storm(desk)
    desk.hear(a_complaint(5, severity=Severity.CRITICAL))
    desk.watch_storms()
    assert [(e.level, e.recipients) for e in alerts(desk, major)] == [(1, ("caro",)), (2, ("dora",))]


def test_hundreds_at_once_are_gathered_look_by_look_with_one_alert(desk: Desk) -> None:
    desk.hear(*alike(1, GATHER + 9, severity=Severity.HIGH))
    assert [desk.watch_storms() for _ in range(3)] == [GATHER, 9, 0]
    (major,) = majors(desk)
    (alert,) = alerts(desk, major)
    assert alert.facts.children == GATHER + 9
    assert len(desk.told(CaseMuted)) == GATHER + 9


def test_those_that_a_rule_does_not_fit_do_not_stand_in_the_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.escalation.storms.storm_store.MOST_LOOKED_AT", 5)
    desk.hear(*alike(1, 30, product=None, severity=Severity.HIGH, channel="chat"))
    desk.jump(SECOND)
    desk.hear(*alike(41, 45, product=None, severity=Severity.HIGH))
    desk.watch_storms()
    (major,) = majors(desk)
    assert all(is_part(desk, n, major) for n in range(41, 46))


# -- it ends ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("later", "joins"), [(HOUR - MINUTE, True), (HOUR + MINUTE, False)])
def test_after_a_quiet_time_the_next_case_alerts_on_its_own(desk: Desk, later: Any, joins: bool) -> None:
    major = a_storm(desk)
    desk.jump(30 * MINUTE)
    desk.hear(a_complaint(5))
    desk.watch_storms()
    desk.jump(later)
    desk.hear(a_complaint(6, severity=Severity.CRITICAL))  # also before the next look
    assert is_part(desk, 6, major) is joins
    assert (len(alerts(desk, id_of(6))) == 0) is joins
    desk.watch_storms()
    assert is_part(desk, 6, major) is joins
    assert (storms(desk)[0].ended_at is None) is joins


def test_ended_its_children_stay_with_the_major_and_it_says_how_many_they_were(desk: Desk) -> None:
    major = a_storm(desk)
    desk.jump(MINUTE)
    desk.hear(a_complaint(5))
    desk.watch_storms()
    desk.jump(2 * HOUR)
    desk.watch_storms()
    assert told_counts(desk, major) == [5]
    assert all(is_part(desk, n, major) for n in range(1, 6))
    desk.watch_storms()
    assert len(storms(desk)) == 1


def test_one_that_ends_before_its_count_was_due_says_how_many_they_were(desk: Desk) -> None:
    desk.start_over(PEOPLE, with_storms(BY_PRODUCT.replace("quiet_after: 1h", "quiet_after: 2m")))
    major = a_storm(desk)
    desk.jump(MINUTE)
    desk.hear(a_complaint(5))
    desk.watch_storms()
    assert told_counts(desk, major) == []
    desk.jump(2 * MINUTE + SECOND)
    desk.watch_storms()
    assert storms(desk)[0].ended_at is not None
    assert told_counts(desk, major) == [5]


def test_a_case_that_joined_after_the_last_look_keeps_it_from_ending(desk: Desk) -> None:
    a_storm(desk)
    desk.jump(HOUR - SECOND)
    desk.hear(a_complaint(5))
    desk.jump(3 * SECOND)
    desk.watch_storms()
    assert storms(desk)[0].ended_at is None


def test_the_next_storm_is_another_one(desk: Desk) -> None:
    first = a_storm(desk)
    desk.jump(2 * HOUR)
    desk.hear(*alike(11, 14))
    desk.watch_storms()
    desk.watch_storms()
    assert [storm.ended_at is None for storm in storms(desk)] == [False, True]
    assert len(majors(desk)) == 2
    assert is_part(desk, 1, first) and is_part(desk, 11, majors(desk)[1])

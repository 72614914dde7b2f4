"""A storm is resolved as a whole; what leaves it, or comes after it, stands for itself."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select

from services.escalation.domain import answers, linking
from services.escalation.domain.case import CaseState
from services.escalation.service import EscalationService
from services.escalation.storms.storming import GATHER
from services.escalation.tables import storms
from shared.contracts.escalation import CaseEscalated, CaseResolved, Outcome, Remedy
from shared.contracts.event import Severity
from shared.contracts.intake import (
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUpdated,
)
from tests.harness.events import NOON, a_classified
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.storm_stories import (
    BY_PRODUCT,
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
    parts,
    with_storms,
)

REMEDIES = (Remedy.REFUND, Remedy.APOLOGY)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.start_over(PEOPLE, with_storms(BY_PRODUCT))
    return desk


def resolve(desk: Desk, case_id: str) -> None:
    answer = desk.answer(case_id, lambda c, s: answers.resolve(c, "caro", Outcome.UPHELD, REMEDIES, s))
    assert answer.refusal is None


def unlink(desk: Desk, name: object) -> None:
    answer = desk.answer(id_of(name), lambda case, setting: linking.unlink(case, "caro", setting))
    assert answer.refusal is None


# -- together -----------------------------------------------------------------------------------------------------


def test_all_children_are_resolved_with_the_outcome_and_remedies_of_the_major(desk: Desk) -> None:
    major = a_storm(desk)
    resolve(desk, major)
    assert desk.watch_storms() == 4
    for case in parts(desk, 1, 2, 3, 4):
        assert (case.state, case.closed_by, case.outcome, case.remedies) == (
            CaseState.RESOLVED,
            "caro",
            Outcome.UPHELD,
            REMEDIES,
        )
        assert case.due_at is None
    told = {event.case_id: event for event in desk.told(CaseResolved)}
    assert told.keys() == {major, *(id_of(n) for n in range(1, 5))}
    assert (told[id_of(1)].outcome, told[id_of(1)].remedies, told[id_of(1)].complaint_revision) == (
        Outcome.UPHELD,
        REMEDIES,
        1,
    )
    assert desk.rows(id_of(1))[-1]["details"] == {"with": major}
    assert desk.watch_storms() == 0


def test_a_storm_that_nobody_can_read_keeps_no_part_of_another_from_its_end(desk: Desk) -> None:
    major = a_storm(desk)
    resolve(desk, major)
    with desk.db.transaction() as tx:
        row = tx.execute(select(storms).where(storms.c.id == major)).one()._mapping
        tx.execute(insert(storms).values(**dict(row) | {"id": "s", "key": "k", "alike": {"colour": "red"}}))
    service = EscalationService()
    service.db, service.policies = desk.db, desk.book
    with pytest.raises(ValueError, match="colour"):
        service.watch_storms()
    assert service.resolve_parts() == 4
    assert {case.state for case in parts(desk, 1, 2, 3, 4)} == {CaseState.RESOLVED}


def test_thousands_are_resolved_batch_by_batch(desk: Desk) -> None:
    desk.hear(*alike(1, 2 * GATHER + 7))
    while desk.watch_storms():
        pass
    (major,) = majors(desk)
    resolve(desk, major)
    assert [desk.watch_storms() for _ in range(4)] == [GATHER, GATHER, 7, 0]
    assert len(desk.told(CaseResolved)) == 2 * GATHER + 8


def test_resolved_right_after_it_began_its_cases_are_no_new_storm(desk: Desk) -> None:
    resolve(desk, a_storm(desk))
    for _ in range(3):
        desk.jump(SECOND)
        desk.watch_storms()
    assert len(majors(desk)) == 1


def test_a_case_that_comes_after_the_end_alerts_on_its_own_also_before_the_next_look(desk: Desk) -> None:
    resolve(desk, a_storm(desk))
    desk.hear(a_complaint(9, severity=Severity.CRITICAL))
    assert len(alerts(desk, id_of(9))) == 1
    desk.watch_storms()
    desk.watch_storms()
    assert desk.case(id_of(9)).state is CaseState.ESCALATED
    assert desk.timeline(id_of(9)) == ["opened", "escalated"]


def test_a_case_that_another_replica_let_join_as_the_major_ended_is_not_resolved_unseen(desk: Desk) -> None:
    major = a_storm(desk)
    desk.jump(MINUTE)
    desk.hear(a_complaint(9, severity=Severity.CRITICAL))
    opened_at = desk.case(id_of(9)).since
    desk.jump(-SECOND)
    resolve(desk, major)
    assert opened_at > desk.case(major).closed_at  # type: ignore[operator]
    desk.watch_storms()
    assert (desk.case(id_of(9)).state, desk.case(id_of(9)).parent_id) == (CaseState.ESCALATED, None)
    assert len(alerts(desk, id_of(9))) == 1
    assert all(case.state is CaseState.RESOLVED for case in parts(desk, 1, 2, 3, 4))


# -- each for itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ended_before", [True, False])
def test_a_child_that_is_opened_again_stands_for_itself(desk: Desk, ended_before: bool) -> None:
    major = a_storm(desk, severity=Severity.CRITICAL)
    resolve(desk, major)
    desk.watch_storms()
    if ended_before:
        desk.watch_storms()
    desk.hear(ComplaintReopened(id_of(1), 2, NOON, "crm"))
    for _ in range(2):
        desk.watch_storms()
    case = desk.case(id_of(1))
    assert (case.state, case.parent_id, case.outcome) == (CaseState.ESCALATED, None, None)
    assert len(alerts(desk, id_of(1))) == 2


def test_a_child_that_was_resolved_on_its_own_and_opened_again_does_not_join_again(desk: Desk) -> None:
    a_storm(desk)
    desk.hear(ComplaintResolved(id_of(1), 2, NOON, "crm"))
    assert desk.case(id_of(1)).state is CaseState.RESOLVED
    desk.hear(ComplaintReopened(id_of(1), 3, NOON, "crm"))
    desk.watch_storms()
    assert (desk.case(id_of(1)).state, desk.case(id_of(1)).parent_id) == (CaseState.OPEN, None)


def test_a_child_that_was_resolved_on_its_own_keeps_how_it_ended(desk: Desk) -> None:
    major = a_storm(desk)
    desk.hear(ComplaintResolved(id_of(1), 2, NOON, "crm"))
    resolve(desk, major)
    assert desk.watch_storms() == 3
    case = desk.case(id_of(1))
    assert (case.closed_by, case.outcome) == ("crm", None)
    assert len([e for e in desk.told(CaseResolved) if e.case_id == id_of(1)]) == 1


def test_a_child_that_a_person_takes_out_is_not_gathered_again(desk: Desk) -> None:
    major = a_storm(desk)
    unlink(desk, 1)
    for _ in range(2):
        desk.watch_storms()
    assert (desk.case(id_of(1)).state, desk.case(id_of(1)).parent_id) == (CaseState.OPEN, None)
    resolve(desk, major)
    desk.watch_storms()
    assert desk.case(id_of(1)).state is CaseState.OPEN


@pytest.mark.parametrize("of_first", [True, False])
def test_a_child_that_leaves_alerts_when_it_would_have_alerted(desk: Desk, of_first: bool) -> None:
    a_storm(desk)
    asks: dict[str, Any] = {"asks_supervisor": True, "asks_kind": "supervisor", "product": "KX-200"}
    if of_first:
        desk.hear(a_complaint(5, **asks))
    else:
        desk.hear(a_complaint(5), a_classified("5", revision=2, **asks))
    assert alerts(desk, id_of(5)) == []
    unlink(desk, 5)
    (alert,) = alerts(desk, id_of(5))
    assert (alert.reason, alert.recipients) == ("asked", ("anna",))
    desk.watch_storms()
    assert desk.case(id_of(5)).state is CaseState.ESCALATED


def test_a_child_that_became_overdue_in_the_storm_alerts_when_it_leaves(desk: Desk) -> None:
    a_storm(desk)
    desk.jump(9 * HOUR)  # a first answer was due after eight
    desk.settle()
    assert alerts(desk, id_of(1)) == []
    unlink(desk, 1)
    assert [alert.reason for alert in alerts(desk, id_of(1))] == ["overdue"]


def test_a_mild_child_that_leaves_in_time_alerts_nobody(desk: Desk) -> None:
    a_storm(desk)
    unlink(desk, 1)
    assert (desk.case(id_of(1)).state, alerts(desk, id_of(1))) == (CaseState.OPEN, [])
    assert desk.case(id_of(1)).due_at is not None


def test_a_forgotten_child_leaves_the_others_and_says_nothing_of_itself(desk: Desk) -> None:
    major = a_storm(desk)
    desk.hear(ComplaintForgotten(id_of(1), 5, NOON))
    desk.watch_storms()
    assert desk.case(id_of(1)).facts is None
    assert "KX-200" not in str(desk.rows(id_of(1)))
    assert all(is_part(desk, n, major) for n in (2, 3, 4))
    resolve(desk, major)
    desk.watch_storms()
    assert len([e for e in desk.told(CaseResolved) if e.case_id == id_of(1)]) == 1


@pytest.mark.parametrize("kind", [ComplaintMerged, ComplaintForgotten])
def test_what_a_person_linked_to_a_complaint_that_ends_unanswered_stands_for_itself(desk: Desk, kind: type) -> None:
    desk.hear(a_complaint(1, product=None), a_complaint(2, product=None, severity=Severity.CRITICAL))
    desk.link(id_of(2), id_of(1), "caro")
    desk.announced.clear()
    end = ComplaintForgotten(id_of(1), 5, NOON)
    desk.hear(end if kind is ComplaintForgotten else ComplaintMerged(id_of(1), 5, NOON, "into", "petra"))
    desk.watch_storms()
    assert (desk.case(id_of(2)).state, len(desk.told(CaseEscalated))) == (CaseState.ESCALATED, 1)


def test_what_a_person_linked_is_resolved_with_the_complaint(desk: Desk) -> None:
    desk.hear(a_complaint(1, product=None), a_complaint(2, product=None))
    desk.link(id_of(2), id_of(1), "caro")
    resolve(desk, id_of(1))
    desk.watch_storms()
    assert (desk.case(id_of(2)).state, desk.case(id_of(2)).outcome) == (CaseState.RESOLVED, Outcome.UPHELD)


def test_news_of_a_resolved_child_opens_it_again_when_it_is_an_alarm(desk: Desk) -> None:
    resolve(desk, a_storm(desk))
    desk.watch_storms()
    news = replace(a_complaint(1), revision=2, severity=Severity.CRITICAL)
    desk.hear(ComplaintUpdated(**{name: getattr(news, name) for name in news.__dataclass_fields__}))
    assert (desk.case(id_of(1)).state, desk.case(id_of(1)).parent_id) == (CaseState.ESCALATED, None)

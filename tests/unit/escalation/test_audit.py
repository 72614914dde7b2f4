"""The auditor finds what nothing would move any more, puts it right, and is silent about what is as it should be."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from services.escalation.domain import answers
from services.escalation.domain.case import CaseState
from services.escalation.domain.policy import PauseReason
from services.escalation.settings import SHIPPED_POLICY
from services.escalation.watch.audit import FOUND, REPAIRS, Finding, audit
from shared.contracts.escalation import CaseEscalated
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintAnswered, ComplaintForgotten, ComplaintMerged, ComplaintResolved, Customer
from shared.contracts.notify import AlertAccepted, AlertAmbiguous, AlertDelivered, AlertFailed, AlertSuppressed
from tests.harness.events import NOON, a_classified
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.storm_stories import BY_PRODUCT, PEOPLE, alike, majors, with_storms

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOTHING = dict.fromkeys(Finding, 0)
NO_DUE, NO_OUTCOME, LATE = NOTHING | {Finding.NO_DUE: 1}, NOTHING | {Finding.NO_OUTCOME: 1}, NOTHING | {Finding.LATE: 1}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def id_of(name: str) -> str:
    return a_classified(name).complaint_id


def severe(name: str, **changes: Any) -> Any:
    return a_classified(name, severity=Severity.CRITICAL, **changes)


def an_alert(escalated: CaseEscalated, kind: Any = AlertAccepted) -> Any:
    return kind(
        escalated.escalation_id,
        escalated.case_id,
        escalated.escalation_id,
        escalated.level,
        "anna",
        "email",
        "ok",
        NOON,
        0.4,
    )


def hear_outcomes(desk: Desk) -> None:
    desk.hear_alerts(*(an_alert(escalated) for escalated in desk.told(CaseEscalated)))


def spoil(desk: Desk, name: str, to: str) -> None:
    """A fault, made in the table."""
    with desk.db.transaction() as tx:
        done = tx.execute(text(f"UPDATE cases SET {to} WHERE id = :id"), {"id": id_of(name)})
    assert done.rowcount == 1


def repairs(finding: Finding) -> float:
    return float(REPAIRS.labels(finding)._value.get())


def gauge(finding: Finding) -> float:
    return float(FOUND.labels(finding)._value.get())


@pytest.fixture
def counted(desk: Desk) -> dict[Finding, float]:
    """What was repaired before the test."""
    return {finding: repairs(finding) for finding in (Finding.NO_DUE, Finding.NO_OUTCOME)}


# -- nothing due --------------------------------------------------------------------------------------------------


def test_a_case_whose_due_time_was_lost_gets_it_back(desk: Desk, counted: dict[Finding, float]) -> None:
    desk.hear(a_classified("1"))
    before = desk.case(id_of("1"))
    spoil(desk, "1", "due_at = NULL")
    desk.jump(31 * 24 * HOUR)
    assert desk.tick() == 0, "nobody would ever look at it"
    desk.jump(-31 * 24 * HOUR)
    assert desk.audit() == NO_DUE
    assert (gauge(Finding.NO_DUE), repairs(Finding.NO_DUE) - counted[Finding.NO_DUE]) == (1, 1)
    assert desk.case(id_of("1")).due_at == before.due_at
    assert desk.timeline(id_of("1")) == ["opened", "repaired"]
    assert desk.audit() == NOTHING and gauge(Finding.NO_DUE) == 0
    assert repairs(Finding.NO_DUE) - counted[Finding.NO_DUE] == 1
    desk.jump(31 * 24 * HOUR)
    assert desk.tick() == 1


@pytest.mark.parametrize("lost", ["due_at = NULL, respond_by = NULL", "respond_by = NULL"])
@pytest.mark.parametrize("state", [CaseState.ESCALATED, CaseState.SNOOZED, CaseState.EXHAUSTED])
def test_what_the_ladder_waits_for_without_an_end_is_asked_at_once(desk: Desk, state: CaseState, lost: str) -> None:
    desk.hear(severe("1", customer=Customer(region="XX") if state is CaseState.EXHAUSTED else Customer(region="CZ")))
    if state is CaseState.SNOOZED:
        until = desk.now + HOUR
        desk.answer(id_of("1"), lambda case, setting: answers.snooze(case, "anna", until, setting))
    if state is CaseState.EXHAUSTED:
        desk.jump(HOUR)
        desk.settle()
    assert desk.case(id_of("1")).state is state
    hear_outcomes(desk)
    spoil(desk, "1", lost)
    told = len(desk.told(CaseEscalated))
    assert desk.audit() == NO_DUE
    assert desk.audit() == NOTHING
    assert desk.tick() == 1
    assert len(desk.told(CaseEscalated)) == told + 1
    assert desk.tick() == 0


@pytest.mark.parametrize("lost", ["due_at = NULL, follow_up_by = NULL, clocks = '[]'", "follow_up_by = NULL"])
def test_whoever_has_a_case_that_lost_its_follow_up_is_asked_again_in_time(desk: Desk, lost: str) -> None:
    desk.hear(severe("1"))
    desk.take(id_of("1"), "anna")
    expected = desk.case(id_of("1")).follow_up_by
    spoil(desk, "1", lost)
    assert desk.audit() == NO_DUE
    again = desk.case(id_of("1")).follow_up_by
    assert again is not None and expected is not None and abs(again - expected) < MINUTE
    assert desk.audit() == NOTHING


def test_clocks_that_were_lost_run_again(desk: Desk) -> None:
    desk.hear(a_classified("1"))
    before = desk.case(id_of("1")).clocks
    spoil(desk, "1", "due_at = NULL, clocks = NULL, unassigned_at = NULL")
    assert desk.audit() == NO_DUE
    assert desk.case(id_of("1")).clocks == before


def rolled_back(desk: Desk) -> None:
    with desk.db.transaction() as tx:
        assert audit(tx, desk.book)[Finding.NO_DUE] == 1
        raise ZeroDivisionError


def test_a_repair_that_is_rolled_back_is_not_counted(desk: Desk, counted: dict[Finding, float]) -> None:
    desk.hear(a_classified("1"))
    spoil(desk, "1", "due_at = NULL")
    with pytest.raises(ZeroDivisionError):
        rolled_back(desk)
    assert repairs(Finding.NO_DUE) == counted[Finding.NO_DUE]


def test_more_than_one_look_repairs_are_all_counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.escalation.watch.audit.MOST_REPAIRED", 2)
    desk.hear(*(a_classified(str(n)) for n in range(5)))
    for n in range(5):
        spoil(desk, str(n), "due_at = NULL")
    assert [desk.audit()[Finding.NO_DUE] for _ in range(4)] == [5, 3, 1, 0]


def handed_back_overdue(desk: Desk) -> None:
    desk.hear(a_classified("1"), ComplaintAnswered(id_of("1"), 2, NOON))
    desk.jump(6 * 24 * HOUR)
    desk.settle()
    assert desk.case(id_of("1")).state is not CaseState.OPEN
    desk.answer(id_of("1"), lambda case, setting: answers.hand_back(case, "anna", {}, setting))
    assert desk.case(id_of("1")).state is CaseState.OPEN


def test_an_open_case_whose_clocks_have_told_all_and_of_which_nothing_is_due_goes_up(desk: Desk) -> None:
    handed_back_overdue(desk)
    spoil(desk, "1", "due_at = NULL, respond_by = NULL")
    assert desk.audit() == NO_DUE
    assert desk.tick() == 1
    assert desk.case(id_of("1")).state is not CaseState.OPEN
    hear_outcomes(desk)
    assert desk.audit() == NOTHING


def test_a_case_that_a_supervisor_handed_back_after_its_time_is_left_alone(desk: Desk) -> None:
    handed_back_overdue(desk)
    assert desk.audit() == NOTHING
    assert desk.tick() == 0


# -- no outcome ---------------------------------------------------------------------------------------------------


def test_an_escalation_of_which_notify_says_nothing_is_announced_again(
    desk: Desk, counted: dict[Finding, float]
) -> None:
    desk.hear(severe("1"), trace=TRACE)
    desk.jump(2 * MINUTE - timedelta(seconds=5))
    assert desk.audit() == NOTHING
    desk.jump(timedelta(seconds=10))
    desk.traces.clear()
    assert desk.audit() == NO_OUTCOME
    assert (gauge(Finding.NO_OUTCOME), repairs(Finding.NO_OUTCOME) - counted[Finding.NO_OUTCOME]) == (1, 1)
    first, second = desk.told(CaseEscalated)
    assert first == second and desk.again == [second], "the same escalation, and a new event"
    assert desk.traces == {id_of("1"): TRACE}
    assert desk.timeline(id_of("1")) == ["opened", "escalated", "repaired"]


def test_announced_again_it_says_as_before_whether_all_must_answer(desk: Desk) -> None:
    both = 'recipients: ["person:anna", "person:ben"], answer: all'
    desk.start_over(policy=re.sub(r"recipients: \w+", both, SHIPPED_POLICY.read_text()))
    desk.hear(severe("1"))
    desk.jump(3 * MINUTE)
    assert desk.audit() == NO_OUTCOME
    first, second = desk.told(CaseEscalated)
    assert first == second and second.all_must_answer


def test_repaired_it_is_left_alone_for_two_minutes_and_then_repaired_again(desk: Desk) -> None:
    desk.hear(severe("1"))
    desk.jump(3 * MINUTE)
    found = []
    for _ in range(5):
        found.append(desk.audit()[Finding.NO_OUTCOME])
        desk.jump(50 * timedelta(seconds=1))
    assert found == [1, 0, 0, 1, 0]
    assert gauge(Finding.NO_OUTCOME) == 0
    assert desk.timeline(id_of("1")).count("repaired") == 2


def test_a_repaired_escalation_still_hears_the_answer_to_its_alert(desk: Desk) -> None:
    desk.hear(severe("1"))
    desk.jump(3 * MINUTE)
    desk.audit()
    again = desk.told(CaseEscalated)[-1]
    assert desk.case(id_of("1")).revision == again.case_revision
    desk.hear_alerts(an_alert(again))
    desk.jump(3 * MINUTE)
    assert desk.audit() == NOTHING


@pytest.mark.parametrize("kind", [AlertAccepted, AlertDelivered, AlertFailed, AlertSuppressed, AlertAmbiguous])
def test_an_escalation_whose_alerts_ended_in_any_way_is_no_finding(desk: Desk, kind: Any) -> None:
    desk.hear(a_classified("1", severity=Severity.HIGH))
    (escalated,) = desk.told(CaseEscalated)
    assert escalated.respond_by - desk.now > 20 * MINUTE
    desk.hear_alerts(an_alert(escalated, kind))
    desk.jump(10 * MINUTE)
    assert desk.audit() == NOTHING


def test_what_may_be_gathered_has_a_quarter_of_its_time_before_it_is_missed(desk: Desk) -> None:
    desk.hear(a_classified("1", severity=Severity.HIGH))
    (escalated,) = desk.told(CaseEscalated)
    desk.jump(2 * MINUTE + (escalated.respond_by - desk.now) / 4 - timedelta(seconds=5))
    assert desk.audit() == NOTHING
    desk.jump(timedelta(seconds=10))
    assert desk.audit() == NO_OUTCOME


def test_the_outcome_of_an_older_escalation_says_nothing_of_the_present_one(desk: Desk) -> None:
    desk.hear(severe("1"))
    hear_outcomes(desk)
    desk.jump(11 * MINUTE)
    desk.settle()
    desk.jump(3 * MINUTE)
    assert desk.audit() == NO_OUTCOME
    assert desk.again == desk.told(CaseEscalated)[-1:] and desk.told(CaseEscalated)[-1].level == 2


# -- late ---------------------------------------------------------------------------------------------------------


def test_what_was_due_for_more_than_a_minute_is_found_until_it_is_done(desk: Desk) -> None:
    desk.hear(severe("1"))
    hear_outcomes(desk)
    due_at = desk.case(id_of("1")).due_at
    assert due_at is not None
    desk.jump(due_at - desk.now + 55 * timedelta(seconds=1))
    assert desk.audit() == NOTHING
    desk.jump(10 * timedelta(seconds=1))
    assert desk.audit() == LATE and gauge(Finding.LATE) == 1
    assert desk.settle() == 1
    assert desk.audit() == NOTHING and gauge(Finding.LATE) == 0


# -- all is well --------------------------------------------------------------------------------------------------


def in_all_states(desk: Desk) -> None:
    desk.start_over(PEOPLE, with_storms(BY_PRODUCT))
    names = ("open", "answered", "escalated", "taken", "snoozed", "paused", "solved", "merged", "forgotten", "linked")
    desk.hear(*(severe(n) if n not in ("open", "answered", "linked") else a_classified(n) for n in names))
    desk.hear(severe("nobody", customer=Customer(region="XX")), ComplaintAnswered(id_of("early"), 2, NOON))
    desk.hear(ComplaintAnswered(id_of("answered"), 2, NOON), ComplaintResolved(id_of("solved"), 2, NOON))
    desk.hear(ComplaintMerged(id_of("merged"), 2, NOON, "into"), ComplaintForgotten(id_of("forgotten"), 2, NOON))
    desk.hear(*alike(1, 4))
    desk.watch_storms()
    desk.jump(25 * MINUTE)
    desk.settle()
    until = desk.now + 3 * HOUR
    desk.take(id_of("taken"), "anna")
    desk.answer(id_of("snoozed"), lambda case, setting: answers.snooze(case, "anna", until, setting))
    waiting = PauseReason.WAITING_FOR_CUSTOMER
    desk.answer(id_of("paused"), lambda case, setting: answers.pause(case, "anna", waiting, until, setting))
    desk.link(id_of("linked"), id_of("taken"), "caro")
    hear_outcomes(desk)


def test_where_all_is_well_nothing_is_found_whatever_the_cases_are_doing(desk: Desk) -> None:
    in_all_states(desk)
    with desk.db.read() as tx:
        states = set(tx.execute(text("SELECT DISTINCT state FROM cases")).scalars())
    assert states == set(CaseState) and majors(desk)
    before = len(desk.announced)
    for _ in range(3):
        assert desk.audit() == NOTHING
        desk.jump(MINUTE)
    assert len(desk.announced) == before


def test_where_all_is_well_the_auditor_writes_nothing(desk: Desk) -> None:
    in_all_states(desk)
    asked: list[str] = []

    def ask(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(desk.db.engine, "before_cursor_execute", ask)
    desk.audit()
    event.remove(desk.db.engine, "before_cursor_execute", ask)
    assert asked and not [statement for statement in asked if statement.startswith(("UPDATE", "INSERT"))]

"""The tick: each due case once, the most severe first, and none that stands in the way of the others."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from services.escalation import metrics
from services.escalation.domain.case import CaseState
from services.escalation.tables import cases
from shared.contracts.escalation import CaseEscalated, CaseWarned
from shared.contracts.event import Event, Severity
from shared.contracts.intake import ComplaintAnswered
from shared.contracts.routing import ComplaintAssigned
from tests.unit.escalation.builders import NOON
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.test_usecases import a_complaint, id_of, severe

MINUTES = timedelta(minutes=1)
BROKEN = "sick"


def set_columns(desk: Desk, name: str, **values: object) -> None:
    with desk.db.transaction() as tx:
        tx.execute(update(cases).where(cases.c.id == id_of(name)).values(**values))


def due_column(desk: Desk, name: str) -> object:
    with desk.db.read() as tx:
        return tx.connection.scalar(select(cases.c.due_at).where(cases.c.id == id_of(name)))


def put_off() -> float:
    return float(metrics.PUT_OFF._value.get())


def test_a_case_that_cannot_be_decided_is_put_off_and_the_others_climb(desk: Desk) -> None:
    """Its clock has a time without a zone, which no instant can be compared with."""
    desk.hear(severe(BROKEN), severe("well"))
    clock = {"name": "resolution", "started_at": "2026-11-02T12:00:00", "due_at": "2026-11-02T16:00:00"}
    set_columns(desk, BROKEN, clocks=[clock])
    desk.announced.clear()
    desk.jump(11 * MINUTES)
    before = put_off()
    assert (desk.tick(), desk.tick()) == (2, 0)
    assert [e.facts.external_id for e in desk.told(CaseEscalated)] == ["well"]
    assert put_off() == before + 1
    desk.jump(MINUTES)
    assert desk.tick() == 1, "it is tried again"
    set_columns(desk, BROKEN, clocks=[])
    desk.announced.clear()
    desk.jump(MINUTES)
    desk.tick()
    assert [e.facts.external_id for e in desk.told(CaseEscalated)] == [BROKEN], "as soon as it can be decided"


@pytest.mark.parametrize(
    "unreadable", [{"state": "dancing"}, {"owner": {"attempt": "no number"}}, {"clocks": [{"name": "x"}]}]
)
def test_a_case_that_cannot_be_read_is_put_off_and_the_others_climb(desk: Desk, unreadable: dict[str, object]) -> None:
    desk.hear(severe(BROKEN), severe("well"), severe("high", severity=Severity.HIGH))
    set_columns(desk, BROKEN, **unreadable)
    desk.announced.clear()
    desk.jump(31 * MINUTES)
    assert desk.settle() == 2
    assert [e.facts.external_id for e in desk.told(CaseEscalated)] == ["well", "high"]
    desk.jump(2 * MINUTES)
    set_columns(desk, BROKEN, state="escalated", owner=None, clocks=None)
    desk.announced.clear()
    desk.tick()
    assert [e.facts.external_id for e in desk.told(CaseEscalated)] == [BROKEN], "as soon as it can be read again"


def test_a_case_that_only_its_column_calls_due_is_put_right_and_does_not_come_again(desk: Desk) -> None:
    desk.hear(severe())
    case = desk.case(id_of("1"))
    set_columns(desk, "1", due_at=desk.now - MINUTES)
    before = put_off()
    assert (desk.tick(), desk.tick()) == (1, 0)
    assert desk.case(id_of("1")) == case and due_column(desk, "1") == case.due_at
    assert put_off() == before
    set_columns(
        desk, "1", due_at=desk.now - MINUTES, state="resolved", respond_by=None, clocks=None, unassigned_at=None
    )
    assert (desk.tick(), desk.tick()) == (1, 0)
    assert due_column(desk, "1") is None


def test_a_case_that_was_due_for_six_hours_makes_one_move_and_tells_all_its_marks(desk: Desk) -> None:
    desk.hear(severe())
    desk.announced.clear()
    desk.jump(timedelta(hours=6))
    assert (desk.tick(), desk.tick()) == (1, 0)
    told = [(e.clock, e.percent) for e in desk.told(CaseWarned)]
    assert told == [("first_answer", n) for n in (50, 80, 95, 100)] + [("resolution", n) for n in (50, 80, 95, 100)]
    assert [e.level for e in desk.told(CaseEscalated)] == [2]
    assert len(set(desk.rows(id_of("1"))[n]["at"] for n in range(2, 11))) == 1
    revisions = [e.case_revision for e in desk.told(Event)]
    assert revisions == sorted(set(revisions))


def test_a_follow_up_is_reminded_of_and_an_answer_to_the_customer_starts_it_anew(desk: Desk) -> None:
    desk.hear(severe(severity=Severity.HIGH), ComplaintAnswered(id_of("1"), 2, NOON))
    desk.hear_owners(ComplaintAssigned(id_of("1"), 1, "g", "Gita", NOON))
    desk.take(id_of("1"), "anna")
    desk.announced.clear()
    desk.jump(timedelta(hours=3, minutes=12))
    desk.settle()
    (reminded,) = desk.told(CaseWarned)
    assert (reminded.clock, reminded.percent, reminded.recipients) == ("follow_up", 80, ("anna",))
    desk.hear(ComplaintAnswered(id_of("1"), 3, desk.now))
    desk.jump(timedelta(hours=3, minutes=59))
    desk.settle()
    assert desk.case(id_of("1")).state is CaseState.ACKNOWLEDGED
    desk.jump(2 * MINUTES)
    desk.settle()
    assert [(e.reason, e.round, e.recipients) for e in desk.told(CaseEscalated)] == [("stalled", 2, ("anna",))]


def test_a_case_of_the_version_before_climbs_at_its_deadline(desk: Desk) -> None:
    """As the migration leaves it: its deadline is the time to respond, and nothing is known of clocks."""
    desk.hear(severe("escalated"), a_complaint("open"))
    nothing = dict.fromkeys(("told", "owner", "clocks", "pauses", "ladder", "confirmed_by", "remedies", "repeats"))
    for name in ("escalated", "open"):
        set_columns(desk, name, **nothing, unassigned_at=None, respond_by=desk.now + MINUTES, due_at=desk.now + MINUTES)
    desk.announced.clear()
    desk.jump(2 * MINUTES)
    desk.settle()
    assert {(e.facts.external_id, e.level, e.reason) for e in desk.told(CaseEscalated)} == {
        ("escalated", 2, "unanswered"),
        ("open", 1, "overdue"),
    }

"""What escalation shows of open cases and counts of clocks: read from the tables on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from services.escalation import metrics, usecases
from services.escalation.domain.case import CaseState
from services.escalation.domain.clocks import ClockState
from services.escalation.domain.ladder import MAX_LEVELS
from services.escalation.watch import gauges
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintAnswered, ComplaintForgotten, ComplaintResolved, ComplaintUpdated
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.meters import Meter, value
from tests.unit.escalation.test_usecases import a_complaint, id_of, severe

MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)


class Undone(Exception):
    """What a test raises to have a transaction rolled back."""


def looked(desk: Desk) -> None:
    with desk.db.read() as tx:
        gauges.look(tx)


def shown(name: str, label: str, words: list[str]) -> dict[str, float]:
    """Only those that are not 0."""
    return {word: found for word in words if (found := value(name, **{label: word}))}


def by_state() -> dict[str, float]:
    return shown("ombud_cases_open", "state", [s.value for s in metrics.OPEN_STATES])


def by_level() -> dict[str, float]:
    return shown("ombud_cases_open_by_level", "level", [str(n) for n in range(MAX_LEVELS + 1)])


def by_reason() -> dict[str, float]:
    return shown("ombud_cases_open_by_reason", "reason", ["none", *(r.value for r in EscalationReason)])


def clocks() -> dict[str, float]:
    return shown("ombud_clocks", "state", [s.value for s in ClockState])


def test_every_series_is_there_before_anything_happens() -> None:
    for level in range(1, MAX_LEVELS + 1):
        for reason in EscalationReason:
            value("ombud_escalations_total", level=str(level), reason=reason.value)
    by_state(), by_level(), by_reason(), clocks()
    for outcome in ("kept", "late"):
        value("ombud_clocks_stopped_total", outcome=outcome)
    for mark in ("warned", "broken", "reminded"):
        value("ombud_clock_marks_total", mark=mark)
    names = ("ombud_cases_overdue", "ombud_due_oldest_seconds", "ombud_due_put_off_total", "ombud_storms")
    times = ("ombud_due_lag_seconds", "ombud_acknowledgement_seconds", "ombud_supervisor_wait_seconds")
    for name in (*names, *(f"{time}_count" for time in times)):
        value(name)


def test_open_cases_are_shown_by_state_level_and_reason_each_for_itself(desk: Desk) -> None:
    desk.hear(a_complaint("mild"), severe("one"), severe("two"), severe("over"))
    desk.take(id_of("two"), "anna")
    desk.hear(ComplaintResolved(id_of("over"), 2, desk.now), ComplaintAnswered(id_of("early"), 2, desk.now))
    looked(desk)
    assert by_state() == {"open": 1, "escalated": 1, "acknowledged": 1}
    assert by_level() == {"0": 1, "1": 2}
    assert by_reason() == {"none": 1, "severity": 2}


def test_a_case_that_climbs_leaves_its_level(desk: Desk) -> None:
    desk.hear(severe())
    desk.jump(11 * MINUTES)
    desk.settle()
    looked(desk)
    assert (by_level(), by_reason()) == ({"2": 1}, {"unanswered": 1})


def test_clocks_are_shown_as_they_stand_and_only_of_open_cases(desk: Desk) -> None:
    """Low: the first answer in two days, the resolution in 15; what stopped stands no more."""
    desk.hear(a_complaint("1"), a_complaint("2"), a_complaint("over"))
    desk.hear(ComplaintAnswered(id_of("2"), 2, desk.now), ComplaintResolved(id_of("over"), 2, desk.now))
    looked(desk)
    assert (clocks(), value("ombud_cases_overdue")) == ({"running": 3}, 0)
    desk.jump(49 * HOURS)
    desk.settle()
    looked(desk)
    assert (clocks(), value("ombud_cases_overdue")) == ({"running": 2, "broken": 1}, 1)


def test_a_clock_that_warned_is_shown_as_such(desk: Desk) -> None:
    desk.hear(a_complaint())
    desk.jump(47 * HOURS)
    desk.settle()
    looked(desk)
    assert clocks() == {"running": 1, "warned": 1}


def test_cases_that_an_older_replica_wrote_count_as_cases_without_clocks(desk: Desk) -> None:
    desk.hear(a_complaint())
    with desk.db.transaction() as tx:
        tx.execute(text("UPDATE cases SET clocks_running = NULL, clocks_warned = NULL, clocks_broken = NULL"))
    looked(desk)
    assert (by_state(), clocks(), value("ombud_cases_overdue")) == ({"open": 1}, {}, 0)


def test_the_look_reads_the_index_of_open_cases_alone(desk: Desk) -> None:
    desk.hear(a_complaint())
    with desk.db.read() as tx:
        compiled = gauges.OPEN_CASES.compile(tx.connection, compile_kwargs={"literal_binds": True})
        if tx.is_postgres:
            # The table is small, and its statistics are those of the tests before: no other way is left.
            for way in ("seqscan", "bitmapscan", "indexscan"):
                tx.execute(text(f"SET LOCAL enable_{way} = off"))
        plan = "\n".join(str(row) for row in tx.execute(text(f"{_EXPLAIN[tx.is_postgres]} {compiled}")))
    assert any(way in plan for way in ("Index Only Scan using cases_open", "COVERING INDEX cases_open")), plan


_EXPLAIN = {True: "EXPLAIN", False: "EXPLAIN QUERY PLAN"}


# -- clocks that stopped ------------------------------------------------------------------------------------------


def stopped() -> tuple[Meter, Meter]:
    return tuple(Meter("ombud_clocks_stopped_total", outcome=o) for o in ("kept", "late"))  # type: ignore[return-value]


def test_a_clock_that_stops_counts_once_however_often_it_is_told(desk: Desk) -> None:
    desk.hear(a_complaint())
    kept, late = stopped()
    answer = ComplaintAnswered(id_of("1"), 2, desk.now)
    desk.hear(answer, answer)
    desk.hear(answer)
    desk.hear(a_complaint(kind=ComplaintUpdated, revision=3, severity=Severity.MEDIUM))  # its clocks are made anew
    assert (kept.gained, late.gained) == ([1], [0])


def test_a_clock_that_stops_behind_its_time_was_late(desk: Desk) -> None:
    desk.hear(a_complaint())
    desk.jump(49 * HOURS)
    kept, late = stopped()
    desk.hear(ComplaintAnswered(id_of("1"), 2, desk.now))
    assert (kept.gained, late.gained) == ([0], [1])


def test_what_was_told_before_the_complaint_counts_with_it(desk: Desk) -> None:
    kept, late = stopped()
    desk.hear(ComplaintAnswered(id_of("1"), 2, desk.now))
    assert kept.gained == [0]
    desk.hear(a_complaint(received_at=desk.now - HOURS))
    assert (kept.gained, late.gained) == ([1], [0])


def test_clocks_of_a_forgotten_complaint_neither_hold_nor_break(desk: Desk) -> None:
    desk.hear(a_complaint())
    kept, late = stopped()
    desk.hear(ComplaintForgotten(id_of("1"), 2, desk.now))
    assert (kept.gained, late.gained) == ([0], [0])


# -- what counts, and what does not -------------------------------------------------------------------------------


def test_what_is_rolled_back_does_not_count(desk: Desk) -> None:
    moves = Meter("ombud_escalations_total", level="1", reason="severity")

    def work() -> None:
        with desk.db.transaction() as tx:
            usecases.take_complaints(tx, desk.book, [severe()])
            raise Undone

    with pytest.raises(Undone):
        work()
    assert moves.gained == [0]
    desk.hear(severe())
    assert moves.gained == [1]


def test_the_lag_of_what_was_due_is_from_its_time_to_its_turn(desk: Desk) -> None:
    desk.hear(severe(severity=Severity.CRITICAL))
    due_at = desk.case(id_of("1")).due_at
    assert due_at is not None
    desk.jump(due_at - desk.now + 20 * MINUTES)
    lag = Meter("ombud_due_lag_seconds")
    desk.tick()
    count, seconds = lag.gained
    assert count == 1 and seconds == pytest.approx(20 * 60, abs=5)


def test_cases_that_are_over_are_no_open_state() -> None:
    assert {*CaseState} - {*metrics.OPEN_STATES} == {CaseState.EARLY, CaseState.RESOLVED}

"""A complaint that is merged into another one, or forgotten: its alerts do not leave any more."""

from typing import Any

import pytest
from sqlalchemy import select

from services.notify import tables
from services.notify.domain import AlertState
from shared.contracts.escalation import CaseEscalated
from shared.contracts.intake import ComplaintForgotten, ComplaintMerged
from tests.harness.events import NOON
from tests.unit.notify.build import CASE, Office, a_contact, acknowledged, escalated, facts, failed

MERGED, FORGOTTEN = ComplaintMerged(CASE, 4, NOON, "into"), ComplaintForgotten(CASE, 4, NOON)
ENDS = pytest.mark.parametrize("end", [MERGED, FORGOTTEN], ids=["merged", "forgotten"])
ANN = ("ann", "email")


def held(office: Office) -> str:
    with office.db.read() as tx:
        return str(list(tx.execute(select(tables.escalations))))


@ENDS
def test_pending_alerts_are_suppressed_once_with_the_reason(office: Office, end: Any) -> None:
    office.know(a_contact())
    office.hear(escalated())
    office.hear(end, end)
    office.hear(end)
    office.send()
    assert office.alerts() == {ANN: AlertState.SUPPRESSED} and office.addresses() == []
    assert [(e.type, e.reason) for e in office.announced] == [("alert.suppressed", end.type.split(".")[1])]


@ENDS
def test_a_claimed_alert_does_not_leave_any_more(office: Office, end: Any) -> None:
    office.know(a_contact())
    office.hear(escalated())
    office.email.before_hand_off = lambda: office.hear(end)
    office.send()
    assert office.alerts() == {ANN: AlertState.SUPPRESSED} and office.addresses() == []


@ENDS
def test_an_escalation_that_comes_late_alerts_nobody(office: Office, end: Any) -> None:
    office.know(a_contact())
    office.hear(end)
    office.hear(escalated(revision=900))
    assert office.alerts() == {}


@ENDS
def test_an_answer_that_comes_late_changes_nothing(office: Office, end: Any) -> None:
    office.know(a_contact())
    office.hear(end)
    office.hear(acknowledged())
    office.hear(escalated(revision=900))
    assert office.alerts() == {}


def test_forgotten_nothing_of_it_is_kept_even_what_comes_late(office: Office) -> None:
    office.know(a_contact())
    office.hear(escalated(facts=facts(excerpt="a rhubarb kettle")))
    assert "rhubarb" in held(office)
    office.hear(FORGOTTEN)
    office.hear(escalated(revision=900, level=2, facts=facts(excerpt="a rhubarb kettle")))
    assert "rhubarb" not in held(office)


def test_one_batch_with_the_escalation_and_its_end_keeps_nothing(office: Office) -> None:
    office.hear(escalated(facts=facts(excerpt="a rhubarb kettle")), FORGOTTEN)
    assert "rhubarb" not in held(office) and office.alerts() == {}


def test_merged_and_then_forgotten_in_any_order_it_is_forgotten(office: Office) -> None:
    office.hear(FORGOTTEN)
    office.hear(MERGED)
    office.hear(escalated(facts=facts(excerpt="a rhubarb kettle")))
    assert "rhubarb" not in held(office)


def test_that_a_message_about_it_failed_is_told_all_the_same(office: Office) -> None:
    office.know(a_contact("boss"))
    office.hear(FORGOTTEN, failed())
    assert office.alerts() == {("boss", "email"): AlertState.PENDING}


def test_another_case_is_not_touched(office: Office) -> None:
    office.know(a_contact())
    other: CaseEscalated = escalated(case_id="another")
    office.hear(other, FORGOTTEN)
    assert office.alerts() == {ANN: AlertState.PENDING}

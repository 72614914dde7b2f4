"""A complaint that is merged into another one, or forgotten: its alerts do not leave any more."""

from typing import Any

import pytest
from sqlalchemy import select

from services.notify import tables
from services.notify.domain.alert import AlertState
from shared.contracts.escalation import CaseEscalated
from shared.contracts.intake import ComplaintForgotten, ComplaintMerged, complaint_id
from shared.messaging import failures
from shared.messaging.envelope import Message
from shared.messaging.failures import Failure
from shared.summary import plumbing_counts
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


@pytest.mark.parametrize("ends", [(FORGOTTEN, MERGED), (MERGED, FORGOTTEN)], ids=["forgotten first", "merged first"])
def test_merged_and_then_forgotten_in_any_order_it_is_forgotten(office: Office, ends: tuple[Any, Any]) -> None:
    for end in ends:
        office.hear(end)
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


def test_what_the_broker_gave_up_on_about_it_is_erased(office: Office) -> None:
    complaint = ComplaintForgotten(complaint_id("web", "W-1"), 2, NOON)
    about = [
        Message("complaint.submitted", {}, b'{"source": "web", "external_id": "W-1", "text": "rhubarb"}'),
        Message("x", {}, b'{"source": "web", "subject": "W-1", "data": {"text": "rhubarb"}}'),
        Message("x", {"ce-source": "web", "ce-subject": "W-1"}, b"rhubarb"),
        Message("complaint.updated", {}, f'{{"complaint_id": "{complaint.complaint_id}"}}'.encode()),
    ]
    others = [
        Message("complaint.submitted", {}, b'{"source": "web", "external_id": "W-2"}'),
        Message("x", {}, b"broken"),
    ]
    queue = "notify.dead-letters.v1"
    with office.db.transaction() as tx:
        for n, message in enumerate([*about, *others]):
            failures.bury(tx, "notify", Failure(queue, "s", str(n), "t", "s", message, "given_up", ""))
    office.hear(complaint)
    with office.db.read() as tx:
        assert plumbing_counts(tx)["dead_letters"] == len(others)

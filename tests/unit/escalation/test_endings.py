"""A case whose complaint is merged into another one, or forgotten, is closed for good, whatever comes late."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.escalation.cases import store
from services.escalation.domain import answers
from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import CaseState, Ending
from services.escalation.doors import links
from shared.contracts.escalation import CaseEscalated, CaseResolved
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintForgotten, ComplaintMerged, ComplaintReopened, ComplaintResolved
from shared.database import Database
from shared.links import Claim, mint
from shared.outbox import write_rows
from shared.tables import outbox
from tests.harness.events import NOON, a_classified
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.visits import KEYS, LINKS

SEVERE = a_classified("A-4711", severity=Severity.CRITICAL, excerpt="a rhubarb kettle", product="KX-200")
ID = SEVERE.complaint_id
MERGED, FORGOTTEN = ComplaintMerged(ID, 5, NOON, "into", "petra"), ComplaintForgotten(ID, 5, NOON)
ENDS = pytest.mark.parametrize("end", [MERGED, FORGOTTEN], ids=["merged", "forgotten"])


def everything(db: Database) -> str:
    with db.read() as tx:
        return str([list(tx.execute(select(table))) for table in (store.c, store.e, store.n)])


@ENDS
def test_the_case_is_closed_and_climbs_no_more(desk: Desk, end: Any) -> None:
    desk.hear(SEVERE)
    desk.hear(end, end)
    desk.hear(end)
    desk.jump(timedelta(days=1))
    desk.tick()
    case = desk.case(ID)
    assert (case.state, case.due_at, case.ending) == (CaseState.RESOLVED, None, Ending(end.type.split(".")[1]))
    assert (len(desk.told(CaseEscalated)), len(desk.told(CaseResolved))) == (1, 1)
    assert desk.timeline(ID)[-1] == case.ending


@ENDS
def test_it_may_come_before_the_complaint_itself(desk: Desk, end: Any) -> None:
    desk.hear(end)
    desk.hear(SEVERE, replace(SEVERE, revision=2))
    assert desk.case(ID).state is CaseState.RESOLVED
    assert desk.told(CaseEscalated) == []


@ENDS
def test_a_late_reopening_opens_nothing(desk: Desk, end: Any) -> None:
    desk.hear(SEVERE)
    desk.hear(end)
    desk.hear(ComplaintReopened(ID, 4, NOON))
    assert desk.case(ID).state is CaseState.RESOLVED


def test_forgotten_nothing_of_it_is_kept(desk: Desk) -> None:
    desk.hear(SEVERE)
    assert "rhubarb" in everything(desk.db)
    desk.hear(FORGOTTEN)
    desk.hear(replace(SEVERE, revision=4))
    left = everything(desk.db)
    assert not any(word in left for word in ("rhubarb", "KX-200", "A-4711"))
    assert desk.case(ID).facts is None and desk.case(ID).severity is Severity.CRITICAL


def test_merged_and_then_forgotten_it_is_forgotten(desk: Desk) -> None:
    desk.hear(SEVERE)
    desk.hear(MERGED)
    desk.hear(ComplaintForgotten(ID, 6, NOON))
    assert (desk.case(ID).ending, desk.case(ID).facts) == (Ending.FORGOTTEN, None)


def test_the_page_says_that_the_data_was_erased(desk: Desk) -> None:
    desk.hear(SEVERE)
    desk.hear(FORGOTTEN)
    page = links.show_page(desk.db, desk.book, LINKS, mint(KEYS, Claim("a", ID, "e", 1, "anna")))
    assert page.status_code == 410 and "data was erased" in page.get_data(as_text=True)


def test_the_page_of_a_merged_case_says_so(desk: Desk) -> None:
    desk.hear(SEVERE)
    desk.hear(MERGED)
    token = mint(KEYS, Claim("a", ID, "e", 1, "anna"))
    page = links.show_page(desk.db, desk.book, LINKS, token).get_data(as_text=True)
    assert "Part of complaint into now" in page and "Merged into complaint into by petra" in page


def test_a_forgotten_case_can_be_taken_by_nobody(desk: Desk) -> None:
    desk.hear(SEVERE)
    desk.hear(FORGOTTEN)
    assert desk.take(ID, "anna").refusal is Refusal.ALREADY_RESOLVED


def test_what_people_wrote_about_it_is_erased_and_the_record_stays(desk: Desk) -> None:
    other = replace(SEVERE, complaint_id="6b1f4b9e-0d0c-5d1c-9c7e-1f7f3a0e8a11", external_id="B-1")
    desk.hear(SEVERE, other)
    for case_id in (ID, other.complaint_id):
        desk.answer(case_id, lambda case, setting: answers.remark(case, "anna", setting), "a rhubarb kettle, she says")
    assert [row["note"] for row in desk.rows(ID) if row["note"]] == ["a rhubarb kettle, she says"]
    desk.hear(FORGOTTEN)
    assert [row["what"] for row in desk.rows(ID) if row["note"]] == []
    assert "remarked" in desk.timeline(ID)
    assert [row["note"] for row in desk.rows(other.complaint_id) if row["note"]] == ["a rhubarb kettle, she says"]


@pytest.mark.parametrize(
    "late", [ComplaintReopened(ID, 9, NOON), replace(SEVERE, revision=9)], ids=["reopened", "news"]
)
@ENDS
def test_nothing_that_is_newer_opens_it_again(desk: Desk, end: Any, late: Any) -> None:
    desk.hear(SEVERE)
    desk.hear(end)
    desk.hear(late)
    assert desk.case(ID).state is CaseState.RESOLVED
    assert len(desk.told(CaseEscalated)) == 1


def test_merged_after_its_end_it_is_merged_all_the_same(desk: Desk) -> None:
    desk.hear(SEVERE, ComplaintResolved(ID, 7, NOON, "crm"))
    desk.hear(MERGED)
    assert (desk.case(ID).ending, desk.case(ID).closed_by) == (Ending.MERGED, "crm")


def test_alerts_about_it_that_were_not_told_yet_leave_the_outbox(desk: Desk) -> None:
    desk.db.announce_with(lambda tx, announced: write_rows("escalation", tx, announced))
    other = replace(SEVERE, complaint_id="6b1f4b9e-0d0c-5d1c-9c7e-1f7f3a0e8a11", external_id="B-1")
    desk.hear(SEVERE, other)
    desk.hear(FORGOTTEN)
    with desk.db.read() as tx:
        rows = tx.execute(select(outbox.c.type, outbox.c.body)).all()
    assert sum("rhubarb" in row.body for row in rows) == 1, "the other one's"
    assert [row.type for row in rows if ID in row.body] == ["case.opened", "case.resolved"]

"""What people do with cases, saved and announced: in one transaction, with what they wrote, and once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.escalation.answers.answering import ACKNOWLEDGE
from services.escalation.domain import answers
from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import CaseState
from shared.contracts.escalation import (
    CaseAcknowledged,
    CaseEscalated,
    CaseHandedBack,
    CaseMuted,
    CaseResolved,
    EscalationReason,
    Outcome,
    Remedy,
)
from shared.contracts.intake import ComplaintResolved
from shared.contracts.notify import AlertAnswered, EscalationUnreachable
from shared.errors import NotFound
from tests.unit.escalation.builders import HOUR, MINUTE, NOON
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.test_usecases import TRACE, a_complaint, id_of, severe

ID = id_of("1")


def notes(desk: Desk, case_id: str = ID) -> list[tuple[str, str]]:
    return [(row["what"], row["note"]) for row in desk.rows(case_id) if row["note"]]


def test_what_a_person_wrote_stands_beside_what_they_did(desk: Desk) -> None:
    desk.hear(severe())
    desk.answer(ID, lambda case, setting: answers.escalate(case, "anna", None, EscalationReason.MANUAL, setting), "why")
    desk.answer(ID, lambda case, setting: answers.hand_back(case, "caro", {"skill": "fraud"}, setting), "hers")
    desk.answer(ID, lambda case, setting: answers.remark(case, "anna", setting), "seen")
    desk.take(ID, "anna")
    assert notes(desk) == [("requested", "why"), ("handed_back", "hers"), ("remarked", "seen")]
    (told,) = desk.told(CaseHandedBack)
    assert (told.note, told.needs) == ("hers", {"skill": "fraud"})


def test_a_refused_answer_leaves_no_trace(desk: Desk) -> None:
    desk.hear(severe(), ComplaintResolved(ID, 2, NOON, "crm"))
    before, rows, told = desk.case(ID), desk.rows(ID), list(desk.announced)
    refused = desk.answer(ID, lambda case, setting: answers.acknowledge(case, "anna", setting), "too late")
    assert (refused.refusal, refused.case) == (Refusal.ALREADY_RESOLVED, before)
    assert (desk.case(ID), desk.rows(ID), desk.announced) == (before, rows, told)


def test_outcome_and_remedies_are_kept_and_told(desk: Desk) -> None:
    desk.hear(severe())
    desk.answer(
        ID, lambda case, setting: answers.resolve(case, "anna", Outcome.UPHELD, (Remedy.REFUND,), setting), "ok"
    )
    (told,) = desk.told(CaseResolved)
    case = desk.case(ID)
    assert (case.state, case.outcome, case.remedies) == (CaseState.RESOLVED, Outcome.UPHELD, (Remedy.REFUND,))
    assert (told.outcome, told.remedies, told.by, told.complaint_revision) == (case.outcome, case.remedies, "anna", 1)


def test_an_answer_stays_in_the_trace_of_the_complaint(desk: Desk) -> None:
    desk.hear(severe(), trace=TRACE)
    desk.traces.clear()
    desk.take(ID, "anna")
    assert desk.traces == {ID: TRACE}


# -- replies ------------------------------------------------------------------------------------------------------


def a_reply(told: CaseEscalated, person: str = "anna", **changes: Any) -> AlertAnswered:
    reply = AlertAnswered("a-1", told.case_id, told.escalation_id, told.level, person, "sms", ACKNOWLEDGE, NOON)
    return replace(reply, **changes)


def test_a_reply_to_the_present_alert_takes_the_case_once(desk: Desk) -> None:
    desk.hear(severe())
    reply = a_reply(desk.told(CaseEscalated)[0])
    desk.hear_alerts(reply, reply)
    desk.hear_alerts(reply)
    assert [told.by for told in desk.told(CaseAcknowledged)] == ["anna"]


@pytest.mark.parametrize("wait", [11 * MINUTE, 12 * HOUR])
def test_a_reply_to_a_level_before_takes_the_case_that_still_calls(desk: Desk, wait: timedelta) -> None:
    """Whoever wrote it was told that they took the case: it must not climb on behind their back."""
    desk.hear(severe())
    desk.jump(wait)
    desk.settle()
    assert len(desk.told(CaseEscalated)) > 1
    desk.hear_alerts(a_reply(desk.told(CaseEscalated)[0]))
    assert (desk.case(ID).state, desk.case(ID).acknowledged_by) == (CaseState.ACKNOWLEDGED, "anna")


def test_a_reply_from_before_the_case_was_handed_back_takes_nothing_from_the_next_alert(desk: Desk) -> None:
    desk.hear(severe())
    desk.jump(MINUTE)
    desk.answer(ID, lambda case, setting: answers.hand_back(case, "ben", {}, setting))
    desk.answer(ID, lambda case, setting: answers.escalate(case, "ben", None, EscalationReason.MANUAL, setting))
    first, second = desk.told(CaseEscalated)
    assert first.escalation_id != second.escalation_id
    desk.hear_alerts(a_reply(first))
    assert desk.case(ID).state is CaseState.ESCALATED
    noted = desk.rows(ID)[-1]
    assert (noted["what"], noted["actor"], noted["reason"]) == ("reply_refused", "anna", "outdated")
    desk.hear_alerts(a_reply(first, at=desk.now + MINUTE))
    assert desk.case(ID).acknowledged_by == "anna"


def test_of_two_replies_in_one_batch_the_first_takes_the_case(desk: Desk) -> None:
    desk.hear(severe())
    told = desk.told(CaseEscalated)[0]
    desk.hear_alerts(a_reply(told, "ben"), a_reply(told, "anna", alert_id="a-2"))
    assert [told.by for told in desk.told(CaseAcknowledged)] == ["ben"]
    assert [row["what"] for row in desk.rows(ID) if row["actor"] == "anna"] == ["reply_refused"]


def test_a_button_in_a_chat_takes_the_case_in_the_name_of_whoever_pressed_it(desk: Desk) -> None:
    """Somebody of the channel, who need not be among those who were alerted."""
    desk.hear(severe())
    told = desk.told(CaseEscalated)[0]
    assert "olga" not in told.recipients
    desk.hear_alerts(a_reply(told, "olga", how="chat"))
    assert (desk.case(ID).state, desk.case(ID).acknowledged_by) == (CaseState.ACKNOWLEDGED, "olga")


@pytest.mark.parametrize("changes", [{"what": "declined"}, {"case_id": id_of("never")}, {"escalation_id": "another"}])
def test_any_other_reply_takes_nothing(desk: Desk, changes: dict[str, str]) -> None:
    desk.hear(severe())
    desk.hear_alerts(a_reply(desk.told(CaseEscalated)[0], **changes))
    assert desk.case(ID).state is CaseState.ESCALATED


def test_a_reply_that_comes_too_late_says_why_in_the_timeline_and_changes_nothing(desk: Desk) -> None:
    """Whoever wrote it was told that they took the case."""
    desk.hear(severe())
    told = desk.told(CaseEscalated)[0]
    desk.hear(ComplaintResolved(ID, 2, NOON, "crm"))
    before = desk.case(ID)
    desk.hear_alerts(a_reply(told))
    row = desk.rows(ID)[-1]
    assert (row["what"], row["actor"], row["reason"]) == ("reply_refused", "anna", "already_resolved")
    assert row["details"] == {"channel": "sms", "escalation_id": told.escalation_id}
    assert desk.case(ID) == before


def test_one_batch_may_tell_that_nobody_was_reached_and_who_has_the_case_then(desk: Desk) -> None:
    desk.hear(severe("1"), severe("2"))
    first, second = desk.told(CaseEscalated)
    desk.hear_alerts(
        EscalationUnreachable(ID, first.escalation_id, 1, ("rejected",), NOON), a_reply(second), a_reply(first)
    )
    assert [told.level for told in desk.told(CaseEscalated)] == [1, 1, 2]
    assert (desk.case(ID).acknowledged_by, desk.case(id_of("2")).acknowledged_by) == ("anna", "anna")


# -- one is part of another ---------------------------------------------------------------------------------------


def test_a_linked_case_is_silent_and_resolved_with_the_one_that_speaks_for_it(desk: Desk) -> None:
    desk.hear(severe("1"), severe("2"))
    assert desk.link(ID, id_of("2"), "anna").refusal is None
    (muted,) = desk.told(CaseMuted)
    assert (muted.case_id, muted.parent_id) == (ID, id_of("2"))
    desk.announced.clear()
    desk.jump(HOUR)
    desk.settle()
    assert {event.case_id for event in desk.told(CaseEscalated)} == {id_of("2")}
    desk.answer(id_of("2"), lambda case, setting: answers.resolve(case, "ben", Outcome.UPHELD, (), setting))
    desk.watch_storms()
    assert (desk.case(ID).state, desk.case(ID).outcome) == (CaseState.RESOLVED, Outcome.UPHELD)


def test_links_are_one_deep(desk: Desk) -> None:
    desk.hear(a_complaint("1"), a_complaint("2"), a_complaint("3"))
    assert desk.link(ID, id_of("2"), "anna").refusal is None
    assert desk.link(id_of("2"), id_of("3"), "anna").refusal is Refusal.HAS_CHILDREN
    assert desk.link(id_of("3"), ID, "anna").refusal is Refusal.PARENT_IS_PART
    assert desk.link(id_of("2"), ID, "anna").refusal is not None


def test_a_case_is_linked_only_to_one_that_is_known(desk: Desk) -> None:
    desk.hear(severe(), ComplaintResolved(id_of("early"), 2, NOON, "crm"))
    for pair in ((ID, id_of("never")), (ID, id_of("early")), (id_of("never"), ID)):
        with pytest.raises(NotFound):
            desk.link(*pair, "anna")

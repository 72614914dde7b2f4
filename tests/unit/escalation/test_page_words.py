"""The page has words for everything that happens to a case, and for every reason."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.escalation.answers.deciding import WHY_NOT, why_not
from services.escalation.domain import answers
from services.escalation.domain.answers import Correction, Refusal
from services.escalation.domain.case import OMBUD, CaseState, What
from services.escalation.domain.policy import PauseReason
from services.escalation.pages import state, story, wording
from services.escalation.pages.acts import Act, Filled
from shared.contracts.escalation import EscalationReason, Outcome
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintRated
from tests.harness.events import NOON
from tests.unit.escalation.builders import a_case
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.visits import id_of, reader, severe

AT = NOON.isoformat()
NAMES = {"anna": "Anna", "ben": "Ben", "caro": "Caro"}
CASE = a_case(CaseState.ESCALATED, level=2)


def name(person: str) -> str:
    return NAMES.get(person, person)


def a_row(what: What, actor: str = OMBUD, reason: str | None = None, level: int = 2, **details: Any) -> dict[str, Any]:
    return {"at": NOON, "actor": actor, "what": what.value, "level": level, "reason": reason, "details": details}


TOLD = [
    (a_row(What.OPENED), "The case was opened"),
    (a_row(What.UPDATED, severity="high"), "The complaint was read again"),
    (a_row(What.ANSWERED, "Gita"), "The customer got an answer from Gita"),
    (a_row(What.REOPENED, "crm"), "The complaint was opened again"),
    (a_row(What.RATED, score=0.2), "The customer gave a rating of 0.2 out of 1"),
    (a_row(What.REQUESTED, "ben", "manual"), "Ben asked for somebody higher"),
    (a_row(What.NOTED), "Something came that changed nothing about who is asked"),
    (
        a_row(What.NOTED, respond_by=AT),
        "It is more severe now, and must be answered by 2 Nov 2026, 12:00 UTC",
    ),
    (
        a_row(What.WARNED, clock="first_answer", percent=80, due_at=AT, recipients=[]),
        "80 percent of the time for the first answer has passed; it ends 2 Nov 2026, 12:00 UTC",
    ),
    (
        a_row(What.CLOCK_BROKEN, clock="resolution", percent=100, due_at=AT, recipients=[]),
        "The resolution was due 2 Nov 2026, 12:00 UTC and is late",
    ),
    (a_row(What.LEVEL_EMPTY, reason="severity"), "Level 2 has nobody for this region: passed over"),
    (a_row(What.LEVEL_CLOSED, opens_at=AT), "The next level is closed until 2 Nov 2026, 12:00 UTC"),
    (a_row(What.LEVEL_CLOSED), "The next level is closed"),
    (a_row(What.ESCALATED, reason="unreachable"), "Escalated to level 2: nobody could be reached at level 1"),
    (a_row(What.CONFIRMED, "anna"), "Anna has answered; the others must, too"),
    (
        a_row(What.REPLY_REFUSED, "anna", "already_taken", channel="sms"),
        "Anna answered an alert, which changed nothing: already taken",
    ),
    (a_row(What.ACKNOWLEDGED, "anna"), "Anna took the case"),
    (a_row(What.TAKEN_OVER, "ben"), "Ben took the case over"),
    (
        a_row(What.REMINDED, clock="follow_up", percent=80, due_at=AT, recipients=["anna", "ben"]),
        "Anna, Ben was reminded that the next step is due 2 Nov 2026, 12:00 UTC",
    ),
    (
        a_row(What.KEPT, recipients=["anna"]),
        "At the end of the shift of Anna nobody took over: the case stays with them",
    ),
    (a_row(What.SNOOZED, "anna", until=AT), "Anna put the case off until 2 Nov 2026, 12:00 UTC"),
    (a_row(What.HANDED_BACK, "anna", needs={}), "Anna gave the complaint back to the agents"),
    (
        a_row(What.HANDED_BACK, "anna", needs={"skill_level": "3", "language": "de"}),
        "Anna gave the complaint back to the agents; it needs language de, skill level 3",
    ),
    (
        a_row(What.PAUSED, "anna") | {"details": {"reason": "waiting_for_customer", "until": AT}},
        "Anna stopped the clocks until 2 Nov 2026, 12:00 UTC: waiting for customer",
    ),
    (a_row(What.RESUMED, "anna"), "Anna let the clocks run again"),
    (a_row(What.REMARKED, "anna"), "Anna added a note"),
    (
        a_row(What.CORRECTED, "anna", severity="high", category="data_leak"),
        "Anna corrected how the complaint was read: category data leak, severity high",
    ),
    (a_row(What.LINKED, "ben", parent="p-1"), "Ben made it part of another complaint, p-1"),
    (a_row(What.LINKED, parent="p-1", storm="s"), "Ombud made it part of another complaint, p-1"),
    (a_row(What.UNLINKED, "ben"), "Ben let it stand for itself again"),
    (a_row(What.STORM), "Many complaints alike became this major complaint"),
    (a_row(What.RESOLVED, "crm"), "Resolved by crm"),
    (
        a_row(What.RESOLVED, "anna", outcome="not_upheld", remedies=["apology", "other"]),
        "Resolved by Anna: not upheld; the customer got: apology, other",
    ),
    (a_row(What.RESOLVED, "anna", outcome="withdrawn", remedies=[]), "Resolved by Anna: withdrawn"),
    (a_row(What.RESOLVED, "anna", **{"with": "p-1"}), "Resolved by Anna, with the complaint that it is part of, p-1"),
    (a_row(What.MERGED, "crm"), "Merged into another complaint by crm"),
    (a_row(What.MERGED, "crm", into="0f8c2d11"), "Merged into complaint 0f8c2d11 by crm"),
    (a_row(What.FORGOTTEN), "The customer's data was erased"),
    (a_row(What.EXHAUSTED, reason="unanswered"), "No level is left and nobody has answered"),
    (a_row(What.REPAIRED, reason="no_due"), "Ombud found something amiss and put it right: no due"),
    (a_row(What.ASSIGNED, "routing", agent="Gita", attempt=1), "Given to Gita"),
    (a_row(What.QUEUED, "routing", "all_full", attempt=1), "Waits for an agent: all full"),
    (a_row(What.ALERT_ACCEPTED, "anna", "ok", channel="sms"), "Anna was alerted by SMS"),
    (a_row(What.ALERT_DELIVERED, "anna", "delivered", channel="sms"), "The alert by SMS has reached Anna"),
    (a_row(What.ALERT_FAILED, "anna", "rejected", channel="email"), "Anna could not be alerted by email: rejected"),
    (
        a_row(What.ALERT_SUPPRESSED, "anna", "quiet_hours", channel="chat"),
        "Anna was not alerted by chat, on purpose: quiet hours",
    ),
    (a_row(What.ALERT_AMBIGUOUS, "anna", "lost", channel="email"), "Whether Anna was alerted by email is not known"),
]


@pytest.mark.parametrize(("row", "said"), TOLD, ids=lambda each: each["what"] if isinstance(each, dict) else "")
def test_what_happened_in_words(row: dict[str, Any], said: str) -> None:
    assert story.sentence(row, CASE, name) == said


def test_everything_that_can_happen_is_among_them() -> None:
    assert {row["what"] for row, _ in TOLD} == {what.value for what in What}


@pytest.mark.parametrize("what", What)
def test_a_row_of_an_older_version_that_says_less_is_told_all_the_same(what: What) -> None:
    assert "None" not in story.sentence(a_row(what, "anna"), CASE, name)


@pytest.mark.parametrize("reason", EscalationReason)
def test_every_reason_has_words(reason: EscalationReason) -> None:
    said = wording.why(reason, CASE)
    assert said not in ("", "not known") and "{" not in said and "_" not in said
    assert story.sentence(a_row(What.ESCALATED, reason=reason.value), CASE, name) == f"Escalated to level 2: {said}"


def test_no_two_reasons_are_told_alike() -> None:
    assert len({wording.why(reason, CASE) for reason in EscalationReason}) == len(EscalationReason)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (EscalationReason.SEVERITY, "the severity is low"),
        (EscalationReason.ASKED, "the customer asks for an executive"),
        (EscalationReason.UNREACHABLE, "nobody could be reached at level 1"),
        (None, "not known"),
    ],
)
def test_reasons_say_of_what(reason: EscalationReason | None, said: str) -> None:
    assert CASE.facts is not None
    assert wording.why(reason, replace(CASE, facts=replace(CASE.facts, asks_kind="executive"))) == said


@pytest.mark.parametrize(
    ("category", "said"),
    [("privacy_security", "privacy and security"), ("late_delivery", "late delivery"), ("billing", "billing")],
)
def test_a_category_is_said_as_the_mail_says_it(category: str, said: str) -> None:
    assert wording.category(category) == said


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_is_a_sentence(refusal: Refusal) -> None:
    told = why_not(a_case(CaseState.RESOLVED, closed_at=NOON, closed_by="ben", parent_id="p-1"), refusal)
    assert len(told) > 10 and "None" not in told
    assert refusal in WHY_NOT or "ben" in told or "p-1" in told


def test_every_form_says_for_what_its_link_was_used() -> None:
    for act in Act:
        assert Filled(act, {}, {}, {}).what in state._USED
    assert What.CONFIRMED in state._USED


def test_the_whole_story_of_a_long_case_is_told(desk: Desk) -> None:
    """As it is written by the use cases, not as the table above says that it is."""
    desk.hear(severe())
    case_id = id_of()
    desk.hear(ComplaintRated(case_id, 2, NOON, 0.1, "crm"))
    hour = timedelta(hours=1)
    for decide in (
        lambda case, setting: answers.escalate(case, "ben", None, EscalationReason.MANUAL, setting),
        lambda case, setting: answers.snooze(case, "ben", setting.now + hour, setting),
        lambda case, setting: answers.acknowledge(case, "caro", setting),
        lambda case, setting: answers.take_over(case, "ben", setting),
        lambda case, setting: answers.pause(case, "ben", PauseReason.UNDER_INVESTIGATION, setting.now + hour, setting),
        lambda case, setting: answers.resume(case, "ben", setting),
        lambda case, setting: answers.correct(case, "ben", Correction(Severity.HIGH, "safety", "de", "DE"), setting),
        lambda case, setting: answers.hand_back(case, "ben", {"skill": "safety"}, setting),
        lambda case, setting: answers.resolve(case, "ben", Outcome.UPHELD, (), setting),
    ):
        assert desk.answer(case_id, decide).refusal is None
    page = reader(desk, case_id=case_id).look().html
    for said in (
        "The customer gave a rating of 0.1 out of 1",
        "Ben Okafor asked for somebody higher",
        "Ben Okafor put the case off until",
        "Caro Weiß took the case",
        "Ben Okafor took the case over",
        "Ben Okafor stopped the clocks until",
        "Ben Okafor let the clocks run again",
        "category safety, language de, region DE, severity high",
        "it needs skill safety",
        "Resolved by Ben Okafor: upheld",
    ):
        assert said in page, said

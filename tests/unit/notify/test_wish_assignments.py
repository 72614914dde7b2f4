"""Who wishes to hears of a complaint that became theirs: once, and only while it is theirs."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from services.notify import tables
from services.notify.domain.contact import Contact, Wish
from services.notify.domain.outcomes import Reason, Temporary
from services.notify.senders import sending
from services.notify.senders.sending import Attempt
from shared.contracts.escalation import CaseResolved
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintForgotten, ComplaintMerged
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued, Needs, QueuedReason
from tests.harness.events import NOON
from tests.unit.notify.build import (
    CASE,
    Office,
    a_contact,
    acknowledged,
    escalated,
    handed_back,
    muted,
    snoozed,
    warned,
)

LATER = NOON + timedelta(hours=1)


def an_agent(person: str = "jana", **changes: Any) -> Contact:
    return a_contact(person, wishes=frozenset({Wish.ASSIGNMENTS}), **changes)


def assigned(agent: str = "jana", attempt: int = 1, at: datetime = NOON, **changes: Any) -> ComplaintAssigned:
    defaults: dict[str, Any] = {
        "region": "emea",
        "language": "cs",
        "reason": "best_score",
        "severity": Severity.HIGH,
        "category": "billing",
        "complaint_id": CASE,
    }
    return ComplaintAssigned(attempt=attempt, agent_id=agent, agent_name="J", assigned_at=at, **(defaults | changes))


def queued(attempt: int) -> ComplaintQueued:
    return ComplaintQueued(CASE, attempt, Needs(), QueuedReason.DECLINED, NOON)


def resolved(by: str | None, revision: int = 3, at: datetime = NOON) -> CaseResolved:
    return CaseResolved(CASE, revision, at, 1, by)


def reasons(office: Office) -> dict[str, Reason | None]:
    with office.db.read() as tx:
        return {row.recipient: row.reason for row in tx.execute(select(tables.alerts))}


def rows_kept(office: Office) -> int:
    with office.db.read() as tx:
        kept = (tables.cases, tables.escalations, tables.alerts)
        return sum(tx.connection.scalar(select(func.count()).select_from(table)) or 0 for table in kept)


def test_an_agent_who_wishes_is_told_of_an_assignment_once(office: Office):
    office.know(an_agent(), a_contact("karl"))
    office.hear(assigned(), assigned())
    office.hear(assigned())
    office.hear(assigned("karl", complaint_id="another"))
    office.send()
    (letter,) = office.email.sent
    assert letter.address == "jana@example.org"
    for word in (CASE[:8], "high", "billing", "emea", "Czech"):
        assert word in letter.text
    assert office.told() == ["alert.accepted"]
    assert office.announced[0].purpose == "assignment"


def test_it_says_until_when_to_answer_and_is_not_sent_after_that(office: Office):
    office.know(an_agent(timezone="Europe/Prague"))
    with office.db.read() as tx:
        answer_by = tx.now + timedelta(minutes=15)
    office.hear(assigned(answer_by=answer_by))
    office.email.script["jana@example.org"] = [Temporary(Reason.PROVIDER_AWAY)]
    office.sms.script["+420601234567"] = [Temporary(Reason.PROVIDER_AWAY)]
    for _ in range(20):
        office.send()
        office.wait(minutes=1)
    assert {a.value for a in office.alerts().values()} == {"failed"}
    there = answer_by.astimezone(ZoneInfo("Europe/Prague"))
    assert f"{there.day} {there:%b %Y, %H:%M}" in office.email.sent[0].text


def test_nothing_is_kept_of_an_assignment_that_its_agent_does_not_wish_to_hear_of(office: Office):
    office.know(a_contact("karl"), a_contact("petr", wishes=frozenset({Wish.TAKEN})))
    office.hear(assigned("karl"), assigned("petr", complaint_id="b"), assigned("stranger", complaint_id="c"), queued(1))
    assert rows_kept(office) == 0
    assert office.announced == []


@pytest.mark.parametrize("newer", [assigned("karl", 2), queued(2)], ids=["to another", "to nobody"])
@pytest.mark.parametrize("together", [True, False])
def test_whoever_lost_it_before_the_letter_left_is_not_told_in_whatever_order_it_comes(
    office: Office, newer: Any, together: bool
):
    office.know(an_agent(), a_contact("karl"))
    for number, order in enumerate(permutations([assigned(), newer])):
        events = [replace(event, complaint_id=f"complaint-{number}") for event in order]
        for batch in [events] if together else [[event] for event in events]:
            office.hear(*batch)
    office.send()
    assert office.email.sent == []
    assert set(reasons(office).values()) <= {Reason.REASSIGNED}


def test_of_two_agents_the_newest_one_is_told(office: Office):
    office.know(an_agent(), an_agent("karl"))
    office.hear(assigned())
    office.hear(assigned("karl", 3))
    office.hear(assigned("jana", 2))
    office.send()
    assert office.addresses() == ["karl@example.org"]
    assert reasons(office) == {"jana": Reason.REASSIGNED, "karl": Reason.ACCEPTED}


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_assignments_heard_together_the_newest_one_is_told(office: Office, order: int):
    office.know(an_agent(), an_agent("karl"))
    office.hear(*[assigned(), assigned("karl", 2)][::order])
    office.send()
    assert office.addresses() == ["karl@example.org"]


def test_whoever_gets_it_back_is_told_again(office: Office):
    office.know(an_agent())
    office.hear(assigned())
    office.send()
    office.hear(queued(2))
    office.hear(assigned(attempt=3))
    office.send()
    assert len(office.email.sent) == 2


def test_a_letter_that_failed_is_not_tried_again_when_the_complaint_went_to_another_meanwhile(office: Office):
    office.know(an_agent(), a_contact("karl"))
    office.hear(assigned())
    (job,) = office.claim()
    with office.db.transaction() as tx:
        sending.hand_off(tx, job.alerts)
    office.hear(assigned("karl", 2))
    with office.db.transaction() as tx:
        sending.settle(tx, office.rules, [Attempt(job.alert, Temporary(Reason.PROVIDER_AWAY))])
    assert reasons(office) == {"jana": Reason.REASSIGNED}


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (ComplaintMerged(CASE, 9, LATER, "system", "the-other"), Reason.MERGED),
        (ComplaintForgotten(CASE, 9, LATER), Reason.FORGOTTEN),
        (resolved("petr", at=LATER), Reason.ANSWERED),
        (resolved(None, at=LATER), Reason.ANSWERED),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_complaint_that_ended_is_nobodys_any_more(office: Office, end: Any, reason: Reason, order: int):
    office.know(an_agent())
    for event in [assigned(), end][::order]:
        office.hear(event)
    office.send()
    assert office.addresses() == []
    assert set(reasons(office).values()) <= {reason}


@pytest.mark.parametrize("event", [acknowledged(at=LATER), snoozed(), handed_back(), muted()])
@pytest.mark.parametrize("order", [1, -1])
def test_what_becomes_of_the_case_leaves_the_complaint_with_its_agent(office: Office, event: Any, order: int):
    office.know(an_agent())
    for each in [assigned(), event][::order]:
        office.hear(each)
    office.send()
    assert office.addresses() == ["jana@example.org"]


def test_a_complaint_that_is_opened_again_is_somebodys_again(office: Office):
    office.know(an_agent())
    office.hear(assigned(attempt=2, at=LATER))
    office.hear(resolved("petr", at=NOON))
    office.send()
    assert office.addresses() == ["jana@example.org"]


def test_calls_and_warnings_leave_before_assignments(office: Office):
    office.know(an_agent())
    office.hear(assigned(severity=Severity.CRITICAL))
    office.hear(warned("jana", severity=Severity.LOW), escalated("jana", severity=Severity.LOW, revision=2))
    office.send()
    kinds = [letter.subject.split()[1:3] for letter in office.email.sent]
    assert kinds[-1] == ["The", "complaint"]

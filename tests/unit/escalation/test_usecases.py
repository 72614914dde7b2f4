"""Heard, decided, saved and announced, once: on both databases, by the shipped policy."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import CaseState
from shared import clock
from shared.contracts.escalation import (
    CaseAcknowledged,
    CaseEscalated,
    CaseExhausted,
    CaseOpened,
    CaseResolved,
    CaseWarned,
    EscalationReason,
)
from shared.contracts.event import Severity
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintClassified,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUpdated,
    Customer,
)
from shared.contracts.notify import AlertAccepted, AlertDelivered, AlertFailed, EscalationUnreachable
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued, Needs, QueuedReason
from shared.errors import NotFound
from tests.unit.escalation.builders import NOON
from tests.unit.escalation.desk import Desk

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MINUTES = timedelta(minutes=1)


def id_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def a_complaint(name: str = "1", kind: type = ComplaintClassified, **changes: Any) -> Any:
    defaults: dict[str, Any] = {
        "complaint_id": id_of(name),
        "revision": 1,
        "source": "web",
        "external_id": name,
        "channel": "email",
        "customer": Customer("C-1", "standard", "CZ", "cs", "Europe/Prague"),
        "received_at": NOON,
        "language": "cs",
        "category": "billing",
        "severity": Severity.LOW,
        "anger": 0.2,
        "asks_supervisor": False,
        "contact_count": 1,
        "excerpt": "charged twice",
        "rules": (),
        "rules_version": "v1",
    }
    return kind(**(defaults | changes))


def severe(name: str = "1", **changes: Any) -> Any:
    return a_complaint(name, **{"severity": Severity.CRITICAL, **changes})


def unreachable(escalated: CaseEscalated) -> EscalationUnreachable:
    return EscalationUnreachable(escalated.case_id, escalated.escalation_id, escalated.level, ("rejected",), NOON)


def an_alert(kind: Any, escalated: CaseEscalated, alert_id: str = "a-1") -> Any:
    return kind(alert_id, escalated.case_id, escalated.escalation_id, escalated.level, "anna", "email", "ok", NOON, 0.4)


# -- opening and triggers -----------------------------------------------------------------------------------------


def test_a_severe_complaint_opens_a_case_and_alerts_level_1_in_one_transaction(desk: Desk) -> None:
    desk.hear(severe())
    opened, escalated = desk.announced
    assert isinstance(opened, CaseOpened) and isinstance(escalated, CaseEscalated)
    assert (escalated.level, escalated.reason, escalated.recipients) == (1, "severity", ("anna",))
    assert escalated.case_revision > opened.case_revision
    assert escalated.facts.excerpt == "charged twice" and escalated.facts.region == "CZ"
    assert escalated.policy_version == desk.book.current.version
    assert desk.timeline(id_of("1")) == ["opened", "escalated"]


@pytest.mark.parametrize(
    ("customer", "language", "spelled"),
    [
        (Customer(region="cz", language="cs-CZ"), "en", ("CZ", "cs")),
        (Customer(region=" Cz ", language="CS_cz"), "en", ("CZ", "cs")),
        (Customer(region="CZ", language="und"), "cs", ("CZ", "cs")),
        (Customer(region="CZ"), "cs-CZ", ("CZ", "cs")),
    ],
)
def test_region_and_language_find_their_people_however_upstream_spells_them(
    desk: Desk, customer: Customer, language: str, spelled: tuple[str, str]
) -> None:
    desk.hear(severe(customer=customer, language=language))
    (escalated,) = desk.told(CaseEscalated)
    assert escalated.recipients == ("anna",)
    assert (escalated.facts.region, escalated.facts.language) == spelled


def test_where_nothing_is_known_of_region_and_language_all_coordinators_are_told_first(desk: Desk) -> None:
    desk.hear(severe(customer=Customer(region=" "), language="und"))
    (escalated,) = desk.told(CaseEscalated)
    assert (escalated.level, escalated.recipients, escalated.facts.language) == (1, ("caro",), "und")
    assert desk.case(id_of("1")).ladder == "unplaced"


def test_a_mild_complaint_opens_a_case_with_a_deadline(desk: Desk) -> None:
    desk.hear(a_complaint())
    (opened,) = desk.told(CaseOpened)
    case = desk.case(id_of("1"))
    assert case.since is not None
    assert {clock.name: clock.due_at - case.since for clock in opened.clocks} == {
        "first_answer": timedelta(days=2),
        "resolution": timedelta(days=15),
    }
    assert case.due_at == case.since + timedelta(days=1), "half of the first, which is also when nobody works on it"


def test_told_twice_is_announced_once(desk: Desk) -> None:
    desk.hear(severe(), severe())
    desk.hear(severe())
    assert len(desk.announced) == 2
    assert desk.timeline(id_of("1")) == ["opened", "escalated"]


def test_a_case_per_complaint_in_one_batch(desk: Desk) -> None:
    desk.hear(
        severe("3"),
        a_complaint("1"),
        severe("2"),
        a_complaint("1", ComplaintUpdated, revision=2, asks_supervisor=True, asks_kind="supervisor"),
    )
    assert {e.case_id: e.reason for e in desk.told(CaseEscalated)} == {
        id_of("3"): "severity",
        id_of("2"): "severity",
        id_of("1"): "asked",
    }


def test_an_update_that_becomes_severe_escalates_then(desk: Desk) -> None:
    desk.hear(a_complaint())
    assert not desk.told(CaseEscalated)
    desk.hear(severe(kind=ComplaintUpdated, revision=2))
    assert [e.reason for e in desk.told(CaseEscalated)] == ["severity"]


def test_asking_for_any_human_does_not_escalate_by_the_shipped_policy(desk: Desk) -> None:
    desk.hear(a_complaint(asks_supervisor=True, asks_kind="human"))
    assert not desk.told(CaseEscalated)


# -- time ---------------------------------------------------------------------------------------------------------


def test_an_overdue_first_answer_escalates_when_it_is_due_and_not_before(desk: Desk) -> None:
    desk.hear(a_complaint(severity=Severity.MEDIUM))
    desk.hear_owners(ComplaintAssigned(id_of("1"), 1, "g", "Gita", NOON))
    due_at = desk.case(id_of("1")).clocks[0].due_at
    desk.jump(due_at - clock.now() - MINUTES)
    desk.settle()
    assert not desk.told(CaseEscalated)
    desk.jump(MINUTES)
    assert desk.tick() == 1
    assert [e.reason for e in desk.told(CaseEscalated)] == ["overdue"]
    assert [(e.clock, e.percent) for e in desk.told(CaseWarned)] == [("first_answer", n) for n in (50, 80, 95, 100)]
    assert desk.tick() == 0


def test_an_answered_complaint_is_overdue_when_its_resolution_is(desk: Desk) -> None:
    desk.hear(a_complaint())
    desk.hear(ComplaintAnswered(id_of("1"), 2, NOON, "agent"))
    desk.jump(timedelta(days=15) - MINUTES)
    desk.settle()
    assert not desk.told(CaseEscalated)
    desk.jump(MINUTES)
    desk.settle()
    assert [e.reason for e in desk.told(CaseEscalated)] == ["overdue"]


def test_nobody_answers_and_the_case_climbs_to_the_top_is_exhausted_and_alerts_the_top_again(desk: Desk) -> None:
    desk.hear(severe())
    for _ in range(6):
        desk.jump(timedelta(hours=5))
        desk.settle()
    climbed = [(e.level, e.reason, e.round) for e in desk.told(CaseEscalated)]
    assert climbed == [
        (1, "severity", 1),
        (2, "unanswered", 1),
        (3, "unanswered", 1),
        (3, "unanswered", 2),
        (3, "unanswered", 3),
    ]
    assert [e.escalation_id for e in desk.told(CaseExhausted)] == [
        e.escalation_id for e in desk.told(CaseEscalated)[2:4]
    ]
    assert desk.case(id_of("1")).state is CaseState.ESCALATED


def test_after_downtime_each_case_climbs_one_step_and_the_next_deadline_counts_from_now(desk: Desk) -> None:
    desk.hear(severe())
    desk.jump(timedelta(hours=6))
    assert desk.tick() == 1
    assert desk.tick() == 0
    assert desk.case(id_of("1")).due_at - clock.now() > 9 * MINUTES  # type: ignore[operator]


def test_the_most_severe_climb_first(desk: Desk) -> None:
    desk.hear(a_complaint("mild"), severe("high", severity=Severity.HIGH), severe("critical"))
    desk.hear_owners(ComplaintAssigned(id_of("mild"), 1, "g", "Gita", NOON))
    desk.announced.clear()
    desk.jump(timedelta(days=9))
    desk.settle()
    assert [e.facts.external_id for e in desk.told(CaseEscalated)] == ["critical", "high", "mild"]


def test_timed_steps_stay_in_the_trace_of_the_complaint(desk: Desk) -> None:
    desk.hear(severe(), trace=TRACE)
    desk.traces.clear()
    desk.jump(timedelta(hours=1))
    desk.tick()
    assert desk.traces == {id_of("1"): TRACE}


# -- answers ------------------------------------------------------------------------------------------------------


def test_whoever_takes_a_case_stops_the_ladder_and_the_second_is_told_who_has_it(desk: Desk) -> None:
    desk.hear(severe(), ComplaintAnswered(id_of("1"), 2, NOON))
    first, second = desk.take(id_of("1"), "anna"), desk.take(id_of("1"), "ben")
    assert (first.refusal, second.refusal) == (None, Refusal.ALREADY_TAKEN)
    assert second.case.acknowledged_by == "anna"
    (told,) = desk.told(CaseAcknowledged)
    assert (told.by, told.level, told.escalation_id) == ("anna", 1, desk.told(CaseEscalated)[0].escalation_id)
    desk.jump(timedelta(minutes=59))
    desk.settle()
    assert len(desk.told(CaseEscalated)) == 1
    desk.jump(MINUTES)
    desk.settle()
    assert [(e.level, e.reason) for e in desk.told(CaseEscalated)] == [(1, "severity"), (1, "stalled")]


def test_an_exhausted_case_can_still_be_taken(desk: Desk) -> None:
    desk.hear(severe(customer=Customer(region="XX")))
    desk.jump(timedelta(minutes=20))
    desk.tick()
    assert desk.case(id_of("1")).state is CaseState.EXHAUSTED
    assert desk.take(id_of("1"), "dora").refusal is None


def test_a_resolved_case_cannot_be_taken(desk: Desk) -> None:
    desk.hear(severe())
    desk.hear(ComplaintResolved(id_of("1"), 2, NOON, "crm"))
    assert desk.take(id_of("1"), "anna").refusal is Refusal.ALREADY_RESOLVED


def test_an_unknown_case_is_not_found(desk: Desk) -> None:
    desk.hear(ComplaintResolved(id_of("early"), 2, NOON, "crm"))
    for name in ("early", "never"):
        with pytest.raises(NotFound):
            desk.take(id_of(name), "anna")


# -- early, late, closed, reopened --------------------------------------------------------------------------------


def test_a_resolution_before_its_complaint_keeps_it_from_escalating(desk: Desk) -> None:
    desk.hear(ComplaintResolved(id_of("1"), 2, NOON, "crm"))
    desk.hear(severe())
    assert not desk.told(CaseEscalated) and not desk.told(CaseOpened)
    assert len(desk.told(CaseResolved)) == 1
    assert desk.case(id_of("1")).state is CaseState.RESOLVED


def test_an_answer_before_its_complaint_counts(desk: Desk) -> None:
    desk.hear(ComplaintAnswered(id_of("1"), 2, NOON))
    desk.hear(a_complaint())
    case = desk.case(id_of("1"))
    assert [(clock.name, bool(clock.stopped_at)) for clock in case.clocks] == [
        ("first_answer", True),
        ("resolution", False),
    ]
    assert (case.unassigned_at, desk.summary()["open"]) == (None, 1)


def test_upstream_resolution_closes_the_case_once(desk: Desk) -> None:
    desk.hear(severe())
    desk.hear(ComplaintResolved(id_of("1"), 2, NOON, "crm"), ComplaintResolved(id_of("1"), 2, NOON, "crm"))
    (told,) = desk.told(CaseResolved)
    assert (told.by, told.at, told.level, told.complaint_revision) == ("crm", NOON, 1, 2)
    desk.jump(timedelta(days=1))
    assert desk.tick() == 0


def test_a_reopened_case_is_escalated_anew_under_a_new_id(desk: Desk) -> None:
    desk.hear(severe())
    desk.hear(ComplaintResolved(id_of("1"), 2, NOON))
    desk.hear(ComplaintReopened(id_of("1"), 3, NOON))
    first, second = desk.told(CaseEscalated)
    assert (first.level, second.level) == (1, 1)
    assert first.escalation_id != second.escalation_id


# -- what notify and routing tell ---------------------------------------------------------------------------------


def test_an_unreachable_level_climbs_at_once_and_only_once(desk: Desk) -> None:
    desk.hear(severe())
    (first,) = desk.told(CaseEscalated)
    desk.hear_alerts(an_alert(AlertFailed, first), unreachable(first), unreachable(first))
    desk.hear_alerts(unreachable(first))
    assert [(e.level, e.reason) for e in desk.told(CaseEscalated)] == [(1, "severity"), (2, "unreachable")]
    assert "alert_failed" in desk.timeline(id_of("1"))


def test_unreachability_of_a_taken_case_is_ignored(desk: Desk) -> None:
    desk.hear(severe())
    desk.take(id_of("1"), "anna")
    desk.hear_alerts(unreachable(desk.told(CaseEscalated)[0]))
    assert len(desk.told(CaseEscalated)) == 1


def test_unreachability_of_an_unknown_case_is_no_error(desk: Desk) -> None:
    desk.hear_alerts(EscalationUnreachable(id_of("never"), "e", 1, (), NOON))
    assert desk.announced == []


def test_how_alerts_ended_is_noted_once_each(desk: Desk) -> None:
    desk.hear(severe())
    accepted = an_alert(AlertAccepted, desk.told(CaseEscalated)[0])
    desk.hear_alerts(accepted, accepted)
    desk.hear_alerts(accepted)
    assert desk.timeline(id_of("1")).count("alert_accepted") == 1


@pytest.mark.parametrize("order", [(AlertAccepted, AlertDelivered), (AlertDelivered, AlertAccepted)])
def test_receipt_of_an_alert_is_noted_beside_its_acceptance(desk: Desk, order: tuple[type[AlertAccepted], ...]) -> None:
    desk.hear(severe())
    for kind in order:
        desk.hear_alerts(an_alert(kind, desk.told(CaseEscalated)[0]))
    assert sorted(w for w in desk.timeline(id_of("1")) if w.startswith("alert")) == [
        "alert_accepted",
        "alert_delivered",
    ]


def test_an_accepted_alert_that_bounced_is_noted_as_failed_too(desk: Desk) -> None:
    desk.hear(severe())
    for kind in (AlertAccepted, AlertFailed):
        desk.hear_alerts(an_alert(kind, desk.told(CaseEscalated)[0]))
    assert [w for w in desk.timeline(id_of("1")) if w.startswith("alert")] == ["alert_accepted", "alert_failed"]


def test_the_newest_owner_is_in_the_alerts_of_later_levels(desk: Desk) -> None:
    older = ComplaintAssigned(id_of("1"), 2, "h", "Hugo", NOON)
    desk.hear_owners(ComplaintAssigned(id_of("1"), 3, "g", "Gita", NOON), older)
    desk.hear(severe())
    desk.jump(timedelta(hours=1))
    desk.tick()
    assert desk.told(CaseEscalated)[-1].facts.agent_name == "Gita"
    desk.hear_owners(ComplaintQueued(id_of("1"), 4, Needs(), QueuedReason.ALL_FULL, NOON))
    desk.jump(timedelta(hours=1))
    desk.tick()
    assert desk.told(CaseEscalated)[-1].facts.agent_name is None


# -- counting -----------------------------------------------------------------------------------------------------


def test_the_summary_counts_cases_and_escalations(desk: Desk) -> None:
    desk.hear(severe("1"), severe("2"), severe("3"), a_complaint("4"))
    desk.hear(ComplaintAnswered(id_of("early"), 2, NOON))
    desk.take(id_of("1"), "anna")
    desk.hear(ComplaintResolved(id_of("2"), 2, NOON))
    desk.jump(timedelta(minutes=20))
    desk.tick()
    counted = desk.summary()
    names = ("cases", "early", "open", "escalated_now", "acknowledged", "resolved")
    assert {name: counted[name] for name in names} == {
        "cases": 4,
        "early": 1,
        "open": 1,
        "escalated_now": 1,
        "acknowledged": 1,
        "resolved": 1,
    }
    assert (counted["escalated"], counted["escalations"], counted["exhausted"]) == (3, 4, 0)
    assert counted["by_reason"] == {r.value: 0 for r in EscalationReason} | {"severity": 3, "unanswered": 1}


def test_the_wait_for_an_agent_counts_from_its_first_word_however_often_it_is_told(desk: Desk) -> None:
    def queued(attempt: int) -> ComplaintQueued:
        return ComplaintQueued(id_of("1"), attempt, Needs(), QueuedReason.ALL_FULL, desk.now)

    desk.hear(a_complaint(severity=Severity.MEDIUM))
    desk.hear_owners(queued(1))
    first = desk.case(id_of("1")).unassigned_at
    desk.jump(timedelta(hours=1))
    desk.hear_owners(queued(2))
    assert desk.case(id_of("1")).unassigned_at == first
    desk.hear_owners(ComplaintAssigned(id_of("1"), 3, "g", "Gita", NOON))
    assert desk.case(id_of("1")).unassigned_at is None
    desk.hear_owners(queued(4))
    assert desk.case(id_of("1")).unassigned_at == desk.case(id_of("1")).owner.since + timedelta(hours=4)  # type: ignore[operator]

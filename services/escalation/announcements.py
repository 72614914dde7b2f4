"""Transitions as events for the other services and as rows of the timeline. Called by the use cases."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from services.escalation.domain.case import Case, Change, What
from shared.contracts.escalation import (
    AlertFacts,
    CaseAcknowledged,
    CaseEscalated,
    CaseExhausted,
    CaseOpened,
    CaseResolved,
    Clock,
    EscalationReason,
)
from shared.contracts.event import Event
from shared.contracts.notify import AlertAccepted, AlertAmbiguous, AlertFailed, AlertOutcome, AlertSuppressed
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued
from shared.database import Row

FIRST_ANSWER = "first_answer"
WITH_FACTS = (What.ESCALATED, What.EXHAUSTED)  # their events tell what the alert needs
_ALERT_ENDS = {
    AlertAccepted: What.ALERT_ACCEPTED,
    AlertFailed: What.ALERT_FAILED,
    AlertSuppressed: What.ALERT_SUPPRESSED,
    AlertAmbiguous: What.ALERT_AMBIGUOUS,
}


def event_of(change: Change, agent: str | None, now: datetime) -> Event | None:
    """What the others hear of a transition, None for what concerns only the timeline."""
    case = change.case
    match change.what:
        case What.OPENED:
            clocks = (Clock(FIRST_ANSWER, case.due_at),) if case.due_at else ()
            return CaseOpened(case.id, case.revision, case.policy_version, clocks)
        case What.ESCALATED:
            return escalated(case, agent)
        case What.ACKNOWLEDGED:
            return CaseAcknowledged(case.id, case.revision, change.actor, now, case.level, case.escalation_id)
        case What.RESOLVED | What.MERGED | What.FORGOTTEN:
            return CaseResolved(
                case.id,
                case.revision,
                case.closed_at or now,
                case.level,
                case.closed_by,
                case.escalation_id,
                complaint_revision=case.closed_revision,
            )
        case What.EXHAUSTED:
            return CaseExhausted(
                case.id, case.revision, _escalation_id(case), case.level, case.severity, _facts(case, agent), now
            )
    return None


def escalated(case: Case, agent: str | None) -> CaseEscalated:
    """The present escalation of a case; announced `again` by a repair, it is the same escalation."""
    assert case.due_at is not None
    return CaseEscalated(
        case_id=case.id,
        case_revision=case.revision,
        escalation_id=_escalation_id(case),
        level=case.level,
        reason=case.reason or EscalationReason.SEVERITY,
        severity=case.severity,
        recipients=case.recipients,
        respond_by=case.due_at,
        facts=_facts(case, agent),
        policy_version=case.policy_version,
    )


def _escalation_id(case: Case) -> str:
    assert case.escalation_id is not None, "escalated or exhausted"
    return case.escalation_id


def _facts(case: Case, agent: str | None) -> AlertFacts:
    assert case.facts is not None, "only a complaint that was read climbs"
    return replace(case.facts, agent_name=agent)


def row_of(change: Change, now: datetime) -> Row:
    """The timeline's row of a transition; its key is the case's revision."""
    case = change.case
    details: dict[str, Any] = {}
    if change.what is What.ESCALATED and case.due_at:
        details = {
            "recipients": list(case.recipients),
            "respond_by": case.due_at.isoformat(),
            "escalation_id": case.escalation_id,
        }
    elif change.what is What.UPDATED:
        details = {"severity": case.severity.value, "complaint_revision": case.facts_revision}
    return {
        "case_id": case.id,
        "key": f"{case.revision:06d}",
        "at": now,
        "actor": change.actor,
        "what": change.what.value,
        "level": case.level,
        "reason": change.reason.value if change.reason else None,
        "policy_version": case.policy_version,
        "details": details,
    }


def row_of_owner(event: ComplaintAssigned | ComplaintQueued) -> Row:
    """What routing said about who owns the complaint; needs no case, so it may come first."""
    row = {"case_id": event.complaint_id, "actor": "routing"}
    if isinstance(event, ComplaintAssigned):
        details = {"attempt": event.attempt, "agent": event.agent_name}
        return row | {
            "key": f"assigned:{event.attempt}",
            "at": event.assigned_at,
            "what": What.ASSIGNED.value,
            "reason": None,
            "details": details,
        }
    return row | {
        "key": f"queued:{event.attempt}",
        "at": event.queued_at,
        "what": What.QUEUED.value,
        "reason": event.reason.value,
        "details": {"attempt": event.attempt},
    }


def row_of_alert(event: AlertOutcome) -> Row:
    """How an alert ended: who was reached when, and through what."""
    what = _ALERT_ENDS[type(event)].value
    return {
        "case_id": event.case_id,
        "key": f"{what}:{event.alert_id}"[:100],
        "at": event.at,
        "actor": event.recipient[:200],
        "what": what,
        "level": event.level,
        "reason": event.reason[:60],
        "details": {"channel": event.channel, "seconds": event.seconds},
    }

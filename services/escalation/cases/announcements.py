"""Transitions as events for the other services and as rows of the timeline. Called when transitions are saved."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.escalation.domain.case import ALL_MUST_ANSWER, Case, Change, What
from shared.contracts.escalation import (
    FOLLOW_UP,
    AlertFacts,
    CaseAcknowledged,
    CaseCorrected,
    CaseEscalated,
    CaseExhausted,
    CaseHandedBack,
    CaseMuted,
    CaseOpened,
    CaseResolved,
    CaseSnoozed,
    CaseWarned,
    Clock,
    EscalationReason,
)
from shared.contracts.event import Event, Severity
from shared.database import Row

WARNINGS = uuid.uuid5(uuid.NAMESPACE_DNS, "warnings.ombud")


def event_of(change: Change, now: datetime) -> Event | None:
    """What the others hear of a transition, None for what concerns only the timeline."""
    make = _EVENTS.get(change.what)
    return make(change, now) if make else None


def _opened(change: Change, now: datetime) -> Event:
    case = change.case
    clocks = tuple(Clock(clock.name, clock.due_at) for clock in case.clocks)
    return CaseOpened(case.id, case.revision, case.policy_version, clocks)


def _escalated(change: Change, now: datetime) -> Event:
    return escalated(change.case, all_must_answer=ALL_MUST_ANSWER in change.details)


def escalated(case: Case, *, all_must_answer: bool) -> CaseEscalated:
    """The present escalation of a case; announced `again` by a repair, it is the same escalation."""
    assert case.respond_by is not None
    return CaseEscalated(
        case_id=case.id,
        case_revision=case.revision,
        escalation_id=_escalation_id(case),
        level=case.level,
        reason=case.reason or EscalationReason.SEVERITY,
        severity=case.severity,
        recipients=case.recipients,
        respond_by=case.respond_by,
        facts=_facts(case),
        policy_version=case.policy_version,
        round=case.round,
        all_must_answer=all_must_answer,
    )


def _warned(change: Change, now: datetime) -> Event:
    """The revision is that of the change, so that an answer after it settles it."""
    case, told = change.case, change.details
    return CaseWarned(
        case_id=case.id,
        case_revision=case.revision,
        warning_id=warning_id(case.id, told),
        clock=FOLLOW_UP if change.what is What.REMINDED else told["clock"],
        percent=told["percent"],
        due_at=datetime.fromisoformat(told["due_at"]),
        at=now,
        level=case.level,
        severity=case.severity,
        recipients=tuple(told["recipients"]),
        facts=_facts(case),
    )


def warning_id(case_id: str, told: Mapping[str, Any]) -> str:
    """Of the row's details, so that the page knows a warning by its link."""
    return str(uuid.uuid5(WARNINGS, f"{case_id}:{told['clock']}:{told['due_at']}:{told['percent']}"))


def _acknowledged(change: Change, now: datetime) -> Event:
    case = change.case
    return CaseAcknowledged(case.id, case.revision, change.actor, now, case.level, case.escalation_id)


def _snoozed(change: Change, now: datetime) -> Event:
    case = change.case
    assert case.respond_by is not None
    return CaseSnoozed(case.id, case.revision, change.actor, now, case.respond_by, case.level, case.escalation_id)


def _handed_back(change: Change, now: datetime) -> Event:
    case, needs = change.case, change.details["needs"]
    return CaseHandedBack(
        case.id, case.revision, change.actor, now, case.level, case.escalation_id, dict(needs), change.note
    )


def _muted(change: Change, now: datetime) -> Event:
    assert change.case.parent_id is not None
    return CaseMuted(change.case.id, change.case.revision, change.case.parent_id, now)


def _corrected(change: Change, now: datetime) -> Event:
    said = dict(change.details)
    severity = Severity(said.pop("severity")) if "severity" in said else None
    return CaseCorrected(change.case.id, change.case.revision, change.actor, now, severity, **said)


def _resolved(change: Change, now: datetime) -> Event:
    case = change.case
    return CaseResolved(
        case.id,
        case.revision,
        case.closed_at or now,
        case.level,
        case.closed_by,
        case.escalation_id,
        complaint_revision=case.closed_revision,
        outcome=case.outcome,
        remedies=case.remedies,
    )


def _exhausted(change: Change, now: datetime) -> Event:
    case = change.case
    return CaseExhausted(case.id, case.revision, _escalation_id(case), case.level, case.severity, _facts(case), now)


_EVENTS = {
    What.OPENED: _opened,
    What.ESCALATED: _escalated,
    What.WARNED: _warned,
    What.CLOCK_BROKEN: _warned,
    What.REMINDED: _warned,
    What.ACKNOWLEDGED: _acknowledged,
    What.TAKEN_OVER: _acknowledged,
    What.SNOOZED: _snoozed,
    What.HANDED_BACK: _handed_back,
    What.LINKED: _muted,
    What.CORRECTED: _corrected,
    What.RESOLVED: _resolved,
    What.MERGED: _resolved,
    What.FORGOTTEN: _resolved,
    What.EXHAUSTED: _exhausted,
}


def _escalation_id(case: Case) -> str:
    assert case.escalation_id is not None, "escalated or exhausted"
    return case.escalation_id


def _facts(case: Case) -> AlertFacts:
    assert case.facts is not None, "only a complaint that was read has something to tell"
    return replace(case.facts, agent_name=case.owner.agent_name)


def row_of(change: Change, now: datetime) -> Row:
    """The timeline's row of a transition; its key is the case's revision, unless the change has one of its own."""
    case = change.case
    return {
        "case_id": case.id,
        "key": change.row_key,
        "at": now,
        "actor": change.actor[:200],
        "what": change.what.value,
        "level": case.level,
        "reason": change.reason.value if change.reason else None,
        "policy_version": case.policy_version,
        "details": dict(change.details),
    }

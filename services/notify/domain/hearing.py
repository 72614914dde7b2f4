"""What notify makes of the events it hears: whom one calls, and which answer it brings; pure, called by planning."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.notify.domain.alert import ALL_MUST_ANSWER, BROKEN, Escalation, EscalationState, Purpose
from services.notify.domain.outcomes import Reason
from services.notify.domain.rules import Rules
from services.notify.domain.standing import FOR_GOOD, Standing
from shared.contracts.escalation import (
    AlertFacts,
    CaseAcknowledged,
    CaseEscalated,
    CaseExhausted,
    CaseHandedBack,
    CaseMuted,
    CaseResolved,
    CaseSnoozed,
    CaseWarned,
)
from shared.contracts.event import Severity, schema_for, to_text
from shared.contracts.failure import EventFailed
from shared.contracts.intake import ComplaintForgotten, ComplaintMerged
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued

FAILURE_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.failures")
FLOOD_BUCKET = 5 * 60  # seconds; of failures of unknown severity one in this time is told per service
NO_ANSWER_COUNTS = FOR_GOOD  # the case revision of what no answer to the case settles
SUBJECT_LIMIT = 200
ALL_OF_IT = 100  # percent of a clock's time
FIRST = 1  # the number of routing's first decision about a complaint: nothing older has to be taken back
RUNNING = "running"  # the reason of a warning before its clock has run out
_ANSWERS = {
    CaseAcknowledged: Reason.ANSWERED,
    CaseResolved: Reason.ANSWERED,
    CaseSnoozed: Reason.SNOOZED,
    CaseHandedBack: Reason.HANDED_BACK,
    CaseMuted: Reason.MUTED,
}
_ENDS = {ComplaintMerged: Reason.MERGED, ComplaintForgotten: Reason.FORGOTTEN}


def answers_among(events: Iterable[Any]) -> dict[str, Standing]:
    """What the events settle, by case: an answer up to a revision, the end for good, or that somebody else has it."""
    told: dict[str, Standing] = {}
    for event in events:
        standing = _standing(event)
        if standing:
            told[event.subject] = told.get(event.subject, Standing()).then(standing)
    return told


def _standing(event: Any) -> Standing | None:
    if reason := _ANSWERS.get(type(event)):
        return Standing(
            event.case_revision,
            event.at,
            reason,
            resolved_at=event.at if isinstance(event, CaseResolved) else None,
            taken_by=event.by if isinstance(event, CaseAcknowledged) else None,
        )
    if reason := _ENDS.get(type(event)):
        return Standing(FOR_GOOD, event.at, reason)
    if isinstance(event, ComplaintAssigned | ComplaintQueued) and event.attempt > FIRST:
        return Standing(attempt=event.attempt)
    return None


def escalation_from(event: Any, rules: Rules, now: datetime, traceparent: str | None) -> Escalation | None:
    """Whom the event calls, or None when it calls nobody."""
    if isinstance(event, CaseEscalated):
        return Escalation(
            event.escalation_id,
            Purpose.ESCALATION,
            event.case_id,
            event.case_revision,
            event.level,
            event.severity,
            event.reason.value,
            event.recipients,
            event.respond_by,
            now,
            _facts(event.facts) | ({ALL_MUST_ANSWER: True} if event.all_must_answer else {}),
            traceparent,
        )
    if isinstance(event, CaseWarned):
        # Of many clocks the policy wants nobody to be warned: no alert is missing there.
        return _from_warning(event, traceparent) if event.recipients else None
    if isinstance(event, CaseExhausted):
        return Escalation(
            event.escalation_id,
            Purpose.EXHAUSTED,
            event.case_id,
            event.case_revision,
            event.level,
            event.severity,
            Purpose.EXHAUSTED.value,
            _last_resort(rules),
            None,
            event.at,
            _facts(event.facts),
            traceparent,
            _state(rules),
        )
    if isinstance(event, EventFailed) and is_worth_telling(event):
        return _from_failure(event, rules, traceparent)
    return None


def _from_warning(event: CaseWarned, traceparent: str | None) -> Escalation:
    is_broken = event.percent >= ALL_OF_IT
    facts = {"clock": event.clock, "percent": event.percent, "due_at": to_text(event.due_at)}
    return Escalation(
        event.warning_id,
        Purpose.WARNING,
        event.case_id,
        event.case_revision,
        event.level,
        event.severity,
        BROKEN if is_broken else RUNNING,
        event.recipients,
        None if is_broken else event.due_at,
        event.at,
        _facts(event.facts) | facts,
        traceparent,
    )


def is_worth_telling(event: EventFailed) -> bool:
    """Severe or unknown; but never the failure of telling a failure, which would call itself for ever."""
    if event.service == "notify" and event.failed_type == EventFailed.type:
        return False
    severity = _known(event.severity)
    return severity is None or severity.is_severe


def _from_failure(event: EventFailed, rules: Rules, traceparent: str | None) -> Escalation:
    severity = _known(event.severity)
    if severity is None:
        name = f"{event.service}:{int(event.at.timestamp()) // FLOOD_BUCKET}"
    else:
        name = f"{event.service}:{event.queue}:{event.failed_id}:{event.dead}"
    facts = {
        "service": event.service,
        "queue": event.queue,
        "failed_type": event.failed_type,
        "reason": event.reason,
        "subject": event.failed_subject,
        "dead": event.dead,
        "at": event.at.isoformat(),
        "severity": severity.value if severity else None,
    }
    return Escalation(
        str(uuid.uuid5(FAILURE_IDS, name)),
        Purpose.DEAD_LETTER,
        event.failed_subject[:SUBJECT_LIMIT],
        NO_ANSWER_COUNTS,
        0,
        severity or Severity.HIGH,
        Purpose.DEAD_LETTER.value,
        _last_resort(rules),
        None,
        event.at,
        facts,
        traceparent,
        _state(rules),
    )


def _known(severity: str | None) -> Severity | None:
    return Severity(severity) if severity in list(Severity) else None


def _last_resort(rules: Rules) -> tuple[str, ...]:
    return (rules.last_resort,) if rules.last_resort else ()


def _state(rules: Rules) -> EscalationState:
    return EscalationState.PLANNED if rules.last_resort else EscalationState.NOBODY


def _facts(facts: AlertFacts) -> dict[str, Any]:
    document: dict[str, Any] = schema_for(AlertFacts).dump(facts)
    return document

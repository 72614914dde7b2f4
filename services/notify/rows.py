"""Rows of notify's tables from domain objects, and back. Called by store.py, and by queries of the folders."""

from datetime import datetime
from typing import Any

from services.notify.domain.alert import Alert, AlertState, ChannelName, Escalation, EscalationState, Purpose
from services.notify.domain.outcomes import Reason
from shared.contracts.event import Severity
from shared.database import Row


def escalation_row(x: Escalation, now: datetime) -> Row:
    return {
        "key": x.key,
        "id": x.id,
        "purpose": x.purpose.value,
        "case_id": x.case_id,
        "case_revision": x.case_revision,
        "level": x.level,
        "severity": x.severity.value,
        "reason": x.reason,
        "recipients": list(x.recipients),
        "respond_by": x.respond_by,
        "caused_at": x.caused_at,
        "facts": dict(x.facts),
        "traceparent": x.traceparent,
        "state": x.state.value,
        "planned_at": now,
    }


def escalation_of_row(row: Any) -> Escalation:
    return Escalation(
        row.id,
        Purpose(row.purpose),
        row.case_id,
        row.case_revision,
        row.level,
        Severity(row.severity),
        row.reason,
        tuple(row.recipients),
        row.respond_by,
        row.caused_at,
        row.facts,
        row.traceparent,
        EscalationState(row.state),
    )


def progress(x: Alert) -> dict[str, Any]:
    return {
        "state": x.state.value,
        "reason": x.reason.value if x.reason else None,
        "next_at": x.next_at,
        "ended_at": x.ended_at,
        "provider_id": x.provider_id,
        "fall_back_at": x.fall_back_at,
        "doubts": x.doubts,
        "provider": x.provider or None,
    }


def alert_row(x: Alert) -> Row:
    return progress(x) | {
        "id": x.id,
        "escalation_key": x.escalation_key,
        "escalation_id": x.escalation_id,
        "purpose": x.purpose.value,
        "case_id": x.case_id,
        "case_revision": x.case_revision,
        "level": x.level,
        "severity": x.severity.value,
        "recipient": x.recipient,
        "channel": x.channel.value,
        "attempt": x.attempt,
        "give_up_at": x.give_up_at,
        "created_at": x.created_at,
        "caused_at": x.caused_at,
        "traceparent": x.traceparent,
        "place": x.place,
        "gathered": x.gathered,
    }


def alert_of_row(row: Any) -> Alert:
    return Alert(
        row.id,
        row.escalation_key,
        row.escalation_id,
        Purpose(row.purpose),
        row.case_id,
        row.case_revision,
        row.level,
        Severity(row.severity),
        row.recipient,
        ChannelName(row.channel),
        AlertState(row.state),
        row.created_at,
        row.caused_at,
        row.give_up_at,
        row.next_at,
        row.attempt,
        Reason(row.reason) if row.reason else None,
        row.ended_at,
        row.provider_id,
        row.traceparent,
        row.lease_until,
        row.place,
        row.fall_back_at,
        row.doubts,
        row.provider or "",
        row.gathered,
    )

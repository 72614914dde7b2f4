"""Made-up alerts, one of each purpose, to look at texts with. Called by command.py."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.notify.domain.alert import Alert, AlertState, ChannelName, Escalation, Purpose
from services.notify.domain.contact import FIELD_OF, Contact
from services.notify.domain.jobs import Job, Piece
from services.notify.texts.templating import DIGEST
from shared.contracts.event import Severity

AT = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
CASES = (
    "0f8c2d11-58a7-5c0e-9a3e-0d3f6a4f1c22",
    "7b1e4a90-2c33-5f0d-8a61-5e2d9c70b1aa",
    "c4d902fe-91b6-5ab2-b0f4-1f6a7e3388cd",
)
_COMPLAINT: Mapping[str, Any] = {
    "source": "zendesk",
    "external_id": "4711",
    "channel": "email",
    "received_at": AT.isoformat(),
    "language": "en",
    "category": "privacy_security",
    "excerpt": "I was charged twice & my <number> was shown to another customer. I want to speak to your manager.",
    "flags": ["privacy", "fraud"],
    "region": "CZ",
    "product": "Card Plus",
    "tier": "gold",
    "agent_name": "Jana Nováková",
}
_DEAD: Mapping[str, Any] = {
    "service": "routing",
    "queue": "routing.intake.v1",
    "failed_type": "complaint.classified",
    "subject": CASES[0],
    "reason": "schema",
    "dead": True,
    "severity": None,
}


def job(kind: str, channel: ChannelName, language: str, timezone: str, *, may_repeat: bool = False) -> Job:
    """What a sender would be given: an alert of that purpose, or a digest of three."""
    addresses: dict[ChannelName, str] = {
        c: f"{FIELD_OF[c]}@example.org" for c in ChannelName if c is not ChannelName.NONE
    }
    reader = Contact("ann", "Ann", addresses, language, timezone)
    if kind == DIGEST:
        return Job(tuple(_repeated(piece, may_repeat) for piece in _of_digest(channel)), reader)
    escalation = _ESCALATIONS[Purpose(kind)]()
    return Job((_repeated(Piece(_alert(escalation, channel), escalation), may_repeat),), reader)


def _repeated(piece: Piece, may_repeat: bool) -> Piece:
    return replace(piece, alert=replace(piece.alert, doubts=int(may_repeat)))


def _of_digest(channel: ChannelName) -> list[Piece]:
    said = ("CZ", Severity.CRITICAL, "safety"), ("DE", Severity.HIGH, "refund"), ("CN", Severity.MEDIUM, "delivery")
    found = [
        replace(
            _escalation(Purpose.ESCALATION, {"region": region, "category": category}),
            case_id=case_id,
            severity=severity,
        )
        for case_id, (region, severity, category) in zip(CASES, said, strict=True)
    ]
    return [Piece(_alert(escalation, channel), escalation) for escalation in found]


def _escalation(purpose: Purpose, facts: Mapping[str, Any] | None = None, reason: str = "asked") -> Escalation:
    return Escalation(
        f"{purpose}-1",
        purpose,
        CASES[0],
        2,
        1,
        Severity.HIGH,
        reason,
        ("ann",),
        AT + timedelta(minutes=30),
        AT,
        {**_COMPLAINT, **(facts or {})},
    )


def _alert(escalation: Escalation, channel: ChannelName) -> Alert:
    return Alert(
        f"1a2b3c4d-0000-5000-8000-{escalation.case_id[:8]}0000",
        escalation.key,
        escalation.id,
        escalation.purpose,
        escalation.case_id,
        escalation.case_revision,
        escalation.level,
        escalation.severity,
        "ann",
        channel,
        AlertState.CLAIMED,
        AT,
        AT,
        AT + timedelta(hours=1),
        AT,
        1,
    )


_RUNNING = {"clock": "first_answer", "percent": 80, "due_at": (AT + timedelta(hours=2)).isoformat()}
_ESCALATIONS: Mapping[Purpose, Callable[[], Escalation]] = {
    Purpose.ESCALATION: lambda: _escalation(Purpose.ESCALATION, {"children": 12, "regions": ["CZ", "DE"]}),
    Purpose.WARNING: lambda: _escalation(Purpose.WARNING, _RUNNING, "running"),
    Purpose.EXHAUSTED: lambda: _escalation(Purpose.EXHAUSTED, None, "exhausted"),
    Purpose.DEAD_LETTER: lambda: replace(_escalation(Purpose.DEAD_LETTER), facts=_DEAD),
    Purpose.ASSIGNMENT: lambda: _escalation(
        Purpose.ASSIGNMENT, {"answer_by": (AT + timedelta(hours=2)).isoformat()}, "assignment"
    ),
    Purpose.TAKEN: lambda: _escalation(
        Purpose.TAKEN, {"by_name": "Petr Svoboda", "at": AT.isoformat(), "what": "acknowledged"}, "taken"
    ),
    Purpose.TEST: lambda: replace(_escalation(Purpose.TEST, None, "test"), facts={}),
}

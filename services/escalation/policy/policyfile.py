"""Reads the policy as it is written into the Policy that decides; every mistake is named as file:line.

Used by policybook.py, from which the service has its policy and the older ones, and by `ombud policy`.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.escalation.domain.policy import BusinessHours, FollowUp, Policy
from services.escalation.policy.checks import Parts, look_at_parts
from services.escalation.policy.ladder_schemas import LadderForm, RotaForm
from services.escalation.policy.schemas import ClockForm, PolicyForm, StormForm, TriggerForm
from shared.contracts.event import Severity
from shared.policy.hours import NamedHoursForm, calendar_of, look_at_hours
from shared.policy.page import Page, read_document, version_of

FOLLOW_UP = FollowUp(
    {
        Severity.LOW: timedelta(days=3),
        Severity.MEDIUM: timedelta(days=1),
        Severity.HIGH: timedelta(hours=4),
        Severity.CRITICAL: timedelta(hours=1),
    }
)
AGAIN_AFTER = {
    Severity.LOW: timedelta(days=1),
    Severity.MEDIUM: timedelta(hours=8),
    Severity.HIGH: timedelta(hours=2),
    Severity.CRITICAL: timedelta(minutes=30),
}
SNOOZE_AT_MOST = timedelta(days=1)
PAUSE_AT_MOST = timedelta(days=14)


def read(path: Path) -> Policy:
    """The policy in the file; raises PolicyError with every mistake."""
    return parse(read_document(path), str(path))


def parse(document: str, file: str) -> Policy:
    """The policy in a document; `file` is its name in messages. Raises PolicyError with every mistake, by line."""
    page = Page.read(file, document)
    head = page.load(PolicyForm(), page.written.content, ()) or {}
    parts = Parts(
        hours=page.entries(NamedHoursForm(), "hours"),
        triggers=page.entries(TriggerForm(), "triggers"),
        clocks=page.entries(ClockForm(), "clocks"),
        ladders=page.entries(LadderForm(), "ladders"),
        rotas=page.entries(RotaForm(), "rotas"),
        storms=page.entries(StormForm(), "storms"),
    )
    look_at_hours(page, parts.hours)
    look_at_parts(page, parts)
    page.finish()
    return _policy(head, parts, version_of(document, head["name"]))


def _policy(head: Mapping[str, Any], parts: Parts, version: str) -> Policy:
    hours = (BusinessHours(one["name"], one["regions"], calendar_of(one)) for one in parts.hours.values())
    return Policy(
        version=version,
        triggers=tuple(parts.triggers.values()),
        clocks=tuple(parts.clocks.values()),
        ladders=tuple(parts.ladders.values()),
        follow_up=head.get("follow_up", FOLLOW_UP),
        snooze_at_most=head.get("snooze_at_most", SNOOZE_AT_MOST),
        pause_at_most=head.get("pause_at_most", PAUSE_AT_MOST),
        again_after=head.get("again_after", AGAIN_AFTER),
        hours=tuple(hours),
        rotas=tuple(parts.rotas.values()),
        storms=tuple(parts.storms.values()),
    )

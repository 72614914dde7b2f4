"""What people hear of because they wish it: a complaint became theirs, a case was taken; pure, for planning."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.notify.domain.alert import Alert, AlertState, Escalation, Purpose
from services.notify.domain.contact import Contact
from services.notify.domain.outcomes import Reason
from services.notify.domain.routes import alert_by
from services.notify.domain.rules import Rules
from services.notify.domain.standing import Standing
from services.notify.domain.timing import PATIENCE
from shared.contracts.escalation import CaseAcknowledged, CaseHandedBack, CaseMuted, CaseResolved, CaseSnoozed
from shared.contracts.event import Severity, to_text
from shared.contracts.routing import ComplaintAssigned

WISH_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.wishes")
Taken = CaseAcknowledged | CaseResolved
# After which nobody has it: told to whoever had answered a moment before, and to nobody else.
Passed = CaseHandedBack | CaseSnoozed | CaseMuted
_WHAT = {CaseAcknowledged: "acknowledged", CaseResolved: "resolved"}
_REASONS = {CaseHandedBack: Reason.HANDED_BACK, CaseSnoozed: Reason.SNOOZED, CaseMuted: Reason.MUTED}


def assigned(event: ComplaintAssigned, traceparent: str | None) -> Escalation:
    """What the agent is told: of each decision once, whenever it is heard."""
    facts = {
        "category": event.category,
        "region": event.region,
        "language": event.language,
        "answer_by": to_text(event.answer_by) if event.answer_by else None,
    }
    return Escalation(
        str(uuid.uuid5(WISH_IDS, f"{event.complaint_id}\n{event.attempt}")),
        Purpose.ASSIGNMENT,
        event.complaint_id,
        event.attempt,
        0,
        event.severity or Severity.MEDIUM,
        event.reason or Purpose.ASSIGNMENT.value,
        (event.agent_id,),
        event.answer_by,
        event.assigned_at,
        {name: value for name, value in facts.items() if value is not None},
        traceparent,
    )


def newest(events: Iterable[Any]) -> list[ComplaintAssigned]:
    """Of the assignments among the events the newest of each complaint."""
    found: dict[str, ComplaintAssigned] = {}
    for event in events:
        if isinstance(event, ComplaintAssigned):
            before = found.get(event.complaint_id)
            found[event.complaint_id] = event if before is None or event.attempt >= before.attempt else before
    return list(found.values())


def takings(events: Iterable[Any]) -> list[Taken | Passed]:
    """Those that say that a person has taken, closed or passed on a case, in the order in which it came to pass.

    Or that it became part of another one, whoever did that: a storm, mostly.
    """
    found = [e for e in events if isinstance(e, Taken | Passed) and (isinstance(e, CaseMuted) or e.by)]
    return sorted(found, key=lambda e: (e.case_id, e.case_revision))


def doer(event: Taken | Passed) -> str:
    """Who did it; nobody in particular where a case became part of another one."""
    return "" if isinstance(event, CaseMuted) else str(event.by)


@dataclass(frozen=True)
class Taking:
    """A case that somebody took or passed on, and the alerts by which others had been told of it."""

    event: Taken | Passed
    reached: tuple[Alert, ...]


def standing_after(event: Taken | Passed) -> Standing:
    return Standing(event.case_revision, event.at, _REASONS.get(type(event), Reason.ANSWERED))


def to_tell(event: Taken | Passed, kept: Iterable[Alert], standing: Standing) -> Taking | None:
    """Of each other person the newest alert that reached them, unless they have heard that the case is taken.

    kept: the case's alerts that reached somebody, and those that told so before. standing: before the event.
    """
    if standing.is_over or (standing.settles(event.case_revision) and standing.reason is Reason.ANSWERED):
        return None
    reached: dict[str, Alert] = {}
    heard: dict[str, int] = {}
    for alert in kept:
        person = alert.recipient
        if alert.purpose is Purpose.TAKEN:
            heard[person] = max(heard.get(person, alert.case_revision), alert.case_revision)
        elif person != doer(event) and _is_about(alert, event, standing):
            reached[person] = max(reached.get(person, alert), alert, key=_newest)
    news = tuple(a for person, a in sorted(reached.items()) if heard.get(person, -1) <= a.case_revision)
    return Taking(event, news) if news else None


def _is_about(alert: Alert, event: Taken | Passed, standing: Standing) -> bool:
    if alert.case_revision >= event.case_revision:
        return False
    # Whoever goes on with a case that was taken tells nothing new to those who were alerted before it was.
    was_taken = standing.settles(alert.case_revision) and standing.reason is Reason.ANSWERED
    return not was_taken or isinstance(event, CaseAcknowledged)


def _newest(alert: Alert) -> tuple[int, datetime, str]:
    return alert.case_revision, alert.ended_at or alert.created_at, alert.id


def taken(taking: Taking, people: Collection[str], by_name: str, traceparent: str | None) -> Escalation:
    """What those of them who wish it are told."""
    event, worst = taking.event, max((a.severity for a in taking.reached), key=lambda s: s.rank)
    what, is_part = _WHAT.get(type(event), "passed"), isinstance(event, CaseMuted)
    return Escalation(
        str(uuid.uuid5(WISH_IDS, f"{event.case_id}\n{event.case_revision}\n{Purpose.TAKEN}")),
        Purpose.TAKEN,
        event.case_id,
        event.case_revision,
        max(a.level for a in taking.reached) if isinstance(event, CaseMuted) else event.level,
        worst,
        what,
        tuple(people),
        None,
        event.at,
        {"by_name": by_name, "at": to_text(event.at), "what": what, "is_part": is_part},
        traceparent,
    )


def told_by(escalation: Escalation, before: Alert, contact: Contact, rules: Rules, now: datetime) -> Alert:
    """The alert through the channel that reached the person before, at an hour at which they may be told."""
    start = contact.quiet_until(escalation.severity, now) or now
    alert = alert_by(escalation, before.recipient, before.channel, now)
    if before.channel in contact.opted_out:
        return alert.end(AlertState.SUPPRESSED, Reason.OPTED_OUT, now)
    if before.channel not in rules.configured:
        return alert.end(AlertState.FAILED, Reason.NOT_CONFIGURED, now)
    return replace(alert, next_at=start, give_up_at=start + PATIENCE)

"""What the doors of cases and storms that only look take and answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.escalation.domain.case import CaseState, Ending, What
from services.escalation.doors.query_schemas import StormsQuery, WorklistQuery
from shared.api import A_COMPLAINT, Operation
from shared.contracts.escalation import EscalationReason, Outcome, Remedy
from shared.contracts.event import Severity


@dataclass(frozen=True)
class ClockDocument:
    """told: the highest percent that was announced, 100 = broken. kept: null while it may still be."""

    name: str
    started_at: datetime
    due_at: datetime
    told: int
    stopped_at: datetime | None
    kept: bool | None


@dataclass(frozen=True)
class CaseDocument:
    """A case; its id is the complaint's. trigger: why it was escalated at first; due_at: when time asks next.

    respond_by: when the present level has had its time, or a snooze ends. parent_id: the case that it is part of.
    paused_until: null when no pause lasts. ending: set once the complaint was merged into another one, or forgotten.
    """

    id: str
    state: CaseState
    case_revision: int
    severity: Severity
    ladder: str | None
    level: int
    round: int
    reason: EscalationReason | None
    trigger: EscalationReason | None
    escalation_id: str | None
    recipients: tuple[str, ...]
    confirmed_by: tuple[str, ...]
    policy_version: str
    category: str | None
    region: str | None
    product: str | None
    agent_id: str | None
    parent_id: str | None
    is_major: bool
    clocks: tuple[ClockDocument, ...]
    paused_until: datetime | None
    due_at: datetime | None
    overdue_since: datetime | None
    respond_by: datetime | None
    follow_up_by: datetime | None
    opened_at: datetime | None
    since: datetime | None
    escalated_at: datetime | None
    acknowledged_at: datetime | None
    closed_at: datetime | None
    acknowledged_by: str | None
    closed_by: str | None
    outcome: Outcome | None
    remedies: tuple[Remedy, ...]
    ending: Ending | None


@dataclass(frozen=True)
class CaseList:
    """next: what to say as `after` for the next page; null on the last."""

    cases: tuple[CaseDocument, ...]
    next: str | None


@dataclass(frozen=True)
class TimelineRow:
    """Something that happened to a case, or was noted about it."""

    at: datetime
    actor: str
    what: What
    level: int | None
    reason: str | None
    policy_version: str | None
    details: dict[str, Any]
    note: str | None


@dataclass(frozen=True)
class CaseWithTimeline(CaseDocument):
    """agent: who works on the complaint, as routing said last."""

    agent: str | None
    timeline: tuple[TimelineRow, ...]


@dataclass(frozen=True)
class Timeline:
    case_id: str
    timeline: tuple[TimelineRow, ...]


@dataclass(frozen=True)
class StormDocument:
    """Many complaints alike. case_id: of the major complaint, which speaks for them; state and severity are of it.

    key: what they share. since: when it became a storm; newest_at: its newest complaint; ended_at: null while it lasts.
    """

    case_id: str
    rule: str
    key: str
    state: CaseState
    severity: Severity
    acknowledged_by: str | None
    children: int
    regions: tuple[str, ...]
    since: datetime
    newest_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class StormList:
    storms: tuple[StormDocument, ...]


ONE = {"case_id": A_COMPLAINT}

OPERATIONS = {
    "get_case": Operation(
        "Show a case with its timeline",
        answer=CaseWithTimeline,
        problems=(404,),
        example_path=ONE,
    ),
    "get_timeline": Operation(
        "Show everything that happened to a case, and why",
        answer=Timeline,
        problems=(404,),
        example_path=ONE,
    ),
    "get_cases": Operation(
        "List cases: a worklist, page by page",
        answer=CaseList,
        query=WorklistQuery().fields,
        problems=(422,),
    ),
    "get_storms": Operation(
        "List storms: those that last, and those that ended lately",
        answer=StormList,
        query=StormsQuery().fields,
        problems=(422,),
    ),
}

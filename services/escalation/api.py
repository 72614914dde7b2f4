"""What escalation's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from services.escalation import schemas
from services.escalation.domain.case import CaseState, Ending, What
from services.escalation.domain.ladder import Supervisor
from services.escalation.doors import MOST_LISTED
from shared.api import A_COMPLAINT, HTML, PAGE, THIS_DOCUMENT, Operation, Plumbing
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from shared.differences import Difference
from shared.parts import CHECK
from shared.quarantine import api as quarantine


@dataclass(frozen=True)
class CaseDocument:
    """A case; its id is the complaint's. trigger: why it was escalated at first; due_at: when the next clock ends.

    ending: set once the complaint was merged into another one, or forgotten.
    """

    id: str
    state: CaseState
    case_revision: int
    severity: Severity
    level: int
    round: int
    reason: EscalationReason | None
    trigger: EscalationReason | None
    escalation_id: str | None
    recipients: tuple[str, ...]
    policy_version: str
    category: str | None
    region: str | None
    due_at: datetime | None
    since: datetime | None
    escalated_at: datetime | None
    acknowledged_at: datetime | None
    closed_at: datetime | None
    acknowledged_by: str | None
    closed_by: str | None
    ending: Ending | None


@dataclass(frozen=True)
class CaseList:
    cases: tuple[CaseDocument, ...]


@dataclass(frozen=True)
class AnsweredCase(CaseDocument):
    """already: somebody had taken it before."""

    already: bool


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


@dataclass(frozen=True)
class CaseWithTimeline(CaseDocument):
    """agent: who works on the complaint, as routing said last."""

    agent: str | None
    timeline: tuple[TimelineRow, ...]


@dataclass(frozen=True)
class SupervisorList:
    supervisors: tuple[Supervisor, ...]


@dataclass(frozen=True)
class Summary:
    """Counted from the tables. escalated: cases that ever were; escalations: all moves to a level."""

    cases: int
    early: int
    open: int
    escalated_now: int
    acknowledged: int
    resolved: int
    exhausted: int
    escalated: int
    escalations: int
    by_reason: dict[str, int]
    plumbing: Plumbing


_STATE = fields.Enum(CaseState, by_value=True)
_LIMIT = fields.Integer(load_default=100, validate=validate.Range(1, MOST_LISTED))

OPERATIONS = {
    "acknowledge": Operation(
        "Take a case: the ladder's clock stops",
        body=schemas.AcknowledgeBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={"by": "petr"},
        example_path={"case_id": A_COMPLAINT},
    ),
    "get_case": Operation(
        "Show a case with its timeline",
        answer=CaseWithTimeline,
        problems=(404,),
        example_path={"case_id": A_COMPLAINT},
    ),
    "get_cases": Operation(
        "List cases, the most severe first",
        answer=CaseList,
        query={"state": _STATE, "limit": _LIMIT},
    ),
    "put_supervisor": Operation(
        "Add or change a supervisor",
        body=schemas.SupervisorBody(),
        answer=Supervisor,
        path={"supervisor_id": fields.String(validate=validate.Length(1, 100))},
        example={"name": "Petr", "role": "supervisor", "regions": ["CZ"], "languages": ["cs"]},
        example_path={"supervisor_id": "petr"},
    ),
    "put_supervisors": Operation(
        "Add or change many supervisors: all of them or none; those not named stay as they are",
        body=schemas.SupervisorsBody(),
        answer=Difference,
        query=CHECK,
        example={
            "supervisors": [
                {"id": "petr", "name": "Petr", "role": "supervisor", "regions": ["CZ"], "languages": ["cs"]},
                {"id": "karin", "name": "Karin", "role": "coordinator", "regions": ["CZ", "DE"], "languages": ["de"]},
            ]
        },
    ),
    "get_supervisors": Operation("List the supervisors", answer=SupervisorList),
    "get_summary": Operation("Count what escalation has", answer=Summary),
    "show_page": Operation("The page behind the link of an alert", answer=PAGE, answers=HTML, pages=(404, 410)),
    "answer_by_link": Operation("Take the case as the person of the link", answer=PAGE, answers=HTML, pages=(404, 410)),
    **quarantine.OPERATIONS,
    "get_openapi": THIS_DOCUMENT,
}

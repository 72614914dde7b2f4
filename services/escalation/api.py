"""What escalation's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from services.escalation import duty_api
from services.escalation.answers import answer_schemas as forms
from services.escalation.domain.case import CaseState, Ending, What
from services.escalation.domain.lint import Kind
from services.escalation.domain.people import Role
from services.escalation.domain.policy import PauseReason
from services.escalation.pages.acts import NEEDS, Act
from services.escalation.people import supervisor_schemas
from shared.api import A_COMPLAINT, A_THIRD_COMPLAINT, HTML, PAGE, THIS_DOCUMENT, Operation, Plumbing
from shared.contracts.escalation import EscalationReason, Outcome, Remedy
from shared.contracts.event import Severity
from shared.departures import api as departures
from shared.differences import Difference
from shared.parts import CHECK
from shared.quarantine import api as quarantine


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
    ending: set once the complaint was merged into another one, or forgotten.
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


@dataclass(frozen=True)
class Absence:
    """from: an instant in UTC. stand_in: who is alerted instead."""

    start: datetime = field(metadata={"wire": "from"})
    end: datetime = field(metadata={"wire": "to"})
    stand_in: str | None


@dataclass(frozen=True)
class SupervisorDocument:
    """leads: the teams of agents that the person leads."""

    id: str
    name: str
    role: Role
    regions: tuple[str, ...]
    languages: tuple[str, ...]
    leads: tuple[str, ...]
    timezone: str
    absences: tuple[Absence, ...]


@dataclass(frozen=True)
class SupervisorList:
    supervisors: tuple[SupervisorDocument, ...]


@dataclass(frozen=True)
class PolicyFinding:
    """name: of the level, the rota or the person."""

    kind: Kind
    name: str
    text: str


@dataclass(frozen=True)
class PolicyDocument:
    """document: the text of the file, as it was read; findings: of the last look at the people."""

    version: str
    document: str
    findings: tuple[PolicyFinding, ...]


@dataclass(frozen=True)
class Summary:
    """Counted from the tables. escalated: cases that ever were; escalations: all moves to a level.

    audit: what the auditor of the replica that answers found at its last look, by finding; must be 0.
    """

    cases: int
    early: int
    open: int
    escalated_now: int
    acknowledged: int
    snoozed: int
    muted: int
    resolved: int
    exhausted: int
    escalated: int
    escalations: int
    by_reason: dict[str, int]
    audit: dict[str, int]
    plumbing: Plumbing


# What the forms of the page send; `act` says which it is, and without it the case is taken.
PAGE_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "act": {"enum": [*Act]},
        "note": {"type": "string"},
        "outcome": {"enum": [*Outcome]},
        "remedies": {"type": "array", "items": {"enum": [*Remedy]}},
        "for": {"type": "string", "examples": ["4h"]},
        "reason": {"enum": [*PauseReason]},
        "until": {"type": "string", "description": "in UTC, such as 2026-11-27T09:00"},
        **{name: {"type": "string"} for name in NEEDS},
    },
}
_ONE = {"case_id": A_COMPLAINT}

OPERATIONS = {
    # First, while the case of the examples can be taken.
    "show_page": Operation("The page behind the link of an alert", answer=PAGE, answers=HTML, pages=(404, 410)),
    "answer_by_link": Operation(
        "A form of the page: take the case, or go on with it, as the person of the link; a link works once",
        answer=PAGE,
        answers=HTML,
        body={"application/x-www-form-urlencoded": PAGE_FORM},
        needs_body=False,
        pages=(303, 404, 409, 410, 422),
    ),
    "acknowledge": Operation(
        "Take a case: the ladder's clock stops, the follow-up clock starts",
        body=forms.AnswerBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={"by": "petr"},
        example_path=_ONE,
    ),
    "take_over": Operation(
        "Take a case, also from somebody who has it",
        body=forms.AnswerBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={"by": "karin"},
        example_path=_ONE,
    ),
    "escalate": Operation(
        "Move a case to a level, or to the next one",
        body=forms.EscalateBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={"level": 2, "note": "He wants to go to the press."},
        example_path=_ONE,
    ),
    "snooze": Operation(
        "Put a case off: nobody is alerted until then, but for a new alarm",
        body=forms.UntilBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"for": "2h"},
        example_path=_ONE,
    ),
    "add_note": Operation(
        "Add a note to the record of a case",
        body=forms.NoteBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"note": "Called her, no answer."},
        example_path=_ONE,
    ),
    "pause": Operation(
        "Stop the clocks that the policy stops for that reason",
        body=forms.PauseBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"for": "1d", "reason": "waiting_for_customer"},
        example_path=_ONE,
    ),
    "resume": Operation(
        "Let the clocks of a case run again",
        body=forms.AnswerBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={},
        example_path=_ONE,
    ),
    "correct": Operation(
        "Say how the complaint should have been read",
        body=forms.CorrectBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"severity": "high", "category": "safety"},
        example_path=_ONE,
    ),
    "link": Operation(
        "Make a case part of another one, whose alerts speak for it",
        body=forms.LinkBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"parent": A_THIRD_COMPLAINT},
        example_path=_ONE,
    ),
    "unlink": Operation(
        "Let a case stand for itself again",
        body=forms.AnswerBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={},
        example_path=_ONE,
    ),
    "hand_back": Operation(
        "Give a complaint back to routing",
        body=forms.HandBackBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={"needs": {"skill": "safety", "language": "cs"}},
        example_path=_ONE,
    ),
    "resolve": Operation(
        "Resolve a case, with its outcome and what the customer got",
        body=forms.ResolveBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"outcome": "upheld", "remedies": ["apology", "refund"]},
        example_path=_ONE,
    ),
    "get_case": Operation(
        "Show a case with its timeline",
        answer=CaseWithTimeline,
        problems=(404,),
        example_path={"case_id": A_COMPLAINT},
    ),
    "get_timeline": Operation(
        "Show everything that happened to a case, and why",
        answer=Timeline,
        problems=(404,),
        example_path=_ONE,
    ),
    "get_cases": Operation(
        "List cases: a worklist, page by page",
        answer=CaseList,
        query=forms.WorklistQuery().fields,
        problems=(422,),
    ),
    "get_storms": Operation(
        "List storms: those that last, and those that ended lately",
        answer=StormList,
        query=forms.StormsQuery().fields,
        problems=(422,),
    ),
    "put_supervisor": Operation(
        "Add or change a supervisor",
        body=supervisor_schemas.SupervisorBody(),
        answer=SupervisorDocument,
        path={"supervisor_id": fields.String(validate=validate.Length(1, 100))},
        example={"name": "Petr", "role": "supervisor", "regions": ["CZ"], "languages": ["cs"]},
        example_path={"supervisor_id": "petr"},
    ),
    "put_supervisors": Operation(
        "Add or change many supervisors: all of them or none; those not named stay as they are",
        body=supervisor_schemas.SupervisorsBody(),
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
    **duty_api.OPERATIONS,
    "get_policy": Operation("Show the policy that new cases start with", answer=PolicyDocument),
    "get_summary": Operation("Count what escalation has", answer=Summary),
    **departures.OPERATIONS,
    **quarantine.OPERATIONS,
    "get_openapi": THIS_DOCUMENT,
}

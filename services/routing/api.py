"""What routing's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from dataclasses import dataclass
from datetime import datetime

from marshmallow import fields, validate

from services.routing import schemas
from services.routing.domain.complaint import State
from services.routing.domain.reasons import Reason
from shared.api import A_COMPLAINT, THIS_DOCUMENT, Operation, Plumbing
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from shared.quarantine import api as quarantine


@dataclass(frozen=True)
class AgentDocument:
    """An agent; load: points of the capacity that are taken now."""

    id: str
    name: str
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    regions: tuple[str, ...]
    capacity: int
    load: int


@dataclass(frozen=True)
class AgentList:
    agents: tuple[AgentDocument, ...]


@dataclass(frozen=True)
class AgentName:
    id: str
    name: str


@dataclass(frozen=True)
class Demand:
    """What a complaint needs; all of it is null while its facts are not known."""

    needs: Needs | None
    severity: Severity | None
    weight: int | None
    priority: int | None


@dataclass(frozen=True)
class Candidate:
    """A qualified agent with room; the lowest score is taken."""

    agent_id: str
    score: dict[str, float]


@dataclass(frozen=True)
class Assignment(Demand):
    """Where a complaint is and why; rejected: how many agents lack what. candidates: the best that there were."""

    complaint_id: str
    state: State
    reason: Reason | None
    agent: AgentName | None
    last_agent: AgentName | None
    score: dict[str, float]
    candidates: tuple[Candidate, ...]
    rejected: dict[str, int]
    attempt: int
    facts_revision: int
    step_revision: int
    policy_version: str | None
    first_seen_at: datetime | None
    waiting_since: datetime | None
    decided_at: datetime | None
    assigned_at: datetime | None
    released_at: datetime | None


@dataclass(frozen=True)
class WaitingComplaint(Demand):
    """place: counted from 1, in the order in which they are served."""

    place: int
    complaint_id: str
    reason: Reason | None
    attempt: int
    waiting_since: datetime
    age_seconds: float


@dataclass(frozen=True)
class Queue:
    """waiting: all that wait, also those that are not listed."""

    waiting: int
    complaints: tuple[WaitingComplaint, ...]


@dataclass(frozen=True)
class Summary:
    """assigned: complaints that have an agent now; early: known by a step only."""

    assigned: int
    waiting: int
    waiting_by_reason: dict[str, int]
    released: int
    early: int
    agents: int
    plumbing: Plumbing


_AGENT_ID = {"id_": fields.String(validate=schemas.ID)}
_LIMIT = fields.Integer(load_default=schemas.QUEUE_SHOWN, validate=validate.Range(1, schemas.QUEUE_MOST))

OPERATIONS = {
    "put_agent": Operation(
        "Add or change an agent",
        body=schemas.AgentSchema(),
        answer=AgentDocument,
        path=_AGENT_ID,
        example={
            "name": "Jana",
            "skills": ["safety", "defect", "other"],
            "languages": ["en", "cs"],
            "regions": ["*"],
            "capacity": 20,
        },
        example_path={"id_": "jana"},
    ),
    "get_agents": Operation("List the agents with their load", answer=AgentList),
    "get_agent": Operation(
        "Show an agent", answer=AgentDocument, path=_AGENT_ID, problems=(404,), example_path={"id_": "jana"}
    ),
    "get_assignment": Operation(
        "Show where a complaint is and why",
        answer=Assignment,
        problems=(404,),
        example_path={"complaint_id": A_COMPLAINT},
    ),
    "get_queue": Operation(
        "List who waits, the next one first", answer=Queue, query={"limit": _LIMIT}, problems=(422,)
    ),
    "get_summary": Operation("Count what routing has", answer=Summary),
    **quarantine.OPERATIONS,
    "get_openapi": THIS_DOCUMENT,
}

"""What routing's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from services.routing import schemas
from services.routing.domain.entry import State, What
from services.routing.domain.lint import Kind
from services.routing.domain.presence import Presence, Status
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Lack
from services.routing.roster import agent_schemas
from services.routing.roster.agent_fields import ID
from shared.api import A_COMPLAINT, THIS_DOCUMENT, Operation, Plumbing
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from shared.departures import api as departures
from shared.differences import Difference
from shared.parts import CHECK
from shared.quarantine import api as quarantine

FROM, TO = {"wire": "from"}, {"wire": "to"}


@dataclass(frozen=True)
class Break:
    """Wall-clock times, HH:MM."""

    start: str = field(metadata=FROM)
    end: str = field(metadata=TO)


@dataclass(frozen=True)
class Shift:
    """Weekly hours in the agent's time zone, HH:MM; an end that is not after the start is on the next day."""

    days: tuple[str, ...]
    start: str = field(metadata=FROM)
    end: str = field(metadata=TO)
    breaks: tuple[Break, ...]


@dataclass(frozen=True)
class Absence:
    """Away from an instant until just before another one."""

    start: datetime = field(metadata=FROM)
    end: datetime = field(metadata=TO)


@dataclass(frozen=True)
class PresenceDocument:
    """What was said of an agent last, and when; until: it is forgotten then."""

    presence: Presence
    at: datetime
    until: datetime | None


@dataclass(frozen=True)
class AgentDocument:
    """An agent. skills, languages: with levels from 1 to 5. load: points of the capacity that are taken now.

    status: as of the last look; status_until: when it is looked at again, null = when something is told.
    """

    id: str
    name: str
    skills: dict[str, int]
    languages: dict[str, int]
    regions: tuple[str, ...]
    teams: tuple[str, ...]
    capacity: int
    timezone: str
    shifts: tuple[Shift, ...]
    absences: tuple[Absence, ...]
    holidays: str | None
    load: int
    status: Status
    status_until: datetime | None
    presence: PresenceDocument | None


@dataclass(frozen=True)
class AgentList:
    agents: tuple[AgentDocument, ...]


@dataclass(frozen=True)
class AgentName:
    id: str
    name: str


@dataclass(frozen=True)
class Demand:
    """What a complaint asks for, by which rule of the policy; all of it is null while its facts are not known.

    hours: the name of the hours outside of which it waits. stage: relaxations so far; relaxed: the needs that they
    changed.
    """

    rule: str | None
    needs: Needs | None
    severity: Severity | None
    weight: int | None
    priority: int | None
    hours: str | None
    stage: int | None
    relaxed: tuple[str, ...]


@dataclass(frozen=True)
class NextRelaxation:
    """needs: what will do from then on."""

    at: datetime
    needs: Needs | None


@dataclass(frozen=True)
class Candidate:
    """A qualified agent at work with room; score: the total, 0 to 1, of which the highest is taken, and its parts."""

    agent_id: str
    score: dict[str, float]


@dataclass(frozen=True)
class WhyNot:
    """reason: what stands in the way of this agent now; null = nothing does."""

    agent_id: str
    reason: Lack | None
    status: Status


@dataclass(frozen=True)
class HistoryEntry:
    """reason: of a decision, an ending or a loss. by: the person who did it. details: what was relaxed or changed."""

    at: datetime
    what: What
    reason: str | None
    agent_id: str | None
    by: str | None
    note: str | None
    details: dict[str, Any] | None
    policy_version: str | None


@dataclass(frozen=True)
class Assignment(Demand):
    """Where a complaint is and why; rejected: how many agents lack what. candidates: the best that there were.

    reason: of the last decision; reason_now: of one that waits, as it is this moment. lost: how many agents lost it,
    tried: who they are; at lost_at_most it waits for a supervisor. answer_by: else its agent loses it. opens_at: when
    its region opens, if that is what it waits for. why_not: of the agent that was asked for.
    """

    complaint_id: str
    state: State
    reason: Reason | None
    reason_now: Reason | None
    agent: AgentName | None
    last_agent: AgentName | None
    next_relaxation: NextRelaxation | None
    opens_at: datetime | None
    score: dict[str, float]
    candidates: tuple[Candidate, ...]
    rejected: dict[str, int]
    why_not: WhyNot | None
    attempt: int
    lost: int
    lost_at_most: int
    tried: tuple[str, ...]
    facts_revision: int
    step_revision: int
    policy_version: str | None
    first_seen_at: datetime | None
    waiting_since: datetime | None
    decided_at: datetime | None
    assigned_at: datetime | None
    accepted_at: datetime | None
    answer_by: datetime | None
    released_at: datetime | None
    history: tuple[HistoryEntry, ...]


@dataclass(frozen=True)
class WaitingComplaint(Demand):
    """place: counted from 1, in the order in which they are served; those that wait for a supervisor come last."""

    place: int
    complaint_id: str
    reason: Reason | None
    attempt: int
    lost: int
    waiting_since: datetime
    age_seconds: float
    next_relaxation: NextRelaxation | None
    opens_at: datetime | None


@dataclass(frozen=True)
class Queue:
    """waiting: all that wait, also those that are not listed."""

    waiting: int
    complaints: tuple[WaitingComplaint, ...]


@dataclass(frozen=True)
class PolicyFinding:
    """Something that the agents cannot do; name: of the rule, or of the hours."""

    kind: Kind
    name: str
    text: str


@dataclass(frozen=True)
class PolicyDocument:
    """document: the text of the file, as it was read; findings: of the last look at the agents."""

    version: str
    document: str
    findings: tuple[PolicyFinding, ...]


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


_AGENT_ID = {"id_": fields.String(validate=ID)}
_LIMIT = fields.Integer(load_default=schemas.QUEUE_SHOWN, validate=validate.Range(1, schemas.QUEUE_MOST))
_ASKED = fields.String(validate=ID, metadata={"description": "Say why not this agent."})
_JANA = {
    "name": "Jana",
    "skills": {"safety": 4, "defect": 3, "other": 3},
    "languages": {"en": 3, "cs": 5},
    "regions": ["*"],
    "capacity": 20,
}
_A_COMPLAINT = {"complaint_id": A_COMPLAINT}

OPERATIONS = {
    "put_agents": Operation(
        "Add or change many agents: all of them or none; those not named stay as they are",
        body=agent_schemas.AgentsSchema(),
        answer=Difference,
        query=CHECK,
        example={
            "agents": [
                {"id": "jana"} | _JANA,
                {
                    "id": "emil",
                    "name": "Emil",
                    "skills": ["billing", "other"],
                    "languages": ["en"],
                    "regions": ["GB", "IE"],
                    "capacity": 8,
                    "teams": ["recall"],
                    "timezone": "Europe/London",
                    "shifts": [
                        {
                            "days": "mon-fri",
                            "from": "08:00",
                            "to": "16:30",
                            "breaks": [{"from": "12:00", "to": "12:30"}],
                        }
                    ],
                    "absences": [{"from": "2026-12-24", "to": "2027-01-01"}],
                    "holidays": "GB-ENG",
                },
            ]
        },
    ),
    "get_agents": Operation("List the agents with their load and status", answer=AgentList),
    "put_agent": Operation(
        "Add or change an agent",
        body=agent_schemas.AgentSchema(),
        answer=AgentDocument,
        path=_AGENT_ID,
        example=_JANA,
        example_path={"id_": "jana"},
    ),
    "get_agent": Operation(
        "Show an agent", answer=AgentDocument, path=_AGENT_ID, problems=(404,), example_path={"id_": "jana"}
    ),
    "set_presence": Operation(
        "Say whether an agent is there; agents may say it of themselves",
        body=agent_schemas.PresenceSchema(),
        answer=AgentDocument,
        path=_AGENT_ID,
        problems=(404,),
        example={"presence": "available"},
        example_path={"id_": "jana"},
    ),
    "get_assignment": Operation(
        "Show where a complaint is, why, and what happened to it",
        answer=Assignment,
        query={"agent": _ASKED},
        problems=(404,),
        example_path=_A_COMPLAINT,
    ),
    "assign_by_hand": Operation(
        "Give a complaint to an agent",
        body=schemas.AssignSchema(),
        answer=Assignment,
        problems=(404, 409),
        example={"agent_id": "jana", "note": "knows the customer", "force": True},
        example_path=_A_COMPLAINT,
    ),
    "accept_assignment": Operation(
        "Say that its agent is at work on a complaint",
        body=schemas.AnswerSchema(),
        needs_body=False,
        answer=Assignment,
        problems=(404, 409),
        example={"agent_id": "jana"},
        example_path=_A_COMPLAINT,
    ),
    "decline_assignment": Operation(
        "Say that its agent does not take a complaint: the next one gets it",
        body=schemas.AnswerSchema(),
        needs_body=False,
        answer=Assignment,
        problems=(404, 409),
        example={"agent_id": "jana", "note": "needs an electrician"},
        example_path=_A_COMPLAINT,
    ),
    "hand_back": Operation(
        "Put a complaint back into the line, for other needs if you wish",
        body=schemas.HandBackSchema(),
        needs_body=False,
        answer=Assignment,
        problems=(404, 409),
        example={"needs": {"skill": "safety", "skill_level": 4, "region": None}, "note": "for a specialist"},
        example_path=_A_COMPLAINT,
    ),
    "get_queue": Operation(
        "List who waits, the next one first", answer=Queue, query={"limit": _LIMIT}, problems=(422,)
    ),
    "get_policy": Operation("Show the policy that decides now", answer=PolicyDocument),
    "get_summary": Operation("Count what routing has", answer=Summary),
    **departures.OPERATIONS,
    **quarantine.OPERATIONS,
    "get_openapi": THIS_DOCUMENT,
}

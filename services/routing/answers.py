"""What routing answers by HTTP, as shapes for the documents; api.py says which door answers what."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.routing.domain.entry import State, What
from services.routing.domain.lint import Kind
from services.routing.domain.presence import Presence, Status
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Lack
from shared.api import Plumbing
from shared.contracts.event import Severity
from shared.contracts.routing import Needs

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

"""Events that routing publishes on `routing.events`, heard by escalation and notify."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.contracts.event import Event, Severity, event


class QueuedReason(StrEnum):
    """Why a complaint waits without an agent."""

    NOBODY_QUALIFIED = "nobody_qualified"
    NOBODY_AT_WORK = "nobody_at_work"
    ALL_FULL = "all_full"
    OUT_OF_HOURS = "out_of_hours"
    DECLINED = "declined"


@dataclass(frozen=True)
class Needs:
    """What an agent must bring for a complaint; None = does not matter. Levels, 1 to 5, are the least that will do."""

    skill: str | None = None
    language: str | None = None
    region: str | None = None
    skill_level: int | None = None
    language_level: int | None = None
    team: str | None = None


@event("routing", "complaint.assigned", identity=("complaint_id", "attempt"))
class ComplaintAssigned(Event):
    """An agent owns the complaint; `attempt` counts every decision about it, so the highest one is the newest.

    relaxed: names of the needs that are not what they were at first. answer_by: who does not answer by then loses it.
    """

    complaint_id: str
    attempt: int
    agent_id: str
    agent_name: str
    assigned_at: datetime
    region: str | None = None
    language: str | None = None
    score: dict[str, float] = field(default_factory=dict)
    relaxed: tuple[str, ...] = ()
    reason: str | None = None
    answer_by: datetime | None = None
    teams: tuple[str, ...] = ()
    severity: Severity | None = None
    category: str | None = None


@event("routing", "complaint.queued", identity=("complaint_id", "attempt"))
class ComplaintQueued(Event):
    """Nobody can take the complaint now; it waits, and the reason says why."""

    complaint_id: str
    attempt: int
    needs: Needs
    reason: QueuedReason
    queued_at: datetime

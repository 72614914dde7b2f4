"""Every series that routing exposes beside those of the plumbing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from prometheus_client import Counter, Gauge, Histogram

from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import State, What
from services.routing.domain.presence import Status
from services.routing.domain.reasons import WAITING as WAITING_REASONS
from services.routing.domain.reasons import Loss, Reason
from services.routing.domain.staff import Load, Staff


class Outcome(StrEnum):
    ASSIGNED = "assigned"
    QUEUED = "queued"
    RELEASED = "released"


OUTCOMES = Counter("ombud_assignments_total", "Complaints assigned, left to wait, or given back", ["outcome"])
LOST = Counter("ombud_assignments_lost_total", "Complaints taken away from their agents without an answer", ["reason"])
RELAXED = Counter("ombud_relaxations_total", "Relaxations of what waiting complaints need")
WAITING = Gauge("ombud_complaints_waiting", "Complaints without an agent, at the last look of this replica", ["reason"])
OLDEST = Gauge("ombud_complaints_waiting_oldest_seconds", "How long the one has waited that has waited longest")
AGENTS = Gauge("ombud_agents", "Agents by whether they are at work, at the last look of this replica", ["status"])
WAIT_SECONDS = Histogram(
    "ombud_assignment_wait_seconds",
    "Time from when routing knew that a complaint needs an agent until it first had one",
    buckets=(0.1, 1, 5, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600),
)
LOAD = Gauge("ombud_agents_load_points", "Points of the complaints that agents have, by their status", ["status"])
CAPACITY = Gauge("ombud_agents_capacity_points", "Points that agents can have, by their status", ["status"])
BY_LOAD = Gauge("ombud_agents_by_load", "Agents at work by how much of their capacity is taken", ["load"])
for _load in Load:
    BY_LOAD.labels(_load.value)
for _outcome in Outcome:
    OUTCOMES.labels(_outcome.value)
for _loss in Loss:
    LOST.labels(_loss.value)
for _reason in WAITING_REASONS:
    WAITING.labels(_reason.value)
for _status in Status:
    for _gauge in (AGENTS, LOAD, CAPACITY):
        _gauge.labels(_status.value)


def count_changes(before: Complaint | None, after: Complaint) -> None:
    """What is new about a complaint."""
    for entry in after.news:
        if entry.what is What.LOST:
            LOST.labels(entry.reason).inc()
        elif entry.what is What.RELAXED:
            RELAXED.inc()
    if before is not None and before.held_weight and after.state is State.RELEASED:
        OUTCOMES.labels(Outcome.RELEASED.value).inc()
    if after.attempt > (before.attempt if before else 0):
        _count_decision(after)


def show(by_reason: Mapping[Reason, int], oldest: datetime | None, now: datetime) -> None:
    for reason in WAITING_REASONS:
        WAITING.labels(reason.value).set(by_reason.get(reason, 0))
    OLDEST.set((now - oldest).total_seconds() if oldest else 0)


def show_staff(staff: Sequence[Staff]) -> None:
    for status in Status:
        of_status = [s for s in staff if s.status is status]
        AGENTS.labels(status.value).set(sum(s.agents for s in of_status))
        LOAD.labels(status.value).set(sum(s.points for s in of_status))
        CAPACITY.labels(status.value).set(sum(s.capacity for s in of_status))
    for load in Load:
        BY_LOAD.labels(load.value).set(sum(s.agents for s in staff if s.load is load and s.status is Status.AVAILABLE))


def _count_decision(complaint: Complaint) -> None:
    if complaint.state is not State.ASSIGNED:
        OUTCOMES.labels(Outcome.QUEUED.value).inc()
        return
    OUTCOMES.labels(Outcome.ASSIGNED.value).inc()
    if complaint.assigned_at and complaint.waiting_since and not complaint.lost:
        WAIT_SECONDS.observe((complaint.assigned_at - complaint.waiting_since).total_seconds())

"""Every series that routing exposes beside those of the plumbing."""

from collections.abc import Mapping
from enum import StrEnum

from prometheus_client import Counter, Gauge, Histogram

from services.routing.domain.complaint import Complaint, State
from services.routing.domain.reasons import Reason

WAITING_REASONS = (Reason.NOBODY_QUALIFIED, Reason.ALL_FULL)


class Outcome(StrEnum):
    ASSIGNED = "assigned"
    QUEUED = "queued"
    RELEASED = "released"


OUTCOMES = Counter("ombud_assignments_total", "Complaints assigned, left to wait, or given back", ["outcome"])
WAITING = Gauge("ombud_complaints_waiting", "Complaints without an agent, at the last look of this replica", ["reason"])
WAIT_SECONDS = Histogram(
    "ombud_assignment_wait_seconds",
    "Time from when routing knew that a complaint needs an agent until it had one",
    buckets=(0.1, 1, 5, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600),
)
for _outcome in Outcome:
    OUTCOMES.labels(_outcome.value)
for _reason in WAITING_REASONS:
    WAITING.labels(_reason.value)


def count_decision(complaint: Complaint) -> None:
    """Counts one announced decision."""
    if complaint.state is not State.ASSIGNED:
        OUTCOMES.labels(Outcome.QUEUED.value).inc()
        return
    OUTCOMES.labels(Outcome.ASSIGNED.value).inc()
    if complaint.assigned_at and complaint.waiting_since:
        WAIT_SECONDS.observe((complaint.assigned_at - complaint.waiting_since).total_seconds())


def count_released(number: int) -> None:
    OUTCOMES.labels(Outcome.RELEASED.value).inc(number)


def show_waiting(by_reason: Mapping[Reason, int]) -> None:
    for reason in WAITING_REASONS:
        WAITING.labels(reason.value).set(by_reason.get(reason, 0))

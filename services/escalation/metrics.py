"""Every series that escalation exposes; counted by the use cases."""

from prometheus_client import Counter, Gauge, Histogram

from services.escalation.domain.case import CaseState
from services.escalation.domain.ladder import MAX_LEVELS
from shared.contracts.escalation import EscalationReason

ESCALATIONS = Counter("ombud_escalations_total", "Cases moved up a level", ["level", "reason"])
CASES = Gauge("ombud_cases_open", "Cases that are not resolved, by state, at the last look", ["state"])
ACKNOWLEDGEMENT = Histogram(
    "ombud_acknowledgement_seconds",
    "From the latest escalation of a case to the person who took it",
    buckets=(30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400),
)
DUE_OLDEST = Gauge("ombud_due_oldest_seconds", "How long the oldest deadline has been waiting to be worked off")

OPEN_STATES = (CaseState.OPEN, CaseState.ESCALATED, CaseState.ACKNOWLEDGED, CaseState.EXHAUSTED)
for _level in range(1, MAX_LEVELS + 1):
    for _reason in EscalationReason:
        ESCALATIONS.labels(_level, _reason)
for _state in OPEN_STATES:
    CASES.labels(_state)

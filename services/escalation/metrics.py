"""Every series that escalation exposes; counted where transitions are saved, and by the looks at the tables."""

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from services.escalation.domain.case import Case, CaseState, Change, What
from services.escalation.domain.clocks import ClockState, has_kept
from services.escalation.domain.ladder import MAX_LEVELS
from shared.contracts.escalation import EscalationReason

_LONG = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400)
ESCALATIONS = Counter("ombud_escalations_total", "Cases moved to a level, or alerted there again", ["level", "reason"])
ANSWERS = Counter("ombud_case_answers_total", "What people did with cases", ["answer"])
CLOCKS = Counter("ombud_clock_marks_total", "Clocks that warned, or broke", ["mark"])
CASES = Gauge("ombud_cases_open", "Cases that are not resolved, by state, at the last look", ["state"])
BY_LEVEL = Gauge("ombud_cases_open_by_level", "Open cases by the level that they are at, 0 = at none", ["level"])
BY_REASON = Gauge(
    "ombud_cases_open_by_reason", "Open cases by why they moved to their level, none = they did not", ["reason"]
)
OVERDUE = Gauge("ombud_cases_overdue", "Open cases of which a clock is broken and runs on")
CLOCKS_OPEN = Gauge("ombud_clocks", "Clocks of open cases that have not stopped, by how they stand", ["state"])
CLOCKS_STOPPED = Counter(
    "ombud_clocks_stopped_total", "Clocks whose answer or resolution came, in time or too late", ["outcome"]
)
ACKNOWLEDGEMENT = Histogram(
    "ombud_acknowledgement_seconds", "From the latest escalation of a case to the person who took it", buckets=_LONG
)
SUPERVISOR_WAIT = Histogram(
    "ombud_supervisor_wait_seconds",
    "From when a customer asked for a supervisor to the first person who took the case",
    buckets=_LONG,
)
DUE_OLDEST = Gauge("ombud_due_oldest_seconds", "How long the oldest deadline has been waiting to be worked off")
DUE_LAG = Histogram(
    "ombud_due_lag_seconds",
    "From when something was due to when it was done",
    buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 15, 60, 600, 3600),
)
PUT_OFF = Counter("ombud_due_put_off_total", "Cases that were due and could not be decided: put off for a minute")
STORMS = Gauge("ombud_storms", "Storms that last, at the last look")

OPEN_STATES = tuple(state for state in CaseState if state not in (CaseState.EARLY, CaseState.RESOLVED))
_ANSWERS = (
    What.CONFIRMED,
    What.ACKNOWLEDGED,
    What.TAKEN_OVER,
    What.SNOOZED,
    What.HANDED_BACK,
    What.PAUSED,
    What.RESUMED,
    What.REMARKED,
    What.CORRECTED,
    What.LINKED,
    What.UNLINKED,
    What.RESOLVED,
    What.REQUESTED,
)
NO_REASON = "none"
CLOCK_OUTCOMES = ("kept", "late")
_MARKS = {What.WARNED: "warned", What.CLOCK_BROKEN: "broken", What.REMINDED: "reminded"}
for _level in range(1, MAX_LEVELS + 1):
    for _reason in EscalationReason:
        ESCALATIONS.labels(_level, _reason)
for _level in range(MAX_LEVELS + 1):
    BY_LEVEL.labels(_level)
for _reason in (NO_REASON, *EscalationReason):
    BY_REASON.labels(_reason)
for _clock_state in ClockState:
    CLOCKS_OPEN.labels(_clock_state)
for _clock_outcome in CLOCK_OUTCOMES:
    CLOCKS_STOPPED.labels(_clock_outcome)
for _state in OPEN_STATES:
    CASES.labels(_state)
for _what in _ANSWERS:
    ANSWERS.labels(_what)
for _mark in _MARKS.values():
    CLOCKS.labels(_mark)


def count_due(due: Sequence[datetime], now: datetime) -> None:
    for due_at in due:
        DUE_LAG.observe((now - due_at).total_seconds())


def count(before: Case, change: Change, now: datetime) -> None:
    """What one transition adds to the series; before: the case as it was until then."""
    case = change.case
    if change.what is What.ESCALATED and change.reason:
        ESCALATIONS.labels(case.level, change.reason).inc()
    elif change.what in _MARKS:
        CLOCKS.labels(_MARKS[change.what]).inc()
    elif change.what in _ANSWERS:
        ANSWERS.labels(change.what).inc()
    if change.what in (What.ACKNOWLEDGED, What.TAKEN_OVER):
        _count_taken(change, now)
    if case.clocks is not before.clocks:
        _count_stopped(before, case)


def _count_stopped(before: Case, after: Case) -> None:
    """A run of a clock counts when it is first known to have stopped."""
    stopped = {(clock.name, clock.started_at) for clock in before.clocks if clock.stopped_at}
    for clock in after.clocks:
        if clock.stopped_at and (clock.name, clock.started_at) not in stopped:
            CLOCKS_STOPPED.labels("kept" if has_kept(clock) else "late").inc()


def _count_taken(change: Change, now: datetime) -> None:
    case = change.case
    if case.escalated_at:
        ACKNOWLEDGEMENT.observe((now - case.escalated_at).total_seconds())
    if case.told.asked_at and case.taken_at == now:
        SUPERVISOR_WAIT.observe((now - case.told.asked_at).total_seconds())

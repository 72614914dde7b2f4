"""The gauges of open cases, read from the tables. Called by a tick of service.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from services.escalation import metrics, tables
from services.escalation.cases import store
from services.escalation.domain.case import CaseState
from services.escalation.domain.clocks import ClockState
from services.escalation.domain.ladder import MAX_LEVELS
from shared.contracts.escalation import EscalationReason
from shared.database import Transaction

c = tables.cases
_CLOCKS = {
    ClockState.RUNNING: c.c.clocks_running,
    ClockState.WARNED: c.c.clocks_warned,
    ClockState.BROKEN: c.c.clocks_broken,
}
_ALIKE = (c.c.state, c.c.level, c.c.reason)
OPEN_CASES = (
    select(
        *_ALIKE,
        func.count().label("cases"),
        func.count().filter(c.c.clocks_broken > 0).label("overdue"),
        *(func.coalesce(func.sum(column), 0).label(state.value) for state, column in _CLOCKS.items()),
    )
    .where(tables.IS_OPEN)
    .group_by(*_ALIKE)
)


@dataclass(frozen=True)
class Alike:
    """The open cases of one state that are at one level for one reason; overdue: of how many a clock is broken."""

    state: CaseState
    level: int
    reason: EscalationReason | None
    cases: int
    overdue: int
    clocks: Mapping[ClockState, int]


def look(tx: Transaction) -> None:
    """Sets the gauges."""
    _show(open_cases(tx))
    oldest = store.oldest_due(tx)
    metrics.DUE_OLDEST.set((tx.now - oldest).total_seconds() if oldest else 0)


def open_cases(tx: Transaction) -> list[Alike]:
    """Without those that are none; read from one index, however many cases are over."""
    return [
        Alike(
            CaseState(row.state),
            row.level,
            EscalationReason(row.reason) if row.reason else None,
            row.cases,
            row.overdue,
            {state: row._mapping[state.value] for state in ClockState},
        )
        for row in tx.execute(OPEN_CASES)
    ]


def _show(found: Sequence[Alike]) -> None:
    """What the last look at the open cases found."""
    for state in metrics.OPEN_STATES:
        metrics.CASES.labels(state).set(sum(x.cases for x in found if x.state is state))
    for level in range(MAX_LEVELS + 1):
        metrics.BY_LEVEL.labels(level).set(sum(x.cases for x in found if x.level == level))
    for reason in (None, *EscalationReason):
        metrics.BY_REASON.labels(reason or metrics.NO_REASON).set(sum(x.cases for x in found if x.reason is reason))
    metrics.OVERDUE.set(sum(x.overdue for x in found))
    for clock_state in ClockState:
        metrics.CLOCKS_OPEN.labels(clock_state).set(sum(x.clocks[clock_state] for x in found))

"""What the gauges of escalation are read from: counts of open cases. Called by usecases.look."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from services.escalation import tables
from services.escalation.domain.case import CaseState
from services.escalation.domain.clocks import ClockState
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

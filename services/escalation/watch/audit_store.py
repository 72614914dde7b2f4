"""Queries of the auditor: what should not be there. Called by `audit`."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, extract, func, literal, or_, select

from services.escalation import tables
from services.escalation.cases.rows import case_from
from services.escalation.domain.case import Case, CaseState, What
from shared.contracts.event import Severity
from shared.contracts.notify import GATHERED
from shared.database import Transaction
from shared.tables import UtcDateTime

c, e = tables.cases, tables.case_events
_OUTCOMES = (
    What.ALERT_ACCEPTED,
    What.ALERT_DELIVERED,
    What.ALERT_FAILED,
    What.ALERT_SUPPRESSED,
    What.ALERT_AMBIGUOUS,
)
OUTCOME_WITHIN, LATE_AFTER = timedelta(minutes=2), timedelta(minutes=1)
LOOK_BACK = timedelta(days=1)
DAY = 86400.0


def count_without_due(tx: Transaction) -> int:
    return tx.connection.scalar(select(func.count()).select_from(c).where(tables.STUCK)) or 0


def lock_without_due(tx: Transaction, limit: int) -> list[Case]:
    query = select(c).where(tables.STUCK).order_by(c.c.id).limit(limit).with_for_update(skip_locked=True)
    return [case_from(row) for row in tx.execute(query)]


def lock_without_outcome(tx: Transaction, limit: int) -> list[Case]:
    """Escalated more than two minutes ago, or announced again as long ago, and of no alert it is known how it ended.

    What is not critical may be gathered, as its recipients wish: it has a quarter of the level's time beside that.
    """
    until = tx.now - OUTCOME_WITHIN
    heard = exists().where(
        e.c.case_id == c.c.id,
        e.c.what.in_(tuple(what.value for what in _OUTCOMES)),
        e.c.details["escalation_id"].as_string() == c.c.escalation_id,
    )
    query = (
        select(c)
        .where(c.c.state == CaseState.ESCALATED.value, c.c.escalated_at.between(until - LOOK_BACK, until))
        .where(or_(c.c.severity == Severity.CRITICAL.rank, _has_gathered(tx, until)))
        .where(or_(c.c.repaired_at.is_(None), c.c.repaired_at < until), ~heard)
        .order_by(c.c.id)
        .limit(limit)
    )
    return [case_from(row) for row in tx.execute(query.with_for_update(skip_locked=True))]


def _has_gathered(tx: Transaction, until: datetime) -> ColumnElement[bool]:
    passed, in_all = (_seconds(tx, c.c.escalated_at, end) for end in (until, c.c.respond_by))
    return GATHERED * passed > in_all


def _seconds(tx: Transaction, start: Any, end: Any) -> ColumnElement[Any]:
    """From one instant to the other, each a column or a value."""
    start, end = (literal(at, UtcDateTime()) if isinstance(at, datetime) else at for at in (start, end))
    if tx.is_postgres:
        return extract("epoch", end - start)
    return (func.julianday(end) - func.julianday(start)) * DAY


def count_late(tx: Transaction) -> int:
    # By severity, as the index has it.
    late = and_(c.c.severity.in_(tuple(range(len(Severity)))), c.c.due_at < tx.now - LATE_AFTER)
    return tx.connection.scalar(select(func.count()).select_from(c).where(late)) or 0

"""Queries of the auditor: what should not be there. Called by `audit`."""

from datetime import timedelta

from sqlalchemy import and_, exists, func, or_, select

from services.escalation import tables
from services.escalation.domain.case import Case, CaseState, What
from services.escalation.rows import case_from
from shared.contracts.event import Severity
from shared.database import Transaction

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


def count_without_due(tx: Transaction) -> int:
    return tx.connection.scalar(select(func.count()).select_from(c).where(tables.STUCK)) or 0


def lock_without_due(tx: Transaction, limit: int) -> list[Case]:
    query = select(c).where(tables.STUCK).order_by(c.c.id).limit(limit).with_for_update(skip_locked=True)
    return [case_from(row) for row in tx.execute(query)]


def lock_without_outcome(tx: Transaction, limit: int) -> list[Case]:
    """Escalated more than two minutes ago, or announced again as long ago, and of no alert it is known how it ended."""
    until = tx.now - OUTCOME_WITHIN
    heard = exists().where(
        e.c.case_id == c.c.id,
        e.c.what.in_(tuple(what.value for what in _OUTCOMES)),
        e.c.details["escalation_id"].as_string() == c.c.escalation_id,
    )
    query = (
        select(c)
        .where(c.c.state == CaseState.ESCALATED.value, c.c.escalated_at.between(until - LOOK_BACK, until))
        .where(or_(c.c.repaired_at.is_(None), c.c.repaired_at < until), ~heard)
        .order_by(c.c.id)
        .limit(limit)
    )
    return [case_from(row) for row in tx.execute(query.with_for_update(skip_locked=True))]


def count_late(tx: Transaction) -> int:
    # By severity, as the index has it.
    late = and_(c.c.severity.in_(tuple(range(len(Severity)))), c.c.due_at < tx.now - LATE_AFTER)
    return tx.connection.scalar(select(func.count()).select_from(c).where(late)) or 0

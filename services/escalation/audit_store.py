"""Queries of the auditor: what should not be there. Called by `audit`."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, union

from services.escalation import tables
from services.escalation.domain.case import Case, CaseState, What
from services.escalation.store import case_from
from shared.contracts.event import Severity
from shared.database import Transaction

c, e = tables.cases, tables.case_events
# A case whose alerts go through another one is that one's matter. As the index has it, word by word.
_MOVING = (
    CaseState.OPEN.value,
    CaseState.ESCALATED.value,
    CaseState.ACKNOWLEDGED.value,
    CaseState.SNOOZED.value,
    CaseState.EXHAUSTED.value,
)
_WAITING = (CaseState.ESCALATED.value, CaseState.SNOOZED.value, CaseState.EXHAUSTED.value)
_OUTCOMES = (What.ALERT_ACCEPTED, What.ALERT_FAILED, What.ALERT_SUPPRESSED, What.ALERT_AMBIGUOUS)
OUTCOME_WITHIN, LATE_AFTER = timedelta(minutes=2), timedelta(minutes=1)
LOOK_BACK = timedelta(days=1)


def count_without_due(tx: Transaction) -> int:
    """A case that is found twice counts once."""
    ids = (select(c.c.id).where(condition) for condition in _WITHOUT_DUE)
    return tx.connection.scalar(select(func.count()).select_from(union(*ids).subquery())) or 0


def lock_without_due(tx: Transaction, limit: int) -> list[Case]:
    found: dict[str, Case] = {}
    for condition in _WITHOUT_DUE:
        query = select(c).where(condition).order_by(c.c.id).limit(limit).with_for_update(skip_locked=True)
        found |= {row.id: case_from(row) for row in tx.execute(query)}
    return [found[case_id] for case_id in sorted(found)][:limit]


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


# Nothing is due, though a case that moves has always something to come; or what the ladder waits for has no end. Two
# questions, since each has an index of its own.
_WITHOUT_DUE: tuple[ColumnElement[bool], ...] = (
    and_(c.c.state.in_(_MOVING), c.c.due_at.is_(None)),
    or_(
        and_(c.c.state.in_(_WAITING), c.c.respond_by.is_(None)),
        and_(c.c.state == CaseState.ACKNOWLEDGED.value, c.c.follow_up_by.is_(None)),
    ),
)

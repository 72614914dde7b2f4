"""Queries of the worklist: which cases somebody wants to see, page by page. Called by the doors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, or_, select

from services.escalation import tables
from services.escalation.cases.rows import case_from
from services.escalation.domain.case import Case, CaseState
from services.escalation.domain.worklist import NEVER, Sort, Wish, place_at
from shared.database import Transaction
from shared.errors import Rejected
from shared.tables import UtcDateTime

c = tables.cases


def list_cases(tx: Transaction, wish: Wish) -> list[Case]:
    """A page of the worklist; without those whose complaint has not been heard of. Raises Rejected for a false mark."""
    query = select(c).where(*_conditions(wish, tx.now))
    columns = _ORDERS[wish.sort]
    if wish.after:
        last = place_at(wish.after, wish.sort)
        if last is None:
            detail = "is not the `next` of a page in this order"
            raise Rejected("the query does not fit", [{"pointer": "/after", "detail": detail}])
        query = query.where(_beyond(columns, last))
    ordered = query.order_by(*(column.desc() if falls else column for column, falls in columns))
    return [case_from(row) for row in tx.execute(ordered.limit(wish.limit))]


def _conditions(wish: Wish, now: datetime) -> list[ColumnElement[bool]]:
    found = [c.c.state == wish.state.value if wish.state else c.c.state != CaseState.EARLY.value]
    if wish.of:
        called = cast(c.c.recipients, Text).contains(f'"{wish.of}"', autoescape=True)
        found.append(or_(c.c.acknowledged_by == wish.of, and_(c.c.state.in_(_CALLING), called)))
    if wish.unanswered:
        found.append(c.c.state.in_((*_CALLING, CaseState.OPEN.value)))
    if wish.overdue:
        found += [c.c.overdue_since <= now, c.c.state != CaseState.RESOLVED.value]
    if wish.regions is not None:
        found.append(c.c.region.in_(wish.regions))
    if wish.severity:
        found.append(c.c.severity == wish.severity.rank)
    if wish.category:
        found.append(c.c.category == wish.category)
    if wish.parent:
        found.append(c.c.parent_id == wish.parent)
    return found


def _beyond(columns: Sequence[tuple[Any, bool]], last: Sequence[Any]) -> ColumnElement[bool]:
    """Rows that come after the last one seen; none of the columns is ever empty."""
    ways = []
    for place, (column, falls) in enumerate(columns):
        same = [columns[n][0] == last[n] for n in range(place)]
        ways.append(and_(*same, column < last[place] if falls else column > last[place]))
    return or_(*ways)


_CALLING = (CaseState.ESCALATED.value, CaseState.EXHAUSTED.value)
_NEVER = literal(NEVER, UtcDateTime)
_ORDERS: dict[Sort, tuple[tuple[Any, bool], ...]] = {
    Sort.SEVERITY: ((c.c.severity, True), (func.coalesce(c.c.since, _NEVER), False), (c.c.id, False)),
    Sort.AGE: ((func.coalesce(c.c.since, _NEVER), False), (c.c.id, False)),
    Sort.DUE: ((func.coalesce(c.c.due_at, _NEVER), False), (c.c.id, False)),
}

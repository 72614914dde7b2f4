"""Queries of the worklist: which cases somebody wants to see, page by page. Called by the doors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, or_, select

from services.escalation import tables
from services.escalation.cases.rows import case_from
from services.escalation.domain.case import CALLING, UNTAKEN, Case, CaseState
from services.escalation.domain.worklist import NEVER, Filter, Sort, place_at
from shared.database import Transaction
from shared.errors import Rejected
from shared.tables import UtcDateTime

c = tables.cases


def list_cases(tx: Transaction, wanted: Filter) -> list[Case]:
    """A page of the worklist; without those whose complaint has not been heard of. Raises Rejected for a false mark."""
    query = select(c).where(*_conditions(wanted, tx.now))
    columns = _ORDERS[wanted.sort]
    if wanted.after:
        last = place_at(wanted.after, wanted.sort)
        if last is None:
            detail = "is not the `next` of a page in this order"
            raise Rejected("the query does not fit", [{"pointer": "/after", "detail": detail}])
        query = query.where(_beyond(columns, last))
    ordered = query.order_by(*(column.desc() if falls else column for column, falls in columns))
    return [case_from(row) for row in tx.execute(ordered.limit(wanted.limit))]


def _conditions(wanted: Filter, now: datetime) -> list[ColumnElement[bool]]:
    found = [c.c.state == wanted.state.value if wanted.state else c.c.state != CaseState.EARLY.value]
    if wanted.of:
        called = cast(c.c.recipients, Text).contains(f'"{wanted.of}"', autoescape=True)
        found.append(or_(c.c.acknowledged_by == wanted.of, and_(_is_in(CALLING), called)))
    if wanted.untaken:
        found.append(_is_in(UNTAKEN))
    if wanted.overdue:
        found += [c.c.overdue_since <= now, c.c.state != CaseState.RESOLVED.value]
    if wanted.regions is not None:
        found.append(c.c.region.in_(wanted.regions))
    if wanted.severity:
        found.append(c.c.severity == wanted.severity.rank)
    if wanted.category:
        found.append(c.c.category == wanted.category)
    if wanted.parent:
        found.append(c.c.parent_id == wanted.parent)
    return found


def _is_in(states: Sequence[CaseState]) -> ColumnElement[bool]:
    return c.c.state.in_([state.value for state in states])


def _beyond(columns: Sequence[tuple[Any, bool]], last: Sequence[Any]) -> ColumnElement[bool]:
    """Rows that come after the last one seen; none of the columns is ever empty."""
    ways = []
    for place, (column, falls) in enumerate(columns):
        same = [columns[n][0] == last[n] for n in range(place)]
        ways.append(and_(*same, column < last[place] if falls else column > last[place]))
    return or_(*ways)


_NEVER = literal(NEVER, UtcDateTime)
_ORDERS: dict[Sort, tuple[tuple[Any, bool], ...]] = {
    Sort.SEVERITY: ((c.c.severity, True), (func.coalesce(c.c.since, _NEVER), False), (c.c.id, False)),
    Sort.AGE: ((func.coalesce(c.c.since, _NEVER), False), (c.c.id, False)),
    Sort.DUE: ((func.coalesce(c.c.due_at, _NEVER), False), (c.c.id, False)),
}

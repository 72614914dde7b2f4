"""Queries on cases: the lock under which alerts are planned, and what was answered. Called by the use cases."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select

from services.notify import tables
from services.notify.domain.outcomes import Reason
from services.notify.domain.standing import UNANSWERED, Standing
from shared.database import Row, Transaction

c = tables.cases
_WANTED = select(c).where(c.c.case_id.in_(bindparam("case_ids", expanding=True))).order_by(c.c.case_id)
_LOCKED, _FREE = _WANTED.with_for_update(), _WANTED.with_for_update(skip_locked=True)


def lock_cases(tx: Transaction, case_ids: Iterable[str]) -> dict[str, Standing]:
    """Locks the cases, made if new, until the end of tx, and gives how far each was answered."""
    ids = sorted(set(case_ids))
    rows = [{"case_id": i, "answered_revision": UNANSWERED} for i in ids]
    made = dict.fromkeys(tx.insert_many(c, rows, skip_existing=True, returning=c.c.case_id), Standing())
    known = [i for i in ids if i not in made]
    if not known:
        return made
    return made | {row.case_id: _whole_standing(row) for row in tx.execute(_LOCKED, {"case_ids": known})}


def lock_free(tx: Transaction, case_ids: Iterable[str]) -> dict[str, Standing]:
    """Those of the cases that nobody else has locked; they have been heard of before."""
    rows = tx.execute(_FREE, {"case_ids": sorted(set(case_ids))})
    return {row.case_id: _whole_standing(row) for row in rows}


def save_standings(tx: Transaction, standings: Mapping[str, Standing]) -> None:
    """Remembers how far the cases are answered; they are locked."""
    tx.update_many(c, "case_id", [_row(i, standing) for i, standing in sorted(standings.items())])


def standing_of_row(row: Any) -> Standing:
    reason = Reason(row.ending) if row.ending else Reason.ANSWERED
    return Standing(row.answered_revision, row.answered_at, reason, taken_by=row.taken_by)


def _whole_standing(row: Any) -> Standing:
    return replace(standing_of_row(row), attempt=row.attempt or 0, resolved_at=row.resolved_at)


def _row(case_id: str, standing: Standing) -> Row:
    return {
        "case_id": case_id,
        "answered_revision": standing.answered_revision,
        "answered_at": standing.answered_at,
        "ending": None if standing.reason is Reason.ANSWERED else standing.reason.value,
        "attempt": standing.attempt or None,
        "resolved_at": standing.resolved_at,
        "taken_by": standing.taken_by,
    }

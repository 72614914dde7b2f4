"""Queries on cases: the lock under which alerts are planned, and what was answered. Called by the use cases."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import bindparam, select

from services.notify import tables
from shared.database import Transaction

UNANSWERED = -1  # below every revision
c = tables.cases
_LOCKED = (
    select(c.c.case_id, c.c.answered_revision)
    .where(c.c.case_id.in_(bindparam("case_ids", expanding=True)))
    .order_by(c.c.case_id)
    .with_for_update()
)


def lock_cases(tx: Transaction, case_ids: Iterable[str]) -> dict[str, int]:
    """Locks the cases, made if new, until the end of tx, and gives the revision at which each was last answered."""
    ids = sorted(set(case_ids))
    rows = [{"case_id": i, "answered_revision": UNANSWERED} for i in ids]
    made = dict.fromkeys(tx.insert_many(c, rows, skip_existing=True, returning=c.c.case_id), UNANSWERED)
    known = [i for i in ids if i not in made]
    if not known:
        return made
    return made | {row.case_id: row.answered_revision for row in tx.execute(_LOCKED, {"case_ids": known})}


def save_answers(tx: Transaction, answers: Mapping[str, tuple[int, datetime]]) -> None:
    """Remembers per case the revision of its latest answer and when it was given; the cases are locked."""
    tx.update_many(
        c,
        "case_id",
        [
            {"case_id": i, "answered_revision": revision, "answered_at": at}
            for i, (revision, at) in sorted(answers.items())
        ],
    )

"""Queries on cases: the lock under which alerts are planned, and what was answered. Called by the use cases."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select

from services.notify import tables
from shared.database import Transaction

UNANSWERED = -1  # below every revision
c = tables.cases


def lock_cases(tx: Transaction, case_ids: Iterable[str]) -> dict[str, int]:
    """Locks the cases, made if new, until the end of tx, and gives the revision at which each was last answered."""
    ids = sorted(set(case_ids))
    if not ids:
        return {}
    tx.insert_many(c, [{"case_id": i, "answered_revision": UNANSWERED} for i in ids], skip_existing=True)
    query = (
        select(c.c.case_id, c.c.answered_revision).where(c.c.case_id.in_(ids)).order_by(c.c.case_id).with_for_update()
    )
    return {row.case_id: row.answered_revision for row in tx.execute(query)}


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

"""Queries about complaints that end: their contacts move, or lose their words. For merging.py and forgetting.py."""

from collections.abc import Collection

from sqlalchemy import delete, or_, select, update

from services.intake import tables
from services.intake.domain.endings import bare
from services.intake.domain.matters import Known
from services.intake.store import verdict_of
from shared.database import Transaction

c, k = tables.complaints, tables.contacts


def move_contacts(tx: Transaction, complaint_id: str, into: str) -> int:
    return tx.execute(update(k).where(k.c.complaint_id == complaint_id).values(complaint_id=into)).rowcount


def newest_text(tx: Transaction, complaint_id: str) -> str:
    query = select(k.c.text).where(k.c.complaint_id == complaint_id).order_by(k.c.accepted_at.desc(), k.c.id).limit(1)
    return tx.connection.scalar(query) or ""


def complaints_of(tx: Transaction, customer: Known) -> set[str]:
    """The ids of the complaints that carry any of the customer's names."""
    named = [c.c[f"customer_{field}"] == name for field, name in zip(Known._fields, customer, strict=True) if name]
    return set(tx.execute(select(c.c.id).where(or_(*named))).scalars())


def ended_in(tx: Transaction, ids: Collection[str]) -> set[str]:
    """Those that go on in one of these."""
    return set(tx.execute(select(c.c.id).where(c.c.merged_into.in_(sorted(ids)))).scalars())


def erase_contacts(tx: Transaction, complaint_ids: Collection[str]) -> int:
    """Takes text, subject and evidence; ids stay, so that a copy of an erased message is still known for one."""
    rows = tx.execute(select(k.c.id, k.c.verdict).where(k.c.complaint_id.in_(sorted(complaint_ids))).order_by(k.c.id))
    bared = [
        {"id": r.id, "subject": "", "text": "", "verdict": bare(verdict_of(r.verdict)), "evidence": []} for r in rows
    ]
    tx.update_many(k, "id", bared)
    return len(bared)


def forget_keys_of(tx: Transaction, complaint_ids: Collection[str]) -> int:
    t = tables.idempotency_keys
    return tx.execute(delete(t).where(t.c.complaint_id.in_(sorted(complaint_ids)))).rowcount

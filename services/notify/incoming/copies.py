"""When a text message was told first, by its provider's name for it. Called by usecases.py."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from services.notify import tables
from shared.database import Transaction

t = tables.incoming
KEPT_FOR = timedelta(days=30)


def first_told(tx: Transaction, id_: str) -> datetime:
    """Now, or when a copy came before this one."""
    if tx.insert_many(t, [{"id": id_, "at": tx.now}], skip_existing=True, returning=t.c.id):
        return tx.now
    at: datetime = tx.execute(select(t.c.at).where(t.c.id == id_)).scalar_one()
    return at


def sweep(tx: Transaction) -> int:
    """Deletes what is so old that no copy of it will come; gives the number."""
    return tx.execute(delete(t).where(t.c.at < tx.now - KEPT_FOR)).rowcount

"""Queries about customers who tell the same again: which contacts came before. For usecases.py and forgetting.py."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, String, bindparam, case, func, or_, select

from services.intake import tables
from services.intake.domain.complaint import Submission
from services.intake.domain.matters import COMPARED_CHARACTERS, MOST_COMPARED, Earlier, Known, known
from shared.database import Transaction
from shared.tables import UtcDateTime

c, k = tables.complaints, tables.contacts
_SINCE = bindparam("since", type_=UtcDateTime)
_LOCK_CUSTOMERS = select(func.pg_advisory_xact_lock(func.unnest(bindparam("keys", type_=ARRAY(BigInteger)))))
_BY_NAME = {field: c.c[f"customer_{field}"] for field in Known._fields}
_ANY_OF = {
    field: column.in_(bindparam(f"{field}s", expanding=True, type_=String)) for field, column in _BY_NAME.items()
}
# How new a contact is among those of one name on one channel.
_PLACES = {
    field: func.row_number().over(partition_by=[column, k.c.channel], order_by=[k.c.accepted_at.desc(), k.c.id])
    for field, column in _BY_NAME.items()
}
_PLACED = (
    select(k.c.id, *(case((_ANY_OF[field], place)).label(field) for field, place in _PLACES.items()))
    .join_from(k, c)
    .where(k.c.accepted_at > _SINCE, or_(*_ANY_OF.values()))
    .subquery()
)
# Of each name the newest: "guest" may be that of thousands, who must not push out what the others told.
_EARLIER = (
    select(
        k.c.complaint_id, k.c.channel, func.substr(k.c.text, 1, COMPARED_CHARACTERS).label("text"), *_BY_NAME.values()
    )
    .join_from(_PLACED, k, _PLACED.c.id == k.c.id)
    .join(c, k.c.complaint_id == c.c.id)
    .where(or_(*(_PLACED.c[field] <= MOST_COMPARED for field in Known._fields)))
    .order_by(k.c.accepted_at.desc(), k.c.id)
)


def lock_customers(tx: Transaction, customers: Iterable[Known]) -> None:
    """Nobody else takes in a new complaint of these customers until we have committed; SQLite has one writer anyway."""
    names = {
        f"{kind}:{name}" for customer in customers for kind, name in zip(Known._fields, customer, strict=True) if name
    }
    if names and tx.is_postgres:
        keys = sorted(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True) for name in names)
        tx.execute(_LOCK_CUSTOMERS, {"keys": keys})


def earlier_contacts(tx: Transaction, new: Sequence[Submission], since: datetime) -> list[Earlier]:
    """What these customers told on channels other than those of `new`, the newest first."""
    wanted = [known(x.customer) for x in new]
    values = {f"{field}s": sorted({getattr(w, field) for w in wanted} - {None}) for field in Known._fields}
    channels = {x.channel for x in new}
    rows = tx.execute(_EARLIER, values | {"since": since})
    return [
        Earlier(r.complaint_id, r.channel, r.text, Known(r.customer_ref, r.customer_email, r.customer_phone))
        for r in rows
        if channels - {r.channel}
    ]

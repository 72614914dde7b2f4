"""Forgets a customer: erases what intake holds of them, and tells the others to. Called by service.py."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import eventlet
from sqlalchemy import Table, delete, func, select, tuple_

from services.intake import announcements, corrections_store, endings_store, metrics, store
from services.intake.domain import endings
from services.intake.domain.complaint import Complaint, State
from services.intake.domain.matters import Known, known
from services.intake.traces import Wanted
from shared import tables
from shared.contracts.intake import ComplaintClassified, ComplaintUpdated
from shared.database import Transaction
from shared.erasure import erase_messages
from shared.messaging.kept import message_of

PAGE, PAGE_BYTES = 200, 8 * 1024 * 1024


@dataclass(frozen=True)
class Erased:
    """How much was erased; `messages`: that were put aside, or waited to be told to the others."""

    complaints: int
    contacts: int
    messages: int
    idempotency_keys: int


def forget(tx: Transaction, customer: Known) -> Erased:
    """Erases all complaints of the customer, with those that are one matter with them. Told again it finds nothing.

    What stays are ids, category, severity and times. Whoever holds more hears `complaint.forgotten`.
    """
    store.lock_customers(tx, [customer])
    before = _matters_of(tx, customer)
    after = [endings.forgotten(x) for x in before.values()]
    store.save_complaints(tx, after)
    corrections_store.erase(tx, before)
    named = {(x.source, x.external_id) for x in before.values()}
    wanted = Wanted(frozenset(before), frozenset(named), (customer, *{known(x.customer) for x in before.values()}))
    erased = Erased(
        len(after),
        endings_store.erase_contacts(tx, before),
        erase_messages(tx, before, ComplaintClassified, ComplaintUpdated) + _erase_put_aside(tx, wanted),
        endings_store.forget_keys_of(tx, before),
    )
    for complaint in after:
        if complaint.was_announced:
            tx.announce(announcements.forgotten(complaint, tx.now))
    tx.once_committed(partial(metrics.FORGOTTEN.inc, len(after)))
    return erased


def _matters_of(tx: Transaction, customer: Known) -> dict[str, Complaint]:
    """The customer's complaints and those merged with them, locked; without those that are forgotten already."""
    ids = endings_store.complaints_of(tx, customer)
    found = store.lock_complaints(tx, ids)
    found |= store.lock_holders(tx, found.values())
    while further := endings_store.ended_in(tx, found) - found.keys():
        found |= store.lock_complaints(tx, further)
    return {id_: x for id_, x in found.items() if x.state is not State.FORGOTTEN}


def _erase_put_aside(tx: Transaction, wanted: Wanted) -> int:
    deleted = 0
    for table in (tables.retries, tables.dead_letters):
        key = tuple_(*table.primary_key.columns)
        for page in pages(tx, table):
            about = [tuple(row[: len(table.primary_key)]) for row in _green(page) if _is_about(wanted, row)]
            if about:
                deleted += tx.execute(delete(table).where(key.in_(about))).rowcount
    return deleted


def _is_about(wanted: Wanted, row: Any) -> bool:
    return wanted.is_in(message_of(row), row.queue)


def _green(rows: Iterable[Any]) -> Iterator[Any]:
    """Lets the service go on between one body and the next: each is looked through, and may be a mail of 30 MB."""
    for row in rows:
        yield row
        eventlet.sleep(0)


def pages(tx: Transaction, table: Table, most_bytes: int = PAGE_BYTES) -> Iterator[list[Any]]:
    """The rows, key first, in pages of so many bytes at most; one that is larger comes alone."""
    key = tuple(table.primary_key.columns)
    rest = (
        table.c[name]
        for name in ("queue", "type", "headers", "content_type", "body")
        if name not in table.primary_key.columns
    )
    rows = select(*key, *rest).order_by(*key)
    # PostgreSQL knows the bytes of a text without reading it, SQLite its characters when it has read it.
    size = (func.octet_length if tx.is_postgres else func.length)(table.c.body)
    sizes = select(*key, size).order_by(*key).limit(PAGE)
    page = _fitting(tx.execute(sizes), most_bytes)
    while page:
        yield list(tx.execute(rows.where(tuple_(*key).in_(page))))
        page = _fitting(tx.execute(sizes.where(tuple_(*key) > tuple_(*page[-1]))), most_bytes)


def _fitting(sizes: Iterable[Any], left: int) -> list[tuple[Any, ...]]:
    """The keys of the first rows that fit, at least of one."""
    keys: list[tuple[Any, ...]] = []
    for *key, size in sizes:
        left -= size
        if keys and left < 0:
            break
        keys.append(tuple(key))
    return keys


def sweep_quarantine(tx: Transaction, kept_for: timedelta) -> int:
    """Deletes what was put aside so long ago that nobody corrects it any more: it may hold what a customer wrote."""
    t = tables.dead_letters
    expired = tx.execute(delete(t).where(t.c.dead_at < tx.now - kept_for)).rowcount
    tx.once_committed(partial(metrics.EXPIRED.inc, expired))
    return expired

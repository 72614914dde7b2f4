"""Queries of notify on contacts, the people and their addresses. Called by the use cases."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from services.notify import tables
from services.notify.domain import ChannelName, Contact
from shared import bulk
from shared.database import Transaction

t = tables.contacts


def save_contact(tx: Transaction, contact: Contact) -> None:
    row = _row(tx, contact)
    if not tx.insert_many(t, [row], skip_existing=True, returning=t.c.person):
        tx.execute(t.update().where(t.c.person == contact.person).values(row))


def add_contacts(tx: Transaction, people: Iterable[Contact]) -> None:
    """In the order of their ids; raises IntegrityError when another transaction added one of them meanwhile."""
    tx.insert_many(t, [_row(tx, contact) for contact in people])


def change_contacts(tx: Transaction, people: Iterable[Contact]) -> None:
    """Those that were locked before."""
    tx.update_many(t, "person", [_row(tx, contact) for contact in people])


def find_contact(tx: Transaction, person: str) -> Contact | None:
    return find_contacts(tx, [person]).get(person)


def find_contacts(tx: Transaction, people: Iterable[str], *, lock: bool = False) -> dict[str, Contact]:
    """Those that are there; locked in the order of their ids, so that no two who save many wait for each other."""
    wanted = sorted(set(people))
    return {r.person: _contact(r) for r in tx.execute(_query(tx.is_postgres, lock), {"ids": wanted})} if wanted else {}


def list_contacts(tx: Transaction, after: str, limit: int) -> list[Contact]:
    """Contacts by person, from the first behind `after`."""
    return [_contact(r) for r in tx.execute(select(t).where(t.c.person > after).order_by(t.c.person).limit(limit))]


def people_at(tx: Transaction, phone: str) -> list[str]:
    """Who has this number: some share one, such as that of a duty phone."""
    return list(tx.execute(select(t.c.person).where(t.c.phone == phone).order_by(t.c.person)).scalars())


@cache
def _query(is_postgres: bool, lock: bool) -> Select[Any]:
    query = select(t).where(bulk.among(t.c.person, is_postgres)).order_by(t.c.person)
    return query.with_for_update() if lock else query


def _row(tx: Transaction, contact: Contact) -> dict[str, Any]:
    return {
        "person": contact.person,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "language": contact.language,
        "timezone": contact.timezone,
        "channels": [c.value for c in contact.channels],
        "changed_at": tx.now,
    }


def _contact(row: Any) -> Contact:
    return Contact(
        row.person,
        row.name,
        row.email,
        row.phone,
        row.language,
        row.timezone,
        tuple(ChannelName(c) for c in row.channels),
    )

"""Queries of notify on contacts, the people and their addresses. Called by the use cases."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, select

from services.notify import tables
from services.notify.domain import ChannelName, Contact
from shared.database import Transaction

t = tables.contacts
_OF_PEOPLE = select(t).where(t.c.person.in_(bindparam("people", expanding=True)))


def save_contact(tx: Transaction, contact: Contact) -> None:
    row = {
        "person": contact.person,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "language": contact.language,
        "timezone": contact.timezone,
        "channels": [c.value for c in contact.channels],
        "changed_at": tx.now,
    }
    if not tx.insert_many(t, [row], skip_existing=True, returning=t.c.person):
        tx.execute(t.update().where(t.c.person == contact.person).values(row))


def find_contact(tx: Transaction, person: str) -> Contact | None:
    return find_contacts(tx, [person]).get(person)


def find_contacts(tx: Transaction, people: Iterable[str]) -> dict[str, Contact]:
    wanted = sorted(set(people))
    return {r.person: _contact(r) for r in tx.execute(_OF_PEOPLE, {"people": wanted})} if wanted else {}


def list_contacts(tx: Transaction, after: str, limit: int) -> list[Contact]:
    """Contacts by person, from the first behind `after`."""
    return [_contact(r) for r in tx.execute(select(t).where(t.c.person > after).order_by(t.c.person).limit(limit))]


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

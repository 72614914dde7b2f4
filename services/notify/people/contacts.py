"""Queries of notify on contacts, the people and their addresses. Called by the use cases."""

import json
from collections.abc import Iterable
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, func, select

from services.notify import tables
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact, QuietHours, Wish
from services.notify.domain.rules import Rules
from services.notify.people.contact_documents import quiet_document
from shared import bulk
from shared.contracts.event import Severity
from shared.database import Transaction
from shared.hours.schedule import ShiftSchema

t, o = tables.contacts, tables.opt_outs
_COLUMNS = (ChannelName.EMAIL, ChannelName.SMS)  # whose addresses are not in the document
_SHIFTS = ShiftSchema()
_PEOPLE = select(t, o.c.at.label("stopped_at")).outerjoin(
    o, (o.c.channel == ChannelName.SMS.value) & (o.c.address == t.c.phone) & o.c.back_at.is_(None)
)


def save_contact(tx: Transaction, contact: Contact) -> None:
    row = _row(tx, contact)
    if not tx.insert_many(t, [row], skip_existing=True, returning=t.c.person):
        tx.execute(t.update().where(t.c.person == contact.person).values(row))


def remove_contact(tx: Transaction, person: str) -> Contact | None:
    """With their addresses; that a number answered STOP holds for the number, and stays. None = there was none."""
    found = find_contacts(tx, [person], lock=True).get(person)
    tx.execute(t.delete().where(t.c.person == person))
    return found


def add_contacts(tx: Transaction, people: Iterable[Contact]) -> None:
    """In the order of their ids; raises IntegrityError when another transaction added one of them meanwhile."""
    tx.insert_many(t, [_row(tx, contact) for contact in people])


def change_contacts(tx: Transaction, people: Iterable[Contact]) -> None:
    """Those that were locked before."""
    tx.update_many(t, "person", [_row(tx, contact) for contact in people])


def find_contact(tx: Transaction, person: str) -> Contact | None:
    return find_contacts(tx, [person]).get(person)


def name_of(tx: Transaction, person: str) -> str:
    contact = find_contact(tx, person)
    return contact.name if contact else person


def find_contacts(tx: Transaction, people: Iterable[str], *, lock: bool = False) -> dict[str, Contact]:
    """Those that are there; locked in the order of their ids, so that no two who save many wait for each other."""
    wanted = sorted(set(people))
    return {r.person: _contact(r) for r in tx.execute(_query(tx.is_postgres, lock), {"ids": wanted})} if wanted else {}


def reachable(tx: Transaction, rules: Rules, people: Iterable[str]) -> dict[str, Contact]:
    """The contacts of these people, the last resort's address included."""
    wanted = set(people)
    found = find_contacts(tx, wanted)
    extra = rules.last_resort_contact
    return found | {extra.person: extra} if extra and extra.person in wanted else found


def wishing(tx: Transaction, people: Iterable[str], wish: Wish) -> set[str]:
    """Those of them who wish it."""
    ids = sorted(people)
    rows = tx.execute(_wishes(tx.is_postgres), {"ids": ids}) if ids else ()
    return {row.person for row in rows if wish.value in (row.wishes or ())}


def list_contacts(tx: Transaction, after: str, limit: int) -> list[Contact]:
    """Contacts by person, from the first behind `after`."""
    return [_contact(r) for r in tx.execute(_PEOPLE.where(t.c.person > after).order_by(t.c.person).limit(limit))]


def count(tx: Transaction) -> int:
    return tx.connection.scalar(select(func.count()).select_from(t)) or 0


def people_at(tx: Transaction, phone: str) -> list[str]:
    """Who has this number: some share one, such as that of a duty phone."""
    return list(tx.execute(select(t.c.person).where(t.c.phone == phone).order_by(t.c.person)).scalars())


def language_at(tx: Transaction, phone: str, person: str | None = None) -> str:
    """Of the person, else of the first who has this number."""
    people = find_contacts(tx, [person] if person else people_at(tx, phone)[:1])
    return next((each.language for each in people.values()), Contact.language)


def people_with(tx: Transaction, channel: ChannelName, address: str) -> list[str]:
    """Who has this address, of a channel other than mail and SMS."""
    has_it = t.c.addresses[channel.value].as_string() == address
    return list(tx.execute(select(t.c.person).where(has_it).order_by(t.c.person)).scalars())


@cache
def _query(is_postgres: bool, lock: bool) -> Select[Any]:
    query = _PEOPLE.where(bulk.among(t.c.person, is_postgres)).order_by(t.c.person)
    return query.with_for_update(of=t) if lock else query


@cache
def _wishes(is_postgres: bool) -> Select[Any]:
    return select(t.c.person, t.c.wishes).where(bulk.among(t.c.person, is_postgres))


def _row(tx: Transaction, contact: Contact) -> dict[str, Any]:
    quiet = contact.quiet
    return {
        "person": contact.person,
        "name": contact.name,
        "email": contact.address(ChannelName.EMAIL),
        "phone": contact.address(ChannelName.SMS),
        "addresses": {c.value: a for c, a in contact.addresses.items() if c not in _COLUMNS},
        "language": contact.language,
        "timezone": contact.timezone,
        "channels": [c.value for c in contact.channels],
        "by_severity": {s.value: [c.value for c in order] for s, order in contact.by_severity.items()},
        "quiet": quiet_document(quiet) if quiet else None,
        "gather_seconds": int(contact.gather.total_seconds()) if contact.gather else None,
        "wishes": sorted(w.value for w in contact.wishes),
        "changed_at": tx.now,
    }


def _quiet(document: Any) -> QuietHours | None:
    return _quiet_of(json.dumps(document)) if document else None


@lru_cache(maxsize=4096)
def _quiet_of(text: str) -> QuietHours:
    """Each time that somebody is alerted; marshmallow takes longer than all else of a row."""
    document = json.loads(text)
    shifts = _SHIFTS.load(document["hours"], many=True)
    return QuietHours(tuple(shifts), frozenset(map(Severity, document["but_for"])))


def _contact(row: Any) -> Contact:
    own = {ChannelName.EMAIL: row.email, ChannelName.SMS: row.phone}
    addresses = own | {ChannelName(c): a for c, a in (row.addresses or {}).items()}
    return Contact(
        row.person,
        row.name,
        {channel: address for channel, address in addresses.items() if address},
        row.language,
        row.timezone,
        tuple(ChannelName(c) for c in row.channels),
        {Severity(s): tuple(map(ChannelName, order)) for s, order in (row.by_severity or {}).items()},
        _quiet(row.quiet),
        timedelta(seconds=row.gather_seconds) if row.gather_seconds else None,
        frozenset(map(Wish, row.wishes or ())),
        frozenset({ChannelName.SMS} if row.stopped_at else ()),
    )

"""One function per entrypoint of service.py: load, decide, save, announce."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from services.notify import answering, books, contacts, late, metrics, overview, planning, schemas, sending
from services.notify.answering import ReplyAnswer
from services.notify.domain.contact import Contact
from services.notify.domain.reply import Reply
from services.notify.domain.rules import Rules
from shared.database import Transaction
from shared.differences import Difference, difference
from shared.errors import NotFound, Rejected
from shared.summary import plumbing_counts

PAGE = 500


def hear(tx: Transaction, rules: Rules, events: Iterable[Any]) -> None:
    """Plans, suppresses and remembers, for a batch of any of the events that notify listens to."""
    planning.hear(tx, rules, events)


def reap(tx: Transaction, rules: Rules) -> int:
    return sending.reap(tx, rules)


def fall_back(tx: Transaction, rules: Rules) -> int:
    return late.fall_back(tx, rules) + late.give_up(tx, rules)


def put_contact(tx: Transaction, contact: Contact) -> dict[str, Any]:
    contacts.save_contact(tx, contact)
    return schemas.contact_document(contact)


def check_contacts(tx: Transaction, people: Mapping[str, Contact]) -> Difference:
    """What saving them would change."""
    return difference(contacts.find_contacts(tx, people), people)


def put_contacts(tx: Transaction, people: Mapping[str, Contact]) -> Difference:
    """All or none, by person; those not named stay as they are. Told twice, the second time changes nothing."""
    found = difference(contacts.find_contacts(tx, people, lock=True), people)
    contacts.add_contacts(tx, [people[person] for person in found.added])
    contacts.change_contacts(tx, [people[each.id] for each in found.changed])
    return replace(found, stored=True)


def get_contact(tx: Transaction, person: str) -> dict[str, Any]:
    contact = contacts.find_contact(tx, person)
    if contact is None:
        raise NotFound(f"no contact {person}")
    return schemas.contact_document(contact)


def list_contacts(tx: Transaction, after: str) -> dict[str, Any]:
    """A page of contacts; `next` is what to pass as `after` for the one behind it."""
    page = contacts.list_contacts(tx, after, PAGE)
    return {
        "contacts": [schemas.contact_document(c) for c in page],
        "next": page[-1].person if len(page) == PAGE else None,
    }


def take_reply(tx: Transaction, reply: Reply) -> ReplyAnswer:
    """For whichever door a reply comes through."""
    return answering.answer(tx, reply)


def list_alerts(tx: Transaction, case_id: str | None) -> dict[str, Any]:
    if case_id is not None and not 1 <= len(case_id) <= 200:
        raise Rejected(
            "the query cannot be used", errors=[{"pointer": "/case_id", "detail": "needs 1 to 200 characters"}]
        )
    return {"alerts": overview.list_alerts(tx, case_id)}


def summary(tx: Transaction, rules: Rules) -> dict[str, Any]:
    return overview.counts(tx) | {
        "last_resort_configured": rules.last_resort is not None,
        "plumbing": plumbing_counts(tx),
    }


def audit(tx: Transaction) -> None:
    """Looks whether every alert is accounted for, and shows it as a metric."""
    metrics.UNACCOUNTED.set(books.unaccounted(tx))

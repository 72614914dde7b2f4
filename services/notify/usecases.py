"""One function per entrypoint of service.py: load, decide, save, announce."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from services.notify import metrics
from services.notify.domain.click import Click, Clicked
from services.notify.domain.contact import Contact
from services.notify.domain.receipts import Receipt
from services.notify.domain.reply import Incoming, Reply, ReplyAnswer
from services.notify.domain.rules import Rules
from services.notify.incoming import answering, clicks, copies, optouts, receipts
from services.notify.incoming.receipts import ReceiptAnswer
from services.notify.incoming.reports import Report
from services.notify.people import contacts
from services.notify.people.contact_documents import contact_document, contact_fields
from services.notify.plans import late, planning
from services.notify.rulebook import RuleBook
from services.notify.senders import sending
from services.notify.texts import replies
from services.notify.texts.languages import Language
from services.notify.watch import books, last_resort, overview, waiting
from services.notify.watch.last_resort import LastResort
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
    return late.fall_back(tx, rules)


def give_up(tx: Transaction, rules: Rules) -> int:
    return late.give_up(tx, rules)


def put_contact(tx: Transaction, contact: Contact) -> dict[str, Any]:
    contacts.save_contact(tx, contact)
    return get_contact(tx, contact.person)  # with what is known of its addresses


def remove_contact(tx: Transaction, person: str) -> dict[str, Any]:
    """What was known of them. Alerts that wait for them end as failed, and somebody else is told instead."""
    removed = contacts.remove_contact(tx, person)
    if removed is None:
        raise NotFound(f"no contact {person}")
    return contact_document(removed)


def check_contacts(tx: Transaction, people: Mapping[str, Contact]) -> Difference:
    """What saving them would change."""
    return _difference(contacts.find_contacts(tx, people), people)


def put_contacts(tx: Transaction, people: Mapping[str, Contact]) -> Difference:
    """All or none, by person; those not named stay as they are. Told twice, the second time changes nothing."""
    found = _difference(contacts.find_contacts(tx, people, lock=True), people)
    contacts.add_contacts(tx, [people[person] for person in found.added])
    contacts.change_contacts(tx, [people[each.id] for each in found.changed])
    return replace(found, stored=True)


def _difference(known: Mapping[str, Contact], wanted: Mapping[str, Contact]) -> Difference:
    """By the fields of the body: a list cannot say more."""
    before, after = ({id_: contact_fields(c) for id_, c in people.items()} for people in (known, wanted))
    return difference(before, after)


def get_contact(tx: Transaction, person: str) -> dict[str, Any]:
    contact = contacts.find_contact(tx, person)
    if contact is None:
        raise NotFound(f"no contact {person}")
    return contact_document(contact)


def list_contacts(tx: Transaction, after: str) -> dict[str, Any]:
    """A page of contacts; `next` is what to pass as `after` for the one behind it."""
    page = contacts.list_contacts(tx, after, PAGE)
    return {
        "contacts": [contact_document(c) for c in page],
        "next": page[-1].person if len(page) == PAGE else None,
    }


def take_reply(tx: Transaction, rules: Rules, reply: Reply) -> ReplyAnswer:
    """For whichever door a reply comes through."""
    return optouts.obey(tx, rules, reply) or answering.answer(tx, rules, reply)


def take_incoming(tx: Transaction, rules: Rules, incoming: Incoming, language_of: Callable[[str], Language]) -> str:
    """For providers that send the answer: what to say, nothing to strangers. Told twice, it was written the first time.

    So a second copy of `1` takes no second case, and is answered like the first.
    """
    reply = replace(incoming.reply, at=copies.first_told(tx, incoming.id))
    try:
        answer = take_reply(tx, rules, reply)
    except NotFound:
        tx.once_committed(metrics.STRANGERS.inc)
        return ""
    if incoming.is_answered:
        return ""
    return replies.sentence(answer, language_of(contacts.language_at(tx, reply.number, answer.person)))


def take_receipt(tx: Transaction, rules: Rules, receipt: Receipt) -> ReceiptAnswer:
    """For whichever door a receipt comes through."""
    return receipts.take_receipt(tx, rules, receipt)


def take_status(tx: Transaction, rules: Rules, receipt: Receipt | None) -> ReceiptAnswer:
    """For providers that also tell what changes nothing."""
    return receipts.take_receipt(tx, rules, receipt) if receipt else ReceiptAnswer(0, {})


def take_report(tx: Transaction, rules: Rules, report: Report) -> ReceiptAnswer:
    """For reports of mail servers: about the first of the messages that it names and that is ours."""
    return receipts.take_report(tx, rules, report)


def apply_receipts(tx: Transaction, rules: Rules) -> int:
    """Those that came before the outcome of the send that they are about."""
    return receipts.apply_waiting(tx, rules)


def take_click(tx: Transaction, click: Click) -> Clicked:
    """For whichever chat a button was pressed in."""
    return clicks.take(tx, click)


def list_alerts(tx: Transaction, case_id: str | None, after: str | None = None) -> dict[str, Any]:
    """The newest alerts; with `after`, all by their ids, in pages; `next`: what to pass for the one behind."""
    if case_id is not None and not 1 <= len(case_id) <= 200:
        raise Rejected(
            "the query cannot be used", errors=[{"pointer": "/case_id", "detail": "needs 1 to 200 characters"}]
        )
    found = overview.list_alerts(tx, case_id, after)
    goes_on = after is not None and len(found) == overview.LIST_LIMIT
    return {"alerts": found, "next": found[-1]["id"] if goes_on else None}


def policy_document(book: RuleBook) -> dict[str, Any]:
    return {"version": book.current.policy.version, "document": book.document}


def summary(tx: Transaction, rules: Rules) -> dict[str, Any]:
    resort = last_resort.find(tx, rules)
    return overview.counts(tx) | {
        "contacts": contacts.count(tx),
        "channels": sorted(rules.configured),
        "unaccounted": metrics.unaccounted(),
        "last_resort": rules.last_resort,
        "last_resort_configured": rules.last_resort is not None,
        "last_resort_reachable": resort is LastResort.REACHABLE,
        "plumbing": plumbing_counts(tx),
    }


def sweep(tx: Transaction) -> int:
    return copies.sweep(tx)


def look(tx: Transaction) -> None:
    """Sets the gauges that are read from the table of alerts."""
    metrics.show_open(waiting.by_state(tx), waiting.oldest_due(tx), tx.now)


def audit(tx: Transaction, rules: Rules) -> None:
    """Looks whether every alert is accounted for, and the last resort can be reached, and shows both as metrics."""
    metrics.UNACCOUNTED.set(books.unaccounted(tx))
    last_resort.show(last_resort.find(tx, rules))

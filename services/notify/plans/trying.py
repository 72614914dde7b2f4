"""Test alerts: one to every address of somebody or everybody, by the ordinary senders. Called by service.py."""

import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from services.notify import store
from services.notify.domain.alert import Alert, AlertState, ChannelName, Escalation, Purpose
from services.notify.domain.contact import Contact
from services.notify.domain.outcomes import Reason
from services.notify.domain.routes import alert_by
from services.notify.domain.rules import Rules
from services.notify.domain.standing import FOR_GOOD
from services.notify.domain.timing import PATIENCE
from services.notify.domain.trial import Wanted
from services.notify.people import contacts
from services.notify.people.masks import masked
from services.notify.plans import beginnings, cases
from services.notify.settings import LAST_RESORT
from shared.contracts.event import Severity
from shared.database import Database, Transaction
from shared.errors import NotFound, Rejected

PART = 100  # people in one transaction: on SQLite nobody else writes while it lasts


@dataclass(frozen=True)
class TriedAlert:
    """address: as much of it as shows a wrong one."""

    id: str
    person: str
    channel: ChannelName
    address: str | None
    state: AlertState
    reason: Reason | None


@dataclass(frozen=True)
class Trial:
    """test_id: the `case_id` under which `GET /v1/alerts` tells what became of them. receipts: the channels of which
    a delivery is told, too.
    """

    test_id: str
    alerts: tuple[TriedAlert, ...]
    receipts: tuple[ChannelName, ...]


def try_addresses(db: Database, rules: Rules, wanted: Wanted) -> Trial:
    """Plans the alerts; raises NotFound for an unknown person, Rejected where there is no address to try."""
    test_id, tried = f"test-{uuid.uuid4()}", list[TriedAlert]()
    for people in _parts(db, rules, wanted):
        with db.transaction() as tx:
            tried += _plan(tx, rules, test_id, people, wanted.channel)
        time.sleep(0)  # others have their turn
    if not tried:
        raise Rejected(_nothing_to_try(wanted))
    return Trial(test_id, tuple(tried), tuple(sorted(rules.receipts)))


def _parts(db: Database, rules: Rules, wanted: Wanted) -> Iterator[list[Contact]]:
    if wanted.person is not None:
        yield [_person(db, rules, wanted.person)]
        return
    after: str | None = ""
    while after is not None:
        with db.read() as tx:
            page = contacts.list_contacts(tx, after, PART)
        yield page
        after = page[-1].person if len(page) == PART else None
    if rules.last_resort_contact:
        yield [rules.last_resort_contact]


def _person(db: Database, rules: Rules, person: str) -> Contact:
    wanted = rules.last_resort if person == LAST_RESORT else person
    if wanted is None:
        raise NotFound("nobody is the last resort: set OMBUD_LAST_RESORT to a person or an e-mail address")
    with db.read() as tx:
        found = contacts.reachable(tx, rules, [wanted]).get(wanted)
    if found is None:
        raise NotFound(f"no contact {wanted}")
    return found


def _nothing_to_try(wanted: Wanted) -> str:
    kind = f"{wanted.channel} address" if wanted.channel else "address"
    return f"{wanted.person} has no {kind}" if wanted.person else f"there is no contact with an {kind}"


def _plan(
    tx: Transaction, rules: Rules, test_id: str, people: Iterable[Contact], channel: ChannelName | None
) -> list[TriedAlert]:
    test = Escalation(
        test_id, Purpose.TEST, test_id, FOR_GOOD, 0, Severity.LOW, Purpose.TEST.value, (), None, tx.now, {}
    )
    addresses = [(p, c) for p in people for c in p.addresses if channel in (None, c)]
    alerts = [_alert(tx, rules, test, person, each) for person, each in addresses]
    cases.lock_cases(tx, [test_id])  # late.py gives up no alert whose case it cannot lock
    store.add_escalations(tx, [test])
    beginnings.add(tx, alerts)
    return [
        TriedAlert(a.id, a.recipient, a.channel, masked(a.channel, person.addresses[a.channel]), a.state, a.reason)
        for a, (person, _) in zip(alerts, addresses, strict=True)
    ]


def _alert(tx: Transaction, rules: Rules, test: Escalation, person: Contact, channel: ChannelName) -> Alert:
    alert = alert_by(test, person.person, channel, tx.now)
    if channel not in rules.configured:
        return alert.end(AlertState.FAILED, Reason.NOT_CONFIGURED, tx.now)
    if channel in person.opted_out:  # the provider would refuse it
        return alert.end(AlertState.SUPPRESSED, Reason.OPTED_OUT, tx.now)
    return replace(alert, give_up_at=tx.now + PATIENCE)

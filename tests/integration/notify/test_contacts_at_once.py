"""Two who save many contacts at once on PostgreSQL: neither is refused, and each list is there as a whole."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.notify import tables, usecases
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from services.notify.people import contacts
from services.notify.people.contact_schemas import contacts_from
from shared.differences import Difference
from tests.harness.process import eventually
from tests.integration.notify.test_workers import in_threads
from tests.unit.notify.build import Office, a_contact

ROUNDS, MANY = 15, 60
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

EVERYTHING: dict[str, Any] = {
    "person": "ann",
    "name": "Ann",
    "phone": "+420601234567",
    "slack": "U02ABCDEF",
    "webhook": {"url": "https://hooks.example.org", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    "timezone": "Europe/Prague",
    "channels": {"critical": ["sms", "slack"], "default": ["slack", "sms"]},
    "quiet_hours": {"hours": [{"days": "daily", "from": "22:00", "to": "07:00"}], "but_for": ["high", "critical"]},
    "gather": "10m",
    "wishes": ["assignments", "taken"],
}


@pytest.fixture
def colleague(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """A second replica: a process of its own would have just such a second pool of connections."""
    made = Office(database_url, tmp_path)
    yield made
    made.db.close()


def a_crowd(name: str, prefix: str) -> list[Contact]:
    return [a_contact(f"{prefix}{n:03}", name=name) for n in range(MANY)]


def save(office: Office, people: Sequence[Contact]) -> Difference:
    return office.db.run(lambda tx: usecases.put_contacts(tx, {contact.person: contact for contact in people}))


def save_tried_once(office: Office, people: Sequence[Contact]) -> Difference:
    """Without the repetition that would hide a deadlock."""
    with office.db.transaction() as tx:
        return usecases.put_contacts(tx, {contact.person: contact for contact in people})


def names(office: Office, people: Sequence[Contact]) -> set[str]:
    with office.db.read() as tx:
        return {contact.name for contact in contacts.find_contacts(tx, [c.person for c in people]).values()}


def waiting_for_locks(office: Office) -> int:
    with office.db.read() as tx:
        return int(tx.connection.scalar(text(WAITING)))


def test_two_who_change_the_same_people_in_opposite_order_never_block_each_other(
    office: Office, colleague: Office
) -> None:
    """Both have begun, and wait for one in the middle: who goes not by id holds what the other wants next."""
    save(office, a_crowd("nobody", "p"))
    ours, theirs = a_crowd("ours", "p"), a_crowd("theirs", "p")[::-1]
    with ThreadPoolExecutor(2) as pool:
        with office.db.transaction() as tx:
            contacts.find_contacts(tx, [f"p{MANY // 2:03}"], lock=True)
            told = [pool.submit(save_tried_once, office, ours), pool.submit(save_tried_once, colleague, theirs)]
            eventually(lambda: waiting_for_locks(colleague) == 2, "both to wait")
        assert [len(each.result().changed) for each in told] == [MANY, MANY]
    assert len(names(office, ours)) == 1, "one list as a whole, not some of each"


def test_who_is_being_changed_is_waited_for_even_by_those_who_would_leave_them_as_they_are(
    office: Office, colleague: Office
) -> None:
    before = a_crowd("before", "p")
    save(office, before)
    with ThreadPoolExecutor(1) as pool:
        with office.db.transaction() as tx:
            usecases.put_contacts(tx, {contact.person: contact for contact in a_crowd("ours", "p")})
            told = pool.submit(save, colleague, before)
            eventually(lambda: told.done() or waiting_for_locks(colleague) == 1, "the other to wait")
        assert len(told.result().changed) == MANY
    assert names(office, before) == {"before"}


def test_of_two_who_add_the_same_people_one_finds_those_of_the_other(office: Office, colleague: Office) -> None:
    for n in range(ROUNDS):
        ours, theirs = a_crowd("ours", f"new{n:02}-"), a_crowd("theirs", f"new{n:02}-")[::-1]
        told = in_threads(lambda x=ours: save(office, x), lambda x=theirs: save(colleague, x))
        assert sorted((len(each.added), len(each.changed)) for each in told) == [(0, MANY), (MANY, 0)]
        assert len(names(office, ours)) == 1


def test_one_who_cannot_be_stored_keeps_all_others_out(office: Office) -> None:
    save(office, [a_contact("ann")])
    with pytest.raises(Exception, match="too long"):
        save(office, [a_contact("ann", name="Changed"), a_contact("new"), a_contact("x" * 101)])
    with office.db.read() as tx:
        assert contacts.find_contacts(tx, ["ann", "new"]) == {"ann": a_contact("ann")}


def test_all_that_can_be_said_is_kept_and_read_under_the_lock(office: Office) -> None:
    """The lock is on the people alone: of those who did not answer STOP there is no other row to lock."""
    said = contacts_from({"contacts": [EVERYTHING, EVERYTHING | {"person": "bob", "phone": "+420601234568"}]})
    save(office, list(said.values()))
    with office.db.transaction() as tx:
        tx.execute(tables.opt_outs.insert().values(channel="sms", address="+420601234567", at=tx.now))
    changed = {person: replace(contact, language="el") for person, contact in said.items()}
    assert [each.fields for each in save(office, list(changed.values())).changed] == [("language",)] * 2
    with office.db.transaction() as tx:
        found = contacts.find_contacts(tx, said, lock=True)
    assert found == changed | {"ann": replace(changed["ann"], opted_out=frozenset({ChannelName.SMS}))}

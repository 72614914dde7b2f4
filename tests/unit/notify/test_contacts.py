"""Contacts: every fault named by its path, the last word counts, addresses are not shown whole."""

import pytest

from services.notify import usecases
from services.notify.domain.alert import ChannelName
from services.notify.people import contacts
from services.notify.people.contact_documents import contact_document
from services.notify.people.contact_schemas import contact_from, contacts_from
from shared.errors import NotFound, Rejected
from tests.unit.notify.build import Office, a_contact, escalated

GOOD = {"name": "Ann", "email": "ann@example.org", "phone": "+420601234567"}


def test_defaults():
    contact = contact_from("ann", {"name": "Ann", "email": "ann@example.org"})
    assert (contact.language, contact.timezone, contact.channels) == ("en", "UTC", (ChannelName.EMAIL, ChannelName.SMS))


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": None}, "/name"),
        ({"email": "ann"}, "/email"),
        ({"email": "a@b\r\nBcc: c@d"}, "/email"),
        ({"phone": "00420601234567"}, "/phone"),
        ({"phone": "+0601234567"}, "/phone"),
        ({"phone": "+420 601"}, "/phone"),
        ({"phone": "+420601234567\n"}, "/phone"),
        ({"phone": "+1234567890123456"}, "/phone"),
        ({"language": "English"}, "/language"),
        ({"timezone": "Prague"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"timezone": ""}, "/timezone"),
        ({"channels": []}, "/channels"),
        ({"channels": ["fax"]}, "/channels/0"),
        ({"channels": ["sms", "sms"]}, "/channels"),
        ({"channels": ["none"]}, "/channels/0"),
        ({"pager": "1"}, "/pager"),
        ({"email": None, "phone": None}, "/"),
        ({"channels": ["sms"], "phone": None}, "/"),
    ],
)
def test_fault_is_named_by_its_path(changes, pointer):
    with pytest.raises(Rejected) as caught:
        contact_from("ann", GOOD | changes)
    assert pointer in [error["pointer"] for error in caught.value.errors]


@pytest.mark.parametrize("body", [None, [], "x", 1])
def test_body_that_is_no_object_is_rejected(body):
    with pytest.raises(Rejected):
        contact_from("ann", body)


@pytest.mark.parametrize("person", ["", "a b", "a\n", "x" * 101])
def test_person_needs_a_plain_id(person):
    with pytest.raises(Rejected):
        contact_from(person, GOOD)
    with pytest.raises(Rejected) as caught:
        contacts_from({"contacts": [GOOD | {"person": person}]})
    assert [error["pointer"] for error in caught.value.errors] == ["/contacts/0/person"]


def test_page_of_contacts_begins_behind_the_last_one(office: Office):
    office.know(a_contact("ann"), a_contact("bob"))
    with office.db.read() as tx:
        assert [c.person for c in contacts.list_contacts(tx, "ann", 9)] == ["bob"]


def test_last_word_counts(office: Office):
    office.know(a_contact("ann"), a_contact("ann", phone=None, language="cs"))
    with office.db.read() as tx:
        assert usecases.get_contact(tx, "ann")["language"] == "cs"
        assert [c["person"] for c in usecases.list_contacts(tx, "")["contacts"]] == ["ann"]
        with pytest.raises(NotFound):
            usecases.get_contact(tx, "bob")


def test_addresses_are_shown_only_in_part():
    shown = contact_document(contact_from("ann", GOOD))
    assert (shown["email"], shown["phone"]) == ("a***@example.org", "+420***67")


def test_who_left_is_forgotten_and_what_waits_for_them_goes_to_somebody_else(office: Office):
    office.know(a_contact("ann"), a_contact("bob", phone="+420601234568"))
    office.hear(escalated("ann"))
    with office.db.transaction() as tx:
        shown = usecases.remove_contact(tx, "ann")
    assert shown["email"] == "a***@example.org"
    with office.db.read() as tx:
        assert set(contacts.find_contacts(tx, ["ann", "bob"])) == {"bob"}
    office.send()
    assert office.told() == ["alert.failed", "escalation.unreachable"]


def test_who_is_not_there_cannot_be_forgotten(office: Office):
    with pytest.raises(NotFound), office.db.transaction() as tx:
        usecases.remove_contact(tx, "ann")

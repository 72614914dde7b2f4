"""What can be said of a contact: addresses of every channel, orders, quiet hours, gathering, wishes; faults by path."""

from datetime import timedelta
from typing import Any

import pytest

from services.notify import tables, usecases
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact, Wish, webhook_parts
from services.notify.people import contacts
from services.notify.people.contact_documents import contact_document, contact_fields
from services.notify.people.contact_schemas import contact_from, contacts_from
from shared import clock
from shared.contracts.event import Severity
from shared.errors import Rejected
from tests.unit.notify.build import Office

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GOOD = {"name": "Ann", "email": "ann@example.org", "phone": "+420601234567"}
NIGHT = {"days": "daily", "from": "22:00", "to": "07:00"}
FULL = GOOD | {
    "slack": "U02ABCDEF",
    "teams": "https://prod-1.westeurope.logic.azure.com:443/workflows/1/triggers/manual?sig=s3cr3t",
    "webhook": {"url": "https://hooks.example.org/ombud?key=s3cr3t", "secret": SECRET},
    "apprise": "tgram://123456789:s3cr3tAABBCCDDEEFFGGHHIIJJKKLLMMN/12315544/",
    "language": "cs",
    "timezone": "Europe/Prague",
    "channels": {"critical": ["sms", "slack"], "low": ["email"], "default": ["slack", "email"]},
    "quiet_hours": {"hours": [NIGHT], "but_for": ["high", "critical"]},
    "gather": "90m",
    "wishes": ["taken", "assignments"],
}


def contact(**changes: Any) -> Contact:
    return contact_from("ann", GOOD | changes)


def faults(**changes: Any) -> dict[str, str]:
    with pytest.raises(Rejected) as caught:
        contact(**changes)
    return {error["pointer"]: error["detail"] for error in caught.value.errors or ()}


def test_everything_that_is_said_is_in_the_contact() -> None:
    ann = contact_from("ann", FULL)
    assert ann.addresses[ChannelName.SLACK] == "U02ABCDEF"
    assert webhook_parts(ann.addresses[ChannelName.WEBHOOK]) == (FULL["webhook"]["url"], SECRET)
    assert ann.routes(Severity.CRITICAL) == (ChannelName.SMS, ChannelName.SLACK)
    assert ann.routes(Severity.LOW) == (ChannelName.EMAIL,)
    assert ann.routes(Severity.HIGH) == (ChannelName.SLACK, ChannelName.EMAIL)
    assert (ann.gather, ann.wishes) == (timedelta(minutes=90), frozenset(Wish))
    assert ann.quiet is not None and ann.quiet.but_for == {Severity.HIGH, Severity.CRITICAL}


@pytest.mark.parametrize(
    "body", [GOOD, FULL, GOOD | {"webhook": "http://hooks.example.org"}], ids=["few", "all", "url"]
)
def test_what_is_stored_is_what_was_said(office: Office, body: dict[str, Any]) -> None:
    said = contact_from("ann", body)
    office.know(said)
    with office.db.read() as tx:
        assert usecases.contacts.find_contact(tx, "ann") == said
        assert usecases.check_contacts(tx, {"ann": said}).unchanged == ("ann",)


def test_a_contact_can_be_told_as_it_was_written(office: Office) -> None:
    """The fields are those of the body, so that a difference names what its writer knows."""
    ann = contact_from("ann", FULL)
    told = {name: value for name, value in contact_fields(ann).items() if name != "webhook"}
    assert contact_from("ann", told | {"webhook": FULL["webhook"]}) == ann


def test_a_difference_names_the_fields_of_the_body(office: Office) -> None:
    with office.db.transaction() as tx:
        usecases.put_contacts(tx, contacts_from({"contacts": [GOOD | {"person": "ann"}]}))
        found = usecases.check_contacts(tx, contacts_from({"contacts": [FULL | {"person": "ann", "email": None}]}))
    ((person, changed),) = ((each.id, each.fields) for each in found.changed)
    told = "email slack teams webhook apprise language timezone channels quiet_hours gather wishes"
    assert (person, " ".join(changed)) == ("ann", told)


def test_a_row_from_before_there_was_more_than_mail_and_sms_is_read(office: Office) -> None:
    office.know(contact())
    new = {"addresses": None, "by_severity": None, "quiet": None, "gather_seconds": None, "wishes": None}
    with office.db.transaction() as tx:
        tx.execute(tables.contacts.update().values(new))
        tx.connection.exec_driver_sql("UPDATE contacts SET addresses = NULL, by_severity = NULL, wishes = NULL")
        assert usecases.contacts.find_contact(tx, "ann") == contact()


def test_who_answered_stop_is_shown_as_opted_out_and_keeps_it_when_told_anew(office: Office) -> None:
    office.know(contact())
    with office.db.transaction() as tx:
        stop = {"channel": "sms", "address": "+420601234567", "at": clock.now()}
        tx.execute(tables.opt_outs.insert().values(stop | {"channel": "other"}))
        assert usecases.get_contact(tx, "ann")["opted_out"] == []
        tx.execute(tables.opt_outs.insert().values(stop))
        assert usecases.put_contact(tx, contact(name="Anna"))["opted_out"] == ["sms"]
        assert usecases.check_contacts(tx, {"ann": contact(name="Anna")}).unchanged == ("ann",)
        assert usecases.put_contact(tx, contact(phone="+420601234568"))["opted_out"] == []


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+42060123456", "too short for a number of its country"),
        ("+120255501011", "too long for a number of its country"),
        ("+999123456789", "begins with the code of no country"),
        ("+120255501", "too short for a number of its country"),
        ("420601234567", "not of the form +420601234567 (E.164)"),
        ("+420 601 234 567", "not of the form +420601234567 (E.164)"),
    ],
)
def test_a_number_that_nobody_can_have_is_refused_with_the_reason(number: str, why: str) -> None:
    assert faults(phone=number) == {"/phone": why}


@pytest.mark.parametrize("number", ["+447700900101", "+12025550101", "+33639980101", "+493023125101", "+8613812345678"])
def test_numbers_of_any_country_are_taken(number: str) -> None:
    assert contact(phone=number).address(ChannelName.SMS) == number


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"slack": "@ann"}, "/slack"),
        ({"slack": "#alarms"}, "/slack"),
        ({"slack": "u02abcdef"}, "/slack"),
        ({"slack": "B02ABCDEF"}, "/slack"),
        ({"slack": "U02ABCDEF\n"}, "/slack"),
        ({"teams": "http://prod-1.logic.azure.com/x"}, "/teams"),
        ({"teams": "prod-1.logic.azure.com/x"}, "/teams"),
        ({"teams": "https://"}, "/teams"),
        ({"teams": "https://host:port/"}, "/teams"),
        ({"teams": "https://host/" + "x" * 2000}, "/teams"),
        ({"teams": 7}, "/teams"),
        ({"webhook": "ftp://hooks.example.org"}, "/webhook"),
        ({"webhook": f"https://hooks.example.org {SECRET}"}, "/webhook"),
        ({"webhook": "https://hooks.example.org/\n"}, "/webhook"),
        ({"webhook": "https://ann:pass@hooks.example.org"}, "/webhook"),
        ({"webhook": "https://[::1"}, "/webhook"),
        ({"webhook": {"secret": SECRET}}, "/webhook/url"),
        ({"webhook": {"url": "hooks.example.org"}}, "/webhook/url"),
        ({"webhook": {"url": "https://h.example", "secret": "whsec_c2hvcnQ="}}, "/webhook/secret"),
        ({"webhook": {"url": "https://h.example", "secret": "whsec_?" + "A" * 32}}, "/webhook/secret"),
        ({"webhook": {"url": "https://h.example", "secret": "whsec_" + "A" * 88}}, "/webhook/secret"),
        ({"webhook": {"url": "https://h.example", "secret": "whsec_" + "A" * 31 + "="}}, "/webhook/secret"),
        ({"webhook": {"url": "https://h.example", "secret": "whsec_\ud800"}}, "/webhook/secret"),
        ({"webhook": {"url": "https://h.example", "key": SECRET}}, "/webhook/key"),
        ({"webhook": ["https://h.example"]}, "/webhook"),
        ({"apprise": "nobody://knows/this"}, "/apprise"),
        ({"apprise": "tgram://"}, "/apprise"),
        ({"apprise": "ntfys"}, "/apprise"),
        ({"apprise": "tgram://123456789:AABBCCDDEEFFGGHHIIJJKKLLMM?"}, "/apprise"),
        ({"apprise": "ntfys://ntfy.example.org/" + "x" * 2000}, "/apprise"),
        ({"apprise": "ntfys://a/b ntfys://c/d"}, "/apprise"),
        ({"channels": []}, "/channels"),
        ({"channels": {}}, "/channels"),
        ({"channels": "sms"}, "/channels"),
        ({"channels": None}, "/channels"),
        ({"channels": {"critical": []}}, "/channels/critical"),
        ({"channels": {"severe": ["sms"]}}, "/channels/severe"),
        ({"channels": {"critical": ["sms", "fax"]}}, "/channels/critical/1"),
        ({"channels": {"critical": ["sms", "sms"]}}, "/channels/critical"),
        ({"channels": {"default": ["none"]}}, "/channels/default/0"),
        ({"channels": ["slack"]}, ""),
        ({"channels": {"critical": ["slack"], "default": ["teams", "apprise"]}}, None),
        ({"quiet_hours": {}}, "/quiet_hours/hours"),
        ({"quiet_hours": {"hours": []}}, "/quiet_hours/hours"),
        ({"quiet_hours": {"hours": [NIGHT] * 51}}, "/quiet_hours/hours"),
        ({"quiet_hours": {"hours": [NIGHT | {"from": "25:00"}]}}, "/quiet_hours/hours/0/from"),
        ({"quiet_hours": {"hours": [NIGHT | {"days": "someday"}]}}, "/quiet_hours/hours/0/days"),
        ({"quiet_hours": {"hours": [NIGHT], "but_for": ["severe"]}}, "/quiet_hours/but_for/0"),
        ({"quiet_hours": {"hours": [NIGHT], "but_for": ["high", "high"]}}, "/quiet_hours/but_for"),
        ({"quiet_hours": {"hours": [NIGHT], "unless": []}}, "/quiet_hours/unless"),
        ({"gather": "59s"}, "/gather"),
        ({"gather": "5h"}, "/gather"),
        ({"gather": "241m"}, "/gather"),
        ({"gather": 600}, "/gather"),
        ({"gather": "soon"}, "/gather"),
        ({"wishes": ["peace"]}, "/wishes/0"),
        ({"wishes": ["taken", "taken"]}, "/wishes"),
        ({"wishes": "taken"}, "/wishes"),
        ({"timezone": "localtime"}, "/timezone"),
        ({"pager": "1"}, "/pager"),
    ],
)
def test_every_fault_is_named_by_its_path(changes: dict[str, Any], pointer: str | None) -> None:
    assert list(faults(**changes)) == [pointer or "/"]


@pytest.mark.parametrize("scheme", ["dbus", "gnome", "macosx", "windows", "syslog", "SYSLOG", "glib", "kde", "blink1"])
def test_what_reaches_only_this_machine_is_no_address(scheme: str) -> None:
    assert faults(apprise=f"{scheme}://localhost")["/apprise"] == "reaches only the machine that Ombud runs on"


@pytest.mark.parametrize(
    "url",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general?template=/etc/passwd",
        "fcm://project/device?keyfile=/etc/passwd",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?TEMPLATE=/etc/passwd",
        "mailto://user:pass@example.org?pgpprv=/etc/passwd",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?a=b;%74emplate=/etc/passwd",
        "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?template=/etc/passwd",
    ],
)
def test_what_makes_the_library_read_files_is_no_address(url: str) -> None:
    assert "by which a file would be read" in faults(apprise=url)["/apprise"]


def test_a_refused_address_is_not_repeated_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    said = faults(
        teams="http://host/s3cr3t", webhook="https://a:s3cr3t@host", apprise="nobody://s3cr3t/s3cr3t", gather="59s"
    )
    assert len(said) == 4 and "s3cr3t" not in repr(said)
    assert caplog.records == []


def test_addresses_are_shown_only_as_far_as_to_tell_a_wrong_one() -> None:
    shown = contact_document(contact_from("ann", FULL))
    assert {field: shown[field] for field in ("email", "phone", "slack", "teams", "webhook", "apprise")} == {
        "email": "a***@example.org",
        "phone": "+420***67",
        "slack": "U02***",
        "teams": "https://prod-1.westeurope.logic.azure.com/…",
        "webhook": {"url": "https://hooks.example.org/…", "secret": "***"},
        "apprise": "tgram://…",
    }
    assert "s3cr3t" not in repr(shown) and SECRET not in repr(shown)
    assert shown["by_severity"] | {"default": shown["channels"]} == FULL["channels"] and shown["gather"] == "90m"
    assert shown["quiet_hours"]["hours"][0]["from"] == "22:00"


def test_a_contact_in_a_log_or_an_error_has_no_addresses() -> None:
    assert "s3cr3t" not in repr(contact_from("ann", FULL)) and "@" not in repr(contact())


def test_a_webhook_without_a_secret_is_shown_as_unsigned() -> None:
    shown = contact_document(contact(webhook="https://hooks.example.org/x"))
    assert shown["webhook"] == {"url": "https://hooks.example.org/…", "secret": None}


def test_without_an_order_mail_and_text_messages_come_before_what_else_there_is() -> None:
    assert contact(slack="U02ABCDEF").channels == (ChannelName.EMAIL, ChannelName.SMS, ChannelName.SLACK)
    alone = contact_from("ann", {"name": "Ann", "slack": "U02ABCDEF"})
    assert alone.routes(Severity.HIGH) == (ChannelName.SLACK,)


def test_one_severity_that_can_be_told_is_enough() -> None:
    ann = contact(email=None, channels={"critical": ["sms"], "default": ["email"]})
    assert (ann.routes(Severity.CRITICAL), ann.routes(Severity.LOW)) == ((ChannelName.SMS,), ())


def test_an_order_for_some_severities_leaves_the_others_as_usual() -> None:
    ann = contact(channels={"critical": ["sms"]})
    assert ann.routes(Severity.HIGH) == (ChannelName.EMAIL, ChannelName.SMS)


@pytest.mark.parametrize(
    "hours",
    [
        [{"days": "daily", "from": "00:00", "to": "24:00"}],
        [{"days": "daily", "from": "07:00", "to": "07:00"}],
        [NIGHT, {"days": "daily", "from": "07:00", "to": "22:00"}],
        [{"days": "mon-sat", "from": "00:00", "to": "00:00"}, {"days": "sun", "from": "00:00", "to": "24:00"}],
    ],
)
def test_quiet_hours_that_never_end_are_refused(hours: list[dict[str, str]]) -> None:
    assert "never end" in faults(quiet_hours={"hours": hours})["/quiet_hours/hours"]


def test_quiet_hours_may_leave_a_minute_of_the_week() -> None:
    hours = [
        {"days": "mon-sat", "from": "00:00", "to": "24:00"},
        {"days": "sun", "from": "00:00", "to": "23:59"},
    ]
    assert contact(quiet_hours={"hours": hours}).quiet is not None


def test_critical_breaks_quiet_hours_unless_something_else_is_said() -> None:
    assert contact(quiet_hours={"hours": [NIGHT]}).quiet.but_for == {Severity.CRITICAL}
    assert contact(quiet_hours={"hours": [NIGHT], "but_for": []}).quiet.but_for == frozenset()


def test_faults_in_lists_are_named_with_the_place_in_the_list() -> None:
    people = [GOOD | {"person": "ann"}, GOOD | {"person": "bob", "quiet_hours": {"hours": [NIGHT | {"to": "7"}]}}]
    with pytest.raises(Rejected) as caught:
        contacts_from({"contacts": people})
    assert [error["pointer"] for error in caught.value.errors] == ["/contacts/1/quiet_hours/hours/0/to"]


@pytest.mark.parametrize(("text", "length"), [("1m", timedelta(minutes=1)), ("4h", timedelta(hours=4))])
def test_gathering_may_last_as_little_and_as_long_as_is_said(text: str, length: timedelta) -> None:
    assert contact(gather=text).gather == length


def test_contact_is_kept_as_it_was_told(office: Office) -> None:
    told = contact_from("ann", FULL)
    office.know(told)
    with office.db.read() as tx:
        assert contacts.find_contact(tx, told.person) == told

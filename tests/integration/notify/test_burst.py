"""Thousands of alerts at once, on PostgreSQL and to a real mail server: few mails, each alert in one, nobody late."""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from services.notify.channels.email import Email
from services.notify.channels.line import Line, Provider
from services.notify.channels.mime import Sender
from services.notify.channels.smtp_session import SmtpServer
from services.notify.lines import SENDERS
from services.notify.senders import pace
from services.notify.senders.dispatcher import Dispatcher
from services.notify.texts.rendering import Writer
from shared.contracts.event import Severity
from tests.harness.mails import alerts_in
from tests.harness.process import LINK_KEYS, PATIENCE, eventually
from tests.integration.notify.mail_server import KEEP, MailServer
from tests.integration.notify.test_workers import spawning
from tests.unit.notify.build import EMAIL, Office, a_contact, escalated

PEOPLE = [f"person-{n:02}" for n in range(14)]
MANY = 3500
GRADES = (Severity.CRITICAL, Severity.HIGH, Severity.HIGH, Severity.MEDIUM)


@pytest.fixture
def senders() -> list[threading.Thread]:
    return []


@pytest.fixture
def dispatcher(office: Office, mail_server: MailServer, senders: list[threading.Thread]) -> Iterator[Dispatcher]:
    email = Email(SmtpServer.parse(mail_server.url), Sender.parse("Ombud <ombud@example.org>"))
    line = Line(EMAIL, [Provider("smtp", email)], SENDERS)
    writer = Writer([LINK_KEYS], "https://ombud.example")
    yield Dispatcher(office.db, lambda: office.rules, {EMAIL: line}, writer, spawning(senders))
    email.close()


def planned(office: Office, number: int) -> None:
    office.know(*[a_contact(person, phone=None) for person in PEOPLE])
    for start in range(0, number, 500):
        office.hear(
            *[
                escalated(PEOPLE[n % len(PEOPLE)], case_id=f"case-{n:05}", severity=GRADES[n % len(GRADES)])
                for n in range(start, min(number, start + 500))
            ]
        )


def rows(office: Office) -> list[Any]:
    with office.db.read() as tx:
        return list(tx.execute(office.alerts_table.select().order_by("id")))


def all_ended(office: Office) -> bool:
    with office.db.read() as tx:
        return not tx.connection.scalar(text("SELECT count(*) FROM alerts WHERE ended_at IS NULL"))


def in_the_mails(mail_server: MailServer) -> list[str]:
    return [alert for letter in mail_server.letters for alert in alerts_in(as_shown(letter))]


def as_shown(letter: Any) -> dict[str, Any]:
    return {"text": letter.get_body(("plain",)).get_content(), "message_id": letter["Message-ID"]}


def join(senders: list[threading.Thread]) -> None:
    for sender in senders:
        sender.join(PATIENCE)


def test_thousands_of_alerts_for_a_few_people_are_a_few_mails_and_nobody_waits(
    office: Office, dispatcher: Dispatcher, mail_server: MailServer, senders: list[threading.Thread]
):
    planned(office, MANY)

    def step() -> bool:
        if not dispatcher.send_due():
            join(senders)
            office.wait(seconds=pace.GATHER.total_seconds())
        return all_ended(office)

    dispatcher.send_due()
    join(senders)
    assert {row.recipient for row in rows(office) if row.ended_at} == set(PEOPLE)
    eventually(step, "all to be sent")
    join(senders)
    assert {row.state for row in rows(office)} == {"accepted"}
    assert sorted(in_the_mails(mail_server)) == [row.id for row in rows(office)]
    assert len(mail_server.letters) <= 70
    assert len({letter["Message-ID"] for letter in mail_server.letters}) == len(mail_server.letters)
    letters = {f"<{row.provider_id or row.id}@example.org>" for row in rows(office)}
    assert letters == {letter["Message-ID"] for letter in mail_server.letters}


def test_each_link_of_a_digest_is_good_for_its_own_case(
    office: Office, dispatcher: Dispatcher, mail_server: MailServer, senders: list[threading.Thread]
):
    planned(office, 14 * 10)
    dispatcher.send_due()
    join(senders)
    by_mail = {letter["Message-ID"]: alerts_in(as_shown(letter)) for letter in mail_server.letters}
    for row in rows(office):
        assert row.id in by_mail[f"<{row.provider_id or row.id}@example.org>"]
    assert sorted(map(len, by_mail.values())) == [1] * 14 + [9] * 14


def test_headers_of_a_digest(
    office: Office, dispatcher: Dispatcher, mail_server: MailServer, senders: list[threading.Thread]
):
    planned(office, 14 * 10)
    dispatcher.send_due()
    join(senders)
    (digest, *_) = [letter for letter in mail_server.letters if "cases wait" in letter["Subject"]]
    assert (digest["Auto-Submitted"], digest["References"], digest["In-Reply-To"]) == ("auto-generated", None, None)
    assert digest.get_body(("html",)).get_content().count("<li>") == 9


@pytest.mark.parametrize(
    ("script", "states"),
    [
        ({"RCPT": ["450 4.2.1 later"]}, {"pending"}),
        ({"RCPT": ["550 5.1.1 unknown"]}, {"failed"}),
        ({"DOT": ["451 4.3.0 later"]}, {"pending"}),
        ({"DOT": [KEEP]}, {"ambiguous"}),
    ],
)
def test_what_the_server_says_of_a_digest_is_said_of_each_alert(
    office: Office,
    dispatcher: Dispatcher,
    mail_server: MailServer,
    senders: list[threading.Thread],
    script: dict[str, list[str]],
    states: set[str],
):
    office.know(a_contact(phone=None))
    office.hear(escalated(case_id="before", severity=Severity.CRITICAL))
    dispatcher.send_due()
    join(senders)
    office.wait(minutes=1)
    mail_server.script |= script
    office.hear(*[escalated(case_id=f"case-{n:03}") for n in range(20)])
    dispatcher.send_due()
    join(senders)
    assert {row.state for row in rows(office) if row.case_id != "before"} == states


def test_claims_read_indexes_and_sort_nothing(office: Office, show_plans: Callable[[], list[str]]):
    planned(office, 10_000)
    with office.db.transaction() as tx:
        tx.execute(text("ANALYZE notify.alerts"))
    plans = show_plans()
    plans.clear()
    assert len([job for job in office.claim() if job.is_digest]) == 6
    assert any("alerts_in_line" in plan for plan in plans)
    assert any("alerts_of_person" in plan for plan in plans)
    for plan in plans:
        # Merging channels that come in their order has a sort key, too, and sorts nothing.
        assert not re.search(r"\bSort +\(", plan) and "Seq Scan on alerts" not in plan, plan
        # Read once: of what is due with each row anew, every alert that waits would be looked at.
        assert "clock_timestamp()" not in plan, plan


@pytest.fixture
def show_plans(office: Office) -> Iterator[Callable[[], list[str]]]:
    """Every SELECT that the office runs from now on is explained, too, in its own transaction."""
    from sqlalchemy import event

    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and "alerts" in statement:
            with connection.connection.cursor() as own:
                own.execute("EXPLAIN " + statement, parameters)
                plans.append("\n".join(row[0] for row in own.fetchall()))

    event.listen(office.db.engine, "before_cursor_execute", explain)
    yield lambda: plans
    event.remove(office.db.engine, "before_cursor_execute", explain)

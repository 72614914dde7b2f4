"""A provider, or a host, that hangs holds up its own letters alone. Real sockets, real time-outs, a thread a letter."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from services.notify.channels import twilio as texts
from services.notify.channels.breaker import FAULTS
from services.notify.channels.channel import HandOff, Letter
from services.notify.channels.email import Email
from services.notify.channels.hosts import AT_ONCE, Hosts
from services.notify.channels.line import Line, Provider
from services.notify.channels.mime import Sender
from services.notify.channels.smtp_session import SmtpServer, Timeouts
from services.notify.domain.alert import AlertState, ChannelName
from services.notify.domain.outcomes import Accepted, Outcome, Reason, Temporary
from services.notify.senders.dispatcher import Dispatcher
from services.notify.texts.rendering import Writer
from tests.harness.process import PATIENCE, eventually
from tests.integration.notify.mail_server import HANG, MailServer
from tests.integration.notify.test_workers import spawning
from tests.integration.notify.twilio import Twilio
from tests.unit.notify.build import EMAIL, SMS, Office, a_contact, escalated

WEBHOOK = ChannelName.WEBHOOK
SENDERS = 8
OUT_OF_PATIENCE = Timeouts(command=PATIENCE, final_dot=0.4)
PATIENT = Timeouts(command=PATIENCE, final_dot=PATIENCE)
MailLine = Callable[[Timeouts], Line]


@pytest.fixture
def mail_line(mail_server: MailServer) -> Iterator[MailLine]:
    made: list[Line] = []

    def mail_line(timeouts: Timeouts) -> Line:
        email = Email(SmtpServer.parse(mail_server.url), Sender.parse("Ombud <ombud@example.org>"), timeouts)
        made.append(Line(EMAIL, [Provider("smtp", email)], SENDERS))
        return made[-1]

    yield mail_line
    for line in made:
        line.close()


@pytest.fixture
def senders() -> Iterator[list[threading.Thread]]:
    """Ended by what the test does to their peers."""
    started: list[threading.Thread] = []
    yield started
    for sender in started:
        sender.join(PATIENCE)
    assert not any(sender.is_alive() for sender in started)


def a_dispatcher(office: Office, senders: list[threading.Thread], **lines: Line) -> Dispatcher:
    channels = {ChannelName(name): line for name, line in lines.items()}
    office.rules = replace(office.rules, configured=frozenset(channels))
    writer = Writer(["key"], "https://ombud.example")
    return Dispatcher(office.db, lambda: office.rules, channels, writer, spawning(senders))


def told(office: Office, people: list[str], **contact: Any) -> None:
    office.know(*[a_contact(person, **contact) for person in people])
    office.hear(*[escalated(person, case_id=f"case-{person}") for person in people])


def states(office: Office, people: list[str], channel: ChannelName) -> set[AlertState]:
    found = office.alerts()
    return {found[person, channel.value] for person in people}


def test_mail_server_that_hangs_delays_no_text_message(
    office: Office, mail_server: MailServer, mail_line: MailLine, twilio: Twilio, senders: list[threading.Thread]
):
    readers, texters = [f"reader-{n}" for n in range(SENDERS)], [f"texter-{n}" for n in range(SENDERS)]
    mail_server.script["DOT"] = [HANG] * SENDERS
    sms = Line(SMS, [Provider("twilio", texts.Twilio(texts.TwilioAccount.parse(twilio.url), SENDERS))], SENDERS)
    dispatcher = a_dispatcher(office, senders, email=mail_line(PATIENT), sms=sms)
    told(office, readers, phone=None)
    dispatcher.send_due()
    eventually(lambda: not mail_server.script["DOT"], "all senders of mail to hang")
    told(office, texters, email=None)
    dispatcher.send_due()
    eventually(lambda: states(office, texters, SMS) == {AlertState.ACCEPTED}, "the text messages")
    assert states(office, readers, EMAIL) == {AlertState.HANDED_OFF}
    mail_server.hang_up()
    sms.close()


def test_mail_server_that_hangs_loses_a_few_answers_and_then_gets_no_more_letters(
    office: Office, mail_server: MailServer, mail_line: MailLine, senders: list[threading.Thread]
):
    mail_server.script["DOT"] = [HANG] * SENDERS
    line = mail_line(OUT_OF_PATIENCE)
    dispatcher = a_dispatcher(office, senders, email=line)
    people = [f"reader-{n}" for n in range(2 * SENDERS)]
    told(office, people, phone=None)
    assert dispatcher.send_due() == SENDERS
    eventually(lambda: not line.room(), "the server to be held away")
    assert dispatcher.send_due() == 0
    eventually(lambda: list(office.alerts().values()).count(AlertState.AMBIGUOUS) == SENDERS, "the lost answers")
    assert list(office.alerts().values()).count(AlertState.PENDING) == SENDERS
    assert SENDERS >= FAULTS


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield server.getsockname()[1]


class _Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def sound_port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


class Posting:
    """The least that a channel of hosts can be; it gives up when the test says so."""

    def __init__(self) -> None:
        self.give_up = threading.Event()
        self.hanging = 0

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        hand_off()
        session = requests.Session()
        session.trust_env = False
        self.hanging += 1
        while not self.give_up.is_set():
            try:
                session.post(letter.address, data=letter.text.encode(), timeout=0.3)
            except requests.exceptions.RequestException:
                continue  # it asks again, as long as the test wants it to hang
            self.hanging -= 1
            return Accepted()
        return Temporary(Reason.PROVIDER_AWAY)

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return None

    def close(self) -> None:
        self.give_up.set()


def test_host_of_one_person_that_hangs_delays_nobody_elses_webhook(
    office: Office, senders: list[threading.Thread], deaf_port: int, sound_port: int
):
    posting = Posting()
    line = Line(WEBHOOK, [Provider("webhook", Hosts(WEBHOOK, posting), of_hosts=True)], SENDERS)
    dispatcher = a_dispatcher(office, senders, webhook=line)
    order: dict[str, Any] = {"email": None, "phone": None, "channels": (WEBHOOK,)}
    unlucky = [f"a-{n:02}" for n in range(2 * SENDERS)]
    lucky = [f"b-{n:02}" for n in range(2 * SENDERS)]
    told(office, unlucky, addresses={WEBHOOK: f"http://127.0.0.1:{deaf_port}/hook"}, **order)
    told(office, lucky, addresses={WEBHOOK: f"http://127.0.0.1:{sound_port}/hook"}, **order)

    def all_lucky_ones_are_told() -> bool:
        dispatcher.send_due()
        return states(office, lucky, WEBHOOK) == {AlertState.ACCEPTED}

    eventually(all_lucky_ones_are_told, "the others to be told")
    assert posting.hanging == AT_ONCE < SENDERS
    assert states(office, unlucky, WEBHOOK) <= {AlertState.HANDED_OFF, AlertState.PENDING, AlertState.CLAIMED}
    line.close()
    for sender in senders:
        sender.join(PATIENCE)

"""Notify: alerts people, once, by mail and SMS, and says what became of each alert. Read this first."""

from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from services.notify import schemas, usecases
from services.notify.domain.alert import ChannelName
from services.notify.domain.rules import Rules
from services.notify.doors import receipt_schemas
from services.notify.doors.slack import Signed, SlackDoor
from services.notify.doors.twilio import TwilioDoors, twiml
from services.notify.incoming import receipts, reports
from services.notify.incoming.reports import MAX_REPORT_BYTES
from services.notify.lines import channels_of, names_of
from services.notify.people import contact_schemas
from services.notify.plans import trying
from services.notify.provider import Sending
from services.notify.rulebook import RuleBook
from services.notify.senders.dispatcher import Dispatcher
from services.notify.settings import Settings
from services.notify.texts.rendering import Writer, writer_of
from services.notify.watch.heartbeat import Heart
from shared.contracts.escalation import (
    CaseAcknowledged,
    CaseEscalated,
    CaseExhausted,
    CaseHandedBack,
    CaseMuted,
    CaseResolved,
    CaseSnoozed,
    CaseWarned,
)
from shared.contracts.failure import EventFailed
from shared.contracts.intake import ComplaintForgotten, ComplaintMerged
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued
from shared.contracts.topology import DEAD_LETTERS_EXCHANGE
from shared.database import Database, Transaction
from shared.departures import doors as departures
from shared.messaging import given_up, subscribe, sweep_inbox
from shared.parts import MAX_PART_BYTES, only_checks, read_part
from shared.providers import Configured, DatabaseProvider
from shared.quarantine import doors as quarantine
from shared.ticker import tick
from shared.web import http, json_body, json_response, stored_json

OPENAPI = Path(__file__).with_name("openapi.json")


def make(settings: Settings) -> dict[str, Any]:
    """What the providers below give out; raises ValueError with file and line for a policy that cannot be used."""
    channels = channels_of(settings, lambda: book.current.policy.segments)
    contact = settings.last_resort_contact
    rules = Rules(
        frozenset(channels),
        contact.person if contact else settings.last_resort,
        contact,
        receipts=frozenset({ChannelName.SMS} if settings.twilio_callback else ()),
        links_hold=settings.link_max_age,
    )
    book = RuleBook(rules, settings.policy_file, names_of(channels.values()))
    writer = writer_of(settings, lambda: book.current.policy)
    heart = Heart(settings.heartbeat_url, settings.heartbeat_every)
    reach = settings.reach
    signed = Signed(reach.slack_secret, settings.link_keys, settings.link_max_age, reach.slack_url)
    slack = SlackDoor(signed, language_of=writer.language_of)
    twilio = TwilioDoors(settings.notify_public_url, (settings.sms.token,) if settings.sms else ())
    return {
        "channels": channels,
        "rules": book,
        "writer": writer,
        "heart": heart,
        "slack": slack,
        "twilio": twilio,
    }


class NotifyService:
    name = "notify"
    db: Database = DatabaseProvider()
    book: RuleBook = Configured("rules")
    sending: Dispatcher = Sending()
    writer: Writer = Configured("writer")
    heart: Heart = Configured("heart")
    slack: SlackDoor = Configured("slack")
    twilio: TwilioDoors = Configured("twilio")

    @subscribe(
        CaseEscalated,
        CaseWarned,
        CaseAcknowledged,
        CaseSnoozed,
        CaseHandedBack,
        CaseMuted,
        CaseResolved,
        CaseExhausted,
        EventFailed,
        source="escalation",
    )
    def on_cases(self, tx: Transaction, events: list[Any]) -> None:
        usecases.hear(tx, self.book.current, events)

    @subscribe(EventFailed, ComplaintMerged, ComplaintForgotten, source="intake")
    def on_intake(self, tx: Transaction, events: list[Any]) -> None:
        usecases.hear(tx, self.book.current, events)

    @subscribe(ComplaintAssigned, ComplaintQueued, EventFailed, source="routing")
    def on_routing(self, tx: Transaction, events: list[Any]) -> None:
        usecases.hear(tx, self.book.current, events)

    @subscribe(EventFailed, source="notify")
    def on_own_failures(self, tx: Transaction, events: list[Any]) -> None:
        usecases.hear(tx, self.book.current, events)

    @subscribe(source=DEAD_LETTERS_EXCHANGE, decode=given_up)
    def on_dead_letters(self, tx: Transaction, events: list[Any]) -> None:
        """Never called: what comes here is put aside, and the last resort told, before it gets so far."""

    @tick(every=0.2)
    def send_alerts(self) -> int:
        self.sending.send_due()
        return int(self.sending.may_go_on())  # else what makes more alerts due, or a sender free, wakes this anew

    @tick(every=5)
    def reap_alerts(self) -> int:
        with self.db.transaction() as tx:
            return usecases.reap(tx, self.book.current)

    @tick(every=5)
    def reread_policy(self) -> int:
        self.book.reload()
        return 0

    @tick(every=1)
    def apply_receipts(self) -> int:
        with self.db.transaction() as tx:
            return usecases.apply_receipts(tx, self.book.current)

    @tick(every=1)
    def fall_back(self) -> int:
        """Each in a transaction of its own: alerts are locked in the order of their ids, of all that one locks."""
        with self.db.transaction() as tx:
            slow = usecases.fall_back(tx, self.book.current)
        with self.db.transaction() as tx:
            return slow + usecases.give_up(tx, self.book.current)

    @tick(every=15)
    def look(self) -> int:
        with self.db.read() as tx:
            usecases.look(tx)
        return 0

    @tick(every=30)
    def audit_alerts(self) -> int:
        with self.db.read() as tx:
            usecases.audit(tx, self.book.current)
        return 0

    @tick(every=1)
    def beat(self) -> int:
        self.heart.beat(self.db)
        return 0

    @tick(every=600)
    def sweep(self) -> int:
        with self.db.transaction() as tx:
            return sweep_inbox(tx) + usecases.sweep(tx)

    @http("PUT", "/v1/contacts/<person>", scope="operator")
    def put_contact(self, request: Request, person: str) -> Response:
        contact = contact_schemas.contact_from(person, json_body(request))
        with self.db.transaction() as tx:
            return json_response(usecases.put_contact(tx, contact))

    @http("PUT", "/v1/contacts", scope="operator", max_body=MAX_PART_BYTES)
    def put_contacts(self, request: Request) -> Response:
        people = read_part(contact_schemas.contacts_from, json_body(request))
        if only_checks(request.args):
            with self.db.read() as tx:
                return json_response(usecases.check_contacts(tx, people))
        return json_response(self.db.run(lambda tx: usecases.put_contacts(tx, people)))

    @http("GET", "/v1/contacts/<person>", scope="operator")
    def get_contact(self, request: Request, person: str) -> Response:
        with self.db.read() as tx:
            return json_response(usecases.get_contact(tx, person))

    @http("DELETE", "/v1/contacts/<person>", scope="operator")
    def delete_contact(self, request: Request, person: str) -> Response:
        return json_response(self.db.run(lambda tx: usecases.remove_contact(tx, person)))

    @http("GET", "/v1/contacts", scope="operator")
    def get_contacts(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(usecases.list_contacts(tx, request.args.get("after", "")))

    @http("POST", "/v1/replies", scope=("provider", "operator"))
    def post_reply(self, request: Request) -> Response:
        reply = schemas.reply_from(json_body(request))
        return json_response(self.db.run(lambda tx: usecases.take_reply(tx, self.book.current, reply)))

    @http("POST", "/v1/receipts", scope=("provider", "operator"))
    def post_receipt(self, request: Request) -> Response:
        receipt = receipt_schemas.receipt_from(json_body(request))
        return json_response(receipts.kept(self.db, lambda tx: usecases.take_receipt(tx, self.book.current, receipt)))

    @http("POST", "/v1/bounces", scope=("provider", "operator"), max_body=MAX_REPORT_BYTES)
    def post_bounce(self, request: Request) -> Response:
        report = reports.read(request.get_data())
        return json_response(receipts.kept(self.db, lambda tx: usecases.take_report(tx, self.book.current, report)))

    @http("POST", "/v1/twilio/status", scope=None)
    def post_twilio_status(self, request: Request) -> Response:
        receipt = self.twilio.receipt(request)
        return json_response(receipts.kept(self.db, lambda tx: usecases.take_status(tx, self.book.current, receipt)))

    @http("POST", "/v1/twilio/messages", scope=None)
    def post_twilio_message(self, request: Request) -> Response:
        incoming, speak = self.twilio.incoming(request), self.writer.language_of
        return twiml(self.db.run(lambda tx: usecases.take_incoming(tx, self.book.current, incoming, speak)))

    @http("POST", "/v1/slack/actions", scope=None)
    def post_slack_action(self, request: Request) -> Response:
        click = self.slack.read(request)
        made = self.db.run(lambda tx: usecases.take_click(tx, click)) if click else None
        return self.slack.answered(click, made)

    @http("GET", "/v1/alerts", scope="operator")
    def get_alerts(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(usecases.list_alerts(tx, request.args.get("case_id"), request.args.get("after")))

    @http("POST", "/v1/test-alerts", scope="operator")
    def post_test_alerts(self, request: Request) -> Response:
        wanted = schemas.trial_from(json_body(request))
        return json_response(trying.try_addresses(self.db, self.book.current, wanted), status=202)

    @http("GET", "/v1/policy", scope="operator")
    def get_policy(self, request: Request) -> Response:
        return json_response(usecases.policy_document(self.book))

    @http("GET", "/v1/openapi.json", scope=None)
    def get_openapi(self, request: Request) -> Response:
        return stored_json(OPENAPI)

    @http("GET", "/v1/summary", scope="operator")
    def get_summary(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(usecases.summary(tx, self.book.current))

    @http("GET", "/v1/outbox", scope="operator")
    def get_outbox(self, request: Request) -> Response:
        return departures.listed(self.db, request)

    @http("GET", "/v1/dead-letters", scope="operator")
    def get_dead_letters(self, request: Request) -> Response:
        return quarantine.listed(self.db, request)

    @http("GET", "/v1/dead-letters/<id_>", scope="operator")
    def get_dead_letter(self, request: Request, id_: str) -> Response:
        return quarantine.shown(self.db, id_)

    @http("POST", "/v1/dead-letters/<id_>/replay", scope="operator")
    def replay_dead_letter(self, request: Request, id_: str) -> Response:
        return quarantine.replayed(self.db, request, id_)

    @http("POST", "/v1/dead-letters/<id_>/discard", scope="operator")
    def discard_dead_letter(self, request: Request, id_: str) -> Response:
        return quarantine.discarded(self.db, request, id_)

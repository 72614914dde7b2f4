"""Intake: takes complaints from upstream systems, reads them, and tells the others. Read this first."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from services.intake import (
    correcting,
    corrections_store,
    doors,
    forgetting,
    merging,
    metrics,
    schemas,
    store,
    usecases,
    webhooks,
)
from services.intake.domain.matters import known
from services.intake.limits import Limits
from services.intake.reader import Reader
from services.intake.settings import Settings, secret_env
from services.intake.sources import accountfile
from services.intake.sources.accountfile import Sources
from services.intake.upstream import decode
from shared import backlog
from shared.contracts.escalation import CaseCorrected
from shared.contracts.topology import UPSTREAM_EXCHANGE
from shared.database import Database, Transaction
from shared.departures import doors as departures
from shared.errors import NotFound
from shared.loading import load
from shared.messaging import metrics as messaging
from shared.messaging import subscribe, sweep_inbox
from shared.providers import Configured, DatabaseProvider
from shared.quarantine import doors as quarantine
from shared.summary import plumbing_counts
from shared.ticker import tick
from shared.web import http, json_body, json_response, stored_json

OPENAPI = Path(__file__).with_name("openapi.json")


def make(settings: Settings) -> dict[str, Any]:
    """What the providers below give out; raises ValueError with file and line for rules and sources of no use."""
    sources = accountfile.load(settings.sources, secret_env)
    metrics.know_sources(sources.accounts, settings.source_names)
    for account in sources.accounts.values():
        backlog.start_at_zero(account.queue)
    for door in (doors.HTTP_DOOR, *(account.queue for account in sources.accounts.values())):
        messaging.start_door_at_zero(door)
    return {
        "reader": Reader.of(settings.rules_dir),
        "sources": sources,
        "limits": settings.limits,
    }


class IntakeService:
    name = "intake"
    db: Database = DatabaseProvider()
    reader: Reader = Configured("reader")
    sources: Sources = Configured("sources")
    limits: Limits = Configured("limits")
    settings: Settings = Configured("settings")

    @subscribe(source=UPSTREAM_EXCHANGE, decode=decode, prepare="reader")
    def on_upstream(self, tx: Transaction, arrivals: list[Any]) -> None:
        usecases.take_in(tx, self.reader.matters, arrivals)

    @subscribe(CaseCorrected)
    def on_corrections(self, tx: Transaction, events: list[CaseCorrected]) -> None:
        correcting.correct(tx, events)

    @http("POST", "/v1/complaints", scope="source")
    def post_complaint(self, request: Request) -> Response:
        key, body_hash = doors.idempotency_key(request), hashlib.sha256(request.get_data()).hexdigest()
        read = self.reader.read(doors.submission_of(request, self.limits))
        id_ = self.db.run(
            lambda tx: usecases.submit(
                doors.traced(tx, request, read), self.reader.matters, read, doors.caller(request), key, body_hash
            )
        )
        return doors.accepted(id_)

    @http("POST", "/v1/complaints/<id_>/contacts", scope="source")
    def post_contact(self, request: Request, id_: str) -> Response:
        with self.db.read() as tx:
            complaint = usecases.complaint_for_contact(tx, id_)
        read = self.reader.read(doors.contact_of(complaint, request, self.limits))
        self.db.run(lambda tx: usecases.add_contact(doors.traced(tx, request, read), self.reader.matters, id_, read))
        return doors.accepted(id_)

    @http("POST", "/v1/events", scope="source")
    def post_events(self, request: Request) -> Response:
        received = self.reader.prepare(doors.events_of(request, self.limits))
        self.db.run(lambda tx: doors.take_new(tx, self.reader.matters, received))
        return json_response({"accepted": len(received), "complaint_ids": [r.subject for r in received]}, 202)

    @http("POST", "/v1/webhooks/<source>", scope=None, max_body=webhooks.MAX_WEBHOOK_BYTES)
    def post_webhook(self, request: Request, source: str) -> Response:
        heard = webhooks.hear(request, self.sources.account(source), self.reader, self.limits)
        self.db.run(lambda tx: webhooks.take(tx, self.reader.matters, heard))
        return webhooks.answer(heard)

    @http("GET", "/v1/webhooks/<source>", scope=None)
    def get_webhook(self, request: Request, source: str) -> Response:
        """Some systems look (GET or HEAD) whether an address is there before they take it."""
        return json_response({"kind": self.sources.account(source).source.kind})

    @tick(every=5)
    def replay_webhooks(self) -> int:
        return webhooks.replay_due(self.db, self.reader, self.sources)

    @http("GET", "/v1/complaints/<id_>", scope=("operator", "text"))
    def get_complaint(self, request: Request, id_: str) -> Response:
        with self.db.read() as tx:
            complaint, contacts = store.find_complaint(tx, id_), store.contacts_of(tx, id_)
            corrections = corrections_store.documents_of(tx, id_)
        if complaint is None:
            raise NotFound(f"no complaint {id_}")
        return json_response(doors.complaint_document(complaint, contacts, corrections, doors.may_read(request)))

    @http("POST", "/v1/complaints/<id_>/merge", scope="operator")
    def merge_complaint(self, request: Request, id_: str) -> Response:
        asked = load(schemas.MERGE, json_body(request), schemas.INVALID)
        by = asked.get("by") or doors.caller(request)
        into = self.db.run(lambda tx: merging.merge(tx, id_, asked["into"], by))
        return json_response({"complaint_id": id_, "merged_into": into})

    @http("POST", "/v1/customers/forget", scope="operator")
    def forget_customer(self, request: Request) -> Response:
        customer = known(load(schemas.CUSTOMER, json_body(request), schemas.INVALID))
        return json_response(asdict(self.db.run(lambda tx: forgetting.forget(tx, customer))))

    @http("POST", "/v1/classify", scope="source")
    def classify(self, request: Request) -> Response:
        asked = load(schemas.CLASSIFY, json_body(request), schemas.INVALID)
        return json_response(self.reader.classify(asked["text"], asked["subject"] or "", asked.get("language")))

    @http("GET", "/v1/openapi.json", scope=None)
    def get_openapi(self, request: Request) -> Response:
        return stored_json(OPENAPI)

    @http("GET", "/v1/summary", scope="operator")
    def get_summary(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(store.counts(tx) | {"plumbing": plumbing_counts(tx)})

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

    @tick(every=5)
    def reload_rules(self) -> int:
        return int(self.reader.reload())

    @tick(every=600)
    def sweep(self) -> int:
        with self.db.transaction() as tx:
            expired = forgetting.sweep_quarantine(tx, self.settings.quarantine_kept_for)
            return sweep_inbox(tx) + usecases.sweep_keys(tx) + expired

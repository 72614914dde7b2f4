"""Escalation: keeps a case per complaint and moves it up the ladder until somebody answers. Read this first."""

from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from services.escalation import doors, supervisors, usecases
from services.escalation.doors import Links
from services.escalation.policybook import PolicyBook
from services.escalation.policyfile import read_document
from services.escalation.settings import Settings
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintClassified,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUpdated,
)
from shared.contracts.notify import AlertAccepted, AlertAmbiguous, AlertFailed, AlertSuppressed, EscalationUnreachable
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued
from shared.database import Database, Transaction
from shared.links import required_keys
from shared.messaging import subscribe, sweep_inbox
from shared.parts import MAX_PART_BYTES
from shared.providers import Configured, DatabaseProvider
from shared.quarantine import doors as quarantine
from shared.ticker import tick
from shared.web import http, json_response, stored_json

OPENAPI = Path(__file__).with_name("openapi.json")


def make(settings: Settings) -> dict[str, Any]:
    """What the providers below give out; raises ValueError for a policy or keys that cannot be used."""
    keys = required_keys(settings.common.link_keys)
    return {
        "policies": PolicyBook(read_document(settings.policy), str(settings.policy)),
        "links": Links(keys, settings.link_max_age),
    }


class EscalationService:
    name = "escalation"
    db: Database = DatabaseProvider()
    policies: PolicyBook = Configured("policies")
    links: Links = Configured("links")

    @subscribe(
        ComplaintClassified,
        ComplaintUpdated,
        ComplaintAnswered,
        ComplaintResolved,
        ComplaintReopened,
        ComplaintMerged,
        ComplaintForgotten,
    )
    def on_complaints(self, tx: Transaction, events: list[Any]) -> None:
        usecases.take_complaints(tx, self.policies, events)

    @subscribe(ComplaintAssigned, ComplaintQueued)
    def on_owners(self, tx: Transaction, events: list[Any]) -> None:
        usecases.note_owners(tx, events)

    @subscribe(AlertAccepted, AlertFailed, AlertSuppressed, AlertAmbiguous, EscalationUnreachable)
    def on_alerts(self, tx: Transaction, events: list[Any]) -> None:
        usecases.take_alerts(tx, self.policies, events)

    @tick(every=0.2)
    def climb_due(self) -> int:
        with self.db.transaction() as tx:
            return usecases.climb_due(tx, self.policies)

    @tick(every=15)
    def look(self) -> int:
        with self.db.read() as tx:
            usecases.look(tx)
        return 0

    @tick(every=600)
    def sweep(self) -> int:
        with self.db.transaction() as tx:
            return sweep_inbox(tx)

    @http("POST", "/v1/cases/<case_id>/acknowledge", scope="person")
    def acknowledge(self, request: Request, case_id: str) -> Response:
        person = doors.person_of(request)
        return doors.answered(self.db.run(lambda tx: usecases.take_case(tx, case_id, person)))

    @http("GET", "/v1/cases/<case_id>", scope=("operator", "person"))
    def get_case(self, request: Request, case_id: str) -> Response:
        with self.db.read() as tx:
            return json_response(doors.case_with_timeline(tx, case_id))

    @http("GET", "/v1/cases", scope=("operator", "person"))
    def get_cases(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response({"cases": doors.case_list(tx, request.args)})

    @http("PUT", "/v1/supervisors/<supervisor_id>", scope="operator")
    def put_supervisor(self, request: Request, supervisor_id: str) -> Response:
        person = doors.supervisor_of(supervisor_id, request)
        self.db.run(lambda tx: usecases.save_supervisor(tx, person))
        return json_response(doors.supervisor_data(person))

    @http("PUT", "/v1/supervisors", scope="operator", max_body=MAX_PART_BYTES)
    def put_supervisors(self, request: Request) -> Response:
        return doors.put_supervisors(self.db, request)

    @http("GET", "/v1/supervisors", scope="operator")
    def get_supervisors(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response({"supervisors": [doors.supervisor_data(x) for x in supervisors.everybody(tx)]})

    @http("GET", "/v1/openapi.json", scope=None)
    def get_openapi(self, request: Request) -> Response:
        return stored_json(OPENAPI)

    @http("GET", "/v1/summary", scope="operator")
    def get_summary(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(doors.summary(tx))

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

    @http("GET", "/a/<token>", scope=None)
    def show_page(self, request: Request, token: str) -> Response:
        return doors.show_page(self.db, self.links, token)

    @http("POST", "/a/<token>", scope=None)
    def answer_by_link(self, request: Request, token: str) -> Response:
        return doors.answer_by_link(self.db, self.links, token)

"""Escalation: keeps a case per complaint and moves it up the ladder until somebody answers. Read this first."""

from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from services.escalation import lead, usecases
from services.escalation.doors import answers, cases, duty, links, overview, people, storms
from services.escalation.pages.links import Links
from services.escalation.people import duty_store
from services.escalation.policy.policybook import PolicyBook
from services.escalation.settings import Settings
from services.escalation.storms import storming
from services.escalation.watch import audit, gauges
from services.escalation.watch.linter import Linter
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintClassified,
    ComplaintEscalationRequested,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintRated,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUpdated,
)
from shared.contracts.notify import (
    AlertAccepted,
    AlertAmbiguous,
    AlertAnswered,
    AlertDelivered,
    AlertFailed,
    AlertSuppressed,
    EscalationUnreachable,
)
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued
from shared.database import Database, Transaction
from shared.departures import doors as departures
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
        "policies": PolicyBook(settings.policy),
        "links": Links(keys, settings.link_max_age),
        "linter": Linter(),
    }


class EscalationService:
    name = "escalation"
    db: Database = DatabaseProvider()
    policies: PolicyBook = Configured("policies")
    links: Links = Configured("links")
    linter: Linter = Configured("linter")

    @subscribe(
        ComplaintClassified,
        ComplaintUpdated,
        ComplaintAnswered,
        ComplaintResolved,
        ComplaintReopened,
        ComplaintRated,
        ComplaintEscalationRequested,
        ComplaintMerged,
        ComplaintForgotten,
    )
    def on_complaints(self, tx: Transaction, events: list[Any]) -> None:
        usecases.take_complaints(tx, self.policies, events)

    @subscribe(ComplaintAssigned, ComplaintQueued)
    def on_owners(self, tx: Transaction, events: list[Any]) -> None:
        usecases.take_owners(tx, self.policies, events)

    @subscribe(
        AlertAccepted,
        AlertDelivered,
        AlertFailed,
        AlertSuppressed,
        AlertAmbiguous,
        AlertAnswered,
        EscalationUnreachable,
    )
    def on_alerts(self, tx: Transaction, events: list[Any]) -> None:
        usecases.take_alerts(tx, self.policies, events)

    @tick(every=0.2)
    def climb_due(self) -> int:
        with self.db.transaction() as tx:
            return usecases.climb_due(tx, self.policies)

    @tick(every=2)
    def watch_storms(self) -> int:
        with self.db.transaction() as tx:
            return storming.watch_storms(tx, self.policies)

    @tick(every=2)
    def resolve_parts(self) -> int:
        with self.db.transaction() as tx:
            return storming.resolve_parts(tx, self.policies)

    @tick(every=5)
    def reread_policy(self) -> int:
        self.policies.reload()
        return 0

    @tick(every=30)
    def audit(self) -> int:
        with self.db.transaction() as tx:
            audit.audit(tx, self.policies)
        return 0

    @tick(every=15)
    def look(self) -> int:
        with self.db.read() as tx:
            gauges.look(tx)
            known, now = duty_store.people(tx, self.policies.current, tx.now), tx.now
        lead.know(self.policies.current, known.everybody)
        self.linter.look(self.policies.current, known, now)
        return 0

    @tick(every=600)
    def sweep(self) -> int:
        with self.db.transaction() as tx:
            return sweep_inbox(tx) + self.links.sweep(tx)

    @http("POST", "/v1/cases/<case_id>/acknowledge", scope="person")
    def acknowledge(self, request: Request, case_id: str) -> Response:
        return answers.acknowledge(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/take-over", scope="person")
    def take_over(self, request: Request, case_id: str) -> Response:
        return answers.take_over(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/resolve", scope="person")
    def resolve(self, request: Request, case_id: str) -> Response:
        return answers.resolve(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/hand-back", scope="person")
    def hand_back(self, request: Request, case_id: str) -> Response:
        return answers.hand_back(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/escalate", scope=("person", "source"))
    def escalate(self, request: Request, case_id: str) -> Response:
        return answers.escalate(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/snooze", scope="person")
    def snooze(self, request: Request, case_id: str) -> Response:
        return answers.snooze(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/notes", scope="person")
    def add_note(self, request: Request, case_id: str) -> Response:
        return answers.add_note(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/pause", scope="person")
    def pause(self, request: Request, case_id: str) -> Response:
        return answers.pause(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/resume", scope="person")
    def resume(self, request: Request, case_id: str) -> Response:
        return answers.resume(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/correct", scope="person")
    def correct(self, request: Request, case_id: str) -> Response:
        return answers.correct(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/link", scope="person")
    def link(self, request: Request, case_id: str) -> Response:
        return answers.link(self.db, self.policies, request, case_id)

    @http("POST", "/v1/cases/<case_id>/unlink", scope="person")
    def unlink(self, request: Request, case_id: str) -> Response:
        return answers.unlink(self.db, self.policies, request, case_id)

    @http("GET", "/v1/cases/<case_id>", scope=("operator", "person"))
    def get_case(self, request: Request, case_id: str) -> Response:
        with self.db.read() as tx:
            return json_response(cases.case_with_timeline(tx, case_id))

    @http("GET", "/v1/cases", scope=("operator", "person"))
    def get_cases(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(cases.worklist(tx, request))

    @http("GET", "/v1/cases/<case_id>/timeline", scope=("operator", "person"))
    def get_timeline(self, request: Request, case_id: str) -> Response:
        with self.db.read() as tx:
            return json_response(cases.only_timeline(tx, case_id))

    @http("GET", "/v1/storms", scope=("operator", "person"))
    def get_storms(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(storms.recent(tx, request))

    @http("PUT", "/v1/supervisors/<supervisor_id>", scope="operator")
    def put_supervisor(self, request: Request, supervisor_id: str) -> Response:
        return people.put_supervisor(self.db, request, supervisor_id)

    @http("PUT", "/v1/supervisors", scope="operator", max_body=MAX_PART_BYTES)
    def put_supervisors(self, request: Request) -> Response:
        return people.put_supervisors(self.db, request)

    @http("GET", "/v1/supervisors", scope="operator")
    def get_supervisors(self, request: Request) -> Response:
        return people.list_supervisors(self.db)

    @http("GET", "/v1/duty", scope=("operator", "person"))
    def get_duty(self, request: Request) -> Response:
        return duty.show_duty(self.db, self.policies.current, request)

    @http("GET", "/v1/rotas/<name>", scope=("operator", "person"))
    def get_rota(self, request: Request, name: str) -> Response:
        return duty.show_course(self.db, self.policies.current, request, name)

    @http("POST", "/v1/duty/overrides", scope="operator")
    def post_override(self, request: Request) -> Response:
        return duty.add_override(self.db, self.policies.current, request)

    @http("DELETE", "/v1/duty/overrides/<override_id>", scope="operator")
    def delete_override(self, request: Request, override_id: str) -> Response:
        return duty.remove_override(self.db, override_id)

    @http("GET", "/v1/policy", scope="operator")
    def get_policy(self, request: Request) -> Response:
        return json_response(overview.policy_document(self.policies, self.linter))

    @http("GET", "/v1/openapi.json", scope=None)
    def get_openapi(self, request: Request) -> Response:
        return stored_json(OPENAPI)

    @http("GET", "/v1/summary", scope="operator")
    def get_summary(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(overview.summary(tx))

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

    @http("GET", "/a/<token>", scope=None)
    def show_page(self, request: Request, token: str) -> Response:
        return links.show_page(self.db, self.policies, self.links, token)

    @http("POST", "/a/<token>", scope=None)
    def answer_by_link(self, request: Request, token: str) -> Response:
        return links.answer_by_link(self.db, self.policies, self.links, request, token)

"""Routing: gives each complaint to the right person, and says why. Read this first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from services.routing import documents, policy, schemas, usecases
from services.routing.domain.complaint import ComplaintEvent
from services.routing.placing import Desk
from services.routing.roster_store import KnownRoster
from services.routing.settings import Settings
from shared.contracts.escalation import CaseResolved
from shared.contracts.intake import (
    ComplaintClassified,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUpdated,
)
from shared.database import Database, Transaction
from shared.messaging import subscribe, sweep_inbox
from shared.providers import Configured, DatabaseProvider
from shared.quarantine import doors as quarantine
from shared.ticker import tick
from shared.web import http, json_body, json_response, stored_json

OPENAPI = Path(__file__).with_name("openapi.json")


def make(settings: Settings) -> dict[str, Any]:
    """What the providers below give out; raises ValueError with file and line for a policy that cannot be used."""
    return {"desk": Desk(policy.read(settings.policy_file), KnownRoster())}


class RoutingService:
    name = "routing"
    db: Database = DatabaseProvider()
    desk: Desk = Configured("desk")

    @subscribe(
        ComplaintClassified,
        ComplaintUpdated,
        ComplaintResolved,
        ComplaintReopened,
        ComplaintMerged,
        ComplaintForgotten,
    )
    def on_complaints(self, tx: Transaction, events: Sequence[ComplaintEvent]) -> None:
        usecases.follow_complaints(tx, self.desk, events)

    @subscribe(CaseResolved)
    def on_cases_resolved(self, tx: Transaction, events: Sequence[ComplaintEvent]) -> None:
        usecases.follow_complaints(tx, self.desk, events)

    @tick(every=1.0)
    def assign_waiting(self) -> int:
        return self.db.run(lambda tx: usecases.assign_waiting(tx, self.desk))

    @tick(every=600)
    def sweep(self) -> int:
        with self.db.transaction() as tx:
            return sweep_inbox(tx)

    @http("PUT", "/v1/agents/<id_>", scope="operator")
    def put_agent(self, request: Request, id_: str) -> Response:
        wanted = schemas.agent_from(id_, json_body(request))
        agent, load = self.db.run(lambda tx: usecases.apply_agent(tx, wanted))
        return json_response(documents.agent_document(agent, load))

    @http("GET", "/v1/agents", scope="operator")
    def get_agents(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(documents.list_agents(tx))

    @http("GET", "/v1/agents/<id_>", scope="operator")
    def get_agent(self, request: Request, id_: str) -> Response:
        with self.db.read() as tx:
            return json_response(documents.find_agent(tx, id_))

    @http("GET", "/v1/assignments/<complaint_id>", scope="operator")
    def get_assignment(self, request: Request, complaint_id: str) -> Response:
        with self.db.read() as tx:
            return json_response(documents.find_assignment(tx, complaint_id))

    @http("GET", "/v1/queue", scope="operator")
    def get_queue(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(documents.queue(tx, schemas.limit_from(request.args.get("limit"))))

    @http("GET", "/v1/openapi.json", scope=None)
    def get_openapi(self, request: Request) -> Response:
        return stored_json(OPENAPI)

    @http("GET", "/v1/summary", scope="operator")
    def get_summary(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(documents.summary(tx))

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

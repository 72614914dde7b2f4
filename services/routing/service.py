"""Routing: gives each complaint to the right person, and says why. Read this first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from services.routing import deadlines, documents, doors, schemas, usecases, workforce
from services.routing.domain.following import ComplaintEvent
from services.routing.placing import outlook
from services.routing.placing.desk import Desk
from services.routing.policy.policybook import PolicyBook
from services.routing.roster import agent_documents
from services.routing.roster.decoding import decode
from services.routing.settings import Settings
from shared.contracts.escalation import CaseHandedBack, CaseResolved
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintClassified,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUpdated,
)
from shared.contracts.topology import WORKFORCE_EXCHANGE
from shared.database import Database, Transaction
from shared.departures import doors as departures
from shared.messaging import subscribe, sweep_inbox
from shared.parts import MAX_PART_BYTES
from shared.providers import Configured, DatabaseProvider
from shared.quarantine import doors as quarantine
from shared.ticker import tick
from shared.web import http, json_response, stored_json

OPENAPI = Path(__file__).with_name("openapi.json")


def make(settings: Settings) -> dict[str, Any]:
    """What the providers below give out; raises ValueError with file and line for a policy that cannot be used."""
    return {"desk": Desk(PolicyBook(settings.policy_file))}


class RoutingService:
    name = "routing"
    db: Database = DatabaseProvider()
    desk: Desk = Configured("desk")

    @subscribe(
        ComplaintClassified,
        ComplaintUpdated,
        ComplaintAnswered,
        ComplaintResolved,
        ComplaintReopened,
        ComplaintMerged,
        ComplaintForgotten,
    )
    def on_complaints(self, tx: Transaction, events: Sequence[ComplaintEvent]) -> None:
        usecases.follow_complaints(tx, self.desk, events)

    @subscribe(CaseResolved, CaseHandedBack)
    def on_cases(self, tx: Transaction, events: Sequence[usecases.Heard]) -> None:
        usecases.follow_complaints(tx, self.desk, events)

    @subscribe(source=WORKFORCE_EXCHANGE, decode=decode)
    def on_workforce(self, tx: Transaction, events: Sequence[Any]) -> None:
        workforce.follow_workforce(tx, self.desk, events)

    @tick(every=1.0)
    def assign_waiting(self) -> int:
        return self.db.run(lambda tx: usecases.assign_waiting(tx, self.desk))

    @tick(every=0.5)
    def relax_waiting(self) -> int:
        return self.db.run(lambda tx: deadlines.relax_waiting(tx, self.desk))

    @tick(every=0.5)
    def take_back_unanswered(self) -> int:
        return self.db.run(lambda tx: deadlines.take_back_unanswered(tx, self.desk))

    @tick(every=0.5)
    def follow_agents(self) -> int:
        return self.db.run(lambda tx: workforce.follow_agents(tx, self.desk))

    @tick(every=1.0)
    def empty_desks(self) -> int:
        return self.db.run(lambda tx: deadlines.empty_desks(tx, self.desk))

    @tick(every=5)
    def reread_waiting(self) -> int:
        self.desk.policies.reload()
        return self.db.run(lambda tx: deadlines.reread_waiting(tx, self.desk))

    @tick(every=15)
    def look(self) -> int:
        with self.db.read() as tx:
            outlook.look(tx, self.desk)
            roster, now = self.desk.roster.current(tx), tx.now
        self.desk.linter.look(self.desk.policy, roster, now)
        return 0

    @tick(every=600)
    def sweep(self) -> int:
        with self.db.transaction() as tx:
            return sweep_inbox(tx)

    @http("PUT", "/v1/agents", scope="operator", max_body=MAX_PART_BYTES)
    def put_agents(self, request: Request) -> Response:
        return doors.put_agents(self.db, self.desk, request)

    @http("PUT", "/v1/agents/<id_>", scope="operator")
    def put_agent(self, request: Request, id_: str) -> Response:
        return doors.put_agent(self.db, self.desk, request, id_)

    @http("POST", "/v1/agents/<id_>/presence", scope=("operator", "person"))
    def set_presence(self, request: Request, id_: str) -> Response:
        return doors.set_presence(self.db, self.desk, request, id_)

    @http("GET", "/v1/agents", scope="operator")
    def get_agents(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(agent_documents.list_agents(tx))

    @http("GET", "/v1/agents/<id_>", scope="operator")
    def get_agent(self, request: Request, id_: str) -> Response:
        with self.db.read() as tx:
            return json_response(agent_documents.find_agent(tx, id_))

    @http("GET", "/v1/assignments/<complaint_id>", scope=("operator", "person"))
    def get_assignment(self, request: Request, complaint_id: str) -> Response:
        with self.db.read() as tx:
            asked = request.args.get("agent")
            return json_response(documents.find_assignment(tx, self.desk, complaint_id, asked))

    @http("POST", "/v1/assignments/<complaint_id>/accept", scope=("operator", "person"))
    def accept_assignment(self, request: Request, complaint_id: str) -> Response:
        return doors.accept(self.db, self.desk, request, complaint_id)

    @http("POST", "/v1/assignments/<complaint_id>/decline", scope=("operator", "person"))
    def decline_assignment(self, request: Request, complaint_id: str) -> Response:
        return doors.decline(self.db, self.desk, request, complaint_id)

    @http("POST", "/v1/assignments/<complaint_id>/assign", scope="operator")
    def assign_by_hand(self, request: Request, complaint_id: str) -> Response:
        return doors.assign(self.db, self.desk, request, complaint_id)

    @http("POST", "/v1/assignments/<complaint_id>/hand-back", scope="operator")
    def hand_back(self, request: Request, complaint_id: str) -> Response:
        return doors.hand_back(self.db, self.desk, request, complaint_id)

    @http("GET", "/v1/queue", scope=("operator", "person"))
    def get_queue(self, request: Request) -> Response:
        limit = schemas.limit_from(request.args.get("limit"))
        with self.db.read() as tx:
            return json_response(documents.queue(tx, self.desk, limit))

    @http("GET", "/v1/policy", scope="operator")
    def get_policy(self, request: Request) -> Response:
        return json_response(documents.policy(self.desk))

    @http("GET", "/v1/openapi.json", scope=None)
    def get_openapi(self, request: Request) -> Response:
        return stored_json(OPENAPI)

    @http("GET", "/v1/summary", scope="operator")
    def get_summary(self, request: Request) -> Response:
        with self.db.read() as tx:
            return json_response(documents.summary(tx, self.desk))

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

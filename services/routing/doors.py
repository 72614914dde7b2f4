"""Between HTTP and the use cases: who asks, what they ask for, and the answer. Called by service.py."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from services.routing import by_hand, documents, schemas, workforce
from services.routing.domain.presence import Said
from services.routing.placing.desk import Desk
from services.routing.roster import agent_documents, agent_schemas
from services.routing.roster.agent_schemas import PresenceSchema
from services.routing.roster.told import AgentTold, PresenceTold
from shared.database import Database, Transaction
from shared.errors import Forbidden, Rejected
from shared.loading import load
from shared.parts import only_checks, read_part
from shared.web import json_body, json_response

_UNUSABLE = "the body cannot be used"


def put_agent(db: Database, desk: Desk, request: Request, id_: str) -> Response:
    agent = agent_schemas.agent_from(id_, json_body(request))

    def work(tx: Transaction) -> dict[str, Any]:
        workforce.apply_agents(tx, desk, [AgentTold(agent)])
        return agent_documents.find_agent(tx, id_)

    return json_response(db.run(work))


def put_agents(db: Database, desk: Desk, request: Request) -> Response:
    """Stores all of a list or nothing, or only says what it would change."""
    wanted = read_part(agent_schemas.agents_from, json_body(request))
    if only_checks(request.args):
        with db.read() as tx:
            return json_response(workforce.check_agents(tx, wanted))
    return json_response(db.run(lambda tx: workforce.put_agents(tx, desk, wanted)))


def set_presence(db: Database, desk: Desk, request: Request, id_: str) -> Response:
    """An agent with a token of their own speaks for themselves."""
    told = load(PresenceSchema(), json_body(request), "this is no presence")
    agent_id = _agent_of(request, id_)

    def work(tx: Transaction) -> dict[str, Any]:
        said = Said(told["presence"], told["at"] or tx.now, told["until"])
        if said.until is not None and said.until <= tx.now:
            raise Rejected("this is no presence", [{"pointer": "/until", "detail": "is over already"}])
        workforce.set_presences(tx, desk, [PresenceTold(agent_id, said)])
        return agent_documents.find_agent(tx, agent_id)

    return json_response(db.run(work))


def accept(db: Database, desk: Desk, request: Request, complaint_id: str) -> Response:
    agent_id, note = _answer(request)
    by = _by(request)
    return _changed(db, desk, complaint_id, lambda tx: by_hand.accept(tx, desk, complaint_id, agent_id, by, note))


def decline(db: Database, desk: Desk, request: Request, complaint_id: str) -> Response:
    agent_id, note = _answer(request)
    by = _by(request)
    return _changed(db, desk, complaint_id, lambda tx: by_hand.decline(tx, desk, complaint_id, agent_id, by, note))


def assign(db: Database, desk: Desk, request: Request, complaint_id: str) -> Response:
    asked = load(schemas.AssignSchema(), json_body(request), _UNUSABLE)
    by = _by(request)

    def work(tx: Transaction) -> None:
        by_hand.assign(tx, desk, complaint_id, asked["agent_id"], by, asked["note"], force=asked["force"])

    return _changed(db, desk, complaint_id, work)


def hand_back(db: Database, desk: Desk, request: Request, complaint_id: str) -> Response:
    asked = load(schemas.HandBackSchema(), json_body(request) if request.get_data() else {}, _UNUSABLE)
    needs, by = schemas.needs_from(asked["needs"]), _by(request)
    return _changed(
        db, desk, complaint_id, lambda tx: by_hand.hand_back(tx, desk, complaint_id, needs, by, asked["note"])
    )


def _changed(db: Database, desk: Desk, complaint_id: str, work: Callable[[Transaction], object]) -> Response:
    def work_and_show(tx: Transaction) -> dict[str, Any]:
        work(tx)
        return documents.find_assignment(tx, desk, complaint_id)

    return json_response(db.run(work_and_show))


def _answer(request: Request) -> tuple[str, str | None]:
    asked = load(schemas.AnswerSchema(), json_body(request) if request.get_data() else {}, _UNUSABLE)
    return _agent_of(request, asked["agent_id"]), asked["note"]


def _agent_of(request: Request, named: str | None) -> str:
    """The agent who is named, or the caller; only an operator may speak for somebody else."""
    caller = request.caller  # type: ignore[attr-defined]
    if named is None or named == caller.name:
        return str(caller.name)
    if not caller.may("operator"):
        raise Forbidden(f"only an operator may speak for {named}")
    return named


def _by(request: Request) -> str:
    return str(request.caller.name)  # type: ignore[attr-defined]

"""Between HTTP and the use cases: the supervisors. Called by service.py."""

from typing import Any

from werkzeug.wrappers import Request, Response

from services.escalation.domain.people import Supervisor
from services.escalation.people import roster, supervisor_schemas, supervisors
from services.escalation.people.supervisor_schemas import supervisor_from
from services.escalation.schemas import load
from shared.contracts.event import to_text
from shared.database import Database
from shared.parts import only_checks, read_part
from shared.web import BadRequest, json_body, json_response


def put_supervisor(db: Database, request: Request, supervisor_id: str) -> Response:
    if len(supervisor_id) > 100:
        raise BadRequest("the id may have 100 characters")
    loaded = load(supervisor_schemas.SupervisorBody(of=supervisor_id), json_body(request))
    person = supervisor_from(supervisor_id, loaded)
    db.run(lambda tx: supervisors.save(tx, person))
    return json_response(supervisor_document(person))


def put_supervisors(db: Database, request: Request) -> Response:
    """Stores all of a list or nothing, or only says what it would change."""
    people = read_part(_supervisors_from, json_body(request))
    if only_checks(request.args):
        with db.read() as tx:
            return json_response(roster.check_supervisors(tx, people))
    return json_response(db.run(lambda tx: roster.save_supervisors(tx, people)))


def _supervisors_from(body: Any) -> dict[str, Supervisor]:
    loaded = load(supervisor_schemas.SupervisorsBody(), body)
    return {entry["id"]: supervisor_from(entry["id"], entry) for entry in loaded["supervisors"]}


def list_supervisors(db: Database) -> Response:
    with db.read() as tx:
        return json_response({"supervisors": [supervisor_document(person) for person in supervisors.everybody(tx)]})


def supervisor_document(person: Supervisor) -> dict[str, Any]:
    """As the doors take it, but with the id, and absences as instants."""
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role.value,
        "regions": person.regions,
        "languages": person.languages,
        "leads": person.leads,
        "timezone": person.timezone,
        "absences": [
            {"from": to_text(leave.start), "to": to_text(leave.end), "stand_in": leave.stand_in}
            for leave in person.absences
        ],
    }

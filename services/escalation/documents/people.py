"""What the doors of supervisors take and answer."""

from dataclasses import dataclass, field
from datetime import datetime

from marshmallow import fields, validate

from services.escalation.domain.people import Role
from services.escalation.people import supervisor_schemas
from shared.api import Operation
from shared.differences import Difference
from shared.parts import CHECK


@dataclass(frozen=True)
class Absence:
    """from: an instant in UTC. stand_in: who is alerted instead."""

    start: datetime = field(metadata={"wire": "from"})
    end: datetime = field(metadata={"wire": "to"})
    stand_in: str | None


@dataclass(frozen=True)
class SupervisorDocument:
    """leads: the teams of agents that the person leads."""

    id: str
    name: str
    role: Role
    regions: tuple[str, ...]
    languages: tuple[str, ...]
    leads: tuple[str, ...]
    timezone: str
    absences: tuple[Absence, ...]


@dataclass(frozen=True)
class SupervisorList:
    supervisors: tuple[SupervisorDocument, ...]


OPERATIONS = {
    "put_supervisor": Operation(
        "Add or change a supervisor",
        body=supervisor_schemas.SupervisorBody(),
        answer=SupervisorDocument,
        path={"supervisor_id": fields.String(validate=validate.Length(1, 100))},
        example={"name": "Petr", "role": "supervisor", "regions": ["CZ"], "languages": ["cs"]},
        example_path={"supervisor_id": "petr"},
    ),
    "put_supervisors": Operation(
        "Add or change many supervisors: all of them or none; those not named stay as they are",
        body=supervisor_schemas.SupervisorsBody(),
        answer=Difference,
        query=CHECK,
        example={
            "supervisors": [
                {"id": "petr", "name": "Petr", "role": "supervisor", "regions": ["CZ"], "languages": ["cs"]},
                {"id": "karin", "name": "Karin", "role": "coordinator", "regions": ["CZ", "DE"], "languages": ["de"]},
            ]
        },
    ),
    "get_supervisors": Operation("List the supervisors", answer=SupervisorList),
}

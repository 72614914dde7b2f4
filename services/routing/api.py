"""What routing's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from marshmallow import fields, validate

from services.routing import schemas
from services.routing.answers import AgentDocument, AgentList, Assignment, PolicyDocument, Queue, Summary
from services.routing.roster import agent_schemas
from services.routing.roster.agent_fields import ID
from shared.api import A_COMPLAINT, THIS_DOCUMENT, Operation
from shared.departures import api as departures
from shared.differences import Difference
from shared.parts import CHECK
from shared.quarantine import api as quarantine

_AGENT_ID = {"id_": fields.String(validate=ID)}
_LIMIT = fields.Integer(load_default=schemas.QUEUE_SHOWN, validate=validate.Range(1, schemas.QUEUE_MOST))
_ASKED = fields.String(validate=ID, metadata={"description": "Say why not this agent."})
_JANA = {
    "name": "Jana",
    "skills": {"safety": 4, "defect": 3, "other": 3},
    "languages": {"en": 3, "cs": 5},
    "regions": ["*"],
    "capacity": 20,
}
_A_COMPLAINT = {"complaint_id": A_COMPLAINT}

OPERATIONS = {
    "put_agents": Operation(
        "Add or change many agents: all of them or none; those not named stay as they are",
        body=agent_schemas.AgentsSchema(),
        answer=Difference,
        query=CHECK,
        example={
            "agents": [
                {"id": "jana"} | _JANA,
                {
                    "id": "emil",
                    "name": "Emil",
                    "skills": ["billing", "other"],
                    "languages": ["en"],
                    "regions": ["GB", "IE"],
                    "capacity": 8,
                    "teams": ["recall"],
                    "timezone": "Europe/London",
                    "shifts": [
                        {
                            "days": "mon-fri",
                            "from": "08:00",
                            "to": "16:30",
                            "breaks": [{"from": "12:00", "to": "12:30"}],
                        }
                    ],
                    "absences": [{"from": "2026-12-24", "to": "2027-01-01"}],
                    "holidays": "GB-ENG",
                },
            ]
        },
    ),
    "get_agents": Operation("List the agents with their load and status", answer=AgentList),
    "put_agent": Operation(
        "Add or change an agent",
        body=agent_schemas.AgentSchema(),
        answer=AgentDocument,
        path=_AGENT_ID,
        example=_JANA,
        example_path={"id_": "jana"},
    ),
    "get_agent": Operation(
        "Show an agent", answer=AgentDocument, path=_AGENT_ID, problems=(404,), example_path={"id_": "jana"}
    ),
    "set_presence": Operation(
        "Say whether an agent is there; agents may say it of themselves",
        body=agent_schemas.PresenceSchema(),
        answer=AgentDocument,
        path=_AGENT_ID,
        problems=(404,),
        example={"presence": "available"},
        example_path={"id_": "jana"},
    ),
    "get_assignment": Operation(
        "Show where a complaint is, why, and what happened to it",
        answer=Assignment,
        query={"agent": _ASKED},
        problems=(404,),
        example_path=_A_COMPLAINT,
    ),
    "assign_by_hand": Operation(
        "Give a complaint to an agent",
        body=schemas.AssignSchema(),
        answer=Assignment,
        problems=(404, 409),
        example={"agent_id": "jana", "note": "knows the customer", "force": True},
        example_path=_A_COMPLAINT,
    ),
    "accept_assignment": Operation(
        "Say that its agent is at work on a complaint",
        body=schemas.AnswerSchema(),
        needs_body=False,
        answer=Assignment,
        problems=(404, 409),
        example={"agent_id": "jana"},
        example_path=_A_COMPLAINT,
    ),
    "decline_assignment": Operation(
        "Say that its agent does not take a complaint: the next one gets it",
        body=schemas.AnswerSchema(),
        needs_body=False,
        answer=Assignment,
        problems=(404, 409),
        example={"agent_id": "jana", "note": "needs an electrician"},
        example_path=_A_COMPLAINT,
    ),
    "hand_back": Operation(
        "Put a complaint back into the line, for other needs if you wish",
        body=schemas.HandBackSchema(),
        needs_body=False,
        answer=Assignment,
        problems=(404, 409),
        example={"needs": {"skill": "safety", "skill_level": 4, "region": None}, "note": "for a specialist"},
        example_path=_A_COMPLAINT,
    ),
    "get_queue": Operation(
        "List who waits, the next one first", answer=Queue, query={"limit": _LIMIT}, problems=(422,)
    ),
    "get_policy": Operation("Show the policy that decides now", answer=PolicyDocument),
    "get_summary": Operation("Count what routing has", answer=Summary),
    **departures.OPERATIONS,
    **quarantine.OPERATIONS,
    "get_openapi": THIS_DOCUMENT,
}

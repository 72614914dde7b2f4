"""Agents as JSON-ready data, for what routing answers by HTTP. Called by service.py and doors.py."""

from typing import Any

from services.routing.roster import agents_store
from services.routing.roster.agents_store import Known
from shared.contracts.event import to_text
from shared.database import Transaction
from shared.errors import NotFound
from shared.hours.schedule import shift_document


def agent_document(known: Known) -> dict[str, Any]:
    agent, room, said = known.agent, known.room, known.said
    return {
        "id": agent.id,
        "name": agent.name,
        "skills": dict(agent.skills),
        "languages": dict(agent.languages),
        "regions": agent.regions,
        "teams": agent.teams,
        "capacity": agent.capacity,
        "timezone": agent.calendar.timezone,
        "shifts": [shift_document(shift) for shift in agent.calendar.shifts],
        "absences": [{"from": to_text(a.start), "to": to_text(a.end)} for a in agent.absences],
        "holidays": agent.holidays,
        "load": room.load,
        "status": room.status.value,
        "status_until": to_text(room.due_at),
        "presence": said and {"presence": said.presence.value, "at": to_text(said.at), "until": to_text(said.until)},
    }


def find_agent(tx: Transaction, agent_id: str) -> dict[str, Any]:
    found = agents_store.find_agent(tx, agent_id)
    if found is None:
        raise NotFound(f"no agent {agent_id}")
    return agent_document(found)


def list_agents(tx: Transaction) -> dict[str, Any]:
    return {"agents": [agent_document(known) for known in agents_store.all_agents(tx)]}

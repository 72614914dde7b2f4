"""What routing answers by HTTP, as JSON-ready data. Called by service.py."""

from datetime import datetime
from typing import Any

from services.routing import roster_store, store
from services.routing.domain.complaint import Complaint, State
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Agent
from shared.database import Transaction
from shared.errors import NotFound
from shared.summary import plumbing_counts


def agent_document(agent: Agent, load: int) -> dict[str, Any]:
    return {
        "id": agent.id,
        "name": agent.name,
        "skills": agent.skills,
        "languages": agent.languages,
        "regions": agent.regions,
        "capacity": agent.capacity,
        "load": load,
    }


def find_agent(tx: Transaction, agent_id: str) -> dict[str, Any]:
    found = roster_store.find_agent(tx, agent_id)
    if found is None:
        raise NotFound(f"no agent {agent_id}")
    return agent_document(*found)


def list_agents(tx: Transaction) -> dict[str, Any]:
    return {"agents": [agent_document(agent, load) for agent, load in roster_store.all_agents(tx)]}


def find_assignment(tx: Transaction, complaint_id: str) -> dict[str, Any]:
    """Where the complaint is and why, as stored by the transaction that decided."""
    c = store.find_complaint(tx, complaint_id)
    if c is None:
        raise NotFound(f"no complaint {complaint_id}")
    agent = roster_store.find_agent(tx, c.agent_id) if c.agent_id else None
    known = {"id": agent[0].id, "name": agent[0].name} if agent else None
    times = ("first_seen_at", "waiting_since", "decided_at", "assigned_at", "released_at")
    return {
        "complaint_id": c.id,
        "state": c.state.value,
        "reason": c.reason and c.reason.value,
        "agent": known if c.state is State.ASSIGNED else None,
        "last_agent": known,
        **_demand(c),
        "score": {},
        "candidates": [],
        "rejected": {},
        **(c.decision or {}),
        "attempt": c.attempt,
        "facts_revision": c.facts_revision,
        "step_revision": c.step_revision,
        "policy_version": c.policy_version,
        **{name: _instant(getattr(c, name)) for name in times},
    }


def queue(tx: Transaction, limit: int) -> dict[str, Any]:
    """The waiting complaints in the order in which they are served, with their place."""
    first = store.waiting(tx, limit)
    return {
        "waiting": sum(line.count for line in store.lines(tx)),
        "complaints": [{"place": place, **_waiting(c, tx.now)} for place, c in enumerate(first, 1)],
    }


def summary(tx: Transaction) -> dict[str, Any]:
    """assigned: complaints that have an agent now; early: known by a step only, their facts are still on the way."""
    counts = store.count_states(tx)
    waiting = {r.value: counts.get((State.WAITING, r), 0) for r in (Reason.NOBODY_QUALIFIED, Reason.ALL_FULL)}
    of = {state: sum(n for (s, _), n in counts.items() if s is state) for state in State}
    return {
        "assigned": of[State.ASSIGNED],
        "waiting": of[State.WAITING],
        "waiting_by_reason": waiting,
        "released": of[State.RELEASED],
        "early": of[State.EARLY],
        "agents": roster_store.count_agents(tx),
        "plumbing": plumbing_counts(tx),
    }


def _demand(c: Complaint) -> dict[str, Any]:
    if c.demand is None:
        return {"needs": None, "severity": None, "weight": None, "priority": None}
    needs = c.demand.needs
    return {
        "needs": {"skill": needs.skill, "language": needs.language, "region": needs.region},
        "severity": c.demand.severity.value,
        "weight": c.demand.weight,
        "priority": c.demand.priority,
    }


def _waiting(c: Complaint, now: datetime) -> dict[str, Any]:
    since = c.waiting_since or c.first_seen_at
    return {
        "complaint_id": c.id,
        "reason": c.reason and c.reason.value,
        **_demand(c),
        "attempt": c.attempt,
        "waiting_since": _instant(since),
        "age_seconds": round((now - since).total_seconds(), 3),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None

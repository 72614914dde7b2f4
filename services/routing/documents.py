"""What routing answers by HTTP, as JSON-ready data. Called by service.py."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.routing import store
from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import Entry, State
from services.routing.domain.reasons import WAITING
from services.routing.domain.whynot import why_not
from services.routing.placing import outlook
from services.routing.placing.desk import Desk
from services.routing.roster import agents_store
from shared.contracts.event import to_text
from shared.database import Transaction
from shared.errors import NotFound
from shared.summary import plumbing_counts

HISTORY_SHOWN = 200
_TIMES = (
    "first_seen_at",
    "waiting_since",
    "decided_at",
    "assigned_at",
    "accepted_at",
    "answer_by",
    "released_at",
)


def find_assignment(tx: Transaction, desk: Desk, complaint_id: str, asked: str | None = None) -> dict[str, Any]:
    """Where the complaint is and why, as stored by who decided; asked: the agent to say "why not" of, as it is now."""
    c = store.find_complaint(tx, complaint_id)
    if c is None:
        raise NotFound(f"no complaint {complaint_id}")
    agent = agents_store.find_agent(tx, c.agent_id) if c.agent_id else None
    known = {"id": agent.agent.id, "name": agent.agent.name} if agent else None
    history = store.history_of(tx, c.id, HISTORY_SHOWN)
    return {
        "complaint_id": c.id,
        "state": c.state.value,
        "reason": c.reason and c.reason.value,
        "reason_now": _reason_now(tx, desk, c),
        "agent": known if c.state is State.ASSIGNED else None,
        "last_agent": known,
        **_demand(c),
        "next_relaxation": _next_relaxation(desk, c),
        "opens_at": _opens_at(desk, c, tx.now),
        "score": {},
        "candidates": [],
        "rejected": {},
        **(c.decision or {}),
        "why_not": _why_not(tx, c, asked) if asked else None,
        "attempt": c.attempt,
        "lost": c.lost,
        "lost_at_most": desk.policy.attempts,
        "tried": list(c.tried),
        "facts_revision": c.facts_revision,
        "step_revision": c.step_revision,
        "policy_version": c.policy_version,
        **{name: to_text(getattr(c, name)) for name in _TIMES},
        "history": [_entry(entry, version) for entry, version in history],
    }


def queue(tx: Transaction, desk: Desk, limit: int) -> dict[str, Any]:
    """The waiting complaints in the order in which they are served, with their place; the reasons are those of now."""
    first = store.waiting(tx, limit)
    reasons = outlook.reasons_of(tx, desk, first)
    by_reason = outlook.waiting_by_reason(tx, desk)
    return {
        "waiting": sum(by_reason.values()),
        "complaints": [
            {"place": place, "reason": reasons[c.id].value, **_waiting(desk, c, tx.now)}
            for place, c in enumerate(first, 1)
        ],
    }


def policy(desk: Desk) -> dict[str, Any]:
    findings = [{"kind": f.kind.value, "name": f.name, "text": f.text} for f in desk.linter.findings]
    return {"version": desk.policy.version, "document": desk.policies.document, "findings": findings}


def summary(tx: Transaction, desk: Desk) -> dict[str, Any]:
    """assigned: complaints that have an agent now; early: known by a step only, their facts are still on the way."""
    counts = store.count_states(tx)
    by_reason = outlook.waiting_by_reason(tx, desk)
    by_status = agents_store.count_by_status(tx)
    return {
        "assigned": counts.get(State.ASSIGNED, 0),
        "waiting": counts.get(State.WAITING, 0),
        "waiting_by_reason": {reason.value: by_reason[reason] for reason in WAITING},
        "released": counts.get(State.RELEASED, 0),
        "early": counts.get(State.EARLY, 0),
        "agents": sum(by_status.values()),
        "plumbing": plumbing_counts(tx),
    }


def _demand(c: Complaint) -> dict[str, Any]:
    d = c.demand
    if d is None:
        return dict.fromkeys(("rule", "needs", "severity", "weight", "priority", "hours", "stage")) | {"relaxed": []}
    return {
        "rule": d.rule,
        "needs": asdict(d.needs),
        "severity": d.severity.value,
        "weight": d.weight,
        "priority": d.priority,
        "hours": d.hours,
        "stage": d.stage,
        "relaxed": list(d.relaxed),
    }


def _waiting(desk: Desk, c: Complaint, now: datetime) -> dict[str, Any]:
    since = c.waiting_since or c.first_seen_at
    return {
        "complaint_id": c.id,
        **_demand(c),
        "attempt": c.attempt,
        "lost": c.lost,
        "waiting_since": to_text(since),
        "age_seconds": round((now - since).total_seconds(), 3),
        "next_relaxation": _next_relaxation(desk, c),
        "opens_at": _opens_at(desk, c, now),
    }


def _next_relaxation(desk: Desk, c: Complaint) -> Mapping[str, Any] | None:
    if c.relax_at is None or c.demand is None or c.facts is None:
        return None
    needs = desk.policy.needs_after(c.demand, c.facts, c.override)
    return {"at": to_text(c.relax_at), "needs": needs and asdict(needs)}


def _opens_at(desk: Desk, c: Complaint, now: datetime) -> str | None:
    """When it is served next, if it is in line and its region is closed now."""
    hours = desk.policy.hours_named(c.demand.hours) if c.demand and c.is_in_line(desk.policy) else None
    if hours is None or hours.calendar.is_open(now):
        return None
    return to_text(hours.calendar.next_opening(now))


def _reason_now(tx: Transaction, desk: Desk, c: Complaint) -> str | None:
    return outlook.reasons_of(tx, desk, [c])[c.id].value if c.state is State.WAITING else None


def _why_not(tx: Transaction, c: Complaint, agent_id: str) -> dict[str, Any]:
    """What stands in the way now, whatever it was when the decision was made."""
    known = agents_store.find_agent(tx, agent_id)
    if known is None:
        raise NotFound(f"no agent {agent_id}")
    has_it = c.state is State.ASSIGNED and c.agent_id == agent_id
    lack = None if has_it else why_not(known.agent, known.room, c, tx.now)
    return {"agent_id": agent_id, "reason": lack and lack.value, "status": known.room.status.value}


def _entry(entry: Entry, policy_version: str | None) -> dict[str, Any]:
    told = {"reason": entry.reason, "agent_id": entry.agent_id, "by": entry.by, "note": entry.note}
    details = {"details": dict(entry.details)} if entry.details else {"details": None}
    return {"at": to_text(entry.at), "what": entry.what.value, **told, **details, "policy_version": policy_version}

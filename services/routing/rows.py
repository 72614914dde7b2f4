"""Complaints and their history as rows of their tables, both ways. Called by store.py."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import Entry, State, What
from services.routing.domain.facts import Facts, facts_from
from services.routing.domain.line import line_key
from services.routing.domain.needs import Demand
from services.routing.domain.reasons import Reason
from shared.contracts.event import Severity
from shared.contracts.routing import Needs

_NO_DEMAND = dict.fromkeys(("demand", "skill", "language", "region", "severity", "weight", "priority", "line"))


def complaint_row(c: Complaint) -> dict[str, Any]:
    facts = c.facts
    # A complaint without a rank is in nobody's line: so many agents lost it that it waits for a supervisor.
    return {
        "complaint_id": c.id,
        "state": c.state.value,
        "facts_revision": c.facts_revision,
        "step_revision": c.step_revision,
        "answered_revision": c.answered_revision,
        "handed_back_revision": c.handed_back_revision,
        "facts": facts and facts.as_data(),
        "customer": facts and facts.customer,
        "customer_region": facts and facts.region,
        "override": c.override,
        **_demand_columns(c),
        "agent_id": c.agent_id,
        "reason": c.reason and c.reason.value,
        "attempt": c.attempt,
        "lost": c.lost,
        "tried": list(c.tried) or None,
        "first_seen_at": c.first_seen_at,
        "waiting_since": c.waiting_since,
        "relax_from": c.relax_from,
        "relax_at": c.relax_at,
        "turn_at": c.turn_at,
        "rank_at": c.rank_at,
        "assigned_at": c.assigned_at,
        "accepted_at": c.accepted_at,
        "answer_by": c.answer_by,
        "released_at": c.released_at,
        "decided_at": c.decided_at,
        "decision": c.decision,
        "policy_version": c.policy_version,
    }


def complaint_from(row: Any) -> Complaint:
    facts = facts_from(row.facts) if row.facts is not None else _facts_before_0002(row)
    return Complaint(
        id=row.complaint_id,
        first_seen_at=row.first_seen_at,
        state=State(row.state),
        facts_revision=row.facts_revision,
        step_revision=row.step_revision,
        answered_revision=row.answered_revision,
        handed_back_revision=row.handed_back_revision,
        facts=facts,
        demand=_demand_from(row.demand) if row.demand is not None else _demand_before_0002(row),
        override=row.override,
        agent_id=row.agent_id,
        reason=Reason(row.reason) if row.reason else None,
        attempt=row.attempt,
        lost=row.lost,
        tried=tuple(row.tried or ()),
        waiting_since=row.waiting_since,
        relax_from=row.relax_from,
        relax_at=row.relax_at,
        turn_at=row.turn_at,
        rank_at=row.rank_at,
        assigned_at=row.assigned_at,
        accepted_at=row.accepted_at,
        answer_by=row.answer_by,
        released_at=row.released_at,
        decided_at=row.decided_at,
        decision=row.decision,
        policy_version=row.policy_version,
    )


def entry_row(c: Complaint, entry: Entry) -> dict[str, Any]:
    return {
        "complaint_id": c.id,
        "at": entry.at,
        "what": entry.what.value,
        "reason": entry.reason,
        "agent_id": entry.agent_id,
        "by": entry.by,
        "note": entry.note,
        "details": entry.details,
        "policy_version": c.policy_version,
    }


def entry_from(row: Any) -> Entry:
    return Entry(row.at, What(row.what), row.reason, row.agent_id, row.by, row.note, row.details)


def _demand_columns(c: Complaint) -> Mapping[str, Any]:
    demand = c.demand
    if demand is None:
        return _NO_DEMAND
    return {
        "demand": _demand_document(demand),
        "skill": demand.needs.skill,
        "language": demand.needs.language,
        "region": demand.needs.region,
        "severity": demand.severity.value,
        "weight": demand.weight,
        "priority": demand.priority,
        "line": None if c.state is State.WAITING and c.rank_at is None else line_key(demand, c.tried),
    }


def _demand_document(demand: Demand) -> dict[str, Any]:
    within = demand.answer_within
    return {
        "rule": demand.rule,
        "needs": vars(demand.needs),
        "severity": demand.severity.value,
        "weight": demand.weight,
        "priority": demand.priority,
        "hours": demand.hours,
        "stage": demand.stage,
        "relaxed": list(demand.relaxed),
        "answer_within": None if within is None else within.total_seconds(),
    }


def _demand_from(data: Mapping[str, Any]) -> Demand:
    within = data["answer_within"]
    return Demand(
        rule=data["rule"],
        needs=Needs(**data["needs"]),
        severity=Severity(data["severity"]),
        weight=data["weight"],
        priority=data["priority"],
        hours=data["hours"],
        stage=data["stage"],
        relaxed=tuple(data["relaxed"]),
        answer_within=None if within is None else timedelta(seconds=within),
    )


def _facts_before_0002(row: Any) -> Facts | None:
    """Of a complaint that the version before queued or assigned: what its needs tell; None when there are none."""
    if row.severity is None or row.demand is not None:
        return None
    return Facts(row.skill or "other", Severity(row.severity), region=row.region, customer_language=row.language)


def _demand_before_0002(row: Any) -> Demand | None:
    if row.severity is None:
        return None
    needs = Needs(row.skill, row.language, row.region)
    return Demand("", needs, Severity(row.severity), row.weight, row.priority)

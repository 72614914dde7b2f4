"""What events make of a complaint, in any order, and told twice as if told once. Called by usecases.py."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import State, What
from services.routing.domain.facts import facts_of
from services.routing.domain.policy import Policy
from services.routing.domain.reasons import Reason
from shared.contracts.escalation import CaseResolved
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintEnd,
    ComplaintFacts,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintReopened,
    ComplaintResolved,
)

ComplaintEvent = ComplaintFacts | ComplaintEnd | ComplaintReopened | ComplaintAnswered | CaseResolved
_ENDS: Mapping[type, Reason] = {
    ComplaintResolved: Reason.RESOLVED,
    ComplaintMerged: Reason.MERGED,
    ComplaintForgotten: Reason.FORGOTTEN,
}


def follow(c: Complaint, event: ComplaintEvent, policy: Policy, now: datetime) -> Complaint:
    """The complaint once the event is known; itself when the event is older than what is known.

    What is forgotten stays so, and is so whatever came before: the case that closes with it may be quicker.
    """
    if c.reason is Reason.FORGOTTEN:
        return c
    if isinstance(event, ComplaintForgotten):
        return replace(c, step_revision=max(c.step_revision, event.revision)).released(Reason.FORGOTTEN, now)
    if isinstance(event, ComplaintFacts):
        return _read(c, event, policy, now)
    if isinstance(event, CaseResolved):
        return _case_resolved(c, event, now)
    if isinstance(event, ComplaintAnswered):
        return _answered(c, event, now)
    if event.revision <= c.step_revision:
        return c
    seen = replace(c, step_revision=event.revision)
    reason = _ENDS.get(type(event))
    return seen.released(reason, now) if reason else seen.reopened(policy, now)


def _read(c: Complaint, event: ComplaintFacts, policy: Policy, now: datetime) -> Complaint:
    if event.revision <= c.facts_revision:
        return c
    facts = facts_of(event)
    changed = replace(c, facts_revision=event.revision, facts=facts, policy_version=policy.version)
    demand = policy.demand_of(facts, now, c.override)
    if c.state is State.EARLY:
        return replace(changed, state=State.WAITING, demand=demand).waiting_anew(policy, now)
    if c.state is State.WAITING:
        return changed.demanding(demand, policy, now)
    return changed.asking(demand, now)


def _case_resolved(c: Complaint, event: CaseResolved, now: datetime) -> Complaint:
    """Closed as of the newest revision that the case had seen: what it did not know of is not closed by it."""
    if event.complaint_revision < c.step_revision:
        return c
    if c.state is State.RELEASED and event.complaint_revision == c.step_revision:
        return c
    return replace(c, step_revision=event.complaint_revision).released(Reason.CASE_RESOLVED, now)


def _answered(c: Complaint, event: ComplaintAnswered, now: datetime) -> Complaint:
    if event.revision <= max(c.answered_revision, c.step_revision):
        return c
    seen = replace(c, answered_revision=event.revision, answer_by=None)
    if c.is_answered or c.state is not State.ASSIGNED:
        return seen
    return seen.told(now, What.ANSWERED, agent_id=c.agent_id, by=event.by)

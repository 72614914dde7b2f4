"""One complaint as routing knows it, and what events make of it, in any order; used by the use cases."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.routing.domain.choice import Decision
from services.routing.domain.needs import Demand, Policy, demand_of
from services.routing.domain.reasons import Reason
from shared.contracts.escalation import CaseResolved
from shared.contracts.intake import (
    ComplaintEnd,
    ComplaintFacts,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintReopened,
    ComplaintResolved,
)

ComplaintEvent = ComplaintFacts | ComplaintEnd | ComplaintReopened | CaseResolved
_ENDS: Mapping[type, Reason] = {
    ComplaintResolved: Reason.RESOLVED,
    ComplaintMerged: Reason.MERGED,
    ComplaintForgotten: Reason.FORGOTTEN,
}


class State(StrEnum):
    """EARLY: a step came before the complaint's facts, so only its revision is known."""

    EARLY = "early"
    WAITING = "waiting"
    ASSIGNED = "assigned"
    RELEASED = "released"


@dataclass(frozen=True)
class Complaint:
    """facts_revision, step_revision: the newest facts and the newest closing or reopening that is known; 0 = none.

    agent_id: who has it, or had it last. attempt: number of announced decisions. decision: how the last one came about.
    """

    id: str
    first_seen_at: datetime
    state: State = State.EARLY
    facts_revision: int = 0
    step_revision: int = 0
    demand: Demand | None = None
    agent_id: str | None = None
    reason: Reason | None = None
    attempt: int = 0
    waiting_since: datetime | None = None
    assigned_at: datetime | None = None
    released_at: datetime | None = None
    decided_at: datetime | None = None
    decision: Mapping[str, Any] | None = None
    policy_version: str | None = None

    @property
    def held_weight(self) -> int:
        """Points that it takes from its agent's capacity now."""
        return self.demand.weight if self.demand and self.state is State.ASSIGNED else 0

    def after(self, event: ComplaintEvent, policy: Policy, now: datetime) -> "Complaint":
        """The complaint once the event is known; itself when the event is older than what is known."""
        if isinstance(event, ComplaintFacts):
            return self._with_facts(event, policy, now)
        if isinstance(event, CaseResolved):
            return self._with_case_resolved(event, now)
        if event.revision <= self.step_revision:
            return self
        seen = replace(self, step_revision=event.revision)
        reason = _ENDS.get(type(event))
        return seen._released(reason, now) if reason else seen._reopened(now)

    def decided(self, decision: Decision, policy: Policy, now: datetime) -> "Complaint":
        """With the decision about who takes it; itself when it goes on waiting for the same reason as before."""
        if decision.agent_id is None and decision.reason is self.reason:
            return self
        taken: dict[str, Any] = {}
        if decision.agent_id is not None:
            taken = {"state": State.ASSIGNED, "agent_id": decision.agent_id, "assigned_at": now}
        return replace(
            self,
            reason=decision.reason,
            attempt=self.attempt + 1,
            decided_at=now,
            decision=decision.as_data(),
            policy_version=policy.version,
            **taken,
        )

    def _with_facts(self, facts: ComplaintFacts, policy: Policy, now: datetime) -> "Complaint":
        if facts.revision <= self.facts_revision:
            return self
        demand = demand_of(facts, policy)
        changes: dict[str, Any] = {}
        if self.state is State.EARLY:
            changes = {"state": State.WAITING, "waiting_since": now}
        elif self.state is State.WAITING and demand != self.demand:
            # Without its reason it counts as undecided: the new needs are announced, whatever becomes of it.
            changes = {"reason": None}
        return replace(self, facts_revision=facts.revision, demand=demand, **changes)

    def _with_case_resolved(self, event: CaseResolved, now: datetime) -> "Complaint":
        """Closed as of the newest revision that the case had seen: what it did not know of is not closed by it."""
        if event.complaint_revision < self.step_revision:
            return self
        if self.state is State.RELEASED and event.complaint_revision == self.step_revision:
            return self
        return replace(self, step_revision=event.complaint_revision)._released(Reason.CASE_RESOLVED, now)

    def _released(self, reason: Reason, now: datetime) -> "Complaint":
        if self.state is State.RELEASED:
            return self
        return replace(self, state=State.RELEASED, reason=reason, released_at=now)

    def _reopened(self, now: datetime) -> "Complaint":
        if self.state is not State.RELEASED:
            return self
        if self.demand is None:
            return replace(self, state=State.EARLY, reason=None)
        return replace(self, state=State.WAITING, reason=None, waiting_since=now)

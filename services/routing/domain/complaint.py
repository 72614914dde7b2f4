"""One complaint as routing knows it, and what decisions, time and people make of it; what events do: following.py."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.routing.domain.choice import Decision
from services.routing.domain.entry import Entry, State, What
from services.routing.domain.facts import Facts
from services.routing.domain.needs import Demand
from services.routing.domain.policy import Policy
from services.routing.domain.reasons import Loss, Reason

_NO_DECISION: dict[str, Any] = {"reason": None}
_NEW_ROUND: dict[str, Any] = {"lost": 0, "tried": ()}


@dataclass(frozen=True)
class Complaint:
    """facts_revision, step_revision, answered_revision: the newest facts, the newest closing or reopening, the newest
    answer that is known; 0 = none. handed_back_revision: of the case, at the newest hand-back that it told of.
    policy_version: of the policy that read the facts last.

    agent_id: who has it, or had it last. attempt: number of announced decisions. decision: how the last one came about.
    waiting_since: when it began to need an agent; it stays as it is when an agent loses it. relax_from: from when its
    wait counts for relaxations. turn_at: its turn among the waiting of its region and priority. lost, tried: how many
    agents lost it since then, and who. override: needs that a supervisor set. news: history that is not stored yet.
    """

    id: str
    first_seen_at: datetime
    state: State = State.EARLY
    facts_revision: int = 0
    step_revision: int = 0
    answered_revision: int = 0
    handed_back_revision: int = 0
    facts: Facts | None = None
    demand: Demand | None = None
    override: Mapping[str, Any] | None = None
    agent_id: str | None = None
    reason: Reason | None = None
    attempt: int = 0
    lost: int = 0
    tried: tuple[str, ...] = ()
    waiting_since: datetime | None = None
    relax_from: datetime | None = None
    relax_at: datetime | None = None
    turn_at: datetime | None = None
    rank_at: datetime | None = None
    assigned_at: datetime | None = None
    accepted_at: datetime | None = None
    answer_by: datetime | None = None
    released_at: datetime | None = None
    decided_at: datetime | None = None
    decision: Mapping[str, Any] | None = None
    policy_version: str | None = None
    news: tuple[Entry, ...] = ()

    @property
    def held_weight(self) -> int:
        """Points that it takes from its agent's capacity now."""
        return self.demand.weight if self.demand and self.state is State.ASSIGNED else 0

    @property
    def is_seeking(self) -> bool:
        """It waits, and nobody has looked for an agent yet."""
        return self.state is State.WAITING and self.reason is None

    @property
    def returns_to(self) -> str | None:
        """Who had it when it was closed last: if it is opened again, they have it again. None for who lost it."""
        if self.released_at is None or self.assigned_at is None or self.released_at < self.assigned_at:
            return None
        return self.agent_id

    @property
    def is_answered(self) -> bool:
        """The customer has an answer since it was opened, or opened again."""
        return self.answered_revision > self.step_revision

    def is_parked(self, policy: Policy) -> bool:
        """So many agents lost it that it waits for a supervisor."""
        return self.state is State.WAITING and self.lost >= policy.attempts

    def is_in_line(self, policy: Policy) -> bool:
        return self.state is State.WAITING and not self.is_parked(policy)

    def decided(self, decision: Decision, now: datetime) -> "Complaint":
        """With the decision about who takes it; itself when it goes on waiting as before.

        Between full, off duty and out of hours it may change many times a day: only the first is a decision.
        """
        if decision.agent_id is None:
            same = (decision.reason is Reason.NOBODY_QUALIFIED) is (self.reason is Reason.NOBODY_QUALIFIED)
            return self if self.reason is not None and same else self._queued(decision.reason, decision, now)
        return self._assigned(decision.agent_id, decision, now, None)

    def assigned_by(self, agent_id: str, by: str, note: str | None, now: datetime) -> "Complaint":
        """A supervisor chose."""
        fresh = replace(self, **_NEW_ROUND)
        return fresh._assigned(agent_id, Decision(agent_id, Reason.BY_HAND), now, by, note)

    def queued_in(self, turn_at: datetime, policy: Policy) -> "Complaint":
        """With its place in line."""
        return replace(self, turn_at=turn_at)._ranked(policy)

    def asking(self, demand: Demand, now: datetime) -> "Complaint":
        """Assigned, with what it asks for now: its agent has no more time for it than before, and may have less."""
        changed = replace(self, demand=demand)
        if self.state is not State.ASSIGNED or self.accepted_at is not None:
            return changed
        times = [at for at in (self.answer_by, changed._answer_by(now)) if at is not None]
        return replace(changed, answer_by=min(times, default=None))

    def accepted(self, now: datetime, by: str, note: str | None = None) -> "Complaint":
        """Its agent says that they are at it; itself when they said so before."""
        if self.accepted_at is not None:
            return self
        told = self.told(now, What.ACCEPTED, agent_id=self.agent_id, by=by, note=note)
        return replace(told, accepted_at=now, answer_by=None)

    def taken_away(
        self, loss: Loss, policy: Policy, now: datetime, by: str | None = None, note: str | None = None
    ) -> "Complaint":
        """Its agent loses it, and it looks for the next; after the last attempt it waits for a supervisor."""
        assert self.agent_id is not None
        told = self.told(now, What.LOST, loss.value, agent_id=self.agent_id, by=by, note=note)
        lost, tried = self.lost + 1, _once(*self.tried, self.agent_id)
        seeking = replace(told, state=State.WAITING, lost=lost, tried=tried, answer_by=None, **_NO_DECISION)
        seeking = seeking._ranked(policy)._relaxing(policy)
        if not seeking.is_parked(policy):
            return seeking
        return replace(seeking, rank_at=None)._queued(Reason.DECLINED, Decision(None, Reason.DECLINED), now)

    def handed_back(
        self,
        override: Mapping[str, Any],
        by: str,
        note: str | None,
        policy: Policy,
        now: datetime,
        *,
        ignored: Mapping[str, str] | None = None,
    ) -> "Complaint":
        """A supervisor puts it back into the line, with needs of their own if they wish, for somebody else.

        ignored: what they asked for that cannot be had; it is told in the history.
        """
        wanted = dict(override) or None
        if self.is_in_line(policy) and not self.lost and wanted == self.override:
            return self  # told twice; whoever had it is not to get it again
        held = (self.agent_id,) if self.state is State.ASSIGNED and self.agent_id else ()
        details = {**override, "ignored": dict(ignored)} if ignored else wanted
        told = self.told(now, What.HANDED_BACK, agent_id=held[0] if held else None, by=by, note=note, details=details)
        return replace(told, state=State.WAITING, override=wanted, lost=0, tried=held, answer_by=None).waiting_anew(
            policy, now, since=self.waiting_since
        )

    def relaxed(self, policy: Policy, now: datetime) -> "Complaint":
        """With every relaxation that is due."""
        if self.demand is None or self.facts is None or self.relax_from is None:
            return replace(self, relax_at=None)
        demand = policy.relaxed(self.demand, self.facts, now - self.relax_from, self.override)
        changed = replace(self, demand=demand)._relaxing(policy)
        if demand is self.demand:
            return changed
        return changed.told(now, What.RELAXED, details={"stage": demand.stage, "relaxed": demand.relaxed})

    def under(self, policy: Policy, now: datetime) -> "Complaint":
        """Waiting, and read again by another policy than the one that it was queued under."""
        read = replace(self, policy_version=policy.version)
        if self.facts is None:
            return read
        is_parked = self.rank_at is None or self.is_parked(policy)
        return read.demanding(policy.demand_of(self.facts, now, self.override), policy, now, anew=is_parked)

    def demanding(self, demand: Demand, policy: Policy, now: datetime, *, anew: bool = False) -> "Complaint":
        """Waiting, with what it asks for now. Something new is undecided: it is announced, whatever becomes of it.

        anew: it begins a new round though it asks for the same.
        """
        assert self.facts is not None
        if self.relax_from is not None:
            demand = policy.relaxed(demand, self.facts, now - self.relax_from, self.override)
        if demand == self.demand and not anew:
            return (self._ranked(policy) if self.rank_at else self)._relaxing(policy)
        # Not for supervisors only any more, if it was: it is another request now.
        told = self.told(now, What.CHANGED, details={"rule": demand.rule})
        return replace(told, demand=demand, **_NO_DECISION, **_NEW_ROUND)._ranked(policy)._relaxing(policy)

    def waiting_anew(self, policy: Policy, now: datetime, since: datetime | None = None) -> "Complaint":
        """At the beginning of a wait. since: from when on it counts as waiting; None = from now."""
        if self.demand is None or self.facts is None:
            return replace(self, state=State.EARLY, **_NO_DECISION)
        demand = policy.demand_of(self.facts, now, self.override)
        hours = policy.hours_named(demand.hours)
        opens_at = hours.calendar.next_opening(now) if hours else now
        turn: dict[str, Any] = {} if since else {"turn_at": None}
        waiting = replace(
            self,
            demand=demand,
            policy_version=policy.version,
            waiting_since=since or now,
            relax_from=opens_at or now,
            **turn,
            **_NO_DECISION,
        )
        return waiting._ranked(policy)._relaxing(policy)

    def _ranked(self, policy: Policy) -> "Complaint":
        """With the rank that follows from its turn; without a turn it has none."""
        if self.turn_at is None or self.demand is None:
            return replace(self, rank_at=None)
        return replace(self, rank_at=policy.rank_at(self.turn_at, self.demand.priority))

    def _relaxing(self, policy: Policy) -> "Complaint":
        """With the time of its next relaxation."""
        after = policy.next_relaxation(self.demand) if self.demand and self.is_in_line(policy) else None
        at = self.relax_from + after if after is not None and self.relax_from else None
        return self if at == self.relax_at else replace(self, relax_at=at)

    def released(self, reason: Reason, now: datetime) -> "Complaint":
        forgotten: dict[str, Any] = {"facts": None, "override": None} if reason is Reason.FORGOTTEN else {}
        if self.state is State.RELEASED:
            return replace(self, reason=reason, **forgotten) if forgotten else self
        told = self.told(now, What.RELEASED, reason.value, agent_id=self.agent_id)
        return replace(
            told, state=State.RELEASED, reason=reason, released_at=now, relax_at=None, answer_by=None, **forgotten
        )

    def reopened(self, policy: Policy, now: datetime) -> "Complaint":
        if self.state is State.ASSIGNED:
            # Its closing is still on the way; the customer waits for an answer again all the same.
            return replace(self, accepted_at=None, answer_by=self._answer_by(now))
        if self.state is not State.RELEASED:
            return self
        # Nobody had it when it was closed if its last agent had lost it.
        released_at = None if self.agent_id in self.tried else self.released_at
        told = replace(self.told(now, What.REOPENED), **_NEW_ROUND, state=State.WAITING, released_at=released_at)
        return told.waiting_anew(policy, now)

    def _queued(self, reason: Reason, decision: Decision, now: datetime) -> "Complaint":
        return self.told(now, What.QUEUED, reason.value)._decided(reason, decision, now)

    def _assigned(
        self, agent_id: str, decision: Decision, now: datetime, by: str | None, note: str | None = None
    ) -> "Complaint":
        told = self.told(now, What.ASSIGNED, decision.reason.value, agent_id=agent_id, by=by, note=note)
        taken = replace(
            told,
            state=State.ASSIGNED,
            agent_id=agent_id,
            assigned_at=now,
            accepted_at=None,
            answer_by=self._answer_by(now),
            relax_at=None,
        )
        return taken._decided(decision.reason, decision, now)

    def _answer_by(self, now: datetime) -> datetime | None:
        """When an agent who has it from now on must have answered."""
        within: timedelta | None = self.demand.answer_within if self.demand else None
        return None if within is None or self.is_answered else now + within

    def _decided(self, reason: Reason, decision: Decision, now: datetime) -> "Complaint":
        return replace(self, reason=reason, attempt=self.attempt + 1, decided_at=now, decision=decision.as_data())

    def told(self, at: datetime, what: What, reason: str | None = None, **more: Any) -> "Complaint":
        return replace(self, news=(*self.news, Entry(at, what, reason, **more)))


def _once(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))

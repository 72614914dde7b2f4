"""Finds agents for complaints and keeps the agents' loads right, within a transaction. Called when either changes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.routing.domain.choice import Decision, Plan, Request, worth_locking
from services.routing.domain.complaint import Complaint
from services.routing.domain.policy import Policy
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Roster
from services.routing.placing import turns
from services.routing.placing.acquaintance import agents_of_customers
from services.routing.placing.desk import WAKE, Desk
from services.routing.roster import agents_store
from services.routing.roster.agents_store import LoadChange
from shared.database import Transaction


def place(
    tx: Transaction,
    desk: Desk,
    seeking: Sequence[Complaint],
    shifts: Mapping[str, int],
    among: Collection[str] | None = None,
) -> list[Complaint]:
    """The complaints in `seeking` with their decisions.

    shifts: load by agent that comes or goes for other reasons. among: locked agents, if only these are to be chosen.
    """
    policy = desk.policy
    seeking = sorted(seeking, key=lambda c: (_rank(c, policy), c.id))
    decisions = _closed(tx, desk, seeking)
    requests = _requests(tx, policy, [c for c in seeking if c.id not in decisions])
    plan, decided = _plan_among(tx, desk, requests, among) if among else _plan(tx, desk, requests, shifts)
    decisions |= {r.complaint_id: d for r, d in zip(requests, decided, strict=True)}
    agents_store.change_loads(
        tx,
        {
            id_: LoadChange(shifts.get(id_, 0) + plan.reserved[id_], plan.reserved[id_])
            for id_ in {*shifts, *plan.reserved}
        },
    )
    if plan.overlooked:
        tx.wake(WAKE)
    return turns.take_places(tx, desk, [c.decided(decisions[c.id], tx.now) for c in seeking])


def _closed(tx: Transaction, desk: Desk, seeking: Sequence[Complaint]) -> dict[str, Decision]:
    """Decisions about those whose region is closed now."""
    closed = {c.id: c.demand.needs for c in seeking if c.demand and not desk.is_open(c.demand.hours, tx.now)}
    roster = desk.roster.current(tx) if closed else Roster()
    fields = {id_: roster.field(needs) for id_, needs in closed.items()}
    return {
        id_: Decision(None, Reason.OUT_OF_HOURS)
        if known.qualified
        else Decision(None, Reason.NOBODY_QUALIFIED, rejected=dict(known.lacks))
        for id_, known in fields.items()
    }


def _plan(
    tx: Transaction, desk: Desk, requests: Sequence[Request], shifts: Mapping[str, int]
) -> tuple[Plan, list[Decision]]:
    """First by the loads as they are seen, then once more if those who matter have changed until they are locked."""
    roster = desk.roster.current(tx) if requests else Roster()
    seen = desk.rooms.current(tx) if requests else {}
    trial = Plan(roster, seen, desk.policy.score, tx.now, shifts=shifts)
    decided = [trial.decide(r) for r in requests]
    locked = agents_store.lock_room(tx, {*worth_locking(decided), *shifts})
    is_new = any(id_ not in roster or roster[id_].revision != room.revision for id_, room in locked.items())
    if not is_new and all(seen.get(id_) == room for id_, room in locked.items() if id_ in seen):
        return trial, decided
    if is_new:
        # An agent changed between the looks: what they bring is certain now that their row is locked.
        roster = desk.roster.current(tx)
    plan = Plan(roster, {**seen, **locked}, desk.policy.score, tx.now, locked, shifts)
    return plan, [plan.decide(r) for r in requests]


def _plan_among(
    tx: Transaction, desk: Desk, requests: Sequence[Request], among: Collection[str]
) -> tuple[Plan, list[Decision]]:
    """Only of those whose rows are locked: whoever locks more out of order may meet another who does."""
    roster = desk.roster.current(tx)
    room = {**desk.rooms.current(tx), **agents_store.read_room(tx, among)}
    plan = Plan(roster, room, desk.policy.score, tx.now, among)
    return plan, [plan.decide(r) for r in requests]


def _requests(tx: Transaction, policy: Policy, seeking: Sequence[Complaint]) -> list[Request]:
    new = {c.facts.customer for c in seeking if c.agent_id is None and c.facts and c.facts.customer}
    known = agents_of_customers(tx, new)
    return [_request(c, policy, known) for c in seeking]


def _request(c: Complaint, policy: Policy, known: Mapping[str, str]) -> Request:
    assert c.demand is not None  # a complaint waits only once its facts are known
    friend = known.get(c.facts.customer or "") if c.facts else None
    return Request(
        c.id,
        c.demand.needs,
        c.demand.weight,
        _rank(c, policy),
        preferred=c.returns_to or friend,
        preferred_for=Reason.SAME_AGENT if c.returns_to else Reason.KNOWN_CUSTOMER,
        tried=c.tried,
    )


def _rank(c: Complaint, policy: Policy) -> datetime:
    """Its place in line; of one that has none yet, the place that it would have if nobody of its region waited."""
    if c.rank_at is not None:
        return c.rank_at
    return policy.rank_at(c.waiting_since or c.first_seen_at, c.demand.priority if c.demand else 0)

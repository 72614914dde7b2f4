"""Finds agents for complaints and keeps the agents' loads right, within a transaction. Called by the use cases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.routing import roster_store
from services.routing.domain.choice import Plan, Request, Room, shortlist
from services.routing.domain.complaint import Complaint
from services.routing.domain.needs import Policy
from services.routing.domain.roster import Roster
from services.routing.roster_store import KnownRoster, LoadChange
from shared.database import Transaction

WAKE = "assign_waiting"  # the tick of that name in service.py
LOCK_ALL = 64  # up to so many qualified agents are locked without a look at their loads first


@dataclass(frozen=True)
class Desk:
    """What every decision needs beside the transaction."""

    policy: Policy
    roster: KnownRoster


def place(tx: Transaction, desk: Desk, seeking: Sequence[Complaint], shifts: Mapping[str, int]) -> list[Complaint]:
    """The complaints in `seeking` with their decisions. shifts: load by agent that comes or goes for other reasons."""
    seeking = sorted(seeking, key=_place)
    requests = [_request(c) for c in seeking]
    plan = _plan(tx, desk, requests, shifts)
    decided = [c.decided(plan.decide(r), desk.policy, tx.now) for c, r in zip(seeking, requests, strict=True)]
    roster_store.change_loads(
        tx,
        {
            id_: LoadChange(shifts.get(id_, 0) + plan.reserved[id_], plan.reserved[id_])
            for id_ in {*shifts, *plan.reserved}
        },
    )
    if plan.overlooked:
        tx.wake(WAKE)
    return decided


def _plan(tx: Transaction, desk: Desk, requests: Sequence[Request], shifts: Mapping[str, int]) -> Plan:
    if not requests:
        return _started(Roster(), {}, roster_store.lock_room(tx, shifts), shifts)
    roster = desk.roster.current(tx)
    wanted, seen = _worth_locking(tx, roster, requests)
    locked = roster_store.lock_room(tx, {*wanted, *shifts})
    if any(id_ not in roster or roster[id_].revision != room.revision for id_, room in locked.items()):
        # An agent changed between the two looks: what they bring is certain now that their row is locked.
        roster = desk.roster.current(tx)
    return _started(roster, seen, locked, shifts)


def _started(roster: Roster, seen: Mapping[str, Room], locked: Mapping[str, Room], shifts: Mapping[str, int]) -> Plan:
    plan = Plan(roster, {**seen, **locked}, locked.keys())
    for agent_id, weight in shifts.items():
        plan.shift(agent_id, weight)
    return plan


def _worth_locking(
    tx: Transaction, roster: Roster, requests: Sequence[Request]
) -> tuple[Collection[str], dict[str, Room]]:
    """Whom to lock, and the loads seen on the way: with many agents only the best, or replicas would stand in line."""
    qualified = {id_ for needs in {r.needs for r in requests} for id_ in roster.field(needs).qualified}
    if len(qualified) <= LOCK_ALL:
        return qualified, {}
    seen = roster_store.read_room(tx, qualified)
    return shortlist(requests, roster, seen), seen


def _place(complaint: Complaint) -> tuple[int, float, str]:
    priority = complaint.demand.priority if complaint.demand else 0
    return -priority, complaint.waiting_since.timestamp() if complaint.waiting_since else 0.0, complaint.id


def _request(complaint: Complaint) -> Request:
    assert complaint.demand is not None  # a complaint waits only once its facts are known
    return Request(complaint.id, complaint.demand.needs, complaint.demand.weight, complaint.agent_id)

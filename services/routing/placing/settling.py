"""What every change of complaints ends in: loads, the next of the line, rows, history, events.

Called by whatever changes some: events (usecases.py), people (by_hand.py), agents (workforce.py), time (deadlines.py).
"""

from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial

from services.routing import metrics, store
from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import State
from services.routing.placing import choosing, turns
from services.routing.placing.desk import Desk
from services.routing.roster import agents_store
from services.routing.roster.agents_store import LoadChange
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued, Needs, QueuedReason
from shared.database import Transaction

Complaints = Mapping[str, Complaint]


def settle(tx: Transaction, desk: Desk, before: Complaints, after: Complaints) -> int:
    """Whoever seeks an agent gets one or a place in line; freed capacity goes to those that wait; all of it is stored.

    before: the locked rows, without those that are new; after: what became of them. Those that wait already are served
    together with the new ones, by their ranks: nobody overtakes them. Gives the number of complaints that changed.
    """
    shifts = load_shifts(before, after)
    seeking = [c for c in after.values() if c.is_seeking]
    if seeking or shifts:
        freed = {id_: -weight for id_, weight in shifts.items() if weight < 0}
        waiting = [after.get(c.id, c) for c in turns.next_waiting(tx, desk, freed, shifts)]
        # Without those that were closed just now, and those among `seeking`, which have no reason yet.
        served = [c for c in waiting if c.state is State.WAITING and c.reason is not None]
        before = {c.id: c for c in served} | {**before}
        after = {**after} | {c.id: c for c in choosing.place(tx, desk, [*seeking, *served], shifts)}
    return save(tx, desk, before, after)


def save(tx: Transaction, desk: Desk, before: Complaints, after: Complaints) -> int:
    """Stores and announces what changed."""
    changed = [c for id_, c in after.items() if id_ in before and c is not before[id_]]
    new = [c for id_, c in after.items() if id_ not in before]
    store.save_complaints(tx, changed)
    store.add_history(tx, [*changed, *new])
    _announce(tx, desk, before, after.values())
    store.add_complaints(tx, new)
    return len(changed) + len(new)


def shift_loads(tx: Transaction, shifts: Mapping[str, int]) -> None:
    """Changes loads without regard to the capacity: nothing is reserved."""
    agents_store.lock_room(tx, shifts)
    agents_store.change_loads(tx, {id_: LoadChange(weight, 0) for id_, weight in shifts.items()})


def load_shifts(before: Complaints, after: Complaints) -> dict[str, int]:
    """By agent, how much load is taken away or added: the difference of what is held, so that it counts once."""
    shifts: Counter[str] = Counter()
    for id_, complaint in after.items():
        known = before.get(id_)
        if known is not None and known.agent_id is not None:
            shifts[known.agent_id] -= known.held_weight
        if complaint.agent_id is not None:
            shifts[complaint.agent_id] += complaint.held_weight
    return {agent_id: weight for agent_id, weight in shifts.items() if weight}


def _announce(tx: Transaction, desk: Desk, before: Complaints, after: Collection[Complaint]) -> None:
    for complaint in after:
        known = before.get(complaint.id)
        tx.once_committed(partial(metrics.count_changes, known, complaint))
        if complaint.attempt > (known.attempt if known else 0):
            tx.announce(_event(desk, complaint))


def _event(desk: Desk, c: Complaint) -> ComplaintAssigned | ComplaintQueued:
    needs = c.demand.needs if c.demand else Needs()
    assert c.decided_at is not None and c.reason is not None  # both are set with every decision
    if c.state is State.WAITING or c.agent_id is None:
        return ComplaintQueued(c.id, c.attempt, needs, QueuedReason(c.reason.value), c.decided_at)
    return ComplaintAssigned(
        c.id,
        c.attempt,
        c.agent_id,
        desk.roster.name_of(c.agent_id),
        c.decided_at,
        region=needs.region,
        language=needs.language,
        score=dict((c.decision or {}).get("score", {})),
        relaxed=c.demand.relaxed if c.demand else (),
        reason=c.reason.value,
        answer_by=c.answer_by,
        teams=desk.roster.teams_of(c.agent_id),
        severity=c.facts.severity if c.facts else None,
        category=c.facts.category if c.facts else None,
    )

"""What time does to complaints and agents; each takes a few rows that are due. Called by the ticks of service.py."""

from collections.abc import Sequence
from datetime import datetime

from services.routing import placing, roster_store, store
from services.routing.domain.presence import Status, status_at
from services.routing.domain.reasons import Loss
from services.routing.placing import Desk
from services.routing.roster_store import Known, Look
from services.routing.settling import save, settle
from shared.database import Transaction

BATCH = 200
AGENTS = 20  # whose status changes in one transaction: each may be given as many complaints as they have room for


def relax_waiting(tx: Transaction, desk: Desk) -> int:
    """Those who have waited long enough make do with less; the number of them."""
    before = {c.id: c for c in store.claim_relaxations(tx, desk.policy.version, BATCH)}
    after = {id_: c.relaxed(desk.policy, tx.now) for id_, c in before.items()}
    for c in after.values():
        desk.remember(c)
    if after:
        tx.wake(placing.WAKE)
    return save(tx, desk, before, after)


def take_back_unanswered(tx: Transaction, desk: Desk) -> int:
    """Complaints whose agents did not answer in time go to the next; the number of them."""
    before = {c.id: c for c in store.claim_unanswered(tx, BATCH)}
    after = {id_: c.taken_away(Loss.NO_ANSWER, desk.policy, tx.now) for id_, c in before.items()}
    return settle(tx, desk, before, after)


def empty_desks(tx: Transaction, desk: Desk) -> int:
    """Complaints of agents who are gone, and whose customers have no answer yet, go to the next; the number of them."""
    ids = roster_store.gone(tx, BATCH)
    if not ids:
        return 0
    before = {c.id: c for c in store.claim_left_behind(tx, ids, BATCH)}
    if not before:
        # Under their lock: nobody gives them anything meanwhile, or finds them back and gone once more.
        left = roster_store.lock_gone(tx, ids)
        roster_store.vacated(tx, [id_ for id_ in left if not store.has_unanswered(tx, id_)])
        return 0
    after = {id_: c.taken_away(Loss.GONE, desk.policy, tx.now) for id_, c in before.items()}
    return settle(tx, desk, before, after)


def follow_agents(tx: Transaction, desk: Desk) -> int:
    """Shifts, breaks, absences and presences that begin or end; the number of agents."""
    known = roster_store.claim_due(tx, AGENTS)
    look_at(tx, desk, known)
    return len(known)


def look_at(tx: Transaction, desk: Desk, agents: Sequence[Known]) -> None:
    """Brings the status of locked agents up to date; who has room is given the first of those that wait, at once."""
    looks = {known.agent.id: _look(known, tx.now) for known in agents}
    roster_store.save_status(tx, looks)
    free = {
        known.agent.id: known.room.capacity - known.room.load
        for known in agents
        if looks[known.agent.id].status is Status.AVAILABLE and known.room.capacity > known.room.load
    }
    before = {c.id: c for c in placing.next_waiting(tx, desk, free, {})}
    placed = placing.place(tx, desk, list(before.values()), {}, among=looks.keys()) if before else []
    save(tx, desk, before, {c.id: c for c in placed})
    if any(look.vacate for look in looks.values()):
        tx.wake("empty_desks")


def _look(known: Known, now: datetime) -> Look:
    status, until = status_at(known.said, known.agent.absences, known.agent.calendar, now)
    left = status.is_gone and (known.vacate or not known.room.status.is_gone)
    return Look(status, until, left)


def reread_waiting(tx: Transaction, desk: Desk) -> int:
    """Those that were queued under an older policy are read by this one; the number of them."""
    policy = desk.policy
    store.take_policy(tx, policy.version, desk.policies.document, desk.deciding_since(tx.now))
    before = {c.id: c for c in store.claim_outdated(tx, policy.version, BATCH)}
    after = {id_: c.under(policy, tx.now) for id_, c in before.items()}
    return settle(tx, desk, before, after)

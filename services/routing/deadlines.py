"""What time does to complaints; each takes a few rows that are due. Called by the ticks of service.py."""

from services.routing import store
from services.routing.domain.reasons import Loss
from services.routing.placing.desk import WAKE, Desk
from services.routing.placing.settling import save, settle
from services.routing.roster import agents_store
from shared.database import Transaction

BATCH = 200


def relax_waiting(tx: Transaction, desk: Desk) -> int:
    """Those who have waited long enough make do with less; the number of them."""
    before = {c.id: c for c in store.claim_relaxations(tx, desk.policy.version, BATCH)}
    after = {id_: c.relaxed(desk.policy, tx.now) for id_, c in before.items()}
    for c in after.values():
        desk.remember(c)
    if after:
        tx.wake(WAKE)
    return save(tx, desk, before, after)


def take_back_unanswered(tx: Transaction, desk: Desk) -> int:
    """Complaints whose agents did not answer in time go to the next; the number of them."""
    before = {c.id: c for c in store.claim_unanswered(tx, BATCH)}
    after = {id_: c.taken_away(Loss.NO_ANSWER, desk.policy, tx.now) for id_, c in before.items()}
    return settle(tx, desk, before, after)


def empty_desks(tx: Transaction, desk: Desk) -> int:
    """Complaints of agents who are gone, and whose customers have no answer yet, go to the next; the number of them."""
    ids = agents_store.gone(tx, BATCH)
    if not ids:
        return 0
    before = {c.id: c for c in store.claim_left_behind(tx, ids, BATCH)}
    if not before:
        # Under their lock: nobody gives them anything meanwhile, or finds them back and gone once more.
        left = agents_store.lock_gone(tx, ids)
        agents_store.vacated(tx, [id_ for id_ in left if not store.has_unanswered(tx, id_)])
        return 0
    after = {id_: c.taken_away(Loss.GONE, desk.policy, tx.now) for id_, c in before.items()}
    return settle(tx, desk, before, after)


def reread_waiting(tx: Transaction, desk: Desk) -> int:
    """Those that were queued under an older policy are read by this one; the number of them."""
    policy = desk.policy
    store.take_policy(tx, policy.version, desk.policies.document, desk.deciding_since(tx.now))
    before = {c.id: c for c in store.claim_outdated(tx, policy.version, BATCH)}
    after = {id_: c.under(policy, tx.now) for id_, c in before.items()}
    return settle(tx, desk, before, after)

"""Keeps an agent's room for a complaint of more weight, so that light ones do not overtake it for ever.

Called by `usecases.assign_waiting` when there is nobody to serve. A complaint of weight 2 finds nobody with two points
free as long as each point that comes free goes to one of weight 1. So once it has waited for the policy's patience, one
agent is chosen for it: until it is served, they get nothing but what ranks before it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.routing import store
from services.routing.domain.complaint import Complaint
from services.routing.domain.line import Line
from services.routing.domain.room import Room
from services.routing.placing.desk import Desk
from services.routing.roster import agents_store
from shared.database import Transaction

MOST = 50  # complaints for which room is kept at once


def keep_room(tx: Transaction, desk: Desk, lines: Sequence[Line]) -> int:
    """The number of agents whose room is kept for another complaint than before, or for none any more."""
    keepers = agents_store.keepers(tx)
    heavy = [line for line in lines if line.weight > 1 and desk.is_open(line.hours, tx.now)]
    if not heavy and not keepers:
        return 0
    patience = desk.policy.patience
    waiting = [c for c in store.first_of(tx, heavy, MOST) if c.waiting_since and c.waiting_since + patience <= tx.now]
    wanted = _choose(tx, desk, waiting, {id_: complaint_id for id_, (complaint_id, _) in keepers.items()})
    changes = {id_: wanted.get(id_) for id_ in {*wanted, *keepers} if keepers.get(id_) != wanted.get(id_)}
    return agents_store.keep_room(tx, changes) if changes else 0


def _choose(
    tx: Transaction, desk: Desk, waiting: Sequence[Complaint], keepers: Mapping[str, str]
) -> dict[str, tuple[str, datetime]]:
    """For each complaint who keeps room: whoever does so already, else who lacks the fewest points."""
    roster, room = desk.roster.current(tx), desk.rooms.current(tx)
    chosen: dict[str, tuple[str, datetime]] = {}
    for c in waiting:
        assert c.demand is not None and c.rank_at is not None
        able = {
            id_: room[id_]
            for id_ in roster.field(c.demand.needs).qualified & room.keys() - {*chosen, *c.tried}
            if room[id_].is_at_work(tx.now) and room[id_].capacity >= c.demand.weight
        }
        best = _best(able, {id_ for id_, kept_for in keepers.items() if kept_for == c.id})
        if best:
            chosen[best] = c.id, c.rank_at
    return chosen


def _best(able: Mapping[str, Room], already: Collection[str]) -> str | None:
    return min(able, key=lambda id_: (id_ not in already, able[id_].load - able[id_].capacity, id_), default=None)

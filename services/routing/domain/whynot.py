"""Why one agent could not be given one complaint; asked by people and by the API."""

from datetime import datetime

from services.routing.domain.complaint import Complaint
from services.routing.domain.room import Room
from services.routing.domain.roster import Agent, Lack


def why_not(agent: Agent, room: Room, c: Complaint, now: datetime) -> Lack | None:
    """The first thing that stands in the way now; None when nothing does, or its needs are not known."""
    if c.demand is None:
        return None
    if (lack := agent.lack(c.demand.needs)) is not None:
        return lack
    if agent.id in c.tried:
        return Lack.TRIED
    if not room.is_at_work(now):
        return room.lack_at(now)
    if room.load + c.demand.weight > room.capacity:
        return Lack.FULL
    return Lack.KEPT if room.is_kept_from(c.id, c.rank_at or c.waiting_since or now) else None

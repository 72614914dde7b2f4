"""Whose turn it is when room comes free, and the places in line of those who have to wait. Called when room changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.routing import store
from services.routing.domain.complaint import Complaint
from services.routing.domain.line import Line
from services.routing.domain.reasons import Reason
from services.routing.domain.room import Room
from services.routing.domain.roster import Roster
from services.routing.placing.desk import MOST_LINES, WAKE, Desk
from services.routing.roster import agents_store
from shared.database import Transaction

BATCH = 100
LINES = 200  # that one batch is taken from, the ones with the earliest ranks


def next_waiting(tx: Transaction, desk: Desk, freed: Mapping[str, int], shifts: Mapping[str, int]) -> list[Complaint]:
    """The first of those that wait for one of these agents, who have so many points more room than before; locked."""
    if not freed or not desk.lines:
        return []
    roster = desk.roster.current(tx)
    room = agents_store.read_room(tx, freed)
    free = _Free({id_: r._replace(load=r.load + shifts.get(id_, 0)) for id_, r in room.items()}, tx.now)
    due = [line for line in desk.lines.values() if _is_due(desk, roster, line, free, tx.now)]
    return _take(tx, due, min(BATCH, sum(freed.values())))


def next_in_lines(tx: Transaction, desk: Desk, lines: Sequence[Line]) -> list[Complaint]:
    """The first of those that somebody has room for, or who wait for another reason than they were told; locked.

    The rest is left alone, so that what nobody can take neither keeps the tick busy nor stands in the way of others.
    """
    desk.lines = {(line.key, line.reason): line for line in lines[:MOST_LINES]}
    if not lines:
        return []
    roster = desk.roster.current(tx)
    free = _Free(desk.rooms.current(tx), tx.now)
    due = [line for line in lines if _is_due(desk, roster, line, free, tx.now) or _is_told_otherwise(roster, line)]
    return _take(tx, due, BATCH)


def take_places(tx: Transaction, desk: Desk, decided: Sequence[Complaint]) -> list[Complaint]:
    """Those who have to wait get their places: one after the other for each region and priority.

    turn = max(now, the last turn of the region and priority + spacing); rank = turn - priority × ageing.
    """
    policy = desk.policy
    new = [c for c in decided if c.is_in_line(policy) and c.rank_at is None]
    last = store.last_turns(tx, {_region_and_priority(c) for c in new if c.turn_at is None})
    placed: dict[str, Complaint] = {}
    for c in new:
        at = _region_and_priority(c)
        turn = c.turn_at or max(tx.now, last[at] + policy.spacing if at in last else tx.now)
        if c.turn_at is None:
            last[at] = turn
        placed[c.id] = c.queued_in(turn, policy)
    result = [placed.get(c.id, c) for c in decided]
    for c in result:
        if c.is_in_line(policy):
            desk.remember(c)
    return result


def _take(tx: Transaction, due: Sequence[Line], most: int) -> list[Complaint]:
    taken = store.take_waiting(tx, due[:LINES], most) if due else []
    if len(taken) == BATCH or len(due) > LINES:
        tx.wake(WAKE)
    return taken


class _Free:
    """Who is at work, by how many points they have left at least."""

    def __init__(self, room: Mapping[str, Room], now: datetime):
        free = {id_: r for id_, r in room.items() if r.load < r.capacity and r.is_at_work(now)}
        self._left = {id_: r.capacity - r.load for id_, r in free.items() if r.kept_for is None}
        self._kept = {id_: r for id_, r in free.items() if r.kept_for is not None}
        self._by_weight: dict[int, set[str]] = {}

    def for_(self, line: Line) -> set[str]:
        """Those who have room for the first of the line; who of them is qualified is not asked."""
        if line.weight not in self._by_weight:
            self._by_weight[line.weight] = {id_ for id_, left in self._left.items() if left >= line.weight}
        able = self._by_weight[line.weight]
        passing = {
            id_
            for id_, r in self._kept.items()
            if r.load + line.weight <= r.capacity and not r.is_kept_from(None, line.first_at)
        }
        return (able | passing) - {*line.tried} if passing or line.tried else able


def _is_due(desk: Desk, roster: Roster, line: Line, free: _Free, now: datetime) -> bool:
    """Somebody could take the first of this line now."""
    return not roster.field(line.needs).qualified.isdisjoint(free.for_(line)) and desk.is_open(line.hours, now)


def _is_told_otherwise(roster: Roster, line: Line) -> bool:
    return (line.reason is Reason.NOBODY_QUALIFIED) is bool(roster.field(line.needs).qualified)


def _region_and_priority(c: Complaint) -> tuple[str | None, int]:
    return c.facts.region if c.facts else None, c.demand.priority if c.demand else 0

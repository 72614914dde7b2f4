"""Finds agents for complaints and keeps the agents' loads right, within a transaction. Called by the use cases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.routing import roster_store, store
from services.routing.domain.choice import Decision, Plan, Request, Room, worth_locking
from services.routing.domain.complaint import Complaint
from services.routing.domain.line import Line, line_from, line_key
from services.routing.domain.policy import Policy
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Roster
from services.routing.linter import Linter
from services.routing.policybook import PolicyBook
from services.routing.rooms import KnownRooms
from services.routing.roster_store import KnownRoster, LoadChange
from shared.database import Transaction

WAKE = "assign_waiting"  # the tick of that name in service.py
BATCH = 100
LINES = 200  # that one batch is taken from, the ones with the earliest ranks
MOST_LINES = 20_000  # that are remembered between two looks


@dataclass
class Desk:
    """What every decision needs beside the transaction.

    lines: those in which somebody waited at the last look, and those that were added since. Only a hint: a line that
    another replica began a moment ago is found by the next look (`usecases.assign_waiting`).
    """

    policies: PolicyBook
    roster: KnownRoster = field(default_factory=KnownRoster)
    rooms: KnownRooms = field(default_factory=KnownRooms)
    linter: Linter = field(default_factory=Linter)
    lines: dict[tuple[str, Reason], Line] = field(default_factory=dict)
    _since: tuple[str, datetime] | None = None

    @property
    def policy(self) -> Policy:
        return self.policies.current

    def deciding_since(self, now: datetime) -> datetime:
        """When this process was first asked that about its policy: it does not become newer by being used on and on."""
        if self._since is None or self._since[0] != self.policy.version:
            self._since = self.policy.version, now
        return self._since[1]

    def is_open(self, hours: str | None, now: datetime) -> bool:
        known = self.policy.hours_named(hours)
        return known is None or known.calendar.is_open(now)

    def remember(self, waiting: Complaint) -> None:
        if waiting.demand and waiting.reason and waiting.rank_at and len(self.lines) < MOST_LINES:
            known = line_key(waiting.demand, waiting.tried), waiting.reason
            if known not in self.lines:
                self.lines[known] = line_from(*known)


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
    roster_store.change_loads(
        tx,
        {
            id_: LoadChange(shifts.get(id_, 0) + plan.reserved[id_], plan.reserved[id_])
            for id_ in {*shifts, *plan.reserved}
        },
    )
    if plan.overlooked:
        tx.wake(WAKE)
    return _in_line(tx, desk, [c.decided(decisions[c.id], tx.now) for c in seeking])


def next_waiting(tx: Transaction, desk: Desk, freed: Mapping[str, int], shifts: Mapping[str, int]) -> list[Complaint]:
    """The first of those that wait for one of these agents, who have so many points more room than before; locked."""
    if not freed or not desk.lines:
        return []
    roster = desk.roster.current(tx)
    room = roster_store.read_room(tx, freed)
    free = _Free({id_: r._replace(load=r.load + shifts.get(id_, 0)) for id_, r in room.items()}, tx.now)
    due = [line for line in desk.lines.values() if _is_due(desk, roster, line, free, tx.now)]
    most = min(BATCH, sum(freed.values()))
    taken = store.take_waiting(tx, due[:LINES], most) if due else []
    if len(taken) == BATCH or len(due) > LINES:
        tx.wake(WAKE)
    return taken


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
    taken = store.take_waiting(tx, due[:LINES], BATCH) if due else []
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
    locked = roster_store.lock_room(tx, {*worth_locking(decided), *shifts})
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
    room = {**desk.rooms.current(tx), **roster_store.read_room(tx, among)}
    plan = Plan(roster, room, desk.policy.score, tx.now, among)
    return plan, [plan.decide(r) for r in requests]


def _requests(tx: Transaction, policy: Policy, seeking: Sequence[Complaint]) -> list[Request]:
    new = {c.facts.customer for c in seeking if c.agent_id is None and c.facts and c.facts.customer}
    known = store.agents_of_customers(tx, new)
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


def _in_line(tx: Transaction, desk: Desk, decided: Sequence[Complaint]) -> list[Complaint]:
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


def _region_and_priority(c: Complaint) -> tuple[str | None, int]:
    return c.facts.region if c.facts else None, c.demand.priority if c.demand else 0

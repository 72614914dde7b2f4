"""What must hold of routing's tables at any moment, and once nothing is left to do; looked at without routing's code
for decisions. Gives lists of what is wrong, so that a test shows all of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.routing import documents, store, tables
from services.routing.domain.complaint import Complaint
from services.routing.domain.policy import Policy
from services.routing.placing.desk import Desk
from services.routing.roster import agents_store
from services.routing.roster.agents_store import Known
from shared.database import Database

# One statement, so that all of it is of one moment.
_LOADS = text(
    """SELECT g.id, g.load, g.capacity, coalesce(sum(a.weight), 0) AS held, array_agg(a.complaint_id) AS complaints
    FROM agents g LEFT JOIN assignments a ON a.agent_id = g.id AND a.state = 'assigned' GROUP BY g.id"""
)
_STATES = text(
    """SELECT complaint_id, state, agent_id, answer_by, relax_at, line, rank_at, lost FROM assignments
    WHERE (state = 'assigned') AND (agent_id IS NULL OR weight IS NULL OR assigned_at IS NULL OR relax_at IS NOT NULL)
    OR state <> 'assigned' AND answer_by IS NOT NULL
    OR state = 'waiting' AND (line IS NULL) <> (rank_at IS NULL)
    OR state = 'waiting' AND reason IS NULL
    OR state = 'released' AND relax_at IS NOT NULL"""
)


def wrong_now(db: Database, most: Callable[[str, list[str]], int]) -> list[str]:
    """At any moment. most: the load that an agent with these complaints may have."""
    with db.read() as tx:
        found = []
        for row in tx.execute(_LOADS):
            if row.load != row.held:
                found.append(f"{row.id} has a load of {row.load} and holds {row.held}")
            if row.load > (limit := most(row.id, row.complaints)):
                found.append(f"{row.id} has a load of {row.load}, {limit} at most")
        return found + [f"no such state: {row}" for row in tx.execute(_STATES)]


def wrong_in_history(db: Database) -> list[str]:
    """Whether each complaint was given, lost, closed and opened in turn, and ends as its row says."""
    a, h = tables.assignments, tables.history
    with db.read() as tx:
        tracks: dict[str, _Track] = {}
        for row in tx.execute(h.select().order_by(h.c.complaint_id, h.c.id)):
            tracks.setdefault(row.complaint_id, _Track(row.complaint_id)).follow(row)
        for row in tx.execute(a.select()):
            tracks.setdefault(row.complaint_id, _Track(row.complaint_id)).end(row)
    return [fault for track in tracks.values() for fault in track.faults]


class _Track:
    """One complaint along its history."""

    def __init__(self, id_: str):
        self.id, self.faults = id_, list[str]()
        self.holder: str | None = None
        self.is_closed = False
        self.decisions = 0

    def follow(self, row: Any) -> None:
        self._expect(not self.is_closed or row.what == "reopened", row)
        if row.what == "assigned":
            self._expect(self.holder is None or (row.by is not None and row.agent_id != self.holder), row)
            self.holder = row.agent_id
        elif row.what in ("lost", "accepted", "answered"):
            self._expect(self.holder is not None and row.agent_id == self.holder, row)
        elif row.what in ("queued", "relaxed", "changed"):
            self._expect(self.holder is None, row)
        elif row.what == "reopened":
            self._expect(self.is_closed, row)
        self.is_closed = row.what == "released"
        self.decisions += row.what in ("assigned", "queued")
        if row.what in ("lost", "released", "handed_back", "reopened"):
            self.holder = None

    def end(self, row: Any) -> None:
        self._expect((row.state == "released") is self.is_closed, row.state)
        self._expect((row.agent_id if row.state == "assigned" else None) == self.holder, row.state)
        self._expect(row.attempt == self.decisions, row.attempt)

    def _expect(self, holds: bool, what: Any) -> None:
        if not holds:
            self.faults.append(f"{self.id}: {what} after {self.holder=} {self.is_closed=}")


@dataclass
class Waiting:
    """What could be done for those that wait: nothing, and for the reason that they are told."""

    db: Database
    desk: Desk
    now: datetime

    def wrong(self) -> list[str]:
        with self.db.read() as tx:
            tx.now = self.now
            agents = agents_store.all_agents(tx)
            told = {c["complaint_id"]: c["reason"] for c in documents.queue(tx, self.desk, 100_000)["complaints"]}
            return [fault for c in store.waiting(tx, 100_000) for fault in self._wrong(c, agents, told[c.id])]

    def _wrong(self, c: Complaint, agents: list[Known], told: str) -> Iterator[str]:
        assert c.demand is not None
        able = [one for one in agents if one.agent.lack(c.demand.needs) is None]
        reason = self._reason(c, able)
        if told != reason:
            yield f"{c.id} is told {told}, and it is {reason}"
        if reason == "all_full" and (free := [k.agent.id for k in able if self._has_room(k, c)]):
            yield f"{c.id} waits though {free} have room"

    def _reason(self, c: Complaint, able: list[Known]) -> str:
        policy: Policy = self.desk.policy
        if c.lost >= policy.attempts:
            return "declined"
        if not able:
            return "nobody_qualified"
        hours = policy.hours_named(c.demand.hours) if c.demand else None
        if hours and not hours.calendar.is_open(self.now):
            return "out_of_hours"
        there = [k for k in able if k.room.is_at_work(self.now)]
        if not there:
            return "nobody_at_work"
        return "all_full" if any(k.agent.id not in c.tried for k in there) else "declined"

    def _has_room(self, k: Known, c: Complaint) -> bool:
        assert c.demand is not None and c.rank_at is not None
        kept = k.room.kept_for not in (None, c.id) and k.room.kept_rank and c.rank_at > k.room.kept_rank
        is_there = k.room.is_at_work(self.now) and k.agent.id not in c.tried
        return is_there and not kept and k.room.load + c.demand.weight <= k.room.capacity


def wrong_attempts(announced: list[tuple[str, int]], attempts: Mapping[str, int]) -> list[str]:
    """Each decision about a complaint is announced once and counted: 1, 2, 3 …"""
    found: dict[str, list[int]] = {}
    for id_, attempt in announced:
        found.setdefault(id_, []).append(attempt)
    return [
        f"{id_}: {sorted(found.get(id_, []))} were announced, {attempt} decisions were made"
        for id_, attempt in attempts.items()
        if sorted(found.get(id_, [])) != list(range(1, attempt + 1))
    ]

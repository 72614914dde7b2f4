"""Who takes a complaint: the least loaded of the qualified agents with room; used by `placing.py`."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Lack, Roster
from shared.contracts.routing import Needs

BEST = 5  # candidates that are kept with a decision


@dataclass(frozen=True)
class Room:
    """What an agent's row says about their load; `revision` tells whether the roster knows the same agent."""

    load: int
    capacity: int
    revision: int


@dataclass(frozen=True)
class Request:
    """One complaint that looks for an agent; preferred: who had it before."""

    complaint_id: str
    needs: Needs
    weight: int
    preferred: str | None = None


@dataclass(frozen=True)
class Decision:
    """agent_id None = wait. candidates: the best of the qualified with room, as (load relative to capacity, id)."""

    agent_id: str | None
    reason: Reason
    candidates: tuple[tuple[float, str], ...]
    rejected: Mapping[Lack, int]
    score: Mapping[str, float]

    def as_data(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "rejected": {lack.value: number for lack, number in self.rejected.items()},
            "candidates": [{"agent_id": id_, "score": {"load": load}} for load, id_ in self.candidates],
        }


@dataclass(frozen=True)
class _Pool:
    """The qualified agents who may be chosen, and those who may not because their rows are not locked."""

    ids: tuple[str, ...]
    others: tuple[str, ...]


class Plan:
    """Decides one request after the other, each knowing what the earlier ones took.

    room: what is known of each agent's load. locked: whose room is certain; only they are chosen.
    """

    def __init__(self, roster: Roster, room: Mapping[str, Room], locked: Collection[str]):
        self._roster, self._room, self._locked = roster, room, locked
        self._load = {id_: r.load for id_, r in room.items()}
        self._pools: dict[Needs, _Pool] = {}
        self._elsewhere: dict[tuple[Needs, int], int] = {}
        self.reserved: Counter[str] = Counter()
        # Somebody was left to wait although an agent outside of this plan may have room.
        self.overlooked = False

    def shift(self, agent_id: str, weight: int) -> None:
        """Takes a change of load into account that is no decision of this plan, such as a release."""
        self._load[agent_id] += weight

    def decide(self, request: Request) -> Decision:
        pool = self._pool(request.needs)
        candidates = [
            (self._load[id_] / self._room[id_].capacity, id_) for id_ in pool.ids if self._fits(id_, request.weight)
        ]
        elsewhere = self._count_elsewhere(request, pool)
        field = self._roster.field(request.needs)
        rejected = {**field.lacks, Lack.FULL: len(field.qualified) - len(candidates) - elsewhere}
        best = tuple(nsmallest(BEST, candidates))
        if not candidates:
            self.overlooked |= elsewhere > 0
            return Decision(None, Reason.ALL_FULL if field.qualified else Reason.NOBODY_QUALIFIED, best, rejected, {})
        return self._reserve(request, candidates, best, rejected)

    def _reserve(
        self,
        request: Request,
        candidates: list[tuple[float, str]],
        best: tuple[tuple[float, str], ...],
        rejected: Mapping[Lack, int],
    ) -> Decision:
        again = next((c for c in candidates if c[1] == request.preferred), None)
        load, agent_id = again or best[0]
        self._load[agent_id] += request.weight
        self.reserved[agent_id] += request.weight
        if again:
            return Decision(agent_id, Reason.SAME_AGENT, best, rejected, {"load": load, "same_agent": 1.0})
        return Decision(agent_id, Reason.LEAST_LOADED, best, rejected, {"load": load})

    def _fits(self, agent_id: str, weight: int) -> bool:
        return self._load[agent_id] + weight <= self._room[agent_id].capacity

    def _count_elsewhere(self, request: Request, pool: _Pool) -> int:
        """How many of those who may not be chosen have room; counted once, since this plan gives them nothing."""
        key = request.needs, request.weight
        if key not in self._elsewhere:
            self._elsewhere[key] = sum(self._fits(id_, request.weight) for id_ in pool.others)
        return self._elsewhere[key]

    def _pool(self, needs: Needs) -> _Pool:
        pool = self._pools.get(needs)
        if pool is None:
            known = [id_ for id_ in self._roster.field(needs).qualified if id_ in self._room]
            certain = tuple(id_ for id_ in known if id_ in self._locked)
            pool = self._pools[needs] = _Pool(certain, tuple(id_ for id_ in known if id_ not in self._locked))
        return pool


def shortlist(requests: Sequence[Request], roster: Roster, room: Mapping[str, Room]) -> set[str]:
    """The agents worth locking: whom a plan by the loads as seen would choose, and the next best if they fill up."""
    trial = Plan(roster, room, room.keys())
    decisions = [trial.decide(r) for r in requests]
    return {id_ for d in decisions for _, id_ in d.candidates} | {d.agent_id for d in decisions if d.agent_id}


def has_room(weight: int, ids: Iterable[str], room: Mapping[str, Room]) -> bool:
    return any(id_ in room and room[id_].load + weight <= room[id_].capacity for id_ in ids)

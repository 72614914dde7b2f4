"""Who takes a complaint: the best score among the qualified agents who work now and have room; used by `placing.py`."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any

from services.routing.domain.policy import ScoreWeights
from services.routing.domain.presence import Status
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Field, Fit, Lack, Roster
from shared.contracts.routing import Needs

BEST = 5  # candidates that are kept with a decision
IDLE_FULL = timedelta(hours=1)  # without a new complaint for so long, idleness counts in full


@dataclass(frozen=True, slots=True)
class Room:
    """What an agent's row says now; `revision` tells whether the roster knows the same agent.

    due_at: from then on the status has to be looked at again, and until it was, the agent gets nothing. kept_for: the
    complaint of more weight that the agent's room is kept for, and kept_rank its rank: only those before it pass.
    """

    load: int
    capacity: int
    revision: int
    status: Status = Status.AVAILABLE
    due_at: datetime | None = None
    last_assigned_at: datetime | None = None
    kept_for: str | None = None
    kept_rank: datetime | None = None

    def is_at_work(self, now: datetime) -> bool:
        return self.status is Status.AVAILABLE and (self.due_at is None or now < self.due_at)

    def is_kept_from(self, complaint_id: str, rank: datetime | None) -> bool:
        if self.kept_rank is None or self.kept_for in (None, complaint_id):
            return False
        return rank is None or rank > self.kept_rank

    def lack_at(self, now: datetime) -> Lack:
        """Why somebody who is not at work is not; one whose status is due to be looked at counts as off shift."""
        return Lack.OFF_SHIFT if self.status is Status.AVAILABLE else Lack(self.status.value)


@dataclass(frozen=True)
class Request:
    """One complaint that looks for an agent.

    preferred: who had it, or knows the customer, and for which reason. tried: who lost it before. rank: its place in
    line.
    """

    complaint_id: str
    needs: Needs
    weight: int
    rank: datetime
    preferred: str | None = None
    preferred_for: Reason = Reason.SAME_AGENT
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """score: 0 to 1, the highest is taken; the parts, 0 to 1 each, before their weights."""

    agent_id: str
    score: float
    fit: Fit
    load: float
    idle: float

    def as_data(self) -> dict[str, Any]:
        return {"agent_id": self.agent_id, "score": self.parts()}

    def parts(self) -> dict[str, float]:
        parts = {"total": self.score, "skill": self.fit.skill, "language": self.fit.language}
        return {name: round(value, 3) for name, value in (parts | {"load": self.load, "idle": self.idle}).items()}


@dataclass(frozen=True)
class Decision:
    """agent_id None = wait. candidates: the best of those who could have been taken; chosen: the one who was."""

    agent_id: str | None
    reason: Reason
    candidates: tuple[Candidate, ...] = ()
    rejected: Mapping[Lack, int] = field(default_factory=dict)
    chosen: Candidate | None = None

    def as_data(self) -> dict[str, Any]:
        return {
            "score": self.chosen.parts() if self.chosen else {},
            "rejected": {lack.value: number for lack, number in self.rejected.items() if number},
            "candidates": [c.as_data() for c in self.candidates],
        }


class Plan:
    """Decides one request after the other, each knowing what the earlier ones took.

    room: what is known of each agent. locked: whose room is certain, and only they are chosen; None = of all.
    """

    def __init__(
        self,
        roster: Roster,
        room: Mapping[str, Room],
        weights: ScoreWeights,
        now: datetime,
        locked: Collection[str] | None = None,
    ):
        self.now, self._room = now, room
        self._roster, self._weights, self._locked = roster, weights, locked
        self._whole = weights.skill + weights.language + weights.load + weights.idle
        self._load = {id_: r.load for id_, r in room.items()}
        self._idle: dict[str, float] = {}
        self._lines: dict[tuple[Needs, int], _Line] = {}
        self._lines_of: dict[str, list[_Line]] = {}
        self.reserved: Counter[str] = Counter()
        # Somebody was left to wait although an agent outside of this plan may have room.
        self.overlooked = False

    def shift(self, agent_id: str, weight: int) -> None:
        """Takes a change of load into account that is no decision of this plan; before the first decision."""
        if agent_id in self._load:
            self._load[agent_id] += weight

    def decide(self, request: Request) -> Decision:
        line = self._line(request.needs, request.weight)
        best, passed_over = self._best(line, request)
        rejected = line.rejected(passed_over)
        preferred = self._preferred(line, request)
        if not best and not preferred:
            self.overlooked |= line.elsewhere > 0
            return Decision(None, line.why_nobody(passed_over), rejected=rejected)
        chosen = preferred or best[0]
        reason = request.preferred_for if preferred else Reason.BEST_SCORE
        self._reserve(chosen.agent_id, request.weight)
        return Decision(chosen.agent_id, reason, tuple(best), rejected, chosen)

    def _best(self, line: "_Line", request: Request) -> tuple[list[Candidate], Counter[Lack]]:
        """The best candidates, and those who would be among them but for this request: tried, or kept for another."""
        found: list[Candidate] = []
        passed_over: Counter[Lack] = Counter()
        taken_out: list[tuple[float, str]] = []
        while line.heap and len(found) < BEST:
            entry = self._top(line, request.weight)
            if entry is None:
                break
            taken_out.append(heappop(line.heap))
            lack = self._lack(entry[1], request)
            if lack is None:
                found.append(self._candidate(line, entry[1]))
            else:
                passed_over[lack] += 1
        for entry in taken_out:
            heappush(line.heap, entry)
        return found, passed_over

    def _top(self, line: "_Line", weight: int) -> tuple[float, str] | None:
        """The first of the heap with the score as it is now; scores only fall during a plan, and who is full is out."""
        while line.heap:
            score, id_ = line.heap[0]
            if not self._fits(id_, weight):
                heappop(line.heap)
                continue
            now = -self._score(line.known.qualified[id_], id_)
            if now <= score:
                return line.heap[0]
            heapreplace(line.heap, (now, id_))
        return None

    def _lack(self, agent_id: str, request: Request) -> Lack | None:
        if agent_id in request.tried:
            return Lack.TRIED
        return Lack.KEPT if self._room[agent_id].is_kept_from(request.complaint_id, request.rank) else None

    def _preferred(self, line: "_Line", request: Request) -> Candidate | None:
        id_ = request.preferred
        if id_ is None or id_ not in line.members or not self._fits(id_, request.weight) or self._lack(id_, request):
            return None
        return self._candidate(line, id_)

    def _reserve(self, agent_id: str, weight: int) -> None:
        before = self._free(agent_id)
        self._load[agent_id] += weight
        self._idle[agent_id] = 0.0
        self.reserved[agent_id] += weight
        for line in self._lines_of[agent_id]:
            line.full += before - weight < line.weight <= before

    def _free(self, agent_id: str) -> int:
        return self._room[agent_id].capacity - self._load[agent_id]

    def _fits(self, agent_id: str, weight: int) -> bool:
        return self._load[agent_id] + weight <= self._room[agent_id].capacity

    def _candidate(self, line: "_Line", agent_id: str) -> Candidate:
        fit, load = line.known.qualified[agent_id], self._load[agent_id] / self._room[agent_id].capacity
        return Candidate(agent_id, self._score(fit, agent_id), fit, 1 - load, self._idleness(agent_id))

    def _score(self, fit: Fit, agent_id: str) -> float:
        w, free = self._weights, 1 - self._load[agent_id] / self._room[agent_id].capacity
        whole = w.skill * fit.skill + w.language * fit.language + w.load * free + w.idle * self._idleness(agent_id)
        return whole / self._whole

    def _idleness(self, agent_id: str) -> float:
        """How long the agent has had nothing new, 0 to 1."""
        known = self._idle.get(agent_id)
        if known is None:
            last = self._room[agent_id].last_assigned_at
            known = 1.0 if last is None else max(0.0, min(1.0, (self.now - last) / IDLE_FULL))
            self._idle[agent_id] = known
        return known

    def _line(self, needs: Needs, weight: int) -> "_Line":
        line = self._lines.get((needs, weight))
        if line is None:
            line = self._lines[needs, weight] = _Line(self._roster.field(needs), weight)
            for id_ in line.known.qualified:
                self._sort_in(line, id_)
            heapify(line.heap)
        return line

    def _sort_in(self, line: "_Line", id_: str) -> None:
        room = self._room.get(id_)
        if room is None:
            return
        if not room.is_at_work(self.now):
            line.away[room.lack_at(self.now)] += 1
        elif not self._fits(id_, line.weight):
            line.full += 1
        elif self._locked is not None and id_ not in self._locked:
            line.elsewhere += 1
        else:
            line.heap.append((-self._score(line.known.qualified[id_], id_), id_))
            line.members.add(id_)
            self._lines_of.setdefault(id_, []).append(line)


@dataclass
class _Line:
    """The agents for one needs and weight. heap: (minus score, id) of those who may be chosen; away: not at work, why.

    elsewhere: who may have room, but is not certain to.
    """

    known: Field
    weight: int
    heap: list[tuple[float, str]] = field(default_factory=list)
    members: set[str] = field(default_factory=set)
    away: Counter[Lack] = field(default_factory=Counter)
    full: int = 0
    elsewhere: int = 0

    def rejected(self, passed_over: Counter[Lack]) -> dict[Lack, int]:
        return {**self.known.lacks, **self.away, **passed_over, Lack.FULL: self.full}

    def why_nobody(self, passed_over: Mapping[Lack, int]) -> Reason:
        if not self.known.qualified:
            return Reason.NOBODY_QUALIFIED
        if passed_over.get(Lack.TRIED) and not self.full:
            return Reason.DECLINED
        return Reason.ALL_FULL if self.full or self.heap or self.elsewhere else Reason.NOBODY_AT_WORK


def has_room(weight: int, ids: Iterable[str], room: Mapping[str, Room]) -> bool:
    """Whether anybody of them could take it; room: of those who are at work."""
    return any(id_ in room and room[id_].load + weight <= room[id_].capacity for id_ in ids)


def worth_locking(decisions: Sequence[Decision]) -> set[str]:
    """Whom these decisions took, and the next best, should somebody else be quicker."""
    return {c.agent_id for d in decisions for c in d.candidates[:2]} | {d.agent_id for d in decisions if d.agent_id}

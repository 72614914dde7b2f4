"""Who takes a complaint: the best score among the qualified agents who work now and have room; asked by placing/."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any

from services.routing.domain.policy import ScoreWeights
from services.routing.domain.reasons import Reason
from services.routing.domain.room import Room
from services.routing.domain.roster import Field, Fit, Lack, Roster
from shared.contracts.routing import Needs

BEST = 5  # candidates that are kept with a decision
IDLE_FULL = timedelta(hours=1)  # without a new complaint for so long, idleness counts in full


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
        shifts: Mapping[str, int] | None = None,
    ):
        """shifts: changes of load that are no decisions of this plan, such as releases."""
        self._roster, self._weights, self._now = roster, weights, now
        self._room = room
        self._lines: dict[tuple[Needs, int], _Line] = {}
        self.reserved: Counter[str] = Counter()
        # Somebody was left to wait although an agent outside of this plan may have room.
        self.overlooked = False
        self._left = {id_: r.capacity - r.load for id_, r in room.items()}
        for id_, weight in (shifts or {}).items():
            if id_ in room:
                self._left[id_] -= weight
        # The share of the score that is the same for all complaints, of those who may be chosen.
        self._standing: dict[str, float] = {}
        self._away: dict[str, Lack] = {}
        self._elsewhere: set[str] = set()
        for id_, known in room.items():
            if not known.is_at_work(now):
                self._away[id_] = known.lack_at(now)
            elif self._left[id_] > 0:
                if locked is None or id_ in locked:
                    self._standing[id_] = self._stand(id_, self._idleness(id_))
                else:
                    self._elsewhere.add(id_)

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
        while len(found) < BEST and (top := self._top(line)) is not None:
            taken_out.append(heappop(line.heap))
            lack = self._lack(top, request)
            if lack is None:
                found.append(self._candidate(line, top))
            else:
                passed_over[lack] += 1
        for entry in taken_out:
            heappush(line.heap, entry)
        return found, passed_over

    def _top(self, line: "_Line") -> str | None:
        """The first of the heap by the score as it is now; scores only fall during a plan, and who is full is out."""
        while line.heap:
            score, id_ = line.heap[0]
            if self._left[id_] < line.weight:
                heappop(line.heap)
                continue
            now = -(line.static[id_] + self._standing[id_])
            if now <= score:
                return id_
            heapreplace(line.heap, (now, id_))
        return None

    def _lack(self, agent_id: str, request: Request) -> Lack | None:
        if agent_id in request.tried:
            return Lack.TRIED
        return Lack.KEPT if self._room[agent_id].is_kept_from(request.complaint_id, request.rank) else None

    def _preferred(self, line: "_Line", request: Request) -> Candidate | None:
        id_ = request.preferred or ""
        if (
            id_ is None
            or id_ not in line.known.qualified
            or id_ not in self._standing
            or self._left[id_] < request.weight
        ):
            return None
        return None if self._lack(id_, request) else self._candidate(line, id_)

    def _reserve(self, agent_id: str, weight: int) -> None:
        before = self._left[agent_id]
        self._left[agent_id] = before - weight
        self._standing[agent_id] = self._stand(agent_id, 0.0)
        self.reserved[agent_id] += weight
        for line in self._lines.values():
            if before - weight < line.weight <= before and agent_id in line.known.qualified:
                line.full += 1

    def _stand(self, agent_id: str, idleness: float) -> float:
        w = self._weights
        return (w.load * self._left[agent_id] / self._room[agent_id].capacity + w.idle * idleness) / w.whole

    def _candidate(self, line: "_Line", agent_id: str) -> Candidate:
        free = self._left[agent_id] / self._room[agent_id].capacity
        score = line.static[agent_id] + self._standing[agent_id]
        idleness = 0.0 if agent_id in self.reserved else self._idleness(agent_id)
        return Candidate(agent_id, score, self._roster.fit(agent_id, line.known.needs), free, idleness)

    def _idleness(self, agent_id: str) -> float:
        """How long the agent has had nothing new, 0 to 1."""
        last = self._room[agent_id].last_assigned_at
        return 1.0 if last is None else max(0.0, min(1.0, (self._now - last) / IDLE_FULL))

    def _line(self, needs: Needs, weight: int) -> "_Line":
        line = self._lines.get((needs, weight))
        if line is None:
            line = self._lines[needs, weight] = self._new_line(self._roster.field(needs), weight)
        return line

    def _new_line(self, known: Field, weight: int) -> "_Line":
        standing, left = self._standing, self._left
        static = self._roster.static(known.needs, self._weights)
        able = known.qualified & standing.keys()
        if weight > 1:
            able = {id_ for id_ in able if left[id_] >= weight}
        heap = [(-(static[id_] + standing[id_]), id_) for id_ in able]
        heapify(heap)
        line = _Line(known, static, weight, heap)
        if len(heap) < len(known.qualified):
            line.away = Counter(self._away[id_] for id_ in known.qualified & self._away.keys())
            line.elsewhere = sum(left[id_] >= weight for id_ in known.qualified & self._elsewhere)
            seen = len(known.qualified & self._room.keys())
            line.full = seen - len(heap) - line.away.total() - line.elsewhere
        return line


@dataclass
class _Line:
    """The agents for one needs and weight. heap: (minus score, id) of those who may be chosen; away: not at work, why.

    static: the share of the score that levels give, of these and others. elsewhere: who may have room, but is not
    certain to.
    """

    known: Field
    static: Mapping[str, float]
    weight: int
    heap: list[tuple[float, str]]
    away: Counter[Lack] = field(default_factory=Counter)
    full: int = 0
    elsewhere: int = 0

    def rejected(self, passed_over: Counter[Lack]) -> dict[Lack, int]:
        return {**self.known.lacks, **self.away, **passed_over, Lack.FULL: self.full}

    def why_nobody(self, passed_over: Mapping[Lack, int]) -> Reason:
        if not self.known.qualified:
            return Reason.NOBODY_QUALIFIED
        if passed_over.get(Lack.TRIED) and not (self.full or self.elsewhere or passed_over.get(Lack.KEPT)):
            return Reason.DECLINED
        return Reason.ALL_FULL if self.full or self.heap or self.elsewhere else Reason.NOBODY_AT_WORK


def worth_locking(decisions: Sequence[Decision]) -> set[str]:
    """Whom these decisions took, and the next best, should somebody else be quicker."""
    return {c.agent_id for d in decisions for c in d.candidates[:2]} | {d.agent_id for d in decisions if d.agent_id}

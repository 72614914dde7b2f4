"""Who is on duty: rotas, and the overrides, absences and stand-ins beside them. Pure; used by people.py, the doors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.escalation.domain.rota import Rota as Rota
from services.escalation.domain.rota import RotaShift as RotaShift
from services.escalation.domain.rota import Rotation as Rotation
from shared.hours.intervals import Interval, merged

HORIZON = timedelta(days=14)  # so far is looked ahead and back
_INSTANT = timedelta(microseconds=1)
_ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Leave:
    """Somebody is away from start until just before end; stand_in: who is asked instead, if anybody."""

    start: datetime
    end: datetime
    stand_in: str | None = None


@dataclass(frozen=True)
class Override:
    """Somebody has the duty of a rota from start until just before end; instead_of: of this person only, else of all.

    Who has the duty by it may be away like anybody else. Of two that want the same, the later one in the list wins.
    """

    id: str
    rota: str
    start: datetime
    end: datetime
    person: str
    instead_of: str | None
    by: str
    reason: str | None = None


class Why(StrEnum):
    """Why a person is on duty."""

    SHIFT = "shift"
    OVERRIDE = "override"
    STAND_IN = "stand_in"


@dataclass(frozen=True)
class Duty:
    """One person on duty, and why at that instant. instead_of: whose duty it was. override: its id, if there is one.

    since, until: from when until just before when the person has the duty, for whatever reasons; HORIZON away at most.
    """

    person: str
    rota: str
    why: Why
    since: datetime
    until: datetime
    instead_of: str | None = None
    override: str | None = None


class Watch(NamedTuple):
    """The same people on duty for the same reasons from start until just before end; nobody, if there are none."""

    start: datetime
    end: datetime
    duties: tuple[Duty, ...]


Leaves = Mapping[str, Sequence[Leave]]


def on_duty(rota: Rota, overrides: Sequence[Override], leaves: Leaves, at: datetime) -> tuple[Duty, ...]:
    """Who has the duty at that instant, in the order of the rota, nobody twice."""
    return _Facts(rota, overrides, leaves).duties(at)


def watch_at(rota: Rota, overrides: Sequence[Override], leaves: Leaves, at: datetime) -> Watch:
    """What holds at that instant, since when and until when; HORIZON away at most."""
    return _Facts(rota, overrides, leaves).watch(at)


def shifts_of(
    rota: Rota, overrides: Sequence[Override], leaves: Leaves, start: datetime, end: datetime
) -> tuple[Watch, ...]:
    """The course of the duty between start and end, without a break; since and until of its duties may lie outside."""
    return tuple(_Facts(rota, overrides, leaves).course(start, end))


def gaps(
    rota: Rota, overrides: Sequence[Override], leaves: Leaves, start: datetime, end: datetime
) -> tuple[Interval, ...]:
    """When nobody is on duty between start and end, in order."""
    states = _Facts(rota, overrides, leaves).states(start, end)
    return tuple(merged((begin, finish) for begin, finish, held in states if not held))


class _Held(NamedTuple):
    """Somebody has the duty, from since until just before until surely by the same reason; owner: whose it was."""

    person: str
    owner: str
    why: Why
    override: str | None
    since: datetime
    until: datetime

    def within(self, since: datetime, until: datetime) -> "_Held":
        return self._replace(since=max(self.since, since), until=min(self.until, until))

    @property
    def reason(self) -> tuple[str, str, Why, str | None]:
        return self[:4]


_State = tuple[datetime, datetime, dict[str, _Held]]  # from, until just before, who by id


@dataclass(frozen=True)
class _Facts:
    """What is known of one rota. A state holds for a while that may be shorter than need be: who asks goes on."""

    rota: Rota
    overrides: Sequence[Override]
    leaves: Leaves

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", [o for o in self.overrides if o.rota == self.rota.name])

    def duties(self, at: datetime) -> tuple[Duty, ...]:
        return tuple(self._duty(held, at) for held in self.state(at)[2].values())

    def watch(self, at: datetime) -> Watch:
        start, end, held = self.state(at)
        wanted, earliest, latest = _reasons(held), at - HORIZON, at + HORIZON
        while end < latest and _reasons((further := self.state(end))[2]) == wanted:
            end = further[1]
        while start > earliest and _reasons((further := self.state(start - _INSTANT))[2]) == wanted:
            start = further[0]
        return Watch(max(start, earliest), min(end, latest), self.duties(at))

    def course(self, start: datetime, end: datetime) -> Iterator[Watch]:
        since, told = start, None
        for begin, _, held in self.states(start, end):
            if told is not None and _reasons(held) != told:
                yield Watch(since, begin, self.duties(since))
                since = begin
            told = _reasons(held)
        if told is not None:
            yield Watch(since, end, self.duties(since))

    def states(self, start: datetime, end: datetime) -> Iterator[_State]:
        while start < end:
            _, until, held = self.state(start)
            yield start, min(until, end), held
            start = until

    def state(self, at: datetime) -> _State:
        since, until, stays = self.rota.stretch(at)
        start, end, active = self._said(at)
        alone = next((n for n in reversed(range(len(active))) if active[n].instead_of is None), None)
        slots = [_Held(s.person, s.person, Why.SHIFT, None, s.since, s.until) for s in stays]
        if alone is not None:
            first, active = active[alone], active[alone + 1 :]
            slots = [_Held(first.person, first.person, Why.OVERRIDE, first.id, start, end)]
        there: dict[str, _Held] = {}
        for slot in slots:
            held, is_there = self._settled(slot.within(start, end), active, at)
            since, until = max(since, held.since), min(until, held.until)
            if is_there:
                there.setdefault(held.person, held)
        return max(since, start), min(until, end), there

    def _said(self, at: datetime) -> tuple[datetime, datetime, list[Override]]:
        """The overrides that hold, and from when until when no other one does."""
        if not self.overrides:
            return *_ALWAYS, []
        since, until = _around(self.overrides, at)
        return since, until, [o for o in self.overrides if o.start <= at < o.end]

    def _settled(self, held: _Held, overrides: Sequence[Override], at: datetime) -> tuple[_Held, bool]:
        """Who has it in the end, and whether there is anybody: the person, or who replaces or stands in for them."""
        asked: set[str] = set()
        while True:
            place = next((n for n in reversed(range(len(overrides))) if overrides[n].instead_of == held.person), None)
            if place is not None:
                taken, overrides = overrides[place], overrides[place + 1 :]
                held = held._replace(person=taken.person, why=Why.OVERRIDE, override=taken.id)
                continue
            leaves = self.leaves.get(held.person)
            if not leaves:
                return held, True
            held = held.within(*_around(leaves, at))
            leave = leave_at(leaves, at)
            if leave is None:
                return held, True
            if leave.stand_in is None or held.person in asked:
                return held, False
            asked.add(held.person)
            held = held._replace(person=leave.stand_in, why=Why.STAND_IN)

    def _duty(self, held: _Held, at: datetime) -> Duty:
        instead_of = held.owner if held.owner != held.person else None
        since, until = self._since(held, at), self._until(held, at)
        return Duty(held.person, self.rota.name, held.why, since, until, instead_of, held.override)

    def _until(self, held: _Held, at: datetime) -> datetime:
        latest, until = at + HORIZON, held.until
        while until < latest and (again := self.state(until)[2].get(held.person)):
            until = again.until
        return min(until, latest)

    def _since(self, held: _Held, at: datetime) -> datetime:
        earliest, since = at - HORIZON, held.since
        while since > earliest and (again := self.state(since - _INSTANT)[2].get(held.person)):
            since = again.since
        return max(since, earliest)


def leave_at(leaves: Sequence[Leave], at: datetime) -> Leave | None:
    """The one that counts: of several at once the first that says who stands in, so that somebody is asked."""
    found = [leave for leave in leaves if leave.start <= at < leave.end]
    return next((leave for leave in found if leave.stand_in is not None), found[0] if found else None)


def _around(spans: Sequence[Leave] | Sequence[Override], at: datetime) -> Interval:
    """From when until when none of them begins or ends."""
    edges = [edge for span in spans for edge in (span.start, span.end)]
    since = max((edge for edge in edges if edge <= at), default=_ALWAYS[0])
    return since, min((edge for edge in edges if edge > at), default=_ALWAYS[1])


def _reasons(there: Mapping[str, _Held]) -> list[tuple[str, str, Why, str | None]]:
    return [held.reason for held in there.values()]

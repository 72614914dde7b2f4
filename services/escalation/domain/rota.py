"""Rotas: weekly shifts that people have together or in turn, and who has them when. Pure; used by `duty.py`."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from shared.hours.calendar import Calendar, first_shown

DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 5, tzinfo=UTC)
_BLOCK = 28 * DAY  # that is computed at once, and kept
_MOST_BLOCKS = 16


@dataclass(frozen=True)
class Rotation:
    """The people of a shift take turns: from `since` at `hand_over` on, in the calendar's zone, `every` days each."""

    since: date
    hand_over: time
    every: int

    def begin_of(self, turn: int, timezone: str) -> datetime:
        """Turns are counted from 0."""
        return first_shown(datetime.combine(self.since + DAY * self.every * turn, self.hand_over), timezone)

    def turn_at(self, at: datetime, timezone: str) -> int:
        """-1 before the first."""
        turn = max((at.date() - self.since).days // self.every, -1)
        # That is one turn off if the zone has another date than UTC, or the hand-over of the day is yet to come.
        while turn >= 0 and self.begin_of(turn, timezone) > at:
            turn -= 1
        while self.begin_of(turn + 1, timezone) <= at:
            turn += 1
        return turn


@dataclass(frozen=True)
class RotaShift:
    """Weekly hours and who has them: all of the people together, or in turn if there is a rotation."""

    people: tuple[str, ...]
    calendar: Calendar
    rotation: Rotation | None = None

    def pieces(self, start: datetime, end: datetime) -> "Iterator[_Piece]":
        """Who has the shift between start and end, in order of time."""
        for begin, finish in self.calendar.open_intervals(start, end):
            if self.rotation is None:
                yield _Piece(begin, finish, self.people)
            else:
                yield from self._turns(self.rotation, begin, finish)

    def _turns(self, rotation: Rotation, start: datetime, end: datetime) -> "Iterator[_Piece]":
        turn = rotation.turn_at(start, self.calendar.timezone)
        while start < end and self.people:
            then = min(end, rotation.begin_of(turn + 1, self.calendar.timezone))
            if turn >= 0 and start < then:
                yield _Piece(start, then, (self.people[turn % len(self.people)],))
            start, turn = then, turn + 1


class _Piece(NamedTuple):
    start: datetime
    end: datetime
    people: tuple[str, ...]


class Stay(NamedTuple):
    """A person whom the rota itself names from `since` until just before `until`, and perhaps longer both ways."""

    person: str
    since: datetime
    until: datetime


class Stretch(NamedTuple):
    """Whom the rota names from start until just before end: each once, in its order."""

    start: datetime
    end: datetime
    stays: tuple[Stay, ...]


@dataclass(frozen=True)
class Rota:
    """courses: what was computed, by number of the block; every alert asks, and calendars are slow to walk through."""

    name: str
    shifts: tuple[RotaShift, ...]
    courses: "dict[int, _Course]" = field(default_factory=dict, init=False, repr=False, compare=False)

    def stretch(self, at: datetime) -> Stretch:
        """What holds at that instant, whatever the overrides and leaves."""
        number = (at - _EPOCH) // _BLOCK
        course = self.courses.get(number)
        if course is None:
            if len(self.courses) >= _MOST_BLOCKS:
                self.courses.clear()
            course = self.courses[number] = _course(self.shifts, _EPOCH + _BLOCK * number)
        return course.stretches[bisect_right(course.starts, at) - 1]


@dataclass(frozen=True)
class _Course:
    starts: tuple[datetime, ...]
    stretches: tuple[Stretch, ...]


def _course(shifts: Sequence[RotaShift], start: datetime) -> _Course:
    pieces = [piece for shift in shifts for piece in shift.pieces(start, start + _BLOCK)]
    edges = {edge for piece in pieces for edge in (piece.start, piece.end)}
    points = sorted(edges | {start, start + _BLOCK})
    named = [
        dict.fromkeys(person for piece in pieces if piece.start <= point < piece.end for person in piece.people)
        for point in points[:-1]
    ]
    since = _firsts(points[:-1], named)
    until = _firsts(points[:0:-1], named[::-1])[::-1]
    stretches = tuple(
        Stretch(points[n], points[n + 1], tuple(Stay(person, since[n][person], until[n][person]) for person in people))
        for n, people in enumerate(named)
    )
    return _Course(tuple(points[:-1]), stretches)


def _firsts(points: Sequence[datetime], named: Sequence[dict[str, None]]) -> list[dict[str, datetime]]:
    """For each of those who are named at a point, the first point from which on they are named without a break."""
    found: list[dict[str, datetime]] = []
    for point, people in zip(points, named, strict=True):
        before = found[-1] if found else {}
        found.append({person: before.get(person, point) for person in people})
    return found

"""Who is on duty: weekly shifts that people take in turn, overrides, absences with stand-ins. Pure; used by `people.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from shared.hours.calendar import Calendar


@dataclass(frozen=True)
class Rotation:
    """The people of a shift take turns: from `since` at `hand_over` on, in the calendar's zone, each has `every` days."""

    since: date
    hand_over: time
    every: int


@dataclass(frozen=True)
class RotaShift:
    """Weekly hours and who has them: all of the people together, or in turn if there is a rotation."""

    people: tuple[str, ...]
    calendar: Calendar
    rotation: Rotation | None = None


@dataclass(frozen=True)
class Rota:
    name: str
    shifts: tuple[RotaShift, ...]


@dataclass(frozen=True)
class Leave:
    """Somebody is away from start until just before end; stand_in: who is asked instead, if anybody."""

    start: datetime
    end: datetime
    stand_in: str | None = None


@dataclass(frozen=True)
class Override:
    """Somebody has the duty of a rota from start until just before end; instead_of: of this person only, else of all."""

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
    """One person on duty. until: when that surely ends or may change. instead_of: whose shift it was."""

    person: str
    rota: str
    why: Why
    since: datetime
    until: datetime
    instead_of: str | None = None
    override: str | None = None


def on_duty(
    rota: Rota, overrides: Sequence[Override], leaves: Mapping[str, Sequence[Leave]], at: datetime
) -> tuple[Duty, ...]:
    """Who has the duty at that instant, in the order of the rota, nobody twice."""
    raise NotImplementedError

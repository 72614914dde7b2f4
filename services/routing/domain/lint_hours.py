"""Business hours in which no agent of their regions works; asked by lint.py."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.routing.domain.policy import BusinessHours
from services.routing.domain.roster import EVERYWHERE, Agent
from shared.hours.calendar import Calendar
from shared.hours.intervals import Interval, in_zone, merged, without
from shared.policy.words import ANY

LOOK_AHEAD = timedelta(days=7)
_OTHER = ""


@dataclass(frozen=True)
class Gap:
    """hours: their name. is_served: somebody serves the region, at other times."""

    hours: str
    is_served: bool
    text: str


@dataclass
class _Rota:
    """Who serves a region: each calendar once, and those who are absent within the time that is looked at."""

    calendars: set[Calendar] = field(default_factory=set)
    absent: list[Agent] = field(default_factory=list)


def find_gaps(hours: Sequence[BusinessHours], agents: Iterable[Agent], now: datetime) -> Iterator[Gap]:
    """For each of the hours and each of their regions, at most one, from `now` on for LOOK_AHEAD."""
    window = (now, now + LOOK_AHEAD)
    named = {region for one in hours for region in one.regions if region != ANY}
    rotas = _rotas(agents, named, window)
    work = _Work(window)
    for one in hours:
        opened = list(one.calendar.open_intervals(*window))
        for region in sorted(one.regions):
            places = (_OTHER if region == ANY else region, EVERYWHERE)
            serving = [rotas[place] for place in places if place in rotas]
            shown = "any other region" if region == ANY else region
            if not serving:
                yield Gap(one.name, False, f"nobody serves {shown}")
            elif left := _uncovered(opened, serving, work):
                yield Gap(one.name, True, f"{shown}: nobody is on shift {in_zone(left, one.calendar.timezone)}")


def _rotas(agents: Iterable[Agent], named: set[str], window: Interval) -> dict[str, _Rota]:
    """By region; EVERYWHERE for those who serve all, _OTHER for the regions that have no hours of their own."""
    found: dict[str, _Rota] = defaultdict(_Rota)
    for agent in agents:
        is_absent = any(a.start < window[1] and window[0] < a.end for a in agent.absences)
        for region in {r if r in named or r == EVERYWHERE else _OTHER for r in agent.regions}:
            if is_absent:
                found[region].absent.append(agent)
            else:
                found[region].calendars.add(agent.calendar)
    return dict(found)


@dataclass
class _Work:
    """When calendars are open within the window; each is asked once."""

    window: Interval
    known: dict[Calendar, list[Interval]] = field(default_factory=dict)

    def of(self, calendar: Calendar) -> list[Interval]:
        if not calendar.shifts:
            return [self.window]
        if calendar not in self.known:
            self.known[calendar] = list(calendar.open_intervals(*self.window))
        return self.known[calendar]


def _uncovered(left: list[Interval], serving: Sequence[_Rota], work: _Work) -> list[Interval]:
    """What of the hours is left when everybody has worked; stops looking when nothing is."""
    for rota in serving:
        for calendar in rota.calendars:
            if not left:
                return []
            left = without(left, work.of(calendar))
        for agent in rota.absent:
            away = merged((a.start, a.end) for a in agent.absences)
            left = without(left, without(work.of(agent.calendar), away))
    return left

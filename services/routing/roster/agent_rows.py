"""Agents as rows of their table, both ways. Called by agents_store.py."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from services.routing import tables
from services.routing.domain.presence import Presence, Said, Status
from services.routing.domain.room import Room
from services.routing.domain.roster import Agent
from shared.hours.calendar import Absence, Calendar, Pause, Shift
from shared.hours.holidaybook import holidays_of

g = tables.agents
AGENT = (
    g.c.id,
    g.c.name,
    g.c.skills,
    g.c.languages,
    g.c.regions,
    g.c.capacity,
    g.c.teams,
    g.c.timezone,
    g.c.shifts,
    g.c.absences,
    g.c.holidays,
    g.c.revision,
)
SAID = (g.c.presence, g.c.presence_at, g.c.presence_until)
ROOM = (
    g.c.id,
    g.c.load,
    g.c.capacity,
    g.c.revision,
    g.c.status,
    g.c.due_at,
    g.c.last_assigned_at,
    g.c.kept_for,
    g.c.kept_rank,
)
DEFAULT_LEVEL = 3  # of skills and languages that were told without one
_STATUS = {status.value: status for status in Status}


def agent_row(agent: Agent) -> dict[str, Any]:
    return {
        "id": agent.id,
        "name": agent.name,
        "skills": dict(agent.skills),
        "languages": dict(agent.languages),
        "regions": list(agent.regions),
        "capacity": agent.capacity,
        "teams": list(agent.teams),
        "timezone": agent.calendar.timezone,
        "shifts": [_shift_document(shift) for shift in agent.calendar.shifts],
        "absences": [[a.start.isoformat(), a.end.isoformat()] for a in agent.absences],
        "holidays": agent.holidays,
    }


def agent_from(row: Any) -> Agent:
    shifts = tuple(_shift_from(document) for document in row.shifts or ())
    return Agent(
        id=row.id,
        name=row.name,
        skills=levels(row.skills),
        languages=levels(row.languages),
        regions=tuple(row.regions),
        capacity=row.capacity,
        teams=tuple(row.teams or ()),
        holidays=row.holidays,
        calendar=Calendar(row.timezone, shifts, holidays_of(row.holidays)),
        absences=tuple(Absence(*map(datetime.fromisoformat, pair)) for pair in row.absences or ()),
        revision=row.revision,
    )


def room_from(row: Any) -> Room:
    """Of a row that begins with ROOM."""
    _, load, capacity, revision, status, due_at, last_assigned_at, kept_for, kept_rank = row[: len(ROOM)]
    return Room(load, capacity, revision, _STATUS[status], due_at, last_assigned_at, kept_for, kept_rank)


def said_from(row: Any) -> Said | None:
    return Said(Presence(row.presence), row.presence_at, row.presence_until) if row.presence else None


def levels(words: Mapping[str, int] | list[str]) -> dict[str, int]:
    """A list has no levels: of whom it tells is neither a beginner nor a master."""
    return dict(words) if isinstance(words, Mapping) else dict.fromkeys(words, DEFAULT_LEVEL)


def _shift_document(shift: Shift) -> dict[str, Any]:
    breaks = [[pause.start.isoformat(), pause.end.isoformat()] for pause in shift.breaks]
    return {
        "days": sorted(shift.days),
        "from": shift.start.isoformat(),
        "to": shift.end.isoformat(),
        "breaks": breaks,
    }


def _shift_from(document: Mapping[str, Any]) -> Shift:
    breaks = tuple(Pause(*map(time.fromisoformat, pair)) for pair in document["breaks"])
    start, end = time.fromisoformat(document["from"]), time.fromisoformat(document["to"])
    return Shift(frozenset(document["days"]), start, end, breaks)

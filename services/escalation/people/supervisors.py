"""Queries of escalation on supervisors, the people on the ladder. Called by the use cases and the doors."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from services.escalation import tables
from services.escalation.domain.duty import Leave
from services.escalation.domain.people import Role, Supervisor
from shared import bulk
from shared.database import Transaction

s = tables.supervisors
_EVERYBODY = select(
    s.c.id, s.c.name, s.c.role, s.c.regions, s.c.languages, s.c.leads, s.c.absences, s.c.timezone
).order_by(s.c.id)


def everybody(tx: Transaction) -> tuple[Supervisor, ...]:
    return tuple(map(_supervisor, tx.execute(_EVERYBODY)))


def find(tx: Transaction, ids: Iterable[str], *, lock: bool = False) -> dict[str, Supervisor]:
    """Those that are there; locked in the order of their ids, so that no two who save many wait for each other."""
    found = tx.execute(_among_ids(tx.is_postgres, lock), {"ids": list(ids)})
    return {row.id: _supervisor(row) for row in found}


def zone_of(tx: Transaction, person: str) -> tzinfo:
    """UTC for whoever is no supervisor."""
    found = find(tx, [person]).get(person)
    return ZoneInfo(found.timezone) if found else UTC


def save(tx: Transaction, person: Supervisor) -> None:
    row = _row(tx, person)
    if not tx.insert_many(s, [row], skip_existing=True, returning=s.c.id):
        tx.update_many(s, "id", [row])


def add(tx: Transaction, people: Iterable[Supervisor]) -> None:
    """In the order of their ids; raises IntegrityError when another transaction added one of them meanwhile."""
    tx.insert_many(s, [_row(tx, person) for person in people])


def change(tx: Transaction, people: Iterable[Supervisor]) -> None:
    """Those that were locked before."""
    tx.update_many(s, "id", [_row(tx, person) for person in people])


def _row(tx: Transaction, person: Supervisor) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role.value,
        "regions": list(person.regions),
        "languages": list(person.languages),
        "leads": list(person.leads),
        "absences": [_absence_document(leave) for leave in person.absences],
        "timezone": person.timezone,
        "changed_at": tx.now,
    }


def _supervisor(row: Any) -> Supervisor:
    """Columns that were added later are empty in older rows."""
    return Supervisor(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        regions=tuple(row.regions),
        languages=tuple(row.languages),
        leads=tuple(row.leads or ()),
        absences=tuple(map(_leave, row.absences or ())),
        timezone=row.timezone or "UTC",
    )


def _absence_document(leave: Leave) -> dict[str, Any]:
    return {"from": leave.start.isoformat(), "to": leave.end.isoformat(), "stand_in": leave.stand_in}


def _leave(document: dict[str, Any]) -> Leave:
    start, end = datetime.fromisoformat(document["from"]), datetime.fromisoformat(document["to"])
    return Leave(start, end, document["stand_in"])


@cache
def _among_ids(is_postgres: bool, lock: bool) -> Select[Any]:
    query = _EVERYBODY.where(bulk.among(s.c.id, is_postgres))
    return query.with_for_update() if lock else query

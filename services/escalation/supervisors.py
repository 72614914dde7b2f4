"""Queries of escalation on supervisors, the people on the ladder. Called by the use cases and the doors."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from services.escalation import tables
from services.escalation.domain.ladder import Role, Supervisor
from shared import bulk
from shared.database import Transaction

s = tables.supervisors
_EVERYBODY = select(s.c.id, s.c.name, s.c.role, s.c.regions, s.c.languages).order_by(s.c.id)


def everybody(tx: Transaction) -> tuple[Supervisor, ...]:
    return tuple(map(_supervisor, tx.execute(_EVERYBODY)))


def find(tx: Transaction, ids: Iterable[str], *, lock: bool = False) -> dict[str, Supervisor]:
    """Those that are there; locked in the order of their ids, so that no two who save many wait for each other."""
    found = tx.execute(_among_ids(tx.is_postgres, lock), {"ids": list(ids)})
    return {row.id: _supervisor(row) for row in found}


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
        "changed_at": tx.now,
    }


def _supervisor(row: Any) -> Supervisor:
    return Supervisor(row.id, row.name, Role(row.role), tuple(row.regions), tuple(row.languages))


@cache
def _among_ids(is_postgres: bool, lock: bool) -> Select[Any]:
    query = _EVERYBODY.where(bulk.among(s.c.id, is_postgres))
    return query.with_for_update() if lock else query

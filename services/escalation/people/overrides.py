"""Overrides of duty rotas: asked for, checked, taken back. Called by their doors."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.escalation.domain.duty import Override, Rota
from services.escalation.people import duty_store, supervisors
from shared.database import Transaction
from shared.errors import NotFound, Rejected

LONGEST_OVERRIDE = timedelta(days=90)
_OVERRIDES = uuid.uuid5(uuid.NAMESPACE_DNS, "overrides.ombud")


@dataclass(frozen=True)
class OverrideAsked:
    """What somebody wants as an Override."""

    rota: str
    person: str
    start: datetime
    end: datetime
    instead_of: str | None
    reason: str | None

    @property
    def id(self) -> str:
        """The same for the same wish, so that one that is sent again is known."""
        said = (self.rota, self.start.isoformat(), self.end.isoformat(), self.person, self.instead_of)
        return str(uuid.uuid5(_OVERRIDES, repr(said)))


def add_override(tx: Transaction, rotas: Sequence[Rota], asked: OverrideAsked, by: str) -> Override:
    """Asked for again it is the same one, by its id, and the newest again. Raises Rejected with every fault."""
    faults = [*_faults_of_people(tx, asked), *_faults_of_time(asked, tx.now)]
    if asked.rota not in {rota.name for rota in rotas}:
        faults.insert(0, ("/rota", "the policy has no such rota"))
    if faults:
        errors = [{"pointer": pointer, "detail": text} for pointer, text in faults]
        raise Rejected("the override cannot be used", errors)
    override = Override(
        id=asked.id,
        rota=asked.rota,
        start=asked.start,
        end=asked.end,
        person=asked.person,
        instead_of=asked.instead_of,
        by=by,
        reason=asked.reason,
    )
    duty_store.add(tx, override)
    return override


def remove_override(tx: Transaction, override_id: str) -> Override:
    """Raises NotFound."""
    removed = duty_store.remove(tx, override_id)
    if removed is None:
        raise NotFound(f"no override {override_id}")
    return removed


def _faults_of_people(tx: Transaction, asked: OverrideAsked) -> list[tuple[str, str]]:
    named = {"/person": asked.person} | ({"/instead_of": asked.instead_of} if asked.instead_of else {})
    known = supervisors.find(tx, named.values())
    faults = [(pointer, "is nobody whom the service knows") for pointer, id_ in named.items() if id_ not in known]
    if asked.instead_of == asked.person:
        faults.append(("/instead_of", "is the same person"))
    return faults


def _faults_of_time(asked: OverrideAsked, now: datetime) -> list[tuple[str, str]]:
    if asked.end <= asked.start:
        return [("/to", "is not after from")]
    if asked.end <= now:
        return [("/to", "is over already")]
    if asked.end - asked.start > LONGEST_OVERRIDE:
        return [("/to", f"is more than {LONGEST_OVERRIDE.days} days after from")]
    return []

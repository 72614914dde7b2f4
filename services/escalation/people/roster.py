"""A list of supervisors, taken as a whole. Called by its door."""

from collections.abc import Mapping
from dataclasses import replace

from services.escalation.domain.people import Supervisor
from services.escalation.people import supervisors
from shared.database import Transaction
from shared.differences import Difference, difference


def check_supervisors(tx: Transaction, people: Mapping[str, Supervisor]) -> Difference:
    """What `save_supervisors` would change."""
    return difference(supervisors.find(tx, people), people)


def save_supervisors(tx: Transaction, people: Mapping[str, Supervisor]) -> Difference:
    """All of them in this transaction; those who differ in nothing are left alone."""
    found = difference(supervisors.find(tx, people, lock=True), people)
    supervisors.add(tx, [people[id_] for id_ in found.added])
    supervisors.change(tx, [people[each.id] for each in found.changed])
    return replace(found, stored=True)

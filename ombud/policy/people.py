"""The people of a roster as the lint of escalation's policy asks for them; used by `ombud policy check`."""

from collections.abc import Iterator

from ombud.roster.form import Entry, Fault, Form
from services.escalation.domain.people import Supervisor
from services.escalation.people.supervisor_schemas import SupervisorBody, supervisor_from
from services.escalation.schemas import load
from services.notify.domain.contact import FIELD_OF
from shared.errors import Rejected


def supervisors_of(form: Form) -> tuple[list[Supervisor], list[Fault]]:
    """Everybody on the ladder, and everything that is wrong with them."""
    people: list[Supervisor] = []
    faults: list[Fault] = []
    for entry in form.entries["supervisors"]:
        try:
            people.append(_supervisor(entry))
        except Rejected as error:
            faults += faults_of("supervisors", entry, error)
    return people, faults


def reachable_of(form: Form) -> frozenset[str]:
    """Ids of those who have some way to be reached."""
    return frozenset(
        entry.id for entry in form.entries["contacts"] if any(entry.data.get(field) for field in FIELD_OF.values())
    )


def faults_of(part: str, entry: Entry, error: Rejected) -> Iterator[Fault]:
    for one in error.errors or [{"pointer": "/", "detail": error.detail}]:
        yield Fault(entry.line_of(one["pointer"]), f"{part}: {entry.id}: {one['pointer']}: {one['detail']}")


def _supervisor(entry: Entry) -> Supervisor:
    """Raises Rejected with a pointer for each fault."""
    told = {name: value for name, value in entry.data.items() if name != "id"}
    return supervisor_from(entry.id, load(SupervisorBody(of=entry.id), told))

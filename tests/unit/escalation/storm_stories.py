"""A policy whose storms are small, its people, and cases alike, for the tests of storms."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from services.escalation import tables
from services.escalation.domain.case import Case, CaseState
from services.escalation.domain.people import Role, Supervisor
from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.escalation import CaseEscalated
from shared.contracts.intake import ComplaintClassified, Customer
from tests.harness.events import a_classified
from tests.unit.escalation.builders import EVERYBODY
from tests.unit.escalation.desk import Desk

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
MORE_THAN = 3
_SHIPPED = SHIPPED_POLICY.read_text()
_MAJOR = _SHIPPED[_SHIPPED.index("  - name: major\n") : _SHIPPED.index("  - name: standard\n")]
WITHOUT_STORMS = _SHIPPED[: _SHIPPED.index("storms:\n")].replace(_MAJOR, "")
BY_PRODUCT = "{name: product, of: product, more_than: 3, within: 10m, ladder: major, quiet_after: 1h}"
BY_PLACE = (
    "{name: place, of: [category, region], more_than: 3, within: 10m, ladder: major, quiet_after: 1h, "
    "when: {severity: [high, critical], channel: [phone, email]}}"
)
# Caro speaks German, so nobody on this rung has the language of the complaints.
COORDINATORS = (
    Supervisor("stela", "Stela Kováčová", Role.COORDINATOR, ("SK",), ("en",)),
    Supervisor("sven", "Sven Kováč", Role.COORDINATOR, ("SK",), ("sk",)),
    Supervisor("gwen", "Gwen Price", Role.COORDINATOR, ("GB",), ("en",)),
)
PEOPLE = (*EVERYBODY, *COORDINATORS)


def with_storms(*rules: str) -> str:
    return _SHIPPED[: _SHIPPED.index("storms:\n")] + "storms:\n" + "".join(f"  - {rule}\n" for rule in rules)


def a_complaint(name: object, region: str = "CZ", **changes: Any) -> ComplaintClassified:
    customer = Customer("C-1", "standard", region, "cs", "Europe/Prague")
    return a_classified(str(name), customer=customer, **{"product": "KX-200", **changes})


def alike(first: int, last: int, region: str = "CZ", **changes: Any) -> list[ComplaintClassified]:
    """Complaints that are called `first` to `last`."""
    return [a_complaint(number, region, **changes) for number in range(first, last + 1)]


def id_of(name: object) -> str:
    return a_classified(str(name)).complaint_id


def majors(desk: Desk) -> list[str]:
    """The ids of the major complaints that somebody was alerted of, in order."""
    return list(dict.fromkeys(e.case_id for e in desk.told(CaseEscalated) if e.facts.source == "ombud"))


def alerts(desk: Desk, case_id: str) -> list[CaseEscalated]:
    return [e for e in desk.told(CaseEscalated) if e.case_id == case_id]


def a_storm(desk: Desk, last: int = MORE_THAN + 1, **changes: Any) -> str:
    """Opens one from complaints 1 to `last`, and gives the id of its major complaint; what led to it is not told."""
    desk.hear(*alike(1, last, **changes))
    desk.watch_storms()
    (major,) = majors(desk)
    return major


def parts(desk: Desk, *names: object) -> list[Case]:
    return [desk.case(id_of(name)) for name in names]


def is_part(desk: Desk, name: object, major: str) -> bool:
    case = desk.case(id_of(name))
    return case.state is CaseState.MUTED and case.parent_id == major


def storms(desk: Desk) -> list[Any]:
    with desk.db.read() as tx:
        return list(tx.execute(select(tables.storms).order_by(tables.storms.c.opened_at)))

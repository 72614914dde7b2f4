"""What is forgotten leaves nothing of the customer behind, in whichever order the news come."""

from itertools import permutations

import pytest
from sqlalchemy import select

from services.routing import tables
from shared.contracts.event import Severity
from tests.unit.routing.builders import (
    Office,
    an_agent,
    case_resolved,
    classified,
    forgotten,
    reopened,
    resolved,
    updated,
)


def row(office: Office) -> dict[str, object]:
    with office.db.read() as tx:
        return dict(tx.execute(select(tables.assignments)).one()._mapping)


def nothing_is_left(office: Office) -> bool:
    kept = row(office)
    return kept["reason"] == "forgotten" and not any(
        kept[name] for name in ("facts", "customer", "customer_region", "override")
    )


@pytest.mark.parametrize(
    "order",
    [*permutations([classified(customer="k1"), updated(revision=3, customer="k1"), forgotten(revision=4)])],
    ids=lambda order: "-".join(e.type[10:] for e in order),
)
def test_facts_and_customer_are_erased_also_when_they_come_late(office: Office, order: tuple[object, ...]) -> None:
    office.employ(an_agent())
    for event in order:
        office.tell(event)  # type: ignore[arg-type]
    assert nothing_is_left(office) and office.loads() == {"eva": 0}


def test_of_one_that_was_never_known_nothing_is_kept_at_all(office: Office) -> None:
    office.tell(forgotten(revision=4))
    office.tell(classified(customer="k1"))
    assert nothing_is_left(office) and row(office)["demand"] is None


@pytest.mark.parametrize("seen", [4, 5])
def test_the_case_that_closes_with_it_may_be_quicker(office: Office, seen: int) -> None:
    office.employ(an_agent())
    office.tell(classified(customer="k1"))
    office.tell(case_resolved(seen=seen))
    office.tell(forgotten(revision=4))
    assert nothing_is_left(office)


def test_one_that_was_closed_before_is_forgotten_too(office: Office) -> None:
    office.tell(classified(customer="k1"))
    office.tell(resolved())
    office.tell(forgotten(revision=3))
    assert nothing_is_left(office)


def test_what_is_forgotten_stays_so(office: Office) -> None:
    office.employ(an_agent())
    office.tell(classified(customer="k1"))
    office.tell(forgotten(revision=4))
    before = row(office)
    office.tell(forgotten(revision=4), reopened(revision=5), resolved(revision=6))
    office.tell(updated(revision=7, customer="k1", severity=Severity.HIGH))
    office.tell(case_resolved(seen=9))
    office.settle()
    assert row(office) == before


def test_what_people_wrote_and_set_is_erased_as_well(office: Office) -> None:
    office.employ(an_agent())
    office.tell(classified("c1"), classified("c2"))
    for id_ in ("c1", "c2"):
        office.decline(id_)
        office.hand_back(id_, region="DE")
    office.tell(forgotten("c1", 3))
    with office.db.read() as tx:
        a = tables.assignments
        overrides = tx.execute(select(a.c.override).order_by(a.c.complaint_id)).scalars().all()
    assert overrides == [None, {"region": "DE"}]
    for id_, is_kept in (("c1", False), ("c2", True)):
        history = office.assignment(id_)["history"]
        assert any(e["note"] or e["details"] for e in history) is is_kept
        assert [e["what"] for e in history[:3]] == ["assigned", "lost", "queued"]


def test_nobody_knows_the_customer_of_a_forgotten_one(office: Office) -> None:
    office.employ(an_agent())
    office.tell(classified(customer="k1"))
    office.tell(forgotten())
    office.tell(classified("c2", customer="k1"))
    assert office.assignment("c2")["reason"] == "best_score"

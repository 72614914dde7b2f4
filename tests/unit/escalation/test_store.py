"""What the tables give back: a whole case, the rows of the version before, and the pages of the worklist."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from services.escalation.cases import store
from services.escalation.cases.worklist import list_cases
from services.escalation.domain.case import Case, CaseState, Ending
from services.escalation.domain.clocks import Clock, Pause
from services.escalation.domain.policy import PauseReason
from services.escalation.domain.told import Moment, Owner, Rating, Told
from services.escalation.domain.worklist import Filter, Sort, mark_of
from services.escalation.tables import cases
from shared.contracts.escalation import EscalationReason, Outcome, Remedy
from shared.contracts.event import Severity
from shared.errors import Rejected
from tests.unit.escalation.builders import CASE_ID, HOUR, MINUTE, NOON, a_case, facts
from tests.unit.escalation.desk import Desk

EVERYTHING = Case(
    id=CASE_ID,
    state=CaseState.ACKNOWLEDGED,
    revision=17,
    policy_version="standard@abc",
    severity=Severity.HIGH,
    facts=facts(
        flags=("legal", "safety"), product="KX-200", tier="gold", agent_name="Gita", children=3, regions=("CZ",)
    ),
    told=Told(
        first_at=NOON,
        asked_at=NOON + MINUTE,
        anger=0.7,
        flags=("legal",),
        count=4,
        rating=0.25,
        contacts=(Moment(1, NOON), Moment(3, NOON + HOUR)),
        answers=(Moment(2, NOON + MINUTE),),
        reopenings=(Moment(5, NOON + 2 * HOUR),),
        ratings=(Rating(6, 0.25), Rating(7, 0.5)),
        timezone="Europe/Prague",
    ),
    alarms={EscalationReason.SEVERITY: 1, EscalationReason.LOW_RATING: 4},
    owner=Owner(3, "g", "Gita Nováková", ("team-a", "team-b"), NOON, True),
    clocks=(
        Clock(
            "first_answer", NOON, NOON + HOUR, ((50, NOON + 30 * MINUTE), (80, NOON + 48 * MINUTE)), 100, NOON + HOUR
        ),
        Clock("resolution", NOON, NOON + 9 * HOUR + timedelta(microseconds=1)),
    ),
    pauses=(Pause(NOON, NOON + HOUR, PauseReason.WAITING_FOR_SUPPLIER),),
    ladder="standard",
    level=2,
    round=3,
    repeats=1,
    repaired=2,
    reason=EscalationReason.STALLED,
    trigger=EscalationReason.ASKED,
    escalation_id="e" * 36,
    recipients=("anna", "jiří"),
    confirmed_by=("anna",),
    respond_by=NOON + 2 * MINUTE,
    follow_up_by=NOON + 3 * MINUTE,
    remind_at=NOON + 4 * MINUTE,
    shift_ends_at=NOON + 5 * MINUTE,
    unassigned_at=NOON + 6 * MINUTE,
    opened_at=NOON - HOUR,
    since=NOON - 2 * MINUTE,
    escalated_at=NOON - MINUTE,
    repaired_at=NOON + 7 * MINUTE,
    taken_at=NOON + 8 * MINUTE,
    acknowledged_by="anna",
    acknowledged_at=NOON + 9 * MINUTE,
    closed_by="crm",
    closed_at=NOON + 10 * MINUTE,
    outcome=Outcome.PARTLY_UPHELD,
    remedies=(Remedy.REFUND, Remedy.APOLOGY),
    facts_revision=3,
    corrected_revision=2,
    closed_revision=4,
    requested_revision=6,
    rated_revision=7,
    parent_id="p" * 36,
    is_major=True,
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ending=Ending.MERGED,
)


def saved(desk: Desk, *some: Case) -> None:
    with desk.db.transaction() as tx:
        assert store.add_cases(tx, some) == {case.id for case in some}


def test_the_whole_case_is_not_as_it_is_by_default() -> None:
    bare = Case("another")
    same = [field.name for field in fields(Case) if getattr(EVERYTHING, field.name) == getattr(bare, field.name)]
    assert same == [], "else the next test could not tell whether these are kept"


def test_a_case_comes_back_as_it_was_whether_it_was_added_or_saved(desk: Desk) -> None:
    saved(desk, EVERYTHING, Case("other"))
    assert (desk.case(CASE_ID), desk.case("other")) == (EVERYTHING, Case("other"))
    with desk.db.transaction() as tx:
        store.save_cases(tx, [replace(EVERYTHING, id="other"), Case(CASE_ID)])
    assert (desk.case(CASE_ID), desk.case("other")) == (Case(CASE_ID), replace(EVERYTHING, id="other"))


def test_a_case_that_came_into_being_meanwhile_is_not_added(desk: Desk) -> None:
    saved(desk, EVERYTHING)
    with desk.db.transaction() as tx:
        assert store.add_cases(tx, [Case(CASE_ID), Case("new")]) == {"new"}
    assert desk.case(CASE_ID) == EVERYTHING


NEEDED = {
    "id": CASE_ID,
    "state": "escalated",
    "revision": 2,
    "policy_version": "standard@abc",
    "severity": 3,
    "alarms": {"severity": 1},
    "level": 1,
    "round": 1,
    "recipients": ["anna"],
    "facts_revision": 1,
    "closed_revision": 0,
    "answered_revision": 0,
    "reopened_revision": 0,
}


def test_a_row_of_the_version_before_is_a_case(desk: Desk) -> None:
    with desk.db.transaction() as tx:
        tx.execute(insert(cases).values(**NEEDED, due_at=NOON))
    case = desk.case(CASE_ID)
    assert (case.told, case.owner, case.clocks, case.ladder, case.is_major) == (Told(), Owner(), (), "", False)
    assert (case.severity, case.recipients, case.alarms) == (
        Severity.CRITICAL,
        ("anna",),
        {EscalationReason.SEVERITY: 1},
    )


@pytest.mark.parametrize("told", [None, {"answers": [{"revision": 2, "at": "2026-11-02T11:30:00Z"}]}])
def test_what_a_replica_of_the_version_before_writes_of_answers_and_reopenings_counts(
    desk: Desk, told: dict[str, Any] | None
) -> None:
    with desk.db.transaction() as tx:
        row = NEEDED | {"answered_revision": 5, "reopened_revision": 4, "since": NOON, "told": told}
        tx.execute(insert(cases).values(**row))
        tx.execute(
            insert(cases).values(**row | {"id": "early", "state": "early", "since": None, "reopened_revision": 6})
        )
    case, early = desk.case(CASE_ID), desk.case("early")
    assert (case.customer_is_answered, case.told.answers[-1], case.reopened_revision) == (True, Moment(5, NOON), 4)
    assert (early.customer_is_answered, early.reopened_revision) == (False, 6)
    assert len(case.told.answers) == (2 if told else 1)


def test_of_ratings_a_replica_of_the_version_before_writes_the_worst(desk: Desk) -> None:
    with desk.db.transaction() as tx:
        tx.execute(insert(cases).values(**NEEDED, told={"rating": 0.1}, rated_revision=3))
    assert desk.case(CASE_ID).told == Told(rating=0.1, ratings=(Rating(3, 0.1),))


# -- the worklist -------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(desk: Desk) -> Desk:
    saved(
        desk,
        a_case(CaseState.ESCALATED, id="1", severity=Severity.LOW, recipients=("anna", "ben"), since=NOON),
        a_case(CaseState.ACKNOWLEDGED, id="2", severity=Severity.HIGH, acknowledged_by="anna", since=NOON + HOUR),
        a_case(
            CaseState.EXHAUSTED,
            id="3",
            severity=Severity.HIGH,
            recipients=("jiří",),
            since=NOON,
            respond_by=NOON + HOUR,
        ),
        a_case(CaseState.OPEN, 0, id="4", facts=facts(region="GB", category="fraud"), since=NOON - HOUR),
        a_case(CaseState.RESOLVED, id="5", recipients=("anna",), since=NOON - 2 * HOUR, facts=facts(region=None)),
        a_case(CaseState.SNOOZED, id="6", respond_by=NOON + 3 * HOUR, since=None, clocks=(broken(None),)),
        a_case(CaseState.MUTED, id="7", respond_by=None, parent_id="1", since=NOON + 2 * HOUR, clocks=(broken(NOON),)),
        a_case(CaseState.EARLY, id="8", facts=None),
    )
    return desk


def broken(stopped_at: Any) -> Clock:
    return Clock("resolution", NOON - 2 * HOUR, NOON - HOUR, (), 100, stopped_at)


def listed(desk: Desk, **wanted: Any) -> list[str]:
    with desk.db.read() as tx:
        return [case.id for case in list_cases(tx, Filter(**wanted))]


@pytest.mark.parametrize(
    ("sort", "order"),
    [(Sort.SEVERITY, "3254176"), (Sort.AGE, "5413276"), (Sort.DUE, "1362457")],
)
def test_the_order_of_the_worklist(filled: Desk, sort: Sort, order: str) -> None:
    found = listed(filled, sort=sort)
    assert "".join(found) == order


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, "1234567"),
        ({"state": CaseState.EARLY}, "8"),
        ({"state": CaseState.MUTED}, "7"),
        ({"of": "anna"}, "12"),
        ({"of": "ann"}, ""),
        ({"of": "ben"}, "1"),
        ({"of": "jiří"}, "3"),
        ({"of": "_nna"}, ""),
        ({"of": "%"}, ""),
        ({"untaken": True}, "134"),
        ({"overdue": True}, "6"),
        ({"regions": ("GB",)}, "4"),
        ({"regions": ("GB", "CZ")}, "123467"),
        ({"regions": ()}, ""),
        ({"severity": Severity.HIGH}, "23"),
        ({"category": "fraud"}, "4"),
        ({"parent": "1"}, "7"),
        ({"severity": Severity.HIGH, "untaken": True}, "3"),
        ({"limit": 2}, "23"),
    ],
)
def test_what_is_wanted_is_listed_and_nothing_else(filled: Desk, wanted: dict[str, Any], ids: str) -> None:
    assert "".join(sorted(listed(filled, **wanted))) == ids


@pytest.mark.parametrize("sort", list(Sort))
def test_no_case_is_lost_or_seen_twice_over_the_pages_while_others_change(desk: Desk, sort: Sort) -> None:
    """What changes its place may be seen twice or not at all; all that stays is seen once, in order."""
    many = [
        a_case(
            id=f"{n:03}",
            severity=tuple(Severity)[n % 4],
            since=NOON + (n % 7) * MINUTE if n % 11 else None,
            respond_by=NOON + (n % 5) * MINUTE if n % 13 else None,
        )
        for n in range(250)
    ]
    saved(desk, *many)
    whole, seen, moved, after = listed(desk, sort=sort, limit=1000), [], set(), None
    assert len(whole) == 250
    while True:
        with desk.db.transaction() as tx:
            page = list_cases(tx, Filter(sort=sort, limit=20, after=after))
            seen += [case.id for case in page]
            if len(page) < 20:
                break
            after = mark_of(page[-1], sort)
            # The last one goes to the end, one of the middle to the beginning: both are the ones that paging goes by.
            store.save_cases(tx, [replace(page[-1], severity=Severity.LOW, since=None, respond_by=None)])
            store.save_cases(
                tx, [replace(page[9], severity=Severity.CRITICAL, since=NOON - HOUR, respond_by=NOON - HOUR)]
            )
            moved |= {page[-1].id, page[9].id}
    stayed = [case_id for case_id in whole if case_id not in moved]
    assert [case_id for case_id in seen if case_id not in moved] == stayed
    assert moved <= set(seen)


@pytest.mark.parametrize("after", ["", "x", "1", "2~x~1", "2~2026-11-02T12:00:00~1", "9~2026-11-02T12:00:00+00:00"])
def test_a_false_mark_is_refused(desk: Desk, after: str) -> None:
    if after:
        with pytest.raises(Rejected):
            listed(desk, after=after)


# -- what is due --------------------------------------------------------------------------------------------------


def claimed(desk: Desk, limit: int = 100) -> list[str]:
    with desk.db.transaction() as tx:
        return [case.id for case in store.claim_due(tx, limit)]


def test_of_what_is_due_the_most_severe_is_claimed_and_of_that_the_longest_due(desk: Desk) -> None:
    now = desk.now
    times = {"a": now - MINUTE, "b": now - HOUR, "c": now - 2 * HOUR, "later": now + HOUR}
    saved(desk, *(a_case(id=f"{s}-{n}", severity=s, respond_by=at) for s in Severity for n, at in times.items()))
    assert claimed(desk) == [f"{severity}-{n}" for severity in reversed(Severity) for n in "cba"]
    assert claimed(desk, limit=2) == ["critical-c", "critical-b"]
    assert claimed(desk, limit=4) == ["critical-c", "critical-b", "critical-a", "high-c"], "milder ones need not wait"
    with desk.db.read() as tx:
        assert store.oldest_due(tx) == now - 2 * HOUR


def test_nothing_is_claimed_when_nothing_is_due(desk: Desk) -> None:
    saved(desk, a_case(respond_by=desk.now + HOUR))
    assert claimed(desk) == []
    with desk.db.read() as tx:
        assert store.oldest_due(tx) is None

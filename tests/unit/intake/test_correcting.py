"""A person says how a complaint should have been read, on both databases: it holds, whatever comes in which order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake import correcting, corrections_store, doors, forgetting, merging, store
from services.intake.domain.complaint import Person
from services.intake.domain.matters import known
from services.intake.domain.verdict import CORRECTED
from shared.contracts.escalation import CaseCorrected
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintUpdated
from shared.errors import Rejected, TemporaryFailure
from tests.unit.intake.conftest import Desk, a_contact, a_step, complaint_id

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
AHEAD = datetime(2099, 1, 1, tzinfo=UTC)


def a_correction(case_revision: int = 2, external_id: str = "1", **changes: Any) -> CaseCorrected:
    """As of just now, unless `at` says otherwise."""
    at = changes.pop("at", AHEAD)
    return CaseCorrected(complaint_id(external_id), case_revision, changes.pop("by", "petr"), at, **changes)


def correct(desk: Desk, *events: CaseCorrected) -> None:
    with desk.db.transaction() as tx:
        correcting.correct(tx, events)


def shown(desk: Desk, external_id: str = "1") -> dict[str, Any]:
    id_ = complaint_id(external_id)
    with desk.db.read() as tx:
        complaint = store.find_complaint(tx, id_)
        assert complaint is not None
        return doors.complaint_document(
            complaint, store.contacts_of(tx, id_), corrections_store.documents_of(tx, id_), True
        )


def reading(desk: Desk) -> tuple[Any, ...]:
    """What the others were told last."""
    event = desk.events[-1]
    return event.severity, event.category, event.language, event.customer.region


@pytest.fixture
def one(desk: Desk) -> Desk:
    """Read as critical and about safety, in English, from CZ."""
    person = Person("C-1", region="CZ", language="cs")
    return desk.take(
        a_contact(severity=Severity.CRITICAL, category="safety", category_second="delivery", rules=("en.safety.x",),
                  customer=person, flags=("safety",))
    )  # fmt: skip


def test_what_a_person_says_holds_at_a_new_revision_and_is_told(one: Desk) -> None:
    correct(one, a_correction(severity=Severity.LOW, category="delivery", language="de-AT", region="AT"))
    assert one.announced == [("classified", 1), ("updated", 2)]
    told = one.events[-1]
    assert isinstance(told, ComplaintUpdated)
    assert reading(one) == ("low", "delivery", "de", "AT")
    assert (told.customer.language, told.category_second, told.rules) == ("de", None, ("en.safety.x", CORRECTED))
    assert (told.flags, told.contact_count) == (("safety",), 1)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("severity", Severity.LOW, ("low", "safety", "en", "CZ")),
        ("category", "delivery", ("critical", "delivery", "en", "CZ")),
        ("language", "de", ("critical", "safety", "de", "CZ")),
        ("region", "AT", ("critical", "safety", "en", "AT")),
    ],
)
def test_what_was_right_stays(one: Desk, field: str, value: Any, expected: tuple[Any, ...]) -> None:
    correct(one, a_correction(**{field: value}))
    assert reading(one) == expected
    assert one.events[-1].customer.language == ("de" if field == "language" else "cs")


def test_it_is_shown_beside_what_the_rules_said_with_who_and_when(one: Desk) -> None:
    correct(one, a_correction(severity=Severity.LOW, by="petr"))
    document = shown(one)
    assert (document["verdict"]["severity"], document["classification"].severity) == ("critical", "low")
    assert document["contacts"][0]["verdict"]["severity"] == "critical"
    at = "2099-01-01T00:00:00Z"
    assert document["correction"] | {"severity": "low", "by": "petr", "at": at} == document["correction"]
    assert document["corrections"] == [
        {"case_revision": 2, "by": "petr", "at": at, "severity": "low", "category": None, "language": None,
         "region": None, "revision": 2}
    ]  # fmt: skip


def test_told_twice_it_is_once(one: Desk) -> None:
    said = a_correction(severity=Severity.LOW)
    correct(one, said, said)
    correct(one, said)
    assert one.announced == [("classified", 1), ("updated", 2)]
    assert len(shown(one)["corrections"]) == 1


def test_the_later_one_counts_in_whatever_order_they_come(one: Desk) -> None:
    first = a_correction(2, severity=Severity.LOW, category="billing", by="petr")
    second = a_correction(5, severity=Severity.HIGH, region="SK", by="karin", at=AHEAD + timedelta(hours=1))
    correct(one, second)
    correct(one, first)
    assert reading(one) == ("high", "billing", "en", "SK")
    assert (shown(one)["correction"]["by"], one.announced[-1]) == ("karin", ("updated", 3))


def test_two_in_one_batch_both_count(one: Desk) -> None:
    correct(one, a_correction(2, category="billing"), a_correction(3, region="SK"))
    assert one.announced == [("classified", 1), ("updated", 2), ("updated", 3)]
    assert reading(one) == ("critical", "billing", "en", "SK")


def test_what_a_person_put_right_stays_when_the_customer_writes_again(one: Desk) -> None:
    correct(one, a_correction(severity=Severity.MEDIUM, category="delivery", language="de", region="AT"))
    one.take(a_contact("Again.", severity=Severity.MEDIUM, category="billing", language="fr",
                       customer=Person("C-1", region="FR", language="fr")))  # fmt: skip
    assert one.announced[-1] == ("updated", 3)
    assert reading(one) == ("medium", "delivery", "de", "AT")


@pytest.mark.parametrize(
    ("severity", "expected"),
    [(Severity.LOW, "medium"), (Severity.MEDIUM, "medium"), (Severity.HIGH, "high"), (Severity.CRITICAL, "critical")],
)
def test_only_what_reads_as_more_severe_than_the_person_said_raises_again(
    one: Desk, severity: Severity, expected: str
) -> None:
    correct(one, a_correction(severity=Severity.MEDIUM))
    one.take(a_contact("Again.", severity=severity))
    assert one.events[-1].severity == expected
    one.take(a_contact("And again.", severity=Severity.LOW))
    assert one.events[-1].severity == expected, "a later one calms nothing down"


def test_a_contact_that_came_before_the_person_spoke_does_not_raise(one: Desk) -> None:
    one.take(a_contact("Again.", severity=Severity.CRITICAL))
    correct(one, a_correction(severity=Severity.LOW))
    assert one.events[-1].severity == "low"


def test_a_contact_after_the_person_spoke_raises_though_it_came_before_the_correction_was_heard(one: Desk) -> None:
    correct(one, a_correction(severity=Severity.MEDIUM, at=LONG_AGO))
    assert one.events[-1].severity == "critical"
    with one.db.read() as tx:
        assert corrections_store.severities_since(tx, complaint_id(), AHEAD) == []


def test_raised_again_it_stays_so_when_something_else_is_corrected(one: Desk) -> None:
    correct(one, a_correction(2, severity=Severity.LOW))
    one.take(a_contact("Again.", severity=Severity.HIGH))
    correct(one, a_correction(3, category="billing"))
    assert reading(one)[:2] == ("high", "billing")
    correct(one, a_correction(4, severity=Severity.LOW, at=AHEAD + timedelta(hours=1)))
    assert reading(one)[:2] == ("low", "billing")


def test_repetition_alone_raises_no_severity_that_a_person_said(one: Desk) -> None:
    correct(one, a_correction(severity=Severity.LOW))
    for n in range(3):
        one.take(a_contact(f"Hello? {n}", severity=Severity.LOW))
    assert {e.severity for e in one.events[1:]} == {"low"}
    assert "repeat_contact" in one.events[-1].flags


def test_it_changes_no_state(one: Desk) -> None:
    one.take(a_step("resolved"))
    correct(one, a_correction(severity=Severity.LOW))
    assert (one.announced[-1], one.find("web", "1").state) == (("updated", 3), "resolved")


@pytest.mark.parametrize("arrivals", [[], [a_step("resolved")]], ids=["unknown", "known by a step only"])
def test_one_for_a_complaint_that_is_not_known_yet_is_to_come_again(desk: Desk, arrivals: list[Any]) -> None:
    desk.take(*arrivals)
    with pytest.raises(TemporaryFailure, match=complaint_id()):
        correct(desk, a_correction(severity=Severity.LOW))
    desk.take(a_contact())
    correct(desk, a_correction(severity=Severity.LOW))
    assert desk.events[-1].severity == "low"


def test_of_a_merged_complaint_nothing_is_corrected(one: Desk) -> None:
    one.take(a_contact("Another.", "2"))
    with one.db.transaction() as tx:
        merging.merge(tx, complaint_id("1"), complaint_id("2"), "petra")
    told = len(one.events)
    correct(one, a_correction(severity=Severity.LOW))
    assert (len(one.events), shown(one)["corrections"]) == (told, [])


@pytest.mark.parametrize("corrected_before", [False, True])
def test_whoever_calls_a_complaint_severe_while_another_merges_it_is_heard(one: Desk, corrected_before: bool) -> None:
    one.take(a_contact("Another.", "2", severity=Severity.MEDIUM), a_contact("A third.", "3", severity=Severity.LOW))
    if corrected_before:
        correct(one, a_correction(external_id="2", severity=Severity.LOW))
    with one.db.transaction() as tx:
        merging.merge(tx, complaint_id("3"), complaint_id("2"), "petra")
    correction = a_correction(external_id="3", severity=Severity.CRITICAL, category="billing")
    correct(one, correction)
    newest = one.events[-1]
    assert (newest.complaint_id, newest.severity, newest.category) == (complaint_id("2"), "critical", "defect")
    assert CORRECTED in newest.rules
    told = len(one.events)
    correct(one, correction, a_correction(3, "3", severity=Severity.HIGH))
    assert len(one.events) == told


def test_a_merge_brings_what_the_person_did_not_know_of_and_keeps_what_they_put_right(one: Desk) -> None:
    correct(one, a_correction(severity=Severity.LOW, category="delivery"))
    one.take(a_contact("Another.", "2", severity=Severity.HIGH, category="billing"))
    with one.db.transaction() as tx:
        merging.merge(tx, complaint_id("2"), complaint_id("1"), "petra")
    assert reading(one)[:2] == ("high", "delivery")


def test_what_was_put_right_of_the_one_that_ends_counts_in_the_other(one: Desk) -> None:
    correct(one, a_correction(severity=Severity.LOW, region="AT"))
    one.take(a_contact("Another.", "2", severity=Severity.MEDIUM))
    with one.db.transaction() as tx:
        merging.merge(tx, complaint_id("1"), complaint_id("2"), "petra")
    assert (one.events[-1].severity, one.events[-1].customer.region) == ("medium", "AT")


def test_forgotten_it_keeps_what_holds_and_nothing_of_the_correction(one: Desk) -> None:
    correct(one, a_correction(severity=Severity.LOW, category="delivery", language="de", region="AT"))
    with one.db.transaction() as tx:
        forgetting.forget(tx, known(Person("C-1")))
    correct(one, a_correction(3, region="SK"))
    document = shown(one)
    assert (document["correction"], document["corrections"]) == (None, [])
    held = document["classification"]
    assert (held.severity, held.category, held.language) == ("low", "delivery", "und")
    assert one.announced[-1] == ("forgotten", 3)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({}, "/"),
        ({"category": "Late parcels!"}, "/category"),
        ({"category": ""}, "/category"),
        ({"language": "und"}, "/language"),
        ({"language": "German"}, "/language"),
        ({"region": "x" * 41}, "/region"),
        ({"region": " ", "severity": Severity.LOW}, "/region"),
    ],
)
def test_words_that_nobody_could_use_are_refused_by_their_path(one: Desk, changes: Any, pointer: str) -> None:
    with pytest.raises(Rejected) as refused:
        correct(one, a_correction(**changes))
    assert [e["pointer"] for e in refused.value.errors] == [pointer]
    assert one.announced == [("classified", 1)]

"""What intake stores and announces for what came in, on both databases."""

from datetime import UTC, datetime

from services.intake import store
from shared.contracts.event import Severity
from tests.unit.intake.conftest import Desk, a_contact, a_step, complaint_id

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_a_complaint_is_stored_and_announced_once_though_it_comes_three_times(desk: Desk) -> None:
    desk.take(a_contact(), a_contact()).take(a_contact())
    assert desk.announced == [("classified", 1)]
    with desk.db.read() as tx:
        assert store.counts(tx) == {"complaints": 1, "classified": 1, "contacts": 1, "expected": 0}


def test_another_text_under_the_same_id_is_a_further_contact(desk: Desk) -> None:
    desk.take(a_contact("It leaks.")).take(a_contact("It still leaks."))
    assert desk.announced == [("classified", 1), ("updated", 2)]
    assert desk.events[-1].contact_count == 2


def test_the_same_text_under_two_contact_ids_is_two_contacts(desk: Desk) -> None:
    desk.take(a_contact("Hello?", contact_id="a"), a_contact("Hello?", contact_id="b"))
    assert desk.announced == [("classified", 1), ("updated", 2)]


def test_a_second_contact_raises_and_never_calms_down(desk: Desk) -> None:
    worst = {
        "severity": Severity.HIGH,
        "anger": 0.9,
        "asks_supervisor": True,
        "asks_kind": "human",
        "flags": ("legal",),
    }
    desk.take(a_contact("1", **worst))
    desk.take(a_contact("2", severity=Severity.LOW, anger=0.1, category="other", flags=("press",)))
    newest = desk.events[-1]
    assert (newest.severity, newest.anger, newest.asks_kind) == (Severity.HIGH, 0.9, "human")
    assert (newest.category, newest.flags) == ("defect", ("legal", "press"))


def test_steps_follow_each_other_with_growing_revisions(desk: Desk) -> None:
    desk.take(a_contact(), a_step("answered", at=AT, by="jana")).take(a_step("resolved"), a_step("rated", score=0.25))
    assert desk.announced == [("classified", 1), ("answered", 2), ("resolved", 3), ("rated", 4)]
    assert (desk.events[1].at, desk.events[1].by, desk.events[3].score) == (AT, "jana", 0.25)


def test_a_step_before_its_complaint_waits_and_is_announced_after_it(desk: Desk) -> None:
    desk.take(a_step("resolved", by="jana"))
    assert desk.announced == []
    desk.take(a_contact())
    assert desk.announced == [("classified", 1), ("resolved", 2)]
    with desk.db.read() as tx:
        complaint = store.find_complaint(tx, complaint_id())
    assert complaint is not None and complaint.state == "resolved" and complaint.waiting_steps == ()


def test_who_writes_again_after_it_was_resolved_opens_it_again(desk: Desk) -> None:
    desk.take(a_contact("1"), a_step("resolved")).take(a_contact("2"))
    assert desk.announced == [("classified", 1), ("resolved", 2), ("reopened", 3), ("updated", 4)]


def test_a_contact_and_its_copies_in_one_batch_with_others(desk: Desk) -> None:
    first, second = a_contact(external_id="1"), a_contact(external_id="2")
    desk.take(first, second, first, a_contact("again", "2"), second)
    assert sorted((e.external_id, e.revision) for e in desk.events) == [("1", 1), ("2", 1), ("2", 2)]


def test_what_is_announced_holds_no_name_no_address_and_a_masked_excerpt(desk: Desk) -> None:
    from services.intake.domain import Person

    person = Person("C-1", "Tereza Malinová", "tereza@example.org", "+420 601 000 001", region="CZ")
    text = "I am tereza@example.org, card 4111 1111 1111 1111, call +420 601 000 001 or DE89 3704 0044 0532 0130 00!"
    desk.take(a_contact(text, customer=person))
    told = str(desk.events[0])
    for secret in ("Tereza", "tereza@", "601 000", "4111", "0532"):
        assert secret not in told
    assert desk.events[0].excerpt == "I am [address], card [number], call [number] or [number]!"


def test_the_excerpt_is_never_longer_than_160_characters(desk: Desk) -> None:
    desk.take(a_contact("word " * 100))
    assert len(desk.events[0].excerpt) <= 160 and desk.events[0].excerpt.endswith("…")

"""What intake stores and announces for what came in, on both databases."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake import store
from services.intake.domain.complaint import MOST_TAGS, MOST_WAITING, Person, Read, Step, StepKind, Submission
from services.intake.domain.complaint import complaint_id as id_of
from services.intake.domain.matters import REPEATED, Earlier, MatterRules, Told, known, same_matter
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintEscalationRequested
from tests.unit.intake.conftest import Desk, a_contact, a_step, complaint_id

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_a_complaint_is_stored_and_announced_once_though_it_comes_three_times(desk: Desk) -> None:
    desk.take(a_contact(), a_contact()).take(a_contact())
    assert desk.announced == [("classified", 1)]
    with desk.db.read() as tx:
        counted = store.counts(tx)
    assert {name: number for name, number in counted.items() if number} == dict.fromkeys(
        ("complaints", "classified", "contacts"), 1
    )


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


def test_a_request_for_escalation_is_announced_with_who_asks_and_changes_no_state(desk: Desk) -> None:
    desk.take(a_contact(), a_step("resolved"), a_step("escalation_requested", at=AT, by="jana"))
    assert desk.announced == [("classified", 1), ("resolved", 2), ("escalation_requested", 3)]
    asked = desk.events[-1]
    assert isinstance(asked, ComplaintEscalationRequested)
    assert (asked.complaint_id, asked.at, asked.by) == (complaint_id(), AT, "jana")
    assert desk.find("web", "1").state == "resolved"


def test_a_request_for_escalation_before_its_complaint_waits_for_it(desk: Desk) -> None:
    desk.take(a_step("escalation_requested", by="jana")).take(a_contact())
    assert desk.announced == [("classified", 1), ("escalation_requested", 2)]


def test_of_the_steps_before_a_complaint_the_newest_of_each_kind_wait(desk: Desk) -> None:
    noisy = [a_step("rated", score=n / 100) for n in range(100)]
    desk.take(a_step("escalation_requested", by="jana"), a_step("resolved"), *noisy)
    waiting = desk.find("web", "1").waiting_steps
    assert [step.score for step in waiting] == [None, None, *(n / 100 for n in range(100 - MOST_WAITING, 100))]
    assert [step.kind.value.removeprefix("complaint.") for step in waiting[:2]] == ["escalation_requested", "resolved"]


def test_tags_are_kept_once_and_the_first_of_them(desk: Desk) -> None:
    for part in range(6):
        tags = tuple(f"tag-{part}-{n}" for n in range(49))
        desk.take(a_contact(str(part), tags=("all", *tags)))
    kept = desk.find("web", "1").tags
    assert (len(kept), len(set(kept)), kept[0], kept[-1]) == (MOST_TAGS, MOST_TAGS, "all", "tag-4-2")


def test_a_bare_request_for_escalation_counts_each_time(desk: Desk) -> None:
    desk.take(a_contact(), a_step("escalation_requested")).take(a_step("escalation_requested"))
    assert desk.announced == [("classified", 1), ("escalation_requested", 2), ("escalation_requested", 3)]


def test_resolved_reopened_and_resolved_again_all_count(desk: Desk) -> None:
    desk.take(a_contact(), a_step("resolved"), a_step("reopened"), a_step("resolved"))
    assert desk.announced == [("classified", 1), ("resolved", 2), ("reopened", 3), ("resolved", 4)]


def test_a_step_that_changes_nothing_and_has_no_time_is_a_copy(desk: Desk) -> None:
    desk.take(a_contact(), a_step("resolved"), a_step("resolved")).take(a_step("resolved"))
    assert desk.announced == [("classified", 1), ("resolved", 2)]


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
    from services.intake.domain.complaint import Person

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


@pytest.mark.parametrize(
    "named", ["+420601000001>+420800123456", "420 601 000 001", "Eva@Example.org", "<eva@example.org>/7"]
)
def test_what_upstream_calls_it_is_not_told_if_it_is_an_address(desk: Desk, named: str) -> None:
    desk.take(a_contact(external_id=named, customer=Person(email="eva@example.org", phone="+420 601 000 001")))
    assert desk.events[0].external_id == complaint_id(named)


KETTLE = "The lid of my kettle flew open and hot water went all over the kitchen table."


def told(text: str, source: str, channel: str, ref: str | None = "C-1", **changes: Any) -> Read:
    return replace(
        a_contact(text), submission=Submission(source, "7", text, channel, customer=Person(ref=ref), **changes)
    )


def test_told_again_on_another_channel_it_is_one_matter(desk: Desk) -> None:
    desk.take(told(KETTLE, "web", "web"))
    desk.take(told(f"Hi! {KETTLE}", "mail", "email"))
    assert desk.announced == [("classified", 1), ("updated", 2)]
    assert {e.complaint_id for e in desk.events} == {id_of("web", "7")}
    assert desk.find("mail", "7").merged_into == id_of("web", "7")


def test_told_twice_in_one_batch_it_is_one_matter(desk: Desk) -> None:
    desk.take(told(KETTLE, "mail", "email"), told(KETTLE, "web", "web"))
    assert desk.announced == [("classified", 1), ("updated", 2)]


def test_what_follows_on_the_other_channel_goes_to_the_one_matter(desk: Desk) -> None:
    desk.take(told(KETTLE, "web", "web")).take(told(KETTLE, "mail", "email"))
    desk.take(told("Nobody has called me yet.", "mail", "email"))
    desk.take(Step(StepKind.RESOLVED, "mail", "7"))
    assert desk.announced == [("classified", 1), ("updated", 2), ("updated", 3), ("resolved", 4)]
    assert desk.find("web", "7").state == "resolved"


@pytest.mark.parametrize(
    "other",
    [
        told(KETTLE, "mail", "email", ref="C-2"),
        told(KETTLE, "mail", "email", ref=None),
        told(KETTLE, "shop", "web"),
        told("My parcel with the new kettle lid has not arrived yet.", "mail", "email"),
    ],
    ids=["another customer", "an unknown customer", "the same channel", "another text"],
)
def test_what_is_another_matter_stays_one(desk: Desk, other: Read) -> None:
    desk.take(told(KETTLE, "web", "web")).take(other)
    assert desk.announced == [("classified", 1), ("classified", 1)]


def test_a_name_that_thousands_share_pushes_out_nobody_elses_contacts(desk: Desk) -> None:
    eva = Person(ref="guest", email="eva@example.org")
    desk.take(told(KETTLE, "web", "web"))
    desk.take(a_contact(KETTLE, "9", channel="web", customer=eva))
    for ref, channel in (("guest", "app"), ("guest", "web"), ("C-1", "email")):
        texts = {f"{ref}-{channel}-{n}": f"My parcel {channel}-{n} is late." for n in range(60)}
        desk.take(*(a_contact(text, id_, channel=channel, customer=Person(ref)) for id_, text in texts.items()))
    one_more = a_contact("It has not come.", "g60", channel="email", customer=Person("guest"))
    again = a_contact(KETTLE, "10", channel="email", customer=eva)
    desk.events.clear()
    desk.take(one_more, told(KETTLE, "mail", "email"), again)
    assert sorted((e.type.removeprefix("complaint."), e.complaint_id) for e in desk.events) == sorted(
        [("classified", complaint_id("g60")), ("updated", id_of("web", "7")), ("updated", complaint_id("9"))]
    )


def test_what_comes_twice_on_one_channel_in_one_batch_stays_two(desk: Desk) -> None:
    desk.take(told(KETTLE, "web", "web"), told(KETTLE, "shop", "web"))
    assert desk.announced == [("classified", 1), ("classified", 1)]


@pytest.mark.parametrize(
    "texts",
    [
        [" ".join(f"word{n * k % 977}" for k in range(3_000)) for n in range(1, 61)],
        ["a " * 200 + "x " * 200, "a x " * 200, "x a " * 199 + "b"] * 10,
    ],
    ids=["long texts", "two words for ever"],
)
def test_many_who_share_a_name_are_compared_in_time(texts: list[str]) -> None:
    """Systems write "guest" for whoever has no account."""
    guest, told = Person(ref="guest"), Told([])
    started = time.process_time()
    for n, text in enumerate(texts):
        channel = f"channel {n}"
        same_matter(Submission("web", str(n), text, channel, customer=guest), told, MatterRules())
        told.add(Earlier(str(n), channel, text, known(guest)))
    assert time.process_time() - started < 3


def test_a_few_words_over_and_over_are_one_matter_if_they_are_the_same() -> None:
    guest = Person(ref="guest")
    told = Told([Earlier("1", "email", "help! " * 300, known(guest))])
    again = Submission("web", "2", "Help " * 300, "web", customer=guest)
    assert same_matter(again, told, MatterRules()) == "1"
    assert same_matter(replace(again, text="help now " * 150), told, MatterRules()) is None


def test_after_the_window_it_is_a_matter_of_its_own(desk: Desk) -> None:
    desk.rules = MatterRules(window=timedelta(0))
    desk.take(told(KETTLE, "web", "web")).take(told(KETTLE, "mail", "email"))
    assert desk.announced == [("classified", 1), ("classified", 1)]


@pytest.mark.parametrize("one", [{"email": "Eva@example.org"}, {"phone": "+420 601 000 001"}])
@pytest.mark.parametrize("other", [{"email": "eva@example.org", "phone": "00420601000001"}])
def test_a_customer_is_known_by_address_and_number_too(one: dict[str, str], other: dict[str, str]) -> None:
    earlier = Earlier("1", "web", KETTLE, known(Person(**one)))
    told = Told([earlier])
    assert (told.by(known(Person(**other)), "email"), told.by(known(Person(**other)), "web")) == ([earlier], [])


def test_the_third_contact_in_a_week_raises_the_severity_once(desk: Desk) -> None:
    for n in range(5):
        desk.take(a_contact(f"It leaks, {n}."))
    assert [e.severity for e in desk.events] == ["medium", "medium", "high", "high", "high"]
    assert "repeat_contact" in desk.events[2].flags and REPEATED in desk.events[2].rules
    assert "repeat_contact" not in desk.events[1].flags


def test_repetition_alone_makes_nothing_critical(desk: Desk) -> None:
    for n in range(4):
        desk.take(a_contact(f"It leaks, {n}.", severity=Severity.HIGH))
    assert {e.severity for e in desk.events} == {"high"}


def test_contacts_of_long_ago_are_no_repetition(desk: Desk) -> None:
    for n in range(4):
        desk.take(a_contact(f"It leaks, {n}.", received_at=AT - timedelta(days=30 * n)))
    assert {e.severity for e in desk.events} == {"medium"}

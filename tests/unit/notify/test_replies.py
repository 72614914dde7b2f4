"""An alert is answered by text message: which case that takes, and that it does so once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify.domain.contact import Wish
from services.notify.domain.outcomes import Ambiguous, Permanent, Reason
from services.notify.domain.policy import InDoubt, Policy
from services.notify.domain.reply import Made
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintForgotten, ComplaintMerged
from shared.contracts.notify import AlertAnswered
from shared.errors import NotFound
from tests.unit.notify.build import (
    BOTH,
    CASE,
    EMAIL,
    SMS,
    TRACE,
    Office,
    a_contact,
    acknowledged,
    escalated,
    exhausted,
    handed_back,
    muted,
    resolved,
    snoozed,
    warned,
)

OLD, NEW = "aaaa1111-0000-5000-8000-000000000001", "bbbb2222-0000-5000-8000-000000000002"
ANN = "+420601234567"


@pytest.fixture
def alone(office: Office) -> Office:
    """Ann was called to one case by text message."""
    office.know(a_contact(channels=(SMS,)))
    office.hear(escalated())
    office.send()
    return office


@pytest.fixture
def several(office: Office) -> Office:
    """Ann was called to an old case, and a minute later to a new one."""
    office.know(a_contact(channels=(SMS,)))
    office.hear(escalated(case_id=OLD))
    office.send()
    office.wait(minutes=1)
    office.hear(escalated(case_id=NEW))
    office.send()
    office.wait(minutes=1)
    return office


def answered(office: Office) -> list[AlertAnswered]:
    return [event for event in office.announced if isinstance(event, AlertAnswered)]


def test_reply_takes_the_case_in_the_name_of_whoever_was_alerted(alone: Office):
    answer = alone.reply("1")
    (event,) = answered(alone)
    accepted = alone.announced[0]
    assert (answer.what, answer.case_id, answer.reference) == (Made.ACKNOWLEDGED, CASE, "0f8c2d11")
    assert (answer.person, answer.alert_id, answer.others) == ("ann", accepted.alert_id, 0)
    assert (event.alert_id, event.escalation_id) == (accepted.alert_id, accepted.escalation_id)
    assert (event.case_id, event.level, event.by, event.how, event.what) == (CASE, 1, "ann", "sms", "acknowledge")
    assert alone.traces[-1] == TRACE


def test_event_says_when_it_was_answered_but_never_later_than_now(alone: Office):
    alone.wait(minutes=10)
    with alone.db.transaction() as tx:
        now = tx.now
    alone.reply("1", at=now - timedelta(minutes=3))
    alone.reply("1", at=now + timedelta(days=3))
    alone.reply("1")
    first, second, third = (event.at for event in answered(alone))
    assert first == now - timedelta(minutes=3)
    assert now <= second <= third < now + timedelta(minutes=1)


def test_told_twice_it_is_the_same_event(alone: Office):
    assert alone.reply("1") == alone.reply("ack")
    first, second = answered(alone)
    assert first.event_id == second.event_id


@pytest.mark.parametrize("answer", [resolved, snoozed, handed_back, muted])
def test_settled_case_is_not_taken(alone: Office, answer):
    alone.hear(answer(3))
    assert alone.reply("1").what is Made.NOTHING
    assert answered(alone) == []


def test_whoever_answers_too_late_hears_who_has_the_case(alone: Office):
    alone.know(a_contact("bob", phone=None))
    alone.hear(replace(acknowledged(3), by="bob"))
    answer = alone.reply("1")
    assert (answer.what, answer.reference, answer.taken_by) == (Made.TAKEN_BEFORE, "0f8c2d11", "Bob")
    alone.hear(snoozed(4))
    assert alone.reply("1").what is Made.NOTHING
    assert answered(alone) == []


def test_whoever_answers_just_before_it_is_heard_that_somebody_was_quicker_is_told_unasked(alone: Office):
    alone.know(a_contact("bob", channels=(SMS,), phone="+420601234568"))
    assert alone.reply("1").what is Made.ACKNOWLEDGED
    alone.forget()
    alone.hear(replace(acknowledged(3), by="bob"))
    alone.send()
    assert alone.addresses() == [ANN]
    alone.hear(replace(acknowledged(3), by="bob"))
    alone.send()
    assert alone.addresses() == [ANN]


@pytest.mark.parametrize("passed", [handed_back, snoozed])
def test_whoever_answers_just_before_it_is_heard_that_nobody_has_it_is_told_unasked(alone: Office, passed):
    alone.know(a_contact("bob", channels=(SMS,), phone="+420601234568", wishes=frozenset({Wish.TAKEN})))
    assert alone.reply("1").what is Made.ACKNOWLEDGED
    alone.forget()
    alone.hear(replace(passed(3), by="bob"))
    alone.send()
    (letter,) = alone.sms.sent
    assert (letter.address, letter.text) == (ANN, "0f8c2d11 is not waiting for anybody any more.")


def test_whoever_answers_just_before_a_storm_makes_the_case_part_of_another_is_told_unasked(alone: Office):
    alone.reply("1")
    alone.forget()
    alone.hear(muted(3), muted(3))
    alone.hear(muted(3))
    alone.send()
    (letter,) = alone.sms.sent
    assert (letter.address, letter.text) == (ANN, "0f8c2d11 is part of another case now.")


@pytest.mark.parametrize("passed", [handed_back(3), snoozed(3), muted(3)])
def test_that_nobody_has_it_is_told_to_nobody_else(alone: Office, passed):
    alone.know(a_contact(channels=(SMS,), wishes=frozenset({Wish.TAKEN})))
    alone.forget()
    alone.hear(passed)
    alone.send()
    assert alone.addresses() == []


@pytest.fixture
def shared(office: Office) -> Office:
    """Ann was called to an old case, and a minute later, with Bob, to a new one that both of them must answer."""
    office.know(a_contact(channels=(SMS,)), a_contact("bob", channels=(SMS,), phone="+420601234568"))
    office.hear(escalated(case_id=OLD))
    office.send()
    office.wait(minutes=1)
    office.hear(escalated("ann", "bob", case_id=NEW, all_must_answer=True))
    office.send()
    office.wait(minutes=1)
    return office


def test_where_all_must_answer_the_next_answer_of_the_same_person_means_another_case(shared: Office):
    first = shared.reply("1")
    assert (first.what, first.case_id, first.other_references) == (Made.CONFIRMED, NEW, ("aaaa1111",))
    shared.wait(seconds=5)
    second = shared.reply("1")
    assert (second.what, second.case_id, second.others) == (Made.ACKNOWLEDGED, OLD, 0)
    shared.hear(acknowledged(3, case_id=OLD))
    shared.wait(seconds=5)
    again = shared.reply("1 bbbb2222")
    assert (again.what, again.case_id, again.alert_id) == (Made.CONFIRMED, NEW, first.alert_id)
    assert len({event.event_id for event in answered(shared)}) == 2


def test_where_all_must_answer_a_colleague_answers_the_same_case(shared: Office):
    assert {shared.reply("1").case_id, shared.reply("1", "+420601234568").case_id} == {NEW}
    assert [event.by for event in answered(shared)] == ["ann", "bob"]


def test_where_all_must_answer_the_same_reply_told_again_is_the_same_answer(shared: Office):
    with shared.db.read() as tx:
        sent_at = tx.now
    assert shared.reply("1", at=sent_at) == shared.reply("1", at=sent_at)
    assert len({event.event_id for event in answered(shared)}) == 1


@pytest.mark.parametrize("passed", [handed_back, snoozed])
def test_whoever_had_the_case_is_not_told_that_somebody_goes_on_with_it(alone: Office, passed):
    assert alone.reply("1").what is Made.ACKNOWLEDGED
    alone.forget()
    alone.hear(acknowledged(3), replace(passed(4), by="bob"))
    alone.send()
    assert alone.addresses() == []


def test_whoever_has_the_case_by_their_answer_hears_no_more(alone: Office):
    alone.reply("1")
    alone.forget()
    alone.hear(acknowledged(3))
    alone.send()
    assert alone.addresses() == []


@pytest.mark.parametrize("end", [ComplaintMerged, ComplaintForgotten])
def test_complaint_that_ended_for_good_is_not_taken_even_by_an_older_reply(alone: Office, end):
    with alone.db.transaction() as tx:
        sent_at = tx.now
    alone.wait(minutes=1)
    alone.hear(end(CASE, 4, sent_at + timedelta(seconds=30), *(["into"] if end is ComplaintMerged else [])))
    assert alone.reply("1", at=sent_at).what is Made.NOTHING


def test_case_that_climbs_again_after_an_answer_can_be_taken(alone: Office):
    alone.hear(snoozed(3))
    alone.hear(escalated(revision=4, level=2))
    alone.send()
    assert alone.reply("1").what is Made.ACKNOWLEDGED
    assert [event.level for event in answered(alone)] == [2]


def test_newest_of_several_is_taken_and_the_answer_says_which_and_how_many_are_left(several: Office):
    answer = several.reply("1")
    assert (answer.case_id, answer.reference) == (NEW, "bbbb2222")
    assert (answer.others, answer.other_references) == (1, ("aaaa1111",))


@pytest.mark.parametrize("text", ["1 aaaa1111", "ACK AAAA1111", "1 aaaa"])
def test_reference_says_which_of_several(several: Office, text):
    assert several.reply(text).case_id == OLD


def test_reference_of_no_open_case_takes_none(several: Office):
    several.hear(acknowledged(3, case_id=OLD))
    answer = several.reply("1 aaaa1111")
    assert (answer.what, answer.case_id, answer.others) == (Made.TAKEN_BEFORE, OLD, 1)
    assert several.reply("1 cccc3333").what is Made.NOTHING
    assert answered(several) == []


def test_whoever_took_the_newest_takes_the_next_one(several: Office):
    several.hear(acknowledged(3, case_id=NEW))
    assert several.reply("1").case_id == OLD


def test_newest_that_a_colleague_took_is_not_answered_by_another_case(several: Office):
    several.know(a_contact("bob", phone=None))
    several.hear(replace(acknowledged(3, case_id=NEW), by="bob"))
    answer = several.reply("1")
    assert (answer.what, answer.reference, answer.taken_by) == (Made.TAKEN_BEFORE, "bbbb2222", "Bob")
    assert (answer.others, answer.other_references) == (1, ("aaaa1111",))
    assert answered(several) == []
    assert several.reply("1 aaaa1111").case_id == OLD


@pytest.mark.parametrize("answer", [resolved, snoozed, handed_back, muted])
def test_newest_that_nobody_needs_any_more_is_not_answered_by_another_case(several: Office, answer):
    several.hear(answer(3, case_id=NEW))
    answered_so = several.reply("1")
    assert (answered_so.what, answered_so.other_references) == (Made.NOTHING, ("aaaa1111",))
    assert answered(several) == []


def test_alert_that_was_sent_behind_the_reply_is_not_what_it_means(several: Office):
    with several.db.transaction() as tx:
        before_the_new_one = tx.now - timedelta(seconds=90)
    assert several.reply("1", at=before_the_new_one).case_id == OLD


def test_reply_told_again_after_the_case_was_taken_takes_no_other(several: Office):
    with several.db.transaction() as tx:
        sent_at = tx.now
    first = several.reply("1", at=sent_at)
    several.wait(seconds=5)
    several.hear(acknowledged(3, case_id=NEW, at=sent_at + timedelta(seconds=1)))
    assert several.reply("1", at=sent_at) == first
    assert len({event.event_id for event in answered(several)}) == 1


@pytest.mark.parametrize(("hours", "what"), [(71.9, Made.ACKNOWLEDGED), (72.1, Made.NOTHING)])
def test_alert_is_answered_as_long_as_its_link_can_be_used(alone: Office, hours, what):
    alone.rules = replace(alone.rules, links_hold=timedelta(hours=72))
    alone.wait(hours=hours)
    assert alone.reply("1").what is what


@pytest.mark.parametrize(("hours", "what"), [(23.9, Made.TAKEN_BEFORE), (24.1, Made.NOTHING)])
def test_who_has_the_case_is_told_for_a_day(alone: Office, hours, what):
    alone.hear(replace(acknowledged(3), by="bob"))
    alone.wait(hours=hours)
    assert alone.reply("1").what is what


def test_only_what_came_by_text_message_is_answered_so(office: Office):
    office.know(a_contact(channels=(EMAIL, SMS)))
    office.hear(escalated())
    office.send()
    assert office.reply("1").what is Made.NOTHING


def test_reply_that_is_quicker_than_the_providers_answer_takes_the_case(office: Office):
    office.know(a_contact(channels=(SMS,)))
    office.hear(escalated())
    made = []
    office.sms.after_hand_off = lambda: made.append(office.reply("1").what)
    office.send()
    assert made == [Made.ACKNOWLEDGED]


@pytest.mark.parametrize("repeats", [False, True])
def test_reply_to_a_message_that_may_have_arrived_takes_the_case(office: Office, repeats):
    then = InDoubt.AGAIN if repeats else InDoubt.LEAVE
    office.rules = replace(BOTH, policy=Policy(in_doubt={SMS: dict.fromkeys(Severity, then)}))
    office.know(a_contact(channels=(SMS,)))
    office.sms.script[ANN] = [Ambiguous(Reason.NO_ANSWER)]
    office.hear(escalated())
    office.send()
    assert office.reply("1").what is Made.ACKNOWLEDGED


def test_only_what_the_provider_took_is_answered(office: Office):
    office.know(a_contact(channels=(SMS,)))
    office.sms.script[ANN] = [Permanent(Reason.RECIPIENT_REFUSED)]
    office.hear(escalated(case_id=OLD))
    office.send()
    office.hear(escalated(case_id=NEW))
    assert office.reply("1").what is Made.NOTHING


@pytest.mark.parametrize("event", [warned(severity=Severity.CRITICAL, percent=100), exhausted()])
def test_only_a_call_to_a_level_is_answered(office: Office, event):
    office.know(a_contact(channels=(SMS,)), a_contact("boss", channels=(SMS,)))
    office.hear(event)
    office.send()
    assert office.told() == ["alert.accepted"]
    assert office.reply("1").what is Made.NOTHING


def test_number_that_several_share_answers_for_whoever_was_called(office: Office):
    office.know(a_contact("ann", channels=(SMS,)), a_contact("bob", channels=(SMS,)))
    office.hear(escalated("bob"))
    office.send()
    assert office.reply("1").person == "bob"


def test_what_others_were_called_to_is_not_taken(office: Office):
    office.know(a_contact("ann", channels=(SMS,)), a_contact("bob", channels=(SMS,), phone="+420601000002"))
    office.hear(escalated("bob"))
    office.send()
    assert office.reply("1").what is Made.NOTHING


@pytest.mark.parametrize("text", ["1", "what is this"])
def test_number_that_nobody_has_is_not_found_and_not_repeated(alone: Office, text):
    with pytest.raises(NotFound) as refused:
        alone.reply(text, "+420999999999")
    assert "999" not in refused.value.detail


def test_what_is_not_understood_takes_nothing_and_is_logged_without_its_words(alone: Office, caplog, capsys):
    assert alone.reply("call me in Brno").what is Made.NOT_UNDERSTOOD
    assert answered(alone) == []
    logged = capsys.readouterr().out + caplog.text
    assert "not_understood" in logged
    assert "Brno" not in logged and ANN not in logged

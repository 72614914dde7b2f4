"""The button of an alert in a chat is pressed: who may, which case that takes, and that it does so once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from services.notify import tables
from services.notify.domain.alert import ChannelName
from services.notify.domain.click import Click, Clicked, Pressed
from services.notify.incoming import clicks
from services.notify.texts.clicks import sentence
from services.notify.texts.languages import chosen, languages
from shared.contracts.escalation import EscalationReason
from shared.contracts.intake import ComplaintForgotten, ComplaintMerged
from shared.contracts.notify import AlertAnswered
from tests.unit.notify.build import (
    CASE,
    TRACE,
    Office,
    a_contact,
    acknowledged,
    escalated,
    handed_back,
    muted,
    resolved,
    snoozed,
    warned,
)

SLACK = ChannelName.SLACK
OTHER_CASE = "aaaa1111-0000-5000-8000-000000000001"


@pytest.fixture
def told(office: Office) -> Office:
    """Ann was called to a case; Bob and the duty channel are contacts, too."""
    office.know(
        a_contact("ann", name="Ann Nová", addresses={SLACK: "U0ANN"}),
        a_contact("bob", addresses={SLACK: "U0BOB"}),
        a_contact("duty", addresses={SLACK: "C0DUTY"}),
    )
    office.hear(escalated())
    office.send()
    office.forget()
    return office


def alert_id(office: Office, case_id: str = CASE) -> str:
    with office.db.read() as tx:
        return str(tx.execute(select(tables.alerts.c.id).where(tables.alerts.c.case_id == case_id)).scalar())


def press(office: Office, user: str = "U0ANN", at: datetime | None = None, **changes: str) -> Clicked:
    with office.db.transaction() as tx:
        return clicks.take(tx, Click(SLACK, user, changes.get("alert") or alert_id(office), at))


def answered(office: Office) -> list[AlertAnswered]:
    return [event for event in office.announced if isinstance(event, AlertAnswered)]


def test_press_takes_the_case_in_the_name_of_whoever_pressed(told: Office):
    assert press(told) == Clicked(Pressed.TAKEN, "0f8c2d11", "Ann Nová")
    (event,) = answered(told)
    assert (event.alert_id, event.case_id, event.level) == (alert_id(told), CASE, 1)
    assert (event.by, event.how, event.what) == ("ann", "chat", "acknowledge")
    assert told.traces[-1] == TRACE


def test_colleague_in_the_channel_may_take_it_in_their_own_name(told: Office):
    assert press(told, "U0BOB").name == "Bob"
    assert [event.by for event in answered(told)] == ["bob"]


@pytest.mark.parametrize("user", ["U0NOBODY", "u0ann", "", "%"])
def test_press_of_somebody_unknown_does_nothing(told: Office, user):
    assert press(told, user).what is Pressed.STRANGER
    assert answered(told) == []


def test_where_several_have_an_address_it_is_the_one_who_was_called(told: Office):
    told.know(a_contact("aaron", addresses={SLACK: "U0ANN"}))
    press(told)
    assert [event.by for event in answered(told)] == ["ann"]


def test_told_twice_it_is_the_same_event(told: Office):
    assert press(told) == press(told)
    first, second = answered(told)
    assert first.event_id == second.event_id


def test_second_person_hears_who_was_first_and_takes_nothing(told: Office):
    press(told)
    made = press(told, "U0BOB")
    assert (made.what, made.name, len(answered(told))) == (Pressed.TAKEN_BEFORE, "Ann Nová", 1)
    told.hear(acknowledged(3))
    assert press(told, "U0BOB").what is Pressed.TAKEN_BEFORE
    assert len(answered(told)) == 1


def test_press_told_again_after_the_case_is_taken_says_the_same_and_announces_no_more(told: Office):
    first = press(told)
    told.wait(minutes=1)
    with told.db.read() as tx:
        told.hear(acknowledged(3, at=tx.now))
    told.wait(minutes=1)
    assert press(told) == first
    assert len(answered(told)) == 1


def test_whoever_presses_too_late_hears_who_has_the_case_however_they_took_it(told: Office):
    told.know(a_contact("bob", addresses={SLACK: "U0BOB"}))
    press(told)
    told.hear(replace(acknowledged(3), by="bob"))
    made = press(told)
    assert (made.what, made.name) == (Pressed.TAKEN_BEFORE, "Bob")
    assert press(told, "U0BOB").what is Pressed.TAKEN


@pytest.mark.parametrize("answer", [resolved, snoozed, handed_back, muted])
def test_settled_case_is_not_taken(told: Office, answer):
    told.hear(answer(3))
    assert press(told).what is Pressed.OVER
    assert answered(told) == []


@pytest.mark.parametrize("user", ["U0ANN", "U0BOB"])
@pytest.mark.parametrize("answer", [acknowledged, snoozed, handed_back, muted])
def test_old_button_takes_the_case_that_calls_somebody_again(told: Office, user, answer):
    old = alert_id(told)
    press(told)
    told.hear(answer(3))
    told.wait(minutes=1)
    told.hear(anew := escalated("bob", "ann", revision=5, reason=EscalationReason.STALLED))
    made = press(told, user, alert=old)
    assert made.what is Pressed.TAKEN
    assert [event.escalation_id for event in answered(told)][1:] == [anew.escalation_id]


def test_where_all_must_answer_nobody_is_told_that_they_took_it(told: Office):
    told.hear(escalated("ann", "bob", case_id=OTHER_CASE, all_must_answer=True))
    assert press(told, alert=alert_id(told, OTHER_CASE)).what is Pressed.CONFIRMED
    told.hear(escalated("bob", case_id=OTHER_CASE, revision=3, level=2))
    assert press(told, "U0BOB", alert=alert_id(told, OTHER_CASE)).what is Pressed.TAKEN_BEFORE
    assert press(told, "U0ANN", alert=alert_id(told, OTHER_CASE)).what is Pressed.TAKEN


@pytest.mark.parametrize("answer", [resolved, snoozed, handed_back, muted])
def test_case_that_was_given_on_is_nobodys_whoever_pressed_before(told: Office, answer):
    press(told)
    told.hear(acknowledged(3), answer(4))
    assert [press(told, user).what for user in ("U0ANN", "U0BOB")] == [Pressed.OVER] * 2
    assert len(answered(told)) == 1


@pytest.mark.parametrize("end", [ComplaintMerged, ComplaintForgotten])
def test_complaint_that_ended_for_good_is_not_taken(told: Office, end):
    with told.db.read() as tx:
        now = tx.now
    told.hear(end(CASE, 4, now, *(["into"] if end is ComplaintMerged else [])))
    assert press(told, at=now).what is Pressed.OVER


def test_event_says_when_it_was_pressed_but_never_later_than_now(told: Office):
    told.wait(minutes=10)
    with told.db.read() as tx:
        now = tx.now
    press(told, at=now - timedelta(minutes=3))
    press(told, at=now + timedelta(days=3))
    first, second = (event.at for event in answered(told))
    assert first == now - timedelta(minutes=3)
    assert now <= second < now + timedelta(minutes=1)


def test_warning_cannot_be_taken(told: Office):
    told.hear(warned(case_id=OTHER_CASE))
    assert press(told, alert=alert_id(told, OTHER_CASE)).what is Pressed.INVALID
    assert answered(told) == []


def test_alert_that_is_not_there_cannot_be_taken(told: Office):
    assert press(told, alert="another").what is Pressed.INVALID


@pytest.mark.parametrize("fault", [Pressed.EXPIRED, Pressed.INVALID])
def test_button_that_is_not_good_any_more_does_nothing(told: Office, fault):
    with told.db.transaction() as tx:
        assert clicks.take(tx, Click(SLACK, "U0ANN", None, fault=fault)).what is fault
    assert answered(told) == []


@pytest.mark.parametrize("code", sorted(languages()))
@pytest.mark.parametrize("what", Pressed)
def test_there_is_a_sentence_for_whatever_was_made_of_it(what, code):
    said = sentence(Clicked(what, "0f8c2d11", "Petr 100% Svoboda"), chosen(code))
    assert said[-1] in ".。"
    assert ("Petr 100% Svoboda" in said) is (what in (Pressed.TAKEN, Pressed.TAKEN_BEFORE))
    assert code == "en" or said != sentence(Clicked(what, "0f8c2d11", "Petr 100% Svoboda"), chosen("en"))


def test_it_is_said_in_the_language_of_whoever_pressed(told: Office):
    told.know(a_contact("bob", addresses={SLACK: "U0BOB"}, language="cs"))
    assert press(told, "U0BOB").language == "cs"
    with told.db.transaction() as tx:
        assert clicks.take(tx, Click(SLACK, "U0BOB", None, fault=Pressed.EXPIRED)).language == "cs"
    assert press(told, "U0NOBODY").language == "en"

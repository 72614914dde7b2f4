"""Which alert a pressed button answers, by what is known of the case: a table of what an old button may meet."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify.domain.alert import ALL_MUST_ANSWER, Alert, ChannelName
from services.notify.domain.click import Press, Pressed, Scene, meaning
from services.notify.domain.outcomes import Reason
from services.notify.domain.reply import Told
from services.notify.domain.routes import alert_by
from services.notify.domain.standing import FOR_GOOD, Standing
from tests.harness.events import NOON
from tests.unit.notify.build import an_escalation

MINUTE = timedelta(minutes=1)
NOW = NOON + 60 * MINUTE


def an_alert(revision: int, at_minute: int) -> Alert:
    called = an_escalation(id=f"esc-{revision}", case_revision=revision)
    return alert_by(called, "ann", ChannelName.SLACK, NOON + at_minute * MINUTE)


OLD, NEW = an_alert(2, at_minute=0), an_alert(5, at_minute=30)
UNANSWERED = Standing()
BY_ANN = Standing(3, NOON + 10 * MINUTE, taken_by="ann")
BY_BOB = replace(BY_ANN, taken_by="bob")
NOBODYS = [
    Standing(3, NOON + 10 * MINUTE, reason)
    for reason in (Reason.ANSWERED, Reason.SNOOZED, Reason.HANDED_BACK, Reason.MUTED)
]
MERGED = Standing(FOR_GOOD, NOON + 10 * MINUTE, Reason.MERGED)
ANN_PRESSED = {OLD.id: "ann"}
OVER = Press(Pressed.OVER)


@pytest.mark.parametrize(
    ("person", "standing", "pressed", "press"),
    [
        ("ann", UNANSWERED, {}, Press(Pressed.TAKEN, OLD, "ann")),
        ("bob", UNANSWERED, {}, Press(Pressed.TAKEN, OLD, "bob")),
        ("ann", UNANSWERED, ANN_PRESSED, Press(Pressed.TAKEN, OLD, "ann")),
        ("bob", UNANSWERED, ANN_PRESSED, Press(Pressed.TAKEN_BEFORE, taker="ann")),
        ("ann", BY_ANN, ANN_PRESSED, Press(Pressed.TAKEN, taker="ann")),
        ("bob", BY_ANN, ANN_PRESSED, Press(Pressed.TAKEN_BEFORE, taker="ann")),
        ("ann", BY_BOB, ANN_PRESSED, Press(Pressed.TAKEN_BEFORE, taker="bob")),
        ("bob", BY_BOB, ANN_PRESSED, Press(Pressed.TAKEN, taker="bob")),
        *(("ann", nobodys, ANN_PRESSED, OVER) for nobodys in NOBODYS),
        *(("bob", nobodys, ANN_PRESSED, OVER) for nobodys in NOBODYS),
        ("ann", MERGED, ANN_PRESSED, OVER),
    ],
)
def test_button_of_the_only_escalation(person, standing, pressed, press):
    assert meaning(person, Scene([Told(OLD, standing)], pressed), NOW) == press


@pytest.mark.parametrize("person", ["ann", "bob"])
@pytest.mark.parametrize("standing", [BY_ANN, BY_BOB, *NOBODYS])
def test_old_button_answers_what_calls_somebody_now(person, standing):
    told = [Told(each, standing) for each in (OLD, NEW)]
    assert meaning(person, Scene(told, ANN_PRESSED), NOW) == Press(Pressed.TAKEN, NEW, person)
    by_ann = Scene(told, ANN_PRESSED | {NEW.id: "ann"})
    assert meaning("bob", by_ann, NOW) == Press(Pressed.TAKEN_BEFORE, taker="ann")


def test_press_from_before_that_call_is_the_answer_to_the_one_before():
    told = [Told(each, BY_ANN) for each in (OLD, NEW)]
    assert meaning("ann", Scene(told, ANN_PRESSED), NOON + 20 * MINUTE) == Press(Pressed.TAKEN, taker="ann")


def test_press_told_again_after_the_case_is_taken_is_the_same_answer():
    assert meaning("ann", Scene([Told(OLD, BY_ANN)], ANN_PRESSED), NOON + MINUTE) == Press(Pressed.TAKEN, OLD, "ann")


def test_press_that_somebody_was_quicker_than_takes_nothing():
    assert meaning("ann", Scene([Told(OLD, BY_BOB)], {}), NOON + MINUTE) == Press(Pressed.TAKEN_BEFORE, taker="bob")


@pytest.mark.parametrize(
    ("person", "facts", "what"),
    [
        ("ann", {ALL_MUST_ANSWER: True}, Pressed.CONFIRMED),
        ("eve", {ALL_MUST_ANSWER: True}, Pressed.TAKEN),
        ("ann", {}, Pressed.TAKEN),
    ],
)
def test_where_all_who_were_called_must_answer_one_of_them_alone_takes_nothing(person, facts, what):
    call = an_escalation(recipients=("ann", "bob"), facts=facts)
    assert meaning(person, Scene([Told(OLD, UNANSWERED)], {}, call), NOW) == Press(what, OLD, person)

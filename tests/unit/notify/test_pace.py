"""Whose alerts are gathered: those of whoever got a digest or a few letters just now."""

from datetime import timedelta

import pytest

from services.notify.domain.alert import Purpose
from services.notify.domain.folding import FEW, FOLD, Fold
from services.notify.domain.hearing import escalation_from
from services.notify.domain.routes import next_alerts
from services.notify.senders.pace import GATHER, Pace
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, EMAIL, SMS, a_contact, escalated, warned

TICK = timedelta(milliseconds=1)


def letter(alerts: int = 1, person: str = "ann", purpose: Purpose = Purpose.ESCALATION, channel=EMAIL) -> Fold:
    event = escalated(person) if purpose is Purpose.ESCALATION else warned(person)
    escalation = escalation_from(event, BOTH, NOON, None)
    assert escalation
    return tuple(next_alerts(escalation, person, a_contact(channels=(channel,)), frozenset(), BOTH, NOON)) * alerts


@pytest.mark.parametrize("alerts", [FEW, FOLD])
def test_digest_is_followed_by_a_while_of_gathering(alerts: int):
    pace = Pace()
    pace.note([letter(alerts)], NOON)
    assert pace.paced(EMAIL, NOON + GATHER - TICK) == {"ann"}
    assert pace.paced(EMAIL, NOON + GATHER) == set()


def test_few_letters_count_within_the_while_only():
    pace = Pace()
    for n in range(FEW):
        pace.note([letter()], NOON + n * GATHER / 4)
    last = NOON + (FEW - 1) * GATHER / 4
    assert pace.paced(EMAIL, last) == set()
    pace.note([letter()], last + TICK)
    assert pace.paced(EMAIL, last + TICK) == {"ann"}


def test_fewer_letters_hold_up_nothing():
    pace = Pace()
    pace.note([letter()] * (FEW - 1), NOON)
    assert pace.paced(EMAIL, NOON) == set()


def test_one_person_is_not_gathered_for_because_another_is():
    pace = Pace()
    pace.note([letter(FEW), letter(1, "bob")], NOON)
    assert pace.paced(EMAIL, NOON) == {"ann"}


@pytest.mark.parametrize("other", [letter(FEW, purpose=Purpose.WARNING), letter(FEW, channel=SMS)])
def test_what_is_never_folded_holds_up_nobody(other: Fold):
    pace = Pace()
    pace.note([other], NOON)
    assert pace.paced(EMAIL, NOON) == set()


def test_text_messages_are_gathered_apart_from_mails():
    pace = Pace()
    pace.note([letter(FEW, channel=SMS)], NOON)
    assert (pace.paced(SMS, NOON), pace.paced(EMAIL, NOON)) == ({"ann"}, set())


def test_clock_that_was_set_back_holds_up_nobody():
    pace = Pace()
    pace.note([letter(FEW)], NOON)
    assert pace.paced(EMAIL, NOON - timedelta(hours=1)) == set()

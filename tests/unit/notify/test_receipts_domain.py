"""What a receipt does to an alert, for every state; and that receipts in any order only move it forward."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.alert import REACHED, Alert, AlertState
from services.notify.domain.outcomes import Reason
from services.notify.domain.receipts import Effect, Receipt, ReceiptKind, effect, told
from services.notify.domain.routes import next_alerts
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, a_contact, an_escalation

DELIVERED, UNDELIVERED, BOUNCED = ReceiptKind
PENDING, CLAIMED, HANDED_OFF = AlertState.PENDING, AlertState.CLAIMED, AlertState.HANDED_OFF
ACCEPTED, FAILED, AMBIGUOUS = AlertState.ACCEPTED, AlertState.FAILED, AlertState.AMBIGUOUS
LATER = NOON + timedelta(minutes=5)


def an_alert(state: AlertState, **changes) -> Alert:
    (alert,) = next_alerts(an_escalation(), "ann", a_contact(), frozenset(), BOTH, NOON)
    ended_at = NOON if state in (ACCEPTED, FAILED, AMBIGUOUS) else None
    return replace(alert, **({"state": state, "attempt": 2, "ended_at": ended_at} | changes))


TABLE = {  # state: what delivered does to it, and what undelivered and bounced do
    AlertState.PENDING: (Effect.NOTHING, Effect.NOTHING),
    AlertState.CLAIMED: (Effect.WAITS, Effect.WAITS),
    AlertState.HANDED_OFF: (Effect.WAITS, Effect.WAITS),
    AlertState.ACCEPTED: (Effect.DELIVERED, Effect.FAILED),
    AlertState.DELIVERED: (Effect.NOTHING, Effect.NOTHING),
    AlertState.FAILED: (Effect.NOTHING, Effect.NOTHING),
    AlertState.SUPPRESSED: (Effect.NOTHING, Effect.NOTHING),
    AlertState.AMBIGUOUS: (Effect.DELIVERED, Effect.FAILED),
}


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("kind", ReceiptKind)
def test_receipt_moves_what_may_have_arrived_and_nothing_else(state: AlertState, kind: ReceiptKind):
    assert effect(an_alert(state), Receipt(kind)) is TABLE[state][kind is not DELIVERED]


def test_alert_that_is_tried_again_in_doubt_has_arrived_after_all():
    assert effect(an_alert(PENDING, doubts=1), Receipt(DELIVERED)) is Effect.DELIVERED
    assert effect(an_alert(PENDING, doubts=1), Receipt(UNDELIVERED)) is Effect.NOTHING
    after = told(an_alert(PENDING, doubts=1, fall_back_at=LATER), Receipt(DELIVERED), LATER)
    assert (after.ended_at, after.fall_back_at) == (LATER, None)  # nothing begins beside what has arrived


@pytest.mark.parametrize(
    ("alert", "receipt", "attempt", "expected"),
    [
        (an_alert(ACCEPTED, provider_id="SM2"), Receipt(UNDELIVERED, provider_id="SM1"), None, Effect.OLDER),
        (an_alert(ACCEPTED, provider_id="SM2"), Receipt(UNDELIVERED, provider_id="SM2"), None, Effect.FAILED),
        (an_alert(ACCEPTED, provider_id="SM2"), Receipt(UNDELIVERED), None, Effect.FAILED),
        (an_alert(ACCEPTED), Receipt(BOUNCED, provider_id="x"), None, Effect.FAILED),
        (an_alert(ACCEPTED), Receipt(UNDELIVERED), 1, Effect.OLDER),
        (an_alert(ACCEPTED), Receipt(UNDELIVERED), 2, Effect.FAILED),
        (an_alert(ACCEPTED, provider_id="SM2"), Receipt(DELIVERED, provider_id="SM1"), 1, Effect.DELIVERED),
    ],
)
def test_what_failed_must_be_the_letter_that_was_sent_last_but_any_that_arrived_will_do(
    alert, receipt, attempt, expected
):
    assert effect(alert, receipt, attempt) is expected


def test_delivered_alert_keeps_when_it_was_accepted_and_by_what_name():
    after = told(an_alert(ACCEPTED, provider_id="SM1"), Receipt(DELIVERED), LATER)
    assert (after.state, after.reason, after.ended_at) == (AlertState.DELIVERED, Reason.DELIVERED, NOON)
    assert after.provider_id == "SM1"


@pytest.mark.parametrize(
    ("receipt", "reason"),
    [
        (Receipt(UNDELIVERED), Reason.UNDELIVERED),
        (Receipt(BOUNCED), Reason.BOUNCED),
        (Receipt(UNDELIVERED, reason=Reason.INVALID_ADDRESS), Reason.INVALID_ADDRESS),
    ],
)
def test_alert_that_failed_by_receipt_ended_then_and_for_its_reason(receipt: Receipt, reason: Reason):
    after = told(an_alert(ACCEPTED, provider_id="SM1"), receipt, LATER)
    assert (after.state, after.reason, after.ended_at, after.provider_id) == (FAILED, reason, LATER, "SM1")


@given(st.lists(st.sampled_from(ReceiptKind), max_size=8), st.sampled_from([ACCEPTED, AMBIGUOUS]))
def test_receipts_in_any_order_and_number_move_it_once_and_never_back(kinds: list[ReceiptKind], start: AlertState):
    states = [start]
    alert = an_alert(start)
    for kind in kinds:
        if effect(alert, Receipt(kind)) in (Effect.DELIVERED, Effect.FAILED):
            alert = told(alert, Receipt(kind), LATER)
        states.append(alert.state)
    expected = {None: start, DELIVERED: AlertState.DELIVERED}.get(next(iter(kinds), None), FAILED)
    assert states == [start] + [expected] * len(kinds)
    assert (alert.state in REACHED) == (start is ACCEPTED if not kinds else kinds[0] is DELIVERED)

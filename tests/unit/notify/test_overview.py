"""What operators see: each alert with its attempts, sums that add up, and an alarm when they do not."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from services.notify import tables, usecases
from services.notify.domain.alert import AlertState
from services.notify.domain.outcomes import Permanent, Reason
from services.notify.domain.routes import next_alerts
from services.notify.rows import alert_row
from services.notify.watch import books
from shared import clock
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, CASE, Office, a_contact, an_escalation, escalated

a, d = tables.alerts, tables.deliveries


class Undone(Exception):
    """Rolls the damage back."""


@pytest.fixture
def fallen_back(office: Office) -> Office:
    office.know(a_contact())
    office.email.script["ann@example.org"] = [Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")]
    office.hear(escalated("ann", "stranger"))
    office.hear(escalated("stranger", case_id="nobody", escalation_id="unreachable"))
    office.send()
    return office


def test_alerts_of_a_case_say_why_without_addresses(fallen_back: Office):
    with fallen_back.db.read() as tx:
        shown = usecases.list_alerts(tx, CASE)["alerts"]
        assert usecases.list_alerts(tx, "another")["alerts"] == []
    by_channel = {alert["channel"]: alert for alert in shown}
    assert (by_channel["email"]["reason"], by_channel["sms"]["state"]) == ("recipient_refused", "accepted")
    assert by_channel["none"]["reason"] == "unknown_contact"
    (attempt,) = by_channel["email"]["deliveries"]
    assert (attempt["outcome"], attempt["detail"], attempt["handed_off"]) == ("permanent", "550 5.1.1", True)
    assert "example.org" not in repr(shown)
    assert "+420" not in repr(shown)


def test_summary_counts_each_alert_once(fallen_back: Office):
    fallen_back.hear(escalated("stranger", level=2, revision=3))
    with fallen_back.db.read() as tx:
        summary = usecases.summary(tx, fallen_back.rules)
    assert {s: n for s, n in summary["alerts"].items() if n} == {"accepted": 1, "failed": 4}
    assert (summary["escalations"], summary["unreachable"], summary["last_resort_configured"]) == (3, 2, True)
    assert set(summary["plumbing"]) == {"outbox", "retries", "dead_letters"}


def _an_attempt(outcome: str) -> dict:
    sms = select(a.c.id).where(a.c.channel == "sms").scalar_subquery()
    return {
        "alert_id": sms,
        "attempt": 9,
        "outcome": outcome,
        "reason": "no_answer",
        "detail": "",
        "handed_off": True,
        "ended_at": NOON,
    }


def _an_alert(**changes) -> dict:
    (alert,) = next_alerts(an_escalation(case_id=CASE), "x", a_contact("x"), frozenset(), BOTH, clock.now())
    return alert_row(alert) | changes


@pytest.mark.parametrize(
    "damage",
    [
        update(a).where(a.c.channel == "sms").values(reason=None),
        update(a).where(a.c.channel == "sms").values(state=AlertState.PENDING),
        delete(d).where(d.c.outcome == "accepted"),
        update(d).where(d.c.outcome == "accepted").values(outcome="temporary"),
        update(a).where(a.c.channel == "email").values(state=AlertState.AMBIGUOUS),
        update(a).where(a.c.channel == "email").values(state=AlertState.AMBIGUOUS, doubts=1),
        update(a).where(a.c.channel == "email").values(doubts=1),
        update(d).where(d.c.outcome == "permanent").values(outcome="ambiguous"),
        update(d).where(d.c.outcome == "permanent").values(outcome="accepted"),
        update(a).where(a.c.channel == "email").values(state=AlertState.DELIVERED),
        update(a).where(a.c.channel == "sms").values(fall_back_at=NOON),
        update(a).where(a.c.channel == "sms").values(state=AlertState.SUPPRESSED, reason="quiet_hours"),
        update(tables.escalations).where(tables.escalations.c.id == "unreachable").values(state="planned"),
        insert(d).values(_an_attempt("accepted")),
        insert(d).values(_an_attempt("ambiguous")),
        update(a).where(a.c.channel == "sms").values(state=AlertState.FAILED, reason="bounced"),
        insert(a).values(_an_alert(escalation_key="escalation:unreachable", state="pending")),
        insert(a).values(_an_alert(state="claimed", lease_until=NOON - timedelta(days=9000))),
    ],
)
def test_broken_books_are_noticed(fallen_back: Office, damage):
    assert fallen_back.unaccounted() == 0
    with pytest.raises(Undone):
        _look_at(fallen_back, damage)
    assert fallen_back.unaccounted() == 0


@pytest.mark.parametrize(
    ("ends", "attempt"),
    [
        ({"state": "delivered", "reason": "delivered"}, "accepted"),
        ({"state": "delivered", "reason": "delivered"}, "ambiguous"),
        ({"state": "failed", "reason": "bounced"}, "accepted"),
        ({"state": "failed", "reason": "undelivered"}, "ambiguous"),
    ],
)
def test_receipt_may_end_what_a_provider_took_or_may_have_taken(fallen_back: Office, ends, attempt):
    sms = select(a.c.id).where(a.c.channel == "sms").scalar_subquery()
    receipt = {"alert_id": sms, "kind": "end", "attempt": 9, "reason": "", "detail": "", "at": NOON, "waits": False}
    with fallen_back.db.transaction() as tx:
        tx.execute(update(d).where(d.c.outcome == "accepted").values(outcome=attempt))
        tx.execute(update(a).where(a.c.channel == "sms").values(ends))
        tx.execute(insert(tables.receipts).values(receipt))
        tx.execute(update(tables.escalations).values(state="unreachable"))
        assert books.unaccounted(tx) == 0


def test_bounce_that_nobody_followed_up_is_noticed_while_the_level_lasts(fallen_back: Office):
    sms = select(a.c.id).where(a.c.channel == "sms").scalar_subquery()
    receipt = {"alert_id": sms, "kind": "bounced", "attempt": 1, "reason": "", "detail": "", "at": NOON, "waits": False}
    with fallen_back.db.transaction() as tx:
        tx.execute(update(a).where(a.c.channel == "sms").values(state="failed", reason="bounced"))
        tx.execute(insert(tables.receipts).values(receipt))
    assert fallen_back.unaccounted() > 0
    fallen_back.wait(minutes=31)
    assert fallen_back.unaccounted() == 0


def _look_at(office: Office, damage) -> None:
    with office.db.transaction() as tx:
        tx.execute(damage)
        assert books.unaccounted(tx) > 0
        raise Undone

"""What operators see: each alert with its attempts, sums that add up, and an alarm when they do not."""

import pytest
from sqlalchemy import delete, update

from services.notify import overview, tables, usecases
from services.notify.domain.alert import AlertState
from services.notify.domain.outcomes import Permanent, Reason
from tests.unit.notify.build import CASE, Office, a_contact, escalated

a, d = tables.alerts, tables.deliveries


class Undone(Exception):
    """Rolls the damage back."""


@pytest.fixture
def fallen_back(office: Office) -> Office:
    office.know(a_contact())
    office.email.script["ann@example.org"] = [Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")]
    office.hear(escalated("ann", "stranger"))
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
    assert {s: n for s, n in summary["alerts"].items() if n} == {"accepted": 1, "failed": 3}
    assert (summary["escalations"], summary["unreachable"], summary["last_resort_configured"]) == (2, 1, True)
    assert set(summary["plumbing"]) == {"outbox", "retries", "dead_letters"}


@pytest.mark.parametrize(
    "damage",
    [
        update(a).where(a.c.channel == "sms").values(reason=None),
        update(a).where(a.c.channel == "sms").values(state=AlertState.PENDING),
        delete(d).where(d.c.outcome == "accepted"),
        update(d).where(d.c.outcome == "accepted").values(outcome="temporary"),
        update(a).where(a.c.channel == "email").values(state=AlertState.AMBIGUOUS),
    ],
)
def test_broken_books_are_noticed(fallen_back: Office, damage):
    assert fallen_back.unaccounted() == 0
    with pytest.raises(Undone):
        _look_at(fallen_back, damage)
    assert fallen_back.unaccounted() == 0


def _look_at(office: Office, damage) -> None:
    with office.db.transaction() as tx:
        tx.execute(damage)
        assert overview.unaccounted(tx) > 0
        raise Undone

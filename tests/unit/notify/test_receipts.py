"""Receipts at the office: what they change, announce and start, whenever they come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify import metrics, tables
from services.notify.domain.alert import AlertState, ChannelName
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, Temporary
from services.notify.domain.receipts import Receipt, ReceiptKind
from services.notify.incoming import receipts
from services.notify.incoming.receipts import ReceiptAnswer
from services.notify.senders import sending
from services.notify.senders.sending import Attempt
from services.notify.watch import overview
from shared.contracts.event import Severity
from shared.errors import NotFound
from tests.unit.notify.build import EMAIL, SMS, TRACE, Office, a_contact, acknowledged, escalated, failed, warned

DELIVERED, UNDELIVERED, BOUNCED = ReceiptKind
ANN, PHONE = "ann@example.org", "+420601234567"
ONCE = ["alert.accepted", "alert.delivered"]


@pytest.fixture
def told(office: Office) -> Office:
    """Ann was escalated to, by mail; she has a phone, too."""
    office.know(a_contact())
    office.hear(escalated())
    office.email.script[ANN] = [Accepted("mail-1")]
    office.send()
    return office


def take(office: Office, kind: ReceiptKind, alert_id: str | None = None, **rest) -> ReceiptAnswer:
    """Of the first alert that was announced, if nothing else is said."""
    rest = rest if alert_id is None and "provider_id" in rest else {"alert_id": alert_id or only(office)} | rest
    with office.db.transaction() as tx:
        return receipts.take_receipt(tx, office.rules, Receipt(kind, **rest))


def only(office: Office) -> str:
    with office.db.read() as tx:
        return tx.execute(tables.alerts.select().order_by(tables.alerts.c.created_at)).first().id


def catch_up(office: Office) -> int:
    with office.db.transaction() as tx:
        return receipts.apply_waiting(tx, office.rules)


def kept(office: Office) -> list[tuple[str, bool]]:
    with office.db.read() as tx:
        return [(row.kind, row.waits) for row in tx.execute(tables.receipts.select().order_by(tables.receipts.c.kind))]


def settle(office: Office, outcome) -> None:
    """The sender of the one alert comes back."""
    with office.db.transaction() as tx:
        alerts = sending.store.lock_alerts(tx, [only(office)])
        sending.settle(tx, office.rules, [Attempt(a, outcome) for a in alerts])


@pytest.fixture
def under_way(office: Office) -> Office:
    """Ann's mail was handed off, and its sender has not come back."""
    office.know(a_contact())
    office.hear(escalated())
    (job,) = office.claim()
    with office.db.transaction() as tx:
        sending.hand_off(tx, job.alerts)
    return office


# -- delivered ----------------------------------------------------------------------------------------------------


def test_delivered_alert_is_announced_once_with_its_channel_and_time(told: Office):
    told.wait(seconds=40)
    assert take(told, DELIVERED) == ReceiptAnswer(1, {"delivered": 1})
    assert take(told, DELIVERED) == ReceiptAnswer(1, {"nothing": 1})
    accepted, delivered = told.announced
    assert told.told() == ONCE
    assert (delivered.channel, delivered.reason, delivered.recipient) == ("email", "delivered", "ann")
    assert 40 <= delivered.seconds < 100 and (delivered.at - accepted.at).total_seconds() >= 40
    assert told.traces[-1] == TRACE
    assert told.alerts() == {("ann", "email"): AlertState.DELIVERED}


@pytest.mark.parametrize(("said", "behind"), [(timedelta(seconds=-5), -5), (timedelta(days=2), 0)])
def test_delivered_alert_is_announced_at_the_time_of_its_receipt_but_never_later_than_now(told: Office, said, behind):
    told.wait(minutes=1)
    with told.db.read() as tx:
        now = tx.now
    take(told, DELIVERED, at=now + said)
    assert abs((told.announced[-1].at - now).total_seconds() - behind) < 2


def test_delivered_alert_can_still_be_answered_by_text_message(office: Office):
    office.know(a_contact(channels=(SMS,)))
    office.hear(escalated())
    office.send()
    take(office, DELIVERED)
    assert office.reply("1").alert_id == only(office)


def test_delivered_alert_is_not_the_first_of_its_person_any_more(told: Office):
    take(told, DELIVERED)
    told.hear(escalated(case_id="another"))
    with told.db.read() as tx:
        places = [row.place for row in tx.execute(tables.alerts.select().order_by(tables.alerts.c.created_at))]
    assert places[0] < places[1]


# -- failed after all -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "reason"), [(BOUNCED, "bounced"), (UNDELIVERED, "undelivered")])
def test_next_channel_starts_at_once_when_an_accepted_alert_did_not_arrive(told: Office, kind, reason):
    assert take(told, kind, detail="5.1.1") == ReceiptAnswer(1, {"failed": 1})
    told.send()
    assert told.told() == ["alert.accepted", "alert.failed", "alert.accepted"]
    assert (told.announced[1].reason, told.announced[1].channel) == (reason, "email")
    assert told.alerts() == {("ann", "email"): AlertState.FAILED, ("ann", "sms"): AlertState.ACCEPTED}


def test_escalation_is_unreachable_once_its_last_channel_bounced(told: Office):
    take(told, BOUNCED)
    told.send()
    with told.db.read() as tx:
        sms = tx.execute(tables.alerts.select().where(tables.alerts.c.channel == "sms")).one().id
    take(told, UNDELIVERED, sms, reason=Reason.INVALID_ADDRESS)
    take(told, UNDELIVERED, sms)
    assert told.told()[-2:] == ["alert.failed", "escalation.unreachable"]
    assert told.announced[-1].reasons == ("bounced", "invalid_address")
    assert told.told().count("escalation.unreachable") == 1


def test_nothing_is_started_for_a_case_that_was_answered(told: Office):
    told.hear(acknowledged())
    take(told, BOUNCED)
    told.send()
    assert told.alerts() == {("ann", "email"): AlertState.FAILED}
    assert told.told() == ["alert.accepted", "alert.failed"]


def test_nothing_is_started_once_the_time_of_the_level_is_over(told: Office):
    told.wait(minutes=31)
    take(told, BOUNCED)
    assert told.alerts() == {("ann", "email"): AlertState.FAILED}
    assert told.told() == ["alert.accepted", "alert.failed"]
    assert told.unaccounted() == 0  # nothing is owed to a level that is over


def test_bounce_after_the_delivery_is_kept_and_changes_nothing(told: Office):
    take(told, DELIVERED)
    assert take(told, BOUNCED) == ReceiptAnswer(1, {"nothing": 1})
    told.send()
    assert (told.alerts(), told.told()) == ({("ann", "email"): AlertState.DELIVERED}, ONCE)
    assert kept(told) == [("bounced", False), ("delivered", False)]


def test_delivery_after_the_bounce_is_kept_and_changes_nothing(told: Office):
    take(told, BOUNCED)
    assert take(told, DELIVERED) == ReceiptAnswer(1, {"nothing": 1})
    assert told.alerts()[("ann", "email")] is AlertState.FAILED
    assert "alert.delivered" not in told.told()
    assert kept(told) == [("bounced", False), ("delivered", False)]


def test_receipt_of_an_alert_that_failed_for_certain_changes_nothing(office: Office):
    office.know(a_contact(phone=None))
    office.hear(escalated())
    office.email.script[ANN] = [Permanent(Reason.RECIPIENT_REFUSED)]
    office.send()
    take(office, DELIVERED)
    assert office.told() == ["alert.failed", "escalation.unreachable"]


# -- ambiguous ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "announced"),
    [(DELIVERED, AlertState.DELIVERED, "alert.delivered"), (BOUNCED, AlertState.FAILED, "alert.failed")],
)
def test_receipt_says_what_became_of_an_ambiguous_alert(office: Office, kind, state, announced):
    office.know(a_contact())
    office.hear(escalated())
    office.email.script[ANN] = [Ambiguous(Reason.NO_ANSWER)]
    office.send()
    take(office, kind)
    office.send()
    assert office.told() == ["alert.ambiguous", "alert.accepted", announced]
    assert office.alerts() == {("ann", "email"): state, ("ann", "sms"): AlertState.ACCEPTED}


def test_ambiguous_alert_that_failed_starts_no_channel_beside_the_one_that_began_then(office: Office):
    slack = ChannelName.SLACK
    office.rules = replace(office.rules, configured=office.rules.configured | {slack})
    office.know(a_contact(channels=(EMAIL, SMS, slack), addresses={slack: "U1"}))
    office.hear(escalated())
    office.email.script[ANN] = [Ambiguous(Reason.NO_ANSWER)]
    office.send()
    take(office, BOUNCED)
    assert office.alerts() == {("ann", "email"): AlertState.FAILED, ("ann", "sms"): AlertState.ACCEPTED}


# -- before the sender's outcome --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "outcome", "state", "announced"),
    [
        ([DELIVERED], Accepted("m"), AlertState.DELIVERED, ONCE),
        ([DELIVERED], Ambiguous(Reason.NO_ANSWER), AlertState.DELIVERED, ["alert.ambiguous", "alert.delivered"]),
        ([BOUNCED], Accepted("m"), AlertState.FAILED, ["alert.accepted", "alert.failed"]),
        ([BOUNCED, DELIVERED], Accepted("m"), AlertState.DELIVERED, ONCE),
        ([DELIVERED], Permanent(Reason.RECIPIENT_REFUSED), AlertState.FAILED, ["alert.failed"]),
    ],
)
def test_receipt_that_comes_before_the_outcome_counts_after_it(under_way: Office, kinds, outcome, state, announced):
    for kind in kinds:
        assert take(under_way, kind) == ReceiptAnswer(1, {"waits": 1})
        take(under_way, kind)
    assert catch_up(under_way) == 0
    assert under_way.told() == []
    settle(under_way, outcome)
    assert catch_up(under_way) == len(kinds)
    assert catch_up(under_way) == 0
    assert (under_way.alerts()[("ann", "email")], under_way.told()) == (state, announced)


def test_bounce_that_came_before_the_outcome_starts_the_next_channel(under_way: Office):
    take(under_way, BOUNCED)
    settle(under_way, Accepted("m"))
    catch_up(under_way)
    under_way.send()
    assert under_way.alerts() == {("ann", "email"): AlertState.FAILED, ("ann", "sms"): AlertState.ACCEPTED}


def test_of_more_receipts_than_are_looked_at_in_one_go_each_counts(under_way: Office, monkeypatch):
    monkeypatch.setattr(receipts, "AT_ONCE", 1)
    for kind in (BOUNCED, DELIVERED):
        take(under_way, kind)
    settle(under_way, Accepted("m"))
    assert [catch_up(under_way) for _ in range(3)] == [1, 1, 0]
    assert (under_way.alerts()[("ann", "email")], under_way.told()) == (AlertState.DELIVERED, ONCE)


def test_failure_of_an_attempt_says_nothing_of_the_next_one(under_way: Office):
    take(under_way, UNDELIVERED)
    settle(under_way, Temporary(Reason.PROVIDER_AWAY))
    under_way.wait(minutes=1)
    under_way.send()
    catch_up(under_way)
    assert under_way.alerts() == {("ann", "email"): AlertState.ACCEPTED}


# -- whose receipt it is ----------------------------------------------------------------------------------------------


def test_alert_is_found_by_the_name_that_its_provider_gave_it(told: Office):
    assert take(told, DELIVERED, provider_id="mail-1") == ReceiptAnswer(1, {"delivered": 1})


def test_one_receipt_is_about_every_alert_of_a_digest(office: Office):
    office.know(a_contact())
    office.hear(*(escalated(case_id=f"case-{n}") for n in range(8)))
    office.email.script[ANN] = [Accepted()]
    office.send()
    digest = next(letter for letter in office.email.sent if letter.case_id == "")
    answer = take(office, BOUNCED, provider_id=digest.alert_id)
    assert answer == ReceiptAnswer(answer.alerts, {"failed": answer.alerts}) and answer.alerts > 5
    assert office.told().count("alert.failed") == answer.alerts
    assert office.told().count("alert.accepted") == 8


@pytest.mark.parametrize("names", [{"alert_id": "nobody"}, {"provider_id": "nothing"}])
def test_receipt_of_what_nobody_knows_is_refused(told: Office, names):
    with pytest.raises(NotFound, match="no alert"):
        take(told, DELIVERED, **names)
    assert kept(told) == []


def test_receipts_of_warnings_and_dead_letters_move_them_too(office: Office):
    office.know(a_contact(), a_contact("boss", phone=None))
    office.hear(warned(severity=Severity.HIGH), failed())
    office.send()
    with office.db.read() as tx:
        ids = [row.id for row in tx.execute(tables.alerts.select())]
    for id_ in ids:
        take(office, BOUNCED, id_)
    assert set(office.alerts().values()) == {AlertState.FAILED}
    assert office.told() == ["alert.accepted", "alert.failed"]


# -- how it is counted -----------------------------------------------------------------------------------------------


def test_delivered_mail_is_still_a_mail_that_left(told: Office):
    take(told, DELIVERED)
    with told.db.read() as tx:
        counted = overview.counts(tx)
    assert (counted["mails"], counted["alerts"]["delivered"], counted["alerts"]["accepted"]) == (1, 1, 0)


def test_failure_that_only_an_operator_can_mend_is_counted_as_one(told: Office):
    series = metrics.FAULTS.labels("email", "wrong_settings")._value
    before = series.get()
    take(told, UNDELIVERED, reason=Reason.WRONG_SETTINGS)
    assert series.get() == before + 1

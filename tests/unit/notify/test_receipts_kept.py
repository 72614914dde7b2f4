"""Receipts and reports of mail servers at the office: what is kept of them, what is counted, and whose they are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify import metrics, tables
from services.notify.domain.alert import AlertState
from services.notify.domain.outcomes import Accepted, Ambiguous, Reason
from services.notify.domain.receipts import ReceiptKind
from services.notify.incoming import receipts
from services.notify.incoming.receipts import ReceiptAnswer
from services.notify.incoming.reports import Report
from services.notify.senders import sending
from services.notify.senders.sending import Attempt
from shared import clock
from shared.errors import NotFound
from tests.unit.notify.build import Office, a_contact, escalated, exhausted
from tests.unit.notify.test_receipts import ANN, BOUNCED, DELIVERED, UNDELIVERED, catch_up, only, take, told

__all__ = ["told"]


def report(office: Office, *names: str, kind: ReceiptKind | None = BOUNCED) -> ReceiptAnswer:
    with office.db.transaction() as tx:
        return receipts.take_report(tx, office.rules, Report(names, kind, "5.1.1"))


def rows(office: Office) -> list:
    with office.db.read() as tx:
        return list(tx.execute(tables.receipts.select()))


# -- reports ----------------------------------------------------------------------------------------------------------


def test_report_is_about_the_first_of_its_names_that_is_ours(office: Office):
    office.know(a_contact())
    office.hear(escalated())
    office.email.script[ANN] = [Accepted()]
    office.send()
    assert report(office, "nobody-s", only(office)) == ReceiptAnswer(1, {"failed": 1})
    assert rows(office)[0].detail == "5.1.1"


def test_report_of_a_digest_is_about_each_alert_in_it(office: Office):
    office.know(a_contact())
    office.hear(*(escalated(case_id=f"case-{n}") for n in range(8)))
    office.email.script[ANN] = [Accepted()]
    office.send()
    digest = next(letter for letter in office.email.sent if letter.case_id == "")
    assert report(office, digest.alert_id).alerts > 5


def test_report_of_a_mail_that_is_on_its_way_changes_nothing_but_must_be_of_ours(told: Office):
    assert report(told, only(told), kind=None) == ReceiptAnswer(0, {})
    with pytest.raises(NotFound):
        report(told, "nobody-s", kind=None)
    assert rows(told) == []


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_what_is_kept_of_a_receipt_has_bounds(told: Office):
    before = clock.now()
    take(told, UNDELIVERED, detail="9" * 200, at=before + timedelta(days=1))
    (row,) = rows(told)
    assert row.detail == "9" * 100
    assert before <= row.at <= clock.now()


def test_receipt_of_an_alert_that_is_only_claimed_waits_unlooked_at(office: Office):
    office.know(a_contact())
    office.hear(escalated())
    office.claim()
    assert take(office, BOUNCED) == ReceiptAnswer(1, {"waits": 1})
    assert catch_up(office) == 0


def test_bounce_that_waited_keeps_its_reason(office: Office):
    office.know(a_contact(phone=None))
    office.hear(escalated())
    (job,) = office.claim()
    with office.db.transaction() as tx:
        sending.hand_off(tx, job.alerts)
    take(office, UNDELIVERED, reason=Reason.INVALID_ADDRESS)
    with office.db.transaction() as tx:
        sending.settle(tx, office.rules, [Attempt(job.alert, Accepted("m"))])
    catch_up(office)
    assert office.announced[-2].reason == "invalid_address"


def test_so_many_are_caught_up_with_at_once(office: Office):
    office.know(a_contact())
    office.hear(*(escalated(case_id=f"case-{n}") for n in range(3)))
    jobs = office.claim()
    for job in jobs:
        take(office, BOUNCED, job.alert.id)
    with office.db.transaction() as tx:
        sending.settle(tx, office.rules, [Attempt(job.alert, Accepted("m")) for job in jobs])
        assert len(receipts.receipts_store.waiting(tx, 2)) == 2 < len(receipts.receipts_store.waiting(tx, 9))


# -- what follows -----------------------------------------------------------------------------------------------------


def test_escalation_that_was_given_up_begins_nothing_when_its_doubtful_mail_bounces(office: Office):
    office.know(a_contact(phone=None))
    office.hear(escalated())
    office.email.script[ANN] = [Ambiguous(Reason.NO_ANSWER)]
    office.send()
    office.know(a_contact())
    take(office, BOUNCED)
    assert office.alerts() == {("ann", "email"): AlertState.FAILED}
    assert office.told().count("escalation.unreachable") == 1


@pytest.mark.parametrize(("hours", "begins"), [(23, True), (25, False)])
def test_last_resort_has_a_day_for_its_next_channel(office: Office, hours: int, begins: bool):
    office.know(a_contact("boss"))
    office.hear(replace(exhausted(), at=clock.now()))
    office.send()
    office.wait(hours=hours)
    take(office, BOUNCED)
    assert (("boss", "sms") in office.alerts()) is begins


# -- what is counted --------------------------------------------------------------------------------------------------


def test_receipts_are_counted_by_what_they_did(told: Office):
    done, idle = (metrics.RECEIPTS.labels("bounced", effect)._value for effect in ("failed", "nothing"))
    unknown, faults = metrics.UNKNOWN_RECEIPTS._value, metrics.FAULTS.labels("email", "wrong_settings")._value
    before = [series.get() for series in (done, idle, unknown, faults)]
    for _ in range(2):
        take(told, BOUNCED, reason=Reason.WRONG_SETTINGS)
    with pytest.raises(NotFound):
        take(told, DELIVERED, "nobody")
    assert [series.get() - was for series, was in zip((done, idle, unknown, faults), before, strict=True)] == [1] * 4

"""Whether anybody hears of what nobody answered: what is found, and said."""

import logging
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.notify import tables, usecases
from services.notify.domain.alert import AlertState
from services.notify.domain.contact import Contact
from services.notify.domain.rules import Rules
from services.notify.settings import LAST_RESORT
from services.notify.watch import last_resort
from services.notify.watch.last_resort import LastResort
from shared.contracts.event import Severity
from tests.unit.notify.build import BOTH, EMAIL, SMS, Office, a_contact, exhausted, failed

ROOF = Contact(LAST_RESORT, LAST_RESORT, {EMAIL: "roof@example.org"})
MAIL_ONLY = Rules(frozenset({EMAIL}), "boss")
BY_ADDRESS = Rules(frozenset({EMAIL}), LAST_RESORT, ROOF)
ONLY_FOR_CRITICAL = {s: (SMS,) for s in Severity if s is not Severity.CRITICAL}


@pytest.mark.parametrize(
    ("rules", "boss", "found"),
    [
        (Rules(frozenset({EMAIL})), a_contact("boss"), LastResort.NOT_CONFIGURED),
        (MAIL_ONLY, None, LastResort.NO_CONTACT),
        (MAIL_ONLY, a_contact("boss", email=None), LastResort.NO_CHANNEL),
        (MAIL_ONLY, a_contact("boss", by_severity=ONLY_FOR_CRITICAL), LastResort.NO_CHANNEL),
        (MAIL_ONLY, a_contact("boss"), LastResort.REACHABLE),
        (BY_ADDRESS, None, LastResort.REACHABLE),
        (replace(BY_ADDRESS, configured=frozenset({SMS})), None, LastResort.NO_CHANNEL),
    ],
)
def test_how_it_stands_with_the_last_resort(office: Office, rules: Rules, boss: Contact | None, found: LastResort):
    office.know(*([boss] if boss else []))
    with office.db.read() as tx:
        usecases.audit(tx, rules)
        summary = usecases.summary(tx, rules)
        assert last_resort.find(tx, rules) is found
    is_configured = found is not LastResort.NOT_CONFIGURED
    assert (summary["last_resort_configured"], summary["last_resort_reachable"]) == (
        is_configured,
        found is LastResort.REACHABLE,
    )
    shown = [REGISTRY.get_sample_value(f"ombud_last_resort_{name}") for name in ("configured", "reachable")]
    assert shown == [float(is_configured), float(found is LastResort.REACHABLE)]


def test_a_number_that_answered_stop_leads_nowhere(office: Office):
    boss = a_contact("boss", email=None)
    office.know(boss)
    with office.db.transaction() as tx:
        assert last_resort.find(tx, BOTH) is LastResort.REACHABLE
        tx.insert_many(tables.opt_outs, [{"channel": "sms", "address": boss.addresses[SMS], "at": tx.now}])
        assert last_resort.find(tx, BOTH) is LastResort.NO_CHANNEL


@pytest.mark.parametrize("found", list(LastResort))
def test_a_warning_says_what_to_mend(found: LastResort):
    with capture_logs() as lines:
        last_resort.warn(found)
    assert bool(lines) == (found is not LastResort.REACHABLE)
    for line in lines:
        assert line["log_level"] == logging.getLevelName(logging.WARNING).lower()
        assert "nobody hears of cases" in line["hint"] and "OMBUD_LAST_RESORT" in line["hint"]


def test_it_hears_of_exhausted_cases_and_severe_failures_wherever_it_was_configured(office: Office):
    office.rules = BY_ADDRESS
    office.hear(exhausted(), failed(), failed(failed_id="e-2", severity="low"))
    office.send()
    assert office.addresses() == ["roof@example.org"] * 2


def test_the_summary_says_who_can_be_reached_how(office: Office):
    office.know(a_contact("boss"), a_contact("ann"))
    with office.db.read() as tx:
        summary = usecases.summary(tx, MAIL_ONLY)
    assert (summary["contacts"], summary["channels"], summary["last_resort"]) == (2, ["email"], "boss")
    assert summary["unaccounted"] == 0


def test_channel_that_is_away_keeps_the_last_resort_from_nothing_that_another_can_tell(office: Office):
    """A day would be too long: behind the last resort there is nobody."""
    office.know(a_contact("boss"))
    office.rules = replace(BOTH, configured=frozenset({SMS}))  # as of a restart without the settings of mail
    office.dispatcher = office.a_dispatcher()
    office.rules = BOTH
    office.hear(exhausted())
    office.send()
    assert office.alerts() == {("boss", "email"): AlertState.PENDING}
    office.wait(minutes=31)
    office.give_up()
    office.send()
    assert office.alerts() == {("boss", "email"): AlertState.FAILED, ("boss", "sms"): AlertState.ACCEPTED}

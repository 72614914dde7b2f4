"""Several replicas look for alerts that time passes by: each is one's, and nobody waits for the other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify.domain.alert import AlertState
from services.notify.domain.policy import Policy
from services.notify.plans import cases, late
from shared.contracts.event import Severity
from tests.unit.notify.build import BOTH, CASE, Office, a_contact, escalated


@pytest.mark.parametrize("work", [late.fall_back, late.give_up])
def test_what_a_colleague_holds_is_left_to_the_next_tick(office: Office, work):
    office.rules = replace(BOTH, policy=Policy(fall_back_after={Severity.CRITICAL: timedelta(seconds=60)}))
    office.know(a_contact())
    office.hear(escalated(severity=Severity.CRITICAL))
    office.wait(minutes=16)
    with office.db.transaction() as theirs:
        cases.lock_cases(theirs, [CASE])
        with office.db.transaction() as ours:
            assert work(ours, office.rules) == 0
    with office.db.transaction() as ours:
        assert work(ours, office.rules) == 1
    assert office.alerts()["ann", "sms"] is AlertState.PENDING

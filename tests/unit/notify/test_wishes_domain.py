"""Who hears that a case was taken, by revisions alone: the bounds that events seldom come to."""

from dataclasses import replace

import pytest

from services.notify.domain.alert import Alert, AlertState
from services.notify.domain.outcomes import Reason
from services.notify.domain.routes import next_alerts
from services.notify.domain.standing import Standing
from services.notify.domain.wishes import to_tell
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, a_contact, acknowledged, an_escalation


def reached(case_revision: int) -> Alert:
    (alert,) = next_alerts(an_escalation(case_revision=case_revision), "bob", a_contact("bob"), frozenset(), BOTH, NOON)
    return replace(alert, state=AlertState.ACCEPTED, ended_at=NOON)


@pytest.mark.parametrize(("revision", "hears"), [(2, True), (3, False), (4, False)])
def test_only_what_was_told_before_the_answer_is_answered_by_it(revision: int, hears: bool):
    assert bool(to_tell(acknowledged(3), [reached(revision)], Standing())) is hears


@pytest.mark.parametrize(("reason", "hears"), [(Reason.ANSWERED, False), (Reason.HANDED_BACK, True)])
def test_answer_that_is_heard_late_is_news_unless_a_newer_one_was_told(reason: Reason, hears: bool):
    assert bool(to_tell(acknowledged(3), [reached(2)], Standing(5, NOON, reason))) is hears

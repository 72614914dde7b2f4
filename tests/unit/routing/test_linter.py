"""What the agents cannot do is found when the policy or an agent changes, said once, and counted."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from services.routing.domain.lint import Kind
from services.routing.domain.needs import Wanted
from services.routing.domain.roster import Agent, Roster
from services.routing.policy.linter import FINDINGS, Linter
from shared.policy.watched import AGAIN
from tests.unit.routing.builders import NOON, a_policy, a_rule, an_agent

SECOND = timedelta(seconds=1)
POLICY = a_policy(a_rule(wanted=Wanted(team="recall")))


def roster(*agents: Agent) -> Roster:
    return Roster(agents)


def counted() -> float:
    value: float = FINDINGS.labels(Kind.NEEDS_NOBODY_MEETS.value)._value.get()
    return value


def test_a_team_without_agents_is_found_and_said_once() -> None:
    linter = Linter()
    with capture_logs() as logs:
        assert linter.look(POLICY, roster(an_agent()), NOON)
        assert linter.look(POLICY, roster(an_agent(revision=2)), NOON)
    assert [(line["event"], line["kind"], line["about"]) for line in logs] == [
        ("policy_finding", "needs_nobody_meets", "everything")
    ]
    assert ("recall" in linter.findings[0].text, counted()) == (True, 1)


def test_what_is_mended_is_no_longer_told() -> None:
    linter = Linter()
    linter.look(POLICY, roster(an_agent()), NOON)
    assert linter.look(POLICY, roster(an_agent(teams=("recall",), revision=2)), NOON)
    assert (linter.findings, counted()) == ((), 0)


@pytest.mark.parametrize(("later", "looks"), [(SECOND, False), (AGAIN - SECOND, False), (AGAIN, True)])
def test_without_a_change_it_looks_once_an_hour(later: timedelta, looks: bool) -> None:
    linter, agents = Linter(), roster(an_agent())
    linter.look(POLICY, agents, NOON)
    assert linter.look(POLICY, agents, NOON + later) is looks


def test_it_looks_again_under_another_policy() -> None:
    linter, agents = Linter(), roster(an_agent())
    linter.look(POLICY, agents, NOON)
    assert linter.look(a_policy(version="another"), agents, NOON)
    assert linter.findings == ()

"""Looks whether the agents can do what the policy asks for, when either has changed; called by a tick of service.py."""

from datetime import datetime

from prometheus_client import Gauge

from services.routing.domain.lint import Kind, lint
from services.routing.domain.policy import Policy
from services.routing.domain.roster import Roster
from shared.policy.watched import WatchedFindings

FINDINGS = Gauge("ombud_policy_findings", "What the agents cannot do under the policy, as it was found last", ["kind"])
for _kind in Kind:
    FINDINGS.labels(_kind.value)


class Linter(WatchedFindings[Kind]):
    def __init__(self) -> None:
        super().__init__(Kind, FINDINGS)

    def look(self, policy: Policy, roster: Roster, now: datetime) -> bool:
        """Says what is new; False when nothing had changed since the last look."""
        agents = roster.agents()
        return self.look_at((policy.version, roster.revision), lambda: lint(policy, agents, now), now)

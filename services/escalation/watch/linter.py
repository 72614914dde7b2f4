"""Looks whether the people can do what the policy asks for, when either has changed; called by a tick of service.py."""

from datetime import datetime

from prometheus_client import Gauge

from services.escalation.domain.lint import Kind, lint
from services.escalation.domain.people import People
from services.escalation.domain.policy import Policy
from shared.policy.watched import WatchedFindings

FINDINGS = Gauge(
    "ombud_escalation_policy_findings",
    "What the people on the ladder cannot do under the policy, as it was found last",
    ["kind"],
)
for _kind in Kind:
    FINDINGS.labels(_kind.value)


class Linter(WatchedFindings[Kind]):
    def __init__(self) -> None:
        super().__init__(Kind, FINDINGS)

    def look(self, policy: Policy, people: People, now: datetime) -> bool:
        """Says what is new; False when nothing had changed since the last look."""
        seen = policy.version, people
        return self.look_at(seen, lambda: lint(policy, people.everybody, people.overrides, now), now)

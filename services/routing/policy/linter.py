"""Looks whether the agents can do what the policy asks for, when either has changed; called by a tick of service.py."""

from datetime import datetime, timedelta

import structlog
from eventlet import tpool
from prometheus_client import Gauge

from services.routing.domain.lint import Finding, Kind, lint
from services.routing.domain.policy import Policy
from services.routing.domain.roster import Roster

FINDINGS = Gauge("ombud_policy_findings", "What the agents cannot do under the policy, as it was found last", ["kind"])
AGAIN = timedelta(hours=1)  # hours and absences come nearer, though nothing changed
MOST_LOGGED = 20
for _kind in Kind:
    FINDINGS.labels(_kind.value)

log = structlog.get_logger()


class Linter:
    """findings: of the last look; they are warnings, as people come and go, and routing goes on."""

    def __init__(self) -> None:
        self.findings: tuple[Finding, ...] = ()
        self._seen: tuple[str, int] | None = None
        self._next: datetime | None = None

    def look(self, policy: Policy, roster: Roster, now: datetime) -> bool:
        """Says what is new; False when nothing had changed since the last look."""
        seen = policy.version, roster.revision
        if seen == self._seen and self._next and now < self._next:
            return False
        self._seen, self._next = seen, now + AGAIN
        # In a thread of its own: with many agents it takes a second, in which routing goes on.
        found = tpool.execute(lint, policy, roster.agents(), now)
        new = [finding for finding in found if finding not in self.findings]
        self.findings = found
        for kind in Kind:
            FINDINGS.labels(kind.value).set(sum(finding.kind is kind for finding in found))
        for finding in new[:MOST_LOGGED]:
            log.warning("policy_finding", kind=finding.kind.value, about=finding.name, found=finding.text)
        return True

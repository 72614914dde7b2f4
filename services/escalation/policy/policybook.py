"""The current policy and the older ones that cases still follow; made at start and used by the use cases. A tick of the
service asks it to look at its file again.
"""

from pathlib import Path

import structlog
from prometheus_client import Info

from services.escalation.domain.policy import Policy
from services.escalation.policy import versions
from services.escalation.policy.policyfile import parse
from shared.database import Transaction
from shared.policy.page import PolicyError
from shared.policy.watched import MOST_LOGGED, WatchedPolicy

POLICY = Info("ombud_escalation_policy", "The version of the policy that new cases start with")

log = structlog.get_logger()


class PolicyBook(WatchedPolicy[Policy]):
    """Finds the policy of a case by its version; `current` is for new cases. Raises PolicyError if there is none."""

    def __init__(self, path: Path):
        super().__init__(path, parse, POLICY)
        self._older: dict[str, Policy | None] = {}
        self._kept: set[str] = set()

    def keep_current(self, tx: Transaction) -> Policy:
        """Keeps the document beside the first case that starts with it; gives that policy, which a reload may exchange
        before the transaction ends. Once per transaction.
        """
        policy, document = self.current, self.document
        if policy.version not in self._kept:
            # Believed only when a later transaction finds it: this one may yet be rolled back.
            if versions.is_kept(tx, policy.version):
                self._kept.add(policy.version)
            else:
                versions.keep(tx, policy.version, document)
        return policy

    def of(self, tx: Transaction, version: str) -> Policy:
        """The policy of that version; the current one if it can no longer be read, so that the case still climbs."""
        if version == self.current.version:
            return self.current
        if version not in self._older:
            self._older[version] = _kept(tx, version)
        return self._older[version] or self.current


def _kept(tx: Transaction, version: str) -> Policy | None:
    """None, and a line in the log, if there is none or if this program cannot read it."""
    document = versions.document_of(tx, version)
    try:
        if document is not None:
            return parse(document, version)
        log.error("policy_missing", policy_version=version)
    except PolicyError as error:
        log.error("policy_unreadable", policy_version=version, mistakes=error.mistakes[:MOST_LOGGED])
    return None

"""The current policy and the older ones that cases still follow; made at start, used by the use cases."""

import structlog

from services.escalation import store
from services.escalation.domain.ladder import Policy
from services.escalation.policyfile import WrongPolicy, parse
from shared.database import Transaction

log = structlog.get_logger()


class PolicyBook:
    """Finds the policy of a case by its version; `current` is for new cases."""

    def __init__(self, document: str, file: str):
        self._document = document
        self.current = parse(document, file)
        self._known = {self.current.version: self.current}
        self._is_kept = False

    def keep_current(self, tx: Transaction) -> None:
        """Keeps the document beside the first case that starts with it; once per transaction."""
        if self._is_kept:
            return
        # Believed only when a later transaction finds it: this one may yet be rolled back.
        self._is_kept = store.has_policy(tx, self.current.version)
        if not self._is_kept:
            store.save_policy(tx, self.current.version, self._document)

    def of(self, tx: Transaction, version: str) -> Policy:
        """The policy of that version; the current one if it can no longer be read, so that the case still climbs."""
        if version not in self._known:
            self._known[version] = self._older(tx, version)
        return self._known[version]

    def _older(self, tx: Transaction, version: str) -> Policy:
        document = store.find_policy(tx, version)
        try:
            if document is not None:
                return parse(document, version)
            log.error("policy_missing", policy_version=version)
        except WrongPolicy as error:
            log.error("policy_unreadable", policy_version=version, error=str(error))
        return self.current

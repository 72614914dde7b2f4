"""The rules that hold now; made at start, and asked to look at its policy file again by a tick of the service."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import structlog
from prometheus_client import Info

from services.notify.domain.rules import Rules
from services.notify.policyfile import parse
from shared.policy.watched import WatchedPolicy

log = structlog.get_logger()
POLICY = Info("ombud_notify_policy", "The version of the policy by which alerts are sent now")


class RuleBook:
    """current: what this installation can do, and the policy in force; document: the text that it was read from.

    rules: without a policy; providers: all that it may limit. Raises PolicyError if there is none at start.
    """

    def __init__(self, rules: Rules, path: Path, providers: Collection[str]):
        self._file = WatchedPolicy(path, parse, POLICY)
        self._rules = replace(rules, policy=self._file.current)
        self._providers = providers
        self._warn()

    @property
    def current(self) -> Rules:
        return self._rules

    @property
    def document(self) -> str:
        return self._file.document

    def reload(self) -> bool:
        """Takes the file if it changed; with a mistake in it, or without it, the policy stays, and it is said once."""
        if not self._file.reload():
            return False
        self._rules = replace(self._rules, policy=self._file.current)
        self._warn()
        return True

    def _warn(self) -> None:
        """A name that is written wrongly would limit nobody, and nobody would see that."""
        for name in self._rules.policy.limited_but(self._providers):
            log.warning("limit_of_unknown_provider", provider=name, known=sorted(self._providers))

"""The policy that decides now; made at start, and asked to look at its file again by a tick of the service."""

from pathlib import Path

from prometheus_client import Info

from services.routing.domain.policy import Policy
from services.routing.policy.policyfile import parse
from shared.policy.watched import WatchedPolicy

POLICY = Info("ombud_routing_policy", "The version of the policy that routes complaints now")


class PolicyBook:
    """current: the policy; document: the text that it was read from. Raises PolicyError if there is none at start."""

    def __init__(self, path: Path):
        self._file = WatchedPolicy(path, parse, POLICY)

    @property
    def current(self) -> Policy:
        return self._file.current

    @property
    def document(self) -> str:
        return self._file.document

    def reload(self) -> bool:
        """Takes the file if it changed; with a mistake in it, or without it, the policy stays, and it is said once."""
        return self._file.reload()

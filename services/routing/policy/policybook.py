"""The policy that decides now; made at start, and asked to look at its file again by a tick of the service."""

from pathlib import Path

from prometheus_client import Info

from services.routing.domain.policy import Policy
from services.routing.policy.policyfile import parse
from shared.policy.watched import WatchedPolicy

POLICY = Info("ombud_routing_policy", "The version of the policy that routes complaints now")


class PolicyBook(WatchedPolicy[Policy]):
    def __init__(self, path: Path):
        super().__init__(path, parse, POLICY)

"""The rules that hold now; made at start, and asked to look at its policy file again by a tick of the service."""

from services.notify.domain.rules import Rules


class RuleBook:
    """current: what this installation can do, and the policy in force."""

    def __init__(self, rules: Rules):
        self._rules = rules

    @property
    def current(self) -> Rules:
        return self._rules

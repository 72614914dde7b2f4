"""One look a second for retries that are due, for all subscriptions of a process; asked by each of them."""

import time
from collections.abc import Set

from nameko.extensions import SharedExtension

from shared.messaging import failures

LOOK_EVERY = 1.0  # seconds


class DueQueues(SharedExtension):
    """Each subscription works its own retries off: one that is held back holds up no other."""

    def __init__(self, every: float = LOOK_EVERY) -> None:
        self._every = every
        self._queues: Set[str] = frozenset()
        self._looked_at = float("-inf")

    def queues(self) -> Set[str]:
        """Those that had retries due at the last look, which this may be."""
        now = time.monotonic()
        if now - self._looked_at >= self._every:
            # Before the look: who asks meanwhile takes the last one, and does not look, too.
            self._looked_at = now
            with self.container.config["database"].read() as tx:
                self._queues = failures.due_queues(tx)
        return self._queues

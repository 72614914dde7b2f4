"""How an agent stands: load, capacity, whether they are at work; read with the choice, changed with every decision."""

from datetime import datetime
from typing import NamedTuple

from services.routing.domain.presence import Status
from services.routing.domain.roster import Lack


class Room(NamedTuple):
    """What an agent's row says now; `revision` tells whether the roster knows the same agent.

    due_at: from then on the status has to be looked at again, and until it was, the agent gets nothing. kept_for: the
    complaint of more weight that the agent's room is kept for, and kept_rank its rank: only those before it pass.
    """

    load: int
    capacity: int
    revision: int
    status: Status = Status.AVAILABLE
    due_at: datetime | None = None
    last_assigned_at: datetime | None = None
    kept_for: str | None = None
    kept_rank: datetime | None = None

    def is_at_work(self, now: datetime) -> bool:
        return self.status is Status.AVAILABLE and (self.due_at is None or now < self.due_at)

    def is_kept_from(self, complaint_id: str | None, rank: datetime | None) -> bool:
        """Whether it is kept for another one than this, which does not rank before it."""
        if self.kept_for is None or self.kept_for == complaint_id or self.kept_rank is None:
            return False
        return rank is not None and rank > self.kept_rank

    def lack_at(self, now: datetime) -> Lack:
        """Why somebody who is not at work is not; one whose status is due to be looked at counts as off shift."""
        return Lack.OFF_SHIFT if self.status is Status.AVAILABLE else Lack(self.status.value)

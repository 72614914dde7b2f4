"""What every decision needs beside the transaction; made once by service.py, handed to all that place complaints."""

from dataclasses import dataclass, field
from datetime import datetime

from services.routing.domain.complaint import Complaint
from services.routing.domain.line import Line, line_from, line_key
from services.routing.domain.policy import Policy
from services.routing.domain.reasons import Reason
from services.routing.policy.linter import Linter
from services.routing.policy.policybook import PolicyBook
from services.routing.roster.known_rooms import KnownRooms
from services.routing.roster.known_roster import KnownRoster

WAKE = "assign_waiting"  # the tick of that name in service.py
MOST_LINES = 20_000  # that are remembered between two looks


@dataclass
class Desk:
    """What every decision needs beside the transaction.

    lines: those in which somebody waited at the last look, and those that were added since. Only a hint: a line that
    another replica began a moment ago is found by the next look (`usecases.assign_waiting`).
    """

    policies: PolicyBook
    roster: KnownRoster = field(default_factory=KnownRoster)
    rooms: KnownRooms = field(default_factory=KnownRooms)
    linter: Linter = field(default_factory=Linter)
    lines: dict[tuple[str, Reason], Line] = field(default_factory=dict)
    _since: tuple[str, datetime] | None = None

    @property
    def policy(self) -> Policy:
        return self.policies.current

    def deciding_since(self, now: datetime) -> datetime:
        """When this process was first asked that about its policy: it does not become newer by being used on and on."""
        if self._since is None or self._since[0] != self.policy.version:
            self._since = self.policy.version, now
        return self._since[1]

    def is_open(self, hours: str | None, now: datetime) -> bool:
        known = self.policy.hours_named(hours)
        return known is None or known.calendar.is_open(now)

    def remember(self, waiting: Complaint) -> None:
        if waiting.demand and waiting.reason and waiting.rank_at and len(self.lines) < MOST_LINES:
            known = line_key(waiting.demand, waiting.tried), waiting.reason
            if known not in self.lines:
                self.lines[known] = line_from(*known)

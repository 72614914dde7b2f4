"""What intake tells of one complaint as its contacts and steps come in, without a database; used by events.py.

By the decisions of `services.intake.domain`, as its use cases make them, for one complaint of which nobody else writes.
"""

from datetime import datetime

from services.escalation.incoming import ComplaintEvent
from services.intake import announcements
from services.intake.domain import arrivals
from services.intake.domain.arrivals import Circumstances, Outcome
from services.intake.domain.complaint import Complaint, Read, Step, blank
from services.intake.domain.matters import MatterRules
from services.intake.redaction import excerpt


class Intake:
    def __init__(self) -> None:
        self._complaint: Complaint | None = None
        self._contacts: dict[str, datetime] = {}  # when each was written, by its id

    def take(self, arrival: Read | Step, now: datetime, rules: MatterRules) -> list[ComplaintEvent]:
        """What is announced; nothing of copies, nor of steps before the complaint itself is there."""
        before = self._complaint
        if before is None or before.id != arrival.complaint_id:
            before = blank(arrival)
        if isinstance(arrival, Step):
            return self._keep(arrivals.stepped(before, arrival), now)
        if arrival.id in self._contacts:
            return []
        recent = sum(at > now - rules.repeat_within for at in self._contacts.values())
        self._contacts[arrival.id] = arrival.submission.written_at(now)
        shown = excerpt(arrival.submission.text, before.customer.filled(arrival.submission.customer))
        return self._keep(arrivals.contacted(before, arrival, shown, Circumstances(now, rules, recent)), now)

    def _keep(self, outcome: Outcome, now: datetime) -> list[ComplaintEvent]:
        self._complaint = outcome.complaint
        told = [announcements.told(turn, now) for turn in outcome.turns]
        return [event for event in told if isinstance(event, ComplaintEvent)]

"""What intake tells of one complaint as its contacts and steps come in, without a database; used by events.py.

It goes through what `services.intake.usecases` goes through, for one complaint of which nobody else writes.
"""

from dataclasses import replace
from datetime import datetime

from services.escalation.incoming import ComplaintEvent
from services.intake import announcements
from services.intake.domain.complaint import Complaint, Read, State, Step, StepKind, blank
from services.intake.domain.matters import MatterRules, is_repeated, raised
from services.intake.redaction import excerpt


class Intake:
    def __init__(self) -> None:
        self._complaint: Complaint | None = None
        self._seen: set[str] = set()
        self._received: list[datetime] = []

    def take(self, arrival: Read | Step, now: datetime, rules: MatterRules) -> list[ComplaintEvent]:
        """What is announced; nothing of copies, nor of steps before the complaint itself is there."""
        before = self._complaint
        if before is None or before.id != arrival.complaint_id:
            before = blank(arrival)
        if isinstance(arrival, Step):
            return self._take_step(before, arrival, now)
        if arrival.id in self._seen:
            return []
        self._seen.add(arrival.id)
        return self._take_contact(before, arrival, now, rules)

    def _take_contact(self, before: Complaint, read: Read, now: datetime, rules: MatterRules) -> list[ComplaintEvent]:
        told: list[ComplaintEvent] = []
        if before.state is State.RESOLVED:
            told += self._apply(before, Step(StepKind.REOPENED, before.source, before.external_id, now), now)
            assert self._complaint is not None
            before = self._complaint
        shown = excerpt(read.submission.text, before.customer.filled(read.submission.customer))
        written_at = read.submission.received_at or now
        after = self._raised(before.with_contact(read, shown, now), written_at, now, rules)
        told.append(announcements.facts(after, is_new=before.verdict is None, contacted_at=written_at))
        self._complaint = replace(after, waiting_steps=())
        for step in after.waiting_steps:
            told += self._take_step(self._complaint, step, now)
        return told

    def _raised(self, complaint: Complaint, written_at: datetime, now: datetime, rules: MatterRules) -> Complaint:
        self._received = [at for at in (*self._received, written_at) if at > now - rules.repeat_within]
        if complaint.verdict is None or written_at not in self._received:
            return complaint
        if not is_repeated(len(self._received), rules):
            return complaint
        return replace(complaint, verdict=raised(complaint.verdict, rules))

    def _take_step(self, before: Complaint, step: Step, now: datetime) -> list[ComplaintEvent]:
        if before.state is State.EXPECTED:
            self._complaint = replace(before, waiting_steps=(*before.waiting_steps, step))
            return []
        return [] if before.has_taken(step) else self._apply(before, step, now)

    def _apply(self, before: Complaint, step: Step, now: datetime) -> list[ComplaintEvent]:
        self._complaint = before.with_step(step)
        told = announcements.step(self._complaint, step, now)
        assert isinstance(told, ComplaintEvent)
        return [told]

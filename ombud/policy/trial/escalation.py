"""What escalation does about a complaint, step by step, by its own decisions; used by `ombud policy try`.

Nothing is saved or sent: the case is kept here, and the clock jumps to whatever is due next.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ombud.policy.trial.events import Told
from ombud.trouble import Trouble
from services.escalation import incoming
from services.escalation.domain import answers, timing
from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import Case, CaseState, Change, What
from services.escalation.domain.people import People
from services.escalation.domain.policy import Policy
from services.escalation.domain.rungs import Setting
from services.escalation.incoming import OwnerEvent
from shared.contracts.escalation import EscalationReason

MOST_TURNS = 2000
_ALARMS = (What.ESCALATED, What.EXHAUSTED)


class Ending(StrEnum):
    """Why the trial goes no further. REPEATED: nobody answers, and it would begin again. STALLED: the same, after one
    who took the case. AT_REST: nothing is due any more. FAR: what is due lies beyond the time that was asked for."""

    REPEATED = "repeated"
    STALLED = "stalled"
    AT_REST = "at_rest"
    FAR = "far"


@dataclass(frozen=True)
class Asked:
    """how_far: from the last event on. answer: so long after the first alert, the first of the alerted takes it."""

    how_far: timedelta
    answer: timedelta | None = None


@dataclass(frozen=True)
class Step:
    at: datetime
    change: Change


@dataclass(frozen=True)
class Course:
    """told: the case once all events are heard; last: as the trial leaves it. has_answered: somebody took it."""

    steps: tuple[Step, ...]
    told: Case
    last: Case
    ending: Ending
    has_answered: bool = False


def course_of(policy: Policy, people: People, told: Sequence[Told], asked: Asked) -> Course:
    """At least one event must be told, in the order of the times. Raises Trouble when there is no end to it."""
    case = Case(told[0].event.complaint_id, policy_version=policy.version)
    trial = _Trial(policy, people, case, asked.answer, told[0].at)
    for one in told:
        if one.at > trial.now:  # what is told at the same time is heard before time does anything
            trial.go_on(one.at)
        trial.hear(one)
    heard = trial.case
    ending = trial.go_on(told[-1].at + asked.how_far, to_the_end=True)
    return Course(tuple(trial.steps), heard, trial.case, ending, trial.has_answered)


@dataclass
class _Trial:
    policy: Policy
    people: People
    case: Case
    answer: timedelta | None
    now: datetime
    turns: int = 0
    answer_at: datetime | None = None
    has_answered: bool = False
    steps: list[Step] = field(default_factory=list)

    def hear(self, told: Told) -> None:
        if self.case.is_forgotten:
            return
        setting = self._setting(told.at)
        if isinstance(told.event, OwnerEvent):
            self._take(incoming.decide_owner(self.case, told.event, setting), told.at)
        else:
            self._take(incoming.decide(self.case, told.event, setting), told.at)

    def go_on(self, until: datetime, *, to_the_end: bool = False) -> Ending:
        """Everything that is due by then; to_the_end: but no further than to where it begins again."""
        while (at := self._next_at()) is not None and at <= until:
            self._count(at)
            before, at = self.case, max(at, self.now)
            changes = (
                self._answers(at)
                if self.answer_at and self.answer_at <= at
                else timing.take_deadline(before, self._setting(at))
            )
            self._take(changes, at)
            ending = self._ending(before, changes)
            if to_the_end and ending:
                return ending
        return Ending.FAR if at else Ending.AT_REST

    def _next_at(self) -> datetime | None:
        """Whoever answers at the last moment is in time."""
        due = (self.answer_at, self.case.due_at)
        return min(filter(None, due), default=None)

    def _answers(self, at: datetime) -> list[Change]:
        self.answer_at = None
        if not self.case.recipients:
            return []
        taken = answers.acknowledge(self.case, self.case.recipients[0], self._setting(at))
        if isinstance(taken, Refusal):
            return []
        self.has_answered = True
        return taken

    def _take(self, changes: Sequence[Change], at: datetime) -> None:
        self.now = at
        self.steps += (Step(at, change) for change in changes)
        if changes:
            self.case = changes[-1].case
        if self.answer is not None and any(change.what is What.ESCALATED for change in changes):
            self.answer_at, self.answer = at + self.answer, None

    def _count(self, at: datetime) -> None:
        """So that there is an end, whatever the policy and the events are."""
        self.turns += 1
        if self.turns > MOST_TURNS:
            raise Trouble(f"more than {MOST_TURNS} steps until {at:%Y-%m-%d %H:%M} UTC: try events closer together")

    def _ending(self, before: Case, changes: Sequence[Change]) -> Ending | None:
        alarms = [change for change in changes if change.what in _ALARMS]
        if before.state is CaseState.EXHAUSTED and alarms:
            return Ending.REPEATED
        is_stalled = self.has_answered and any(change.reason is EscalationReason.STALLED for change in alarms)
        return Ending.STALLED if is_stalled else None

    def _setting(self, now: datetime) -> Setting:
        return Setting(self.policy, lambda: self.people, now)

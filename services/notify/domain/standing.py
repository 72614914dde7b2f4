"""How far a case is answered, by what, and who has its complaint; pure. Used by planning and sending."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.notify.domain.alert import Alert, Escalation, Purpose
from services.notify.domain.outcomes import Reason

UNANSWERED = -1  # below every revision
FOR_GOOD = 2**31 - 1  # above every revision of a case


@dataclass(frozen=True)
class Standing:
    """Up to which revision a case is answered, and what the newest answer was: why nothing older is told any more.

    A case that was put off, handed back or muted alerts again from its next escalation on; one whose complaint was
    merged or forgotten never does. attempt: the newest decision of routing on who has the complaint, if it mattered.
    taken_by: whoever has the case, where the newest answer was that somebody took it.
    """

    answered_revision: int = UNANSWERED
    answered_at: datetime | None = None
    reason: Reason = Reason.ANSWERED
    attempt: int = 0
    resolved_at: datetime | None = None
    taken_by: str | None = None

    def settles(self, case_revision: int) -> bool:
        """Whether what was told of this revision is no longer needed."""
        return self.answered_revision > case_revision

    def answer_to(self, case_revision: int) -> Reason | None:
        """Why what was told of this revision is no longer needed, or None while it is."""
        return self.reason if self.settles(case_revision) else None

    @property
    def is_over(self) -> bool:
        """Whether the complaint ended for good."""
        return self.answered_revision == FOR_GOOD

    @property
    def is_forgotten(self) -> bool:
        return self.reason is Reason.FORGOTTEN

    def then(self, told: "Standing") -> "Standing":
        """With what was told beside it, in whatever order."""
        newest = max(self, told, key=lambda s: (s.answered_revision, s.is_forgotten))
        resolved = [at for at in (self.resolved_at, told.resolved_at) if at]
        return replace(newest, attempt=max(self.attempt, told.attempt), resolved_at=max(resolved, default=None))


def why_needless(told: Alert | Escalation, standing: Standing) -> Reason | None:
    """Why what was to be told is no longer needed, or None while it is."""
    if told.purpose is Purpose.ASSIGNMENT:
        return _why_not_theirs(told, standing)
    answer = standing.answer_to(told.case_revision)
    if told.purpose is Purpose.TAKEN and not standing.is_over:
        return answer if answer is Reason.HANDED_BACK else None  # whatever else came after it, it is in good hands
    return answer


def _why_not_theirs(told: Alert | Escalation, standing: Standing) -> Reason | None:
    """An agent keeps a complaint that a supervisor takes, and loses one that ends or goes to somebody else."""
    if standing.is_over:
        return standing.reason
    if told.case_revision < standing.attempt:
        return Reason.REASSIGNED
    return Reason.ANSWERED if standing.resolved_at and standing.resolved_at >= told.caused_at else None

"""How far a case is answered, and by what; pure. Used by planning and sending."""

from dataclasses import dataclass
from datetime import datetime

from services.notify.domain.outcomes import Reason

UNANSWERED = -1  # below every revision
FOR_GOOD = 2**31 - 1  # above every revision of a case


@dataclass(frozen=True)
class Standing:
    """Up to which revision a case is answered, and what the newest answer was: why nothing older is told any more.

    A case that was put off, handed back or muted alerts again from its next escalation on; one whose complaint was
    merged or forgotten never does.
    """

    answered_revision: int = UNANSWERED
    answered_at: datetime | None = None
    reason: Reason = Reason.ANSWERED

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
        return max(self, told, key=lambda s: (s.answered_revision, s.is_forgotten))

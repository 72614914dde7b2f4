"""How far a case is answered, and whether its complaint ended for good; pure. Used by planning and sending."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.notify.outcomes import Reason

UNANSWERED = -1  # below every revision
FOR_GOOD = 2**31 - 1  # above every revision of a case


@dataclass(frozen=True)
class Standing:
    """Up to which revision a case is answered, and how its complaint ended for good (merged, forgotten), if it did."""

    answered_revision: int = UNANSWERED
    answered_at: datetime | None = None
    ending: Reason | None = None

    def settles(self, case_revision: int) -> bool:
        """Whether what was told of this revision is no longer needed."""
        return self.answered_revision > case_revision

    @property
    def is_forgotten(self) -> bool:
        return self.ending is Reason.FORGOTTEN

    def then(self, told: "Standing") -> "Standing":
        """With what was told beside it, in whatever order."""
        newer = told if told.answered_revision > self.answered_revision else self
        endings = {self.ending, told.ending} - {None}
        ending = Reason.FORGOTTEN if Reason.FORGOTTEN in endings else next(iter(endings), None)
        return replace(newer, ending=ending)

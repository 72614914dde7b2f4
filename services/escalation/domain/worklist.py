"""What somebody wants to see of the cases. Made by the doors, used by the store."""

from dataclasses import dataclass
from enum import StrEnum

from services.escalation.domain.case import CaseState
from shared.contracts.event import Severity


class Sort(StrEnum):
    """SEVERITY: the most severe first, then the longest waiting. AGE: the longest waiting. DUE: what is due next."""

    SEVERITY = "severity"
    AGE = "age"
    DUE = "due"


@dataclass(frozen=True)
class Wish:
    """of: a person who has the case, or is called for it. unanswered: nobody has taken it. overdue: a clock is broken.

    after: the id of the last case of the page before.
    """

    state: CaseState | None = None
    of: str | None = None
    regions: tuple[str, ...] | None = None
    unanswered: bool = False
    overdue: bool = False
    severity: Severity | None = None
    category: str | None = None
    parent: str | None = None
    sort: Sort = Sort.SEVERITY
    limit: int = 100
    after: str | None = None

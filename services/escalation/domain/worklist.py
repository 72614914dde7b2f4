"""What somebody wants to see of the cases. Made by the doors, used by the store."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from services.escalation.domain.case import Case, CaseState
from shared.contracts.event import Severity, to_text


class Sort(StrEnum):
    """SEVERITY: the most severe first, then the longest waiting. AGE: the longest waiting. DUE: what is due next."""

    SEVERITY = "severity"
    AGE = "age"
    DUE = "due"


@dataclass(frozen=True)
class Filter:
    """of: a person who has the case, or is called for it. untaken: nobody has taken it, or put it off. overdue: one of
    its clocks is broken. after: `mark_of` the last case of the page before.
    """

    state: CaseState | None = None
    of: str | None = None
    regions: tuple[str, ...] | None = None
    untaken: bool = False
    overdue: bool = False
    severity: Severity | None = None
    category: str | None = None
    parent: str | None = None
    sort: Sort = Sort.SEVERITY
    limit: int = 100
    after: str | None = None


NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # so that what has no time comes last
Place = tuple[int | str | datetime, ...]
_PLACES: dict[Sort, Callable[[Case], Place]] = {
    Sort.SEVERITY: lambda case: (case.severity.rank, case.since or NEVER, case.id),
    Sort.AGE: lambda case: (case.since or NEVER, case.id),
    Sort.DUE: lambda case: (case.due_at or NEVER, case.id),
}
_READ: dict[Sort, tuple[Callable[[str], int | str | datetime], ...]] = {
    Sort.SEVERITY: (int, datetime.fromisoformat, str),
    Sort.AGE: (datetime.fromisoformat, str),
    Sort.DUE: (datetime.fromisoformat, str),
}
_BETWEEN = "~"


def mark_of(case: Case, sort: Sort) -> str:
    """Where a page ended. It holds the place and not the case, which may be elsewhere when the next page is asked.

    Nothing in it needs to be escaped in an address.
    """
    return _BETWEEN.join(
        to_text(part) or "" if isinstance(part, datetime) else str(part) for part in _PLACES[sort](case)
    )


def place_at(mark: str, sort: Sort) -> Place | None:
    """The place that a mark holds; None if it is no mark of a list in that order."""
    parts, read = mark.split(_BETWEEN), _READ[sort]
    try:
        place = tuple(read_one(part) for read_one, part in zip(read, parts, strict=True))
    except ValueError:
        return None
    return None if any(isinstance(part, datetime) and part.tzinfo is None for part in place) else place

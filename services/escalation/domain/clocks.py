"""The clocks of a case: when they are due, when they warn, and what a pause does to them. Pure; used by the decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.escalation.domain.policy import PauseReason
from services.escalation.domain.spans import Span
from shared.hours.calendar import Calendar

BROKEN = 100  # percent


@dataclass(frozen=True)
class Pause:
    """The case waited for something from start until just before end; end is always said, and may yet be moved."""

    start: datetime
    end: datetime
    reason: PauseReason


@dataclass(frozen=True)
class Clock:
    """One clock of a case. warn_at: (percent, instant), ascending. told: the highest percent that was announced.

    stopped_at: what it measures has happened; it rests. A clock that starts anew is another run of it: told is 0 again.
    """

    name: str
    started_at: datetime
    due_at: datetime
    warn_at: tuple[tuple[int, datetime], ...] = ()
    told: int = 0
    stopped_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """When it next has something to tell; None = never more."""
        raise NotImplementedError


def deadline(span: Span, calendar: Calendar | None, timezone: str, start: datetime) -> datetime:
    """When the span that began at `start` ends.

    TIME: elapsed, or counted in the calendar's open hours. DAYS: the same wall-clock time so many local days later.
    BUSINESS_DAYS: the close of the n-th local day with open hours after the day of the start. timezone: of DAYS, where
    there is no calendar.
    """
    raise NotImplementedError


def run(
    name: str,
    span: Span,
    calendar: Calendar | None,
    timezone: str,
    warn: Sequence[int],
    start: datetime,
    stop: datetime | None,
    pauses: Sequence[Pause],
    before: Clock | None,
) -> Clock:
    """The clock as it stands, whatever order its facts came in: only `told` is taken from `before`, if that is the same
    run. While a pause lasts, nothing is due before its end; what was left of the time at its start is left at its end.
    """
    raise NotImplementedError

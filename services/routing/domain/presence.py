"""Whether an agent works now: what they say of themselves, their absences and their shifts, in this order; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.hours.calendar import Absence, Calendar, Hours, absence_at, next_absence


class Presence(StrEnum):
    """What somebody says of an agent. BUSY: keeps what they have, gets nothing new; so does AWAY, for a short while.
    OFFLINE: gone; who has not been answered yet gets another agent."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"


class Status(StrEnum):
    """Whether an agent gets complaints, and if not, why."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"
    OFF_SHIFT = "off_shift"
    ON_BREAK = "on_break"
    ABSENT = "absent"
    ON_HOLIDAY = "on_holiday"

    @property
    def is_gone(self) -> bool:
        """Their customers without an answer do not wait for them."""
        return self in (Status.OFFLINE, Status.ABSENT)


@dataclass(frozen=True)
class Said:
    """A presence as it was told at an instant; until: it is forgotten then. None = until the next one."""

    presence: Presence
    at: datetime
    until: datetime | None = None

    def holds_at(self, now: datetime) -> bool:
        """Whether it outranks what is planned."""
        if self.until is None:
            return self.presence is not Presence.AVAILABLE
        return now < self.until


_BY_HOURS = {
    Hours.OPEN: Status.AVAILABLE,
    Hours.BREAK: Status.ON_BREAK,
    Hours.CLOSED: Status.OFF_SHIFT,
    Hours.HOLIDAY: Status.ON_HOLIDAY,
}


def status_at(
    said: Said | None, absences: Sequence[Absence], calendar: Calendar, now: datetime
) -> tuple[Status, datetime | None]:
    """The status and until when it holds at most; None = until something is told.

    `available` with an end outranks absences and shifts (overtime); without one it only takes back what was said.
    Who is busy or away keeps what they have, so an absence outranks that.
    """
    holds = said is not None and said.holds_at(now)
    if said and holds and said.presence in (Presence.AVAILABLE, Presence.OFFLINE):
        return Status(said.presence.value), said.until
    if absent_until := absence_at(absences, now):
        return Status.ABSENT, absent_until
    absent_from = next_absence(absences, now)
    if said and holds:
        return Status(said.presence.value), _first(said.until, absent_from)
    if not calendar.shifts:
        return Status.AVAILABLE, absent_from
    hours, until = calendar.at(now)
    return _BY_HOURS[hours], _first(until, absent_from)


def _first(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at is not None), default=None)

"""When nobody is on duty by the shifts alone, for tests of the lint where the rotas' own reckoning is not there."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.escalation.domain.duty import Leave, Override, Rota
from shared.hours.intervals import Interval, merged, without


def gaps(
    rota: Rota, overrides: Sequence[Override], leaves: Mapping[str, Sequence[Leave]], start: datetime, end: datetime
) -> tuple[Interval, ...]:
    covered = [one for shift in rota.shifts for one in shift.calendar.open_intervals(start, end)]
    covered += [(one.start, one.end) for one in overrides if one.rota == rota.name]
    return tuple(without([(start, end)], merged(covered)))

"""When nobody is on duty, without turns and stand-ins, for tests where the rotas' own reckoning is missing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.escalation.domain.duty import Leave, Override, Rota
from shared.hours.intervals import Interval, merged, without


def gaps(
    rota: Rota, overrides: Sequence[Override], leaves: Mapping[str, Sequence[Leave]], start: datetime, end: datetime
) -> tuple[Interval, ...]:
    covered = [
        one
        for shift in rota.shifts
        for person in shift.people
        for one in without(
            list(shift.calendar.open_intervals(start, end)), merged((x.start, x.end) for x in leaves.get(person, ()))
        )
    ]
    covered += [(one.start, one.end) for one in overrides if one.rota == rota.name]
    return tuple(without([(start, end)], merged(covered)))

"""When nobody is on duty at a level that only rotas fill; asked by lint.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.escalation.domain import duty
from services.escalation.domain.duty import Leave, Override, Rota
from services.escalation.domain.ladder import Kind, Level
from services.escalation.domain.policy import REGION, Policy
from shared.hours.intervals import Interval, in_words, in_zone, merged, without

LOOK_AHEAD = timedelta(days=7)


@dataclass(frozen=True)
class Gap:
    """rotas: their names. is_total: nobody is ever on duty while the level may be alerted."""

    rotas: str
    is_total: bool
    text: str


def find_gaps(
    policy: Policy,
    level: Level,
    overrides: Sequence[Override],
    leaves: Mapping[str, Sequence[Leave]],
    now: datetime,
) -> Gap | None:
    """None if somebody always is, or if the level is not for rotas alone."""
    rotas = [policy.rota(one.name) for one in level.recipients if one.kind is Kind.DUTY]
    known = [rota for rota in rotas if rota is not None]
    if not known or len(known) < len(level.recipients):
        return None
    opened = left = _opened(policy, level, (now, now + LOOK_AHEAD))
    for rota in known:
        left = _both(left, _gaps_of(rota, overrides, leaves, now))
    if not left:
        return None
    names = ", ".join(rota.name for rota in known)
    total = sum((end - start for start, end in left), timedelta(0))
    shown = in_zone(left, known[0].shifts[0].calendar.timezone)
    return Gap(names, left == opened, f"nobody on duty for {in_words(total)} of the next 7 days: {shown}")


def _opened(policy: Policy, level: Level, window: Interval) -> list[Interval]:
    """When the level may be alerted; that of each region is not looked at."""
    calendar = policy.calendar(level.hours, None) if level.hours != REGION else None
    return list(calendar.open_intervals(*window)) if calendar else [window]


def _gaps_of(
    rota: Rota, overrides: Sequence[Override], leaves: Mapping[str, Sequence[Leave]], now: datetime
) -> list[Interval]:
    return merged(duty.gaps(rota, overrides, leaves, now, now + LOOK_AHEAD))


def _both(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    return without(some, without(some, others))

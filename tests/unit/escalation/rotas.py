"""Builders for tests of duty: shifts, rotas, overrides and leaves with short words for instants."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.escalation.domain.duty import Duty, Leave, Override, Rota, RotaShift, Rotation, on_duty
from shared.hours.calendar import Calendar, Shift

PRAGUE, NEW_YORK, TOKYO = "Europe/Prague", "America/New_York", "Asia/Tokyo"
INSTANT, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
DAILY, WORKDAYS = frozenset(range(7)), frozenset(range(5))
MONDAY = date(2026, 11, 2)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def a_shift(
    *people: str,
    start: int = 8,
    end: int = 20,
    zone: str = "UTC",
    days: frozenset[int] = DAILY,
    rotation: Rotation | None = None,
) -> RotaShift:
    return RotaShift(people, Calendar(zone, (Shift(days, time(start), time(end % 24)),)), rotation)


def always(*people: str, zone: str = "UTC", rotation: Rotation | None = None) -> RotaShift:
    return RotaShift(people, Calendar(zone), rotation)


def weekly(since: date = MONDAY, hour: int = 9, every: int = 7) -> Rotation:
    return Rotation(since, time(hour), every)


def a_rota(*shifts: RotaShift) -> Rota:
    return Rota("night", shifts)


def override(
    start: str, end: str, person: str, instead_of: str | None = None, id_: str = "o1", rota: str = "night"
) -> Override:
    return Override(id_, rota, utc(start), utc(end), person, instead_of, by="petr")


def away(start: str, end: str, stand_in: str | None = None) -> Leave:
    return Leave(utc(start), utc(end), stand_in)


def duties(
    rota: Rota, at: datetime, *overrides: Override, leaves: Mapping[str, Sequence[Leave]] | None = None
) -> tuple[Duty, ...]:
    return on_duty(rota, overrides, leaves or {}, at)


def who(
    rota: Rota, at: datetime, *overrides: Override, leaves: Mapping[str, Sequence[Leave]] | None = None
) -> list[str]:
    return [duty.person for duty in duties(rota, at, *overrides, leaves=leaves)]

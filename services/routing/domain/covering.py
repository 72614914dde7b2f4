"""When all facts that fit one condition fit another; asked by policy/policyfile.py."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from services.routing.domain.policy import When
from shared.hours.calendar import Calendar
from shared.hours.intervals import Interval, without
from shared.policy.covering import severities
from shared.policy.words import ANY

_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_WEEK = (_MONDAY, _MONDAY + timedelta(days=7))
_ALWAYS_KNOWN = ("category",)
_WORDS = ("category", "tier", "region", "language", "product", "campaign", "channel")
_NO_CONDITION = When()


def fits_everything(when: When) -> bool:
    return covers(when, _NO_CONDITION)


def covers(wide: When, narrow: When) -> bool:
    """Whether all facts that fit `narrow` fit `wide`. True is certain; False may be said of a strange condition."""
    return (
        severities(narrow) <= severities(wide)
        and all(_implied(name, getattr(wide, name), getattr(narrow, name)) for name in _WORDS)
        and (wide.flags is None or (narrow.flags is not None and narrow.flags <= wide.flags))
        and (wide.contact_count is None or (narrow.contact_count or 0) >= wide.contact_count)
        and (wide.local_time is None or not without(_week(narrow.local_time), _week(wide.local_time)))
    )


def _implied(name: str, wide: frozenset[str] | None, narrow: frozenset[str] | None) -> bool:
    if wide is None or (ANY in wide and name in _ALWAYS_KNOWN):
        return True
    if narrow is None:
        return False
    return ANY in wide or (ANY not in narrow and narrow <= wide)


@lru_cache(maxsize=1024)
def _week(local_time: Calendar | None) -> list[Interval]:
    """When it is open in any week; without holidays and in UTC, all weeks are alike."""
    return [_WEEK] if local_time is None else list(local_time.open_intervals(*_WEEK))

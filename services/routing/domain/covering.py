"""Which rules can never be used, because those before them take all that fits; asked when a policy is read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from services.routing.domain.policy import When
from shared.contracts.event import Severity
from shared.hours.calendar import Calendar
from shared.hours.intervals import Interval, without
from shared.policy.words import ANY

_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_WEEK = (_MONDAY, _MONDAY + timedelta(days=7))
_ALWAYS_KNOWN = ("category",)
_WORDS = ("category", "tier", "region", "language", "product", "campaign", "channel")
_NO_CONDITION = When()


def unreachable(conditions: Sequence[tuple[str, When]]) -> list[tuple[int, tuple[str, ...]]]:
    """(number, names of the rules that take all of it) for each rule that no facts get to; conditions: (name, when).

    Severities are looked at one by one. What only several rules together take of other facts is not found.
    """
    found = []
    for number, (_, when) in enumerate(conditions):
        taken = _taken_by(when, conditions[:number])
        if taken:
            found.append((number, tuple(dict.fromkeys(taken))))
    return found


def fits_everything(when: When) -> bool:
    return covers(when, _NO_CONDITION)


def covers(wide: When, narrow: When) -> bool:
    """Whether all facts that fit `narrow` fit `wide`. True is certain; False may be said of a strange condition."""
    return (
        _severities(narrow) <= _severities(wide)
        and all(_implied(name, getattr(wide, name), getattr(narrow, name)) for name in _WORDS)
        and (wide.flags is None or (narrow.flags is not None and narrow.flags <= wide.flags))
        and (wide.contact_count is None or (narrow.contact_count or 0) >= wide.contact_count)
        and (wide.local_time is None or not without(_week(narrow.local_time), _week(wide.local_time)))
    )


def _taken_by(when: When, earlier: Sequence[tuple[str, When]]) -> list[str]:
    """The first earlier rule for each severity; nothing if one of them gets through."""
    found: list[str] = []
    for severity in Severity:
        if severity not in _severities(when):
            continue
        one = replace(when, severity=frozenset((severity,)))
        name = next((name for name, other in earlier if covers(other, one)), None)
        if name is None:
            return []
        found.append(name)
    return found


def _implied(name: str, wide: frozenset[str] | None, narrow: frozenset[str] | None) -> bool:
    if wide is None or (ANY in wide and name in _ALWAYS_KNOWN):
        return True
    if narrow is None:
        return False
    return ANY in wide or (ANY not in narrow and narrow <= wide)


def _severities(when: When) -> frozenset[Severity]:
    return frozenset(Severity) if when.severity is None else when.severity


@lru_cache(maxsize=1024)
def _week(local_time: Calendar | None) -> list[Interval]:
    """When it is open in any week; without holidays and in UTC, all weeks are alike."""
    return [_WEEK] if local_time is None else list(local_time.open_intervals(*_WEEK))

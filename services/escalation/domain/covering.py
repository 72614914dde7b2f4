"""What can never be reached, because what stands before it takes all that fits; asked when a policy is read."""

from collections.abc import Sequence
from dataclasses import replace

from services.escalation.domain.conditions import When
from shared.contracts.event import Severity
from shared.policy.words import ANY, NONE

_ALWAYS_KNOWN = ("category", "channel")
_WORDS = ("category", "channel", "region", "product", "tier")
_AT_LEAST = ("anger", "contacts", "reopenings")
_NO_CONDITION = When()


def unreachable(conditions: Sequence[tuple[str, When]]) -> list[tuple[int, tuple[str, ...]]]:
    """(number, names of those that take all of it) for each that no facts get to; conditions: (name, when).

    Severities are looked at one by one. What only several together take of other facts is not found.
    """
    found = []
    for number, (_, when) in enumerate(conditions):
        taken = taken_by(when, conditions[:number])
        if taken:
            found.append((number, tuple(dict.fromkeys(taken))))
    return found


def taken_by(when: When, earlier: Sequence[tuple[str, When]]) -> list[str]:
    """The first earlier one for each severity; nothing if one of them gets through."""
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


def fits_everything(when: When) -> bool:
    return covers(when, _NO_CONDITION)


def covers(wide: When, narrow: When) -> bool:
    """Whether all facts that fit `narrow` fit `wide`. True is certain; False may be said of a strange condition."""
    return (
        _severities(narrow) <= _severities(wide)
        and all(_is_implied(name, getattr(wide, name), getattr(narrow, name)) for name in _WORDS)
        and all(_is_as_much(getattr(wide, name), getattr(narrow, name)) for name in _AT_LEAST)
        and (wide.asked is None or (narrow.asked is not None and narrow.asked <= wide.asked))
        and _flags_are_implied(wide.flags, narrow.flags)
        and (wide.rating is None or (narrow.rating is not None and narrow.rating <= wide.rating))
    )


def _severities(when: When) -> frozenset[Severity]:
    return frozenset(Severity) if when.severity is None else when.severity


def _is_implied(name: str, wide: frozenset[str] | None, narrow: frozenset[str] | None) -> bool:
    """ANY takes every word, but not that there is none."""
    if wide is None or (ANY in wide and (name in _ALWAYS_KNOWN or NONE in wide)):
        return True
    if narrow is None:
        return False
    return narrow <= wide or (ANY in wide and NONE not in narrow)


def _is_as_much(wide: float | None, narrow: float | None) -> bool:
    return wide is None or (narrow is not None and narrow >= wide)


def _flags_are_implied(wide: frozenset[str] | None, narrow: frozenset[str] | None) -> bool:
    if wide is None:
        return True
    return narrow is not None and (ANY in wide or narrow <= wide)

"""When all facts that fit one condition fit another; asked by policy/checks.py."""

from services.escalation.domain.conditions import When
from shared.policy.covering import severities
from shared.policy.words import ANY, NONE

_ALWAYS_KNOWN = ("category", "channel")
_WORDS = ("category", "channel", "region", "product", "tier")
_AT_LEAST = ("anger", "contacts", "reopenings")
_NO_CONDITION = When()


def fits_everything(when: When) -> bool:
    return covers(when, _NO_CONDITION)


def covers(wide: When, narrow: When) -> bool:
    """Whether all facts that fit `narrow` fit `wide`. True is certain; False may be said of a strange condition."""
    return (
        severities(narrow) <= severities(wide)
        and all(_is_implied(name, getattr(wide, name), getattr(narrow, name)) for name in _WORDS)
        and all(_is_as_much(getattr(wide, name), getattr(narrow, name)) for name in _AT_LEAST)
        and (wide.asked is None or (narrow.asked is not None and narrow.asked <= wide.asked))
        and _flags_are_implied(wide.flags, narrow.flags)
        and (wide.rating is None or (narrow.rating is not None and narrow.rating <= wide.rating))
    )


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

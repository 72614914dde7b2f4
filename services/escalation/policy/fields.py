"""The kinds of values that only escalation's policy has, as fields of marshmallow; used by schemas.py."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from marshmallow import ValidationError, fields

from services.escalation.domain.conditions import NEVER
from services.escalation.domain.ladder import Kind, Recipient
from services.escalation.domain.people import Role
from services.escalation.domain.spans import Span, Unit
from shared.contracts.event import Severity
from shared.hours.schedule import shown
from shared.policy.fields import BySeverity, Reader, Whole, Word, Words, matching
from shared.policy.words import NONE

LONGEST_DAYS = 366
STORM = "storm"
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_DAYS = {"d": 1, "w": 7}
_NAMED = {"duty": Kind.DUTY, "person": Kind.PERSON}
_PERSON = r"[^/\s\x00-\x1f]{1,100}"
PERSON = matching(_PERSON, "the id of a person, such as petr.svoboda")


def one_of(*words: str) -> Reader:
    def read(text: str) -> str:
        if text not in words:
            raise ValidationError(f"{shown(text)} is none of {', '.join(words)}")
        return text

    return read


class InOrder(Words):
    """One word or a list in its order, none of them twice; gives a tuple."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        super()._deserialize(value, attr, data, **kwargs)
        return tuple(self._read(word) for word in (value if isinstance(value, list) else [value]))


def _recipient(text: str) -> str:
    kind, colon, _ = text.partition(":")
    if text not in (*Role, Kind.TEAM_LEAD) and not (
        colon and kind in _NAMED and re.fullmatch(_PERSON, text[len(kind) + 1 :])
    ):
        known = ", ".join((*Role, Kind.TEAM_LEAD))
        raise ValidationError(f"{shown(text)} is nobody; write {known}, duty:night or person:petr.svoboda")
    return text


class Recipients(InOrder):
    """Whom a level or a warning is for; gives a tuple of Recipient."""

    def __init__(self, **options: Any):
        super().__init__(_recipient, any_alone=False, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return tuple(map(_made, super()._deserialize(value, attr, data, **kwargs)))


def _made(text: str) -> Recipient:
    kind, colon, name = text.partition(":")
    if colon:
        return Recipient(_NAMED[kind], name)
    return Recipient(Kind.TEAM_LEAD) if text == Kind.TEAM_LEAD else Recipient(Kind.ROLE, text)


class HoursName(Word):
    """The name of hours; `none` gives None."""

    def __init__(self, read: Reader, **options: Any):
        super().__init__(read, load_default=None, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return None if value == NONE else super()._deserialize(value, attr, data, **kwargs)


class SpanField(fields.Field[Span]):
    """A Span: 90s, 10m and 4h of time, 2d and 8w of days, 3bd of business days."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Span:
        match = re.fullmatch(r"([1-9][0-9]{0,7})(bd|[smhdw])", value) if isinstance(value, str) else None
        span = _span(int(match[1]), match[2]) if match else None
        if span is None or span.days > LONGEST_DAYS or span.time > timedelta(days=LONGEST_DAYS):
            raise ValidationError(
                f"{shown(value)} is no time up to {LONGEST_DAYS}d; write 90s, 10m, 4h, 2d, 8w or 3bd (business days)"
            )
        return span


def _span(number: int, unit: str) -> Span:
    if unit in _SECONDS:
        return Span(Unit.TIME, time=timedelta(seconds=number * _SECONDS[unit]))
    return Span(Unit.BUSINESS_DAYS, days=number) if unit == "bd" else Span(Unit.DAYS, days=number * _DAYS[unit])


class EverySeverity(BySeverity):
    """One value for all severities, or one for each of them, of which a more severe one has no longer time."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        found = super()._deserialize(value, attr, data, **kwargs)
        if lacking := [severity for severity in Severity if severity not in found]:
            raise ValidationError(f"says nothing of {', '.join(lacking)}")
        pairs = pairwise(sorted(Severity, key=lambda s: s.rank))
        wrong = {
            worse.value: [f"is later than for {milder}: the more severe must not wait longer"]
            for milder, worse in pairs
            if _is_later(found[worse], found[milder])
        }
        if wrong:
            raise ValidationError(wrong)
        return found


def _is_later(one: timedelta | Span, other: timedelta | Span) -> bool:
    """Business days are not compared with anything else: what they are depends on the hours."""
    if isinstance(one, Span) and isinstance(other, Span):
        if (one.unit is Unit.BUSINESS_DAYS) != (other.unit is Unit.BUSINESS_DAYS):
            return False
        return one.time + timedelta(days=one.days) > other.time + timedelta(days=other.days)
    return isinstance(one, timedelta) and isinstance(other, timedelta) and one > other


class Fraction(fields.Field[float]):
    """A number from 0 to 1; `above_zero`: 0 itself would fit everything."""

    def __init__(self, *, above_zero: bool = False, **options: Any):
        super().__init__(**options)
        self._above_zero = above_zero

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        number = float(value) if isinstance(value, str) and re.fullmatch(r"[01](\.[0-9]{1,4})?", value) else -1.0
        if not 0 <= number <= 1 or (self._above_zero and number == 0):
            least = "above 0, up to 1" if self._above_zero else "from 0 to 1"
            raise ValidationError(f"{shown(value)} is no number {least}, such as 0.9")
        return number


class Percents(fields.List[int]):
    """Percents that become more and more; `none` is none at all."""

    def __init__(self, **options: Any):
        super().__init__(Whole(1, 99), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value == NONE:
            return ()
        found: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        wrong = {n: ["is not more than the one before"] for n, (a, b) in enumerate(pairwise(found), start=1) if b <= a}
        if wrong or not found or len(found) > 10:
            raise ValidationError(wrong or "write one to ten percents, or none")
        return tuple(found)


class TurnLength(fields.Field[int]):
    """Whole days: 1d, 2w."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        match = re.fullmatch(r"([1-9][0-9]{0,2})([dw])", value) if isinstance(value, str) else None
        if match is None or int(match[1]) * _DAYS[match[2]] > LONGEST_DAYS:
            raise ValidationError(f"{shown(value)} is no turn of whole days up to {LONGEST_DAYS}d; write 1d or 1w")
        return int(match[1]) * _DAYS[match[2]]


class Day(fields.Field[date]):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        try:
            if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise ValidationError(f"{shown(value)} is no day; write 2026-01-05")


class LadderWhen(fields.Nested):
    """A When; `storm` is never, so that only storms climb the ladder."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        return NEVER if value == STORM else super()._deserialize(value, attr, data, partial, **kwargs)

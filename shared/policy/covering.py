"""Which entries of a policy nothing gets to, because those before them take all that fits; asked when a policy is read.

`covers` is the service's own: whether all facts that fit the second condition fit the first. Severities are looked at
one by one; what only several entries together take of other facts is not found.
"""

from collections.abc import Callable, Sequence
from dataclasses import Field, replace
from typing import Any, ClassVar, Protocol, TypeVar

from shared.contracts.event import Severity


class Condition(Protocol):
    """A frozen dataclass; severity None = any."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def severity(self) -> frozenset[Severity] | None: ...


C = TypeVar("C", bound=Condition)


def unreachable(
    conditions: Sequence[tuple[str, C]], covers: Callable[[C, C], bool]
) -> list[tuple[int, tuple[str, ...]]]:
    """(number, names of those that take all of it) for each that no facts get to; conditions: (name, when)."""
    found = []
    for number, (_, when) in enumerate(conditions):
        taken = taken_by(when, conditions[:number], covers)
        if taken:
            found.append((number, tuple(dict.fromkeys(taken))))
    return found


def taken_by(when: C, earlier: Sequence[tuple[str, C]], covers: Callable[[C, C], bool]) -> list[str]:
    """The first earlier one for each severity; nothing if one of them gets through."""
    found: list[str] = []
    for severity in Severity:
        if severity not in severities(when):
            continue
        one = replace(when, severity=frozenset((severity,)))
        name = next((name for name, other in earlier if covers(other, one)), None)
        if name is None:
            return []
        found.append(name)
    return found


def severities(when: Condition) -> frozenset[Severity]:
    return frozenset(Severity) if when.severity is None else when.severity

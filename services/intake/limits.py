"""How much a sender may send: requests a second and bytes a message, by token and by source. Called by doors.py.

Kept in memory, so each replica admits so much. A refusal stores nothing; AMQP has no rate, its queue is the buffer.
A bucket is one number, the time at which it is full again (GCRA). The library `limits` counts windows, and has none.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from services.intake import metrics
from shared.errors import Rejected, TooMany
from shared.settings import WrongSettings

FORM = "[NAME=]RATE/BURST[/BYTES], comma separated; NAME is a source or token:NAME, without one it is for all others"
# Before the names of buckets: a source may be called like somebody's token.
TOKEN, SOURCE = "token:", "source:"
SWEPT_AT = 10_000  # buckets; those that are full again are then forgotten


class TooLarge(Rejected):
    status = 413


@dataclass(frozen=True)
class Limit:
    """rate: messages a second; burst: how many at once; size: bytes of one message, None = as the door says."""

    rate: float
    burst: int
    size: int | None = None


@dataclass
class Limits:
    """Token buckets: one for each token's name, one for each source. clock: seconds, for tests."""

    default: Limit
    named: Mapping[str, Limit] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    _full_at: dict[str, float] = field(default_factory=dict)

    def admit_caller(self, caller: str, messages: int = 1) -> None:
        """Raises TooMany when the token has sent too many."""
        self._admit({TOKEN + caller: messages})

    def admit_sources(self, messages: Iterable[tuple[str, int]]) -> None:
        """messages: (source, bytes) of each. Raises TooLarge or TooMany, and then none of them counts."""
        messages = list(messages)
        for source, size in messages:
            allowed = self._limit(SOURCE + source).size
            if allowed is not None and size > allowed:
                metrics.LIMITED.labels("size").inc()
                raise TooLarge(f"a message of {source!r} may have {allowed} bytes")
        if messages:
            self._admit(Counter(SOURCE + source for source, _ in messages))

    def _admit(self, wanted: Mapping[str, int]) -> None:
        now = self.clock()
        full_at = {name: self._full_after(name, number, now) for name, number in wanted.items()}
        waits = {name: at - now - self._depth(name) for name, at in full_at.items()}
        slowest = max(waits, key=lambda name: waits[name])
        if waits[slowest] > 0:
            metrics.LIMITED.labels("rate").inc()
            limit = self._limit(slowest)
            raise TooMany(
                f"{slowest!r} may send {limit.rate:g} messages a second and {limit.burst} at once",
                math.ceil(waits[slowest]),
            )
        self._full_at |= full_at
        self._sweep(now)

    def _full_after(self, name: str, number: int, now: float) -> float:
        """More than fits at once counts as what fits, or it could never come in."""
        limit = self._limit(name)
        return max(self._full_at.get(name, now), now) + min(number, limit.burst) / limit.rate

    def _depth(self, name: str) -> float:
        """Seconds in which an empty bucket fills; a hair more, as sums of fractions are not exact."""
        limit = self._limit(name)
        return limit.burst / limit.rate + 1e-6

    def _limit(self, name: str) -> Limit:
        return self.named.get(name, self.default)

    def _sweep(self, now: float) -> None:
        if len(self._full_at) > SWEPT_AT:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}


def parse(text: str) -> Limits:
    """From the setting OMBUD_SOURCE_RATE; raises WrongSettings."""
    entries = [part.strip().rpartition("=") for part in text.split(",")]
    limits = {_bucket(name.strip()): _limit(numbers, text) for name, _, numbers in entries}
    if "" not in limits or len(limits) < len(entries):
        raise _wrong(text, "one entry without a name, and each name once")
    return Limits(limits.pop(""), limits)


def _bucket(name: str) -> str:
    return name if not name or name.startswith((TOKEN, SOURCE)) else SOURCE + name


def _limit(numbers: str, text: str) -> Limit:
    try:
        rate, burst, *size = numbers.split("/")
        made = Limit(float(rate), int(burst), *map(int, size))
    except (ValueError, TypeError) as error:
        raise _wrong(text, f"{numbers!r} is no limit") from error
    if not (0 < made.rate < math.inf and made.burst > 0 and (made.size is None or made.size > 0)):
        raise _wrong(text, f"{numbers!r} would let nothing in")
    return made


def _wrong(text: str, why: str) -> WrongSettings:
    return WrongSettings(f"OMBUD_SOURCE_RATE={text!r}: {why}; the form is {FORM}")

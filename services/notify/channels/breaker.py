"""Whether a provider, or a host, is held to be away: after so many failures in a row. Kept by gate.py."""

import time
from collections.abc import Callable

import structlog

from services.notify import metrics
from services.notify.domain.alert import ChannelName
from services.notify.domain.outcomes import OPERATOR_FAULTS, Ambiguous, Outcome, Reason, RetryAfter, Temporary
from shared import clock

log = structlog.get_logger()
Clock = Callable[[], float]
FAULTS = 5  # in a row
PROBE_AFTER, LONGEST_WAIT = 30.0, 120.0  # seconds; doubled by each probe that fails
# A refusal of one letter or recipient is none of these: it shows that the provider is there.
_AWAY = {Reason.PROVIDER_AWAY, Reason.NO_ANSWER, Reason.PROVIDER_ERROR, *OPERATOR_FAULTS}


def seconds() -> float:
    """A clock that nobody sets back, and that tests can shift."""
    return time.monotonic() + clock.shift().total_seconds()


class Breaker:
    """Not locked: called under the lock of the gate that keeps it.

    A letter that began before the breaker opened says nothing of what is now: `begin` gives the number of openings so
    far, and `end` counts only what began since the last one. So while it is open the probe alone is heard.
    """

    def __init__(self, channel: ChannelName, provider: str, clock: Clock = seconds):
        self._names, self._clock = (channel.value, provider), clock
        self._faults, self._openings = 0, 0
        self._wait, self._probe_at = PROBE_AFTER, 0.0
        self.is_open, self._is_probing = False, False
        metrics.BREAKERS_OPEN.labels(*self._names)
        for to in metrics.BREAKER_STATES:
            metrics.BREAKERS.labels(*self._names, to)

    @property
    def may_probe(self) -> bool:
        return self.is_open and not self._is_probing and self._clock() >= self._probe_at

    @property
    def wait(self) -> float:
        """Seconds until the next probe may begin; 0 when it may, or none is needed."""
        return max(0.0, self._probe_at - self._clock()) if self.is_open else 0.0

    @property
    def is_spotless(self) -> bool:
        return not self.is_open and not self._faults

    def begin(self) -> int:
        """Only when it is closed, or may probe."""
        self._is_probing = self.is_open
        return self._openings

    def end(self, began: int, outcome: Outcome | None) -> None:
        """outcome: None = nothing was learnt of the provider."""
        if began != self._openings:
            return
        self._is_probing = False
        if outcome is None:
            return
        if isinstance(outcome, RetryAfter):
            self._open(outcome.reason, outcome.seconds)
        elif isinstance(outcome, Temporary | Ambiguous) and outcome.reason in _AWAY:
            self._count(outcome.reason)
        else:
            self._close()

    def _count(self, reason: Reason) -> None:
        self._faults += 1
        if self.is_open:
            self._wait = min(LONGEST_WAIT, 2 * self._wait)
        if self.is_open or self._faults >= FAULTS:
            self._open(reason, self._wait)

    def _open(self, reason: Reason, wait: float) -> None:
        self._openings += 1
        self._probe_at = self._clock() + wait
        if not self.is_open:
            self.is_open = True
            metrics.BREAKERS_OPEN.labels(*self._names).inc()
            self._note("open")
            log.warning("provider_held_away", channel=self._names[0], provider=self._names[1], reason=reason.value)

    def _close(self) -> None:
        self._faults, self._wait = 0, PROBE_AFTER
        if self.is_open:
            self.is_open = False
            metrics.BREAKERS_OPEN.labels(*self._names).dec()
            self._note("closed")
            log.warning("provider_back", channel=self._names[0], provider=self._names[1])

    def _note(self, to: str) -> None:
        metrics.BREAKERS.labels(*self._names, to).inc()

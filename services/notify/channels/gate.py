"""Before one provider or host: how many letters may begin now, and what each says of it. Used by line.py, hosts.py."""

import threading
from collections import deque
from collections.abc import Callable

from services.notify.channels.breaker import Breaker, Clock, seconds
from services.notify.channels.channel import Channel, HandOff, Letter
from services.notify.domain.outcomes import Outcome
from services.notify.domain.policy import Limit


class Window:
    """When the last letters began, exactly: a bucket that refills would let through twice as many within a limit."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque()

    def left(self, limit: Limit | None, now: float) -> int | None:
        """How many may begin; None = without limit, and then none is remembered."""
        if limit is None:
            return None
        while self._begun and self._begun[0] <= now - limit.within.total_seconds():
            self._begun.popleft()
        return max(0, limit.most - len(self._begun))

    def note(self, limit: Limit | None, now: float) -> None:
        if limit is not None:
            self._begun.append(now)


class Gate:
    """most: letters on their way at once. breaker: None = no letter says anything of others. limit: as it is now."""

    def __init__(
        self,
        channel: Channel,
        most: int,
        breaker: Breaker | None,
        limit: Callable[[], Limit | None] = lambda: None,
        clock: Clock = seconds,
    ):
        self.channel = channel
        self._most, self._breaker, self._limit, self._clock = most, breaker, limit, clock
        self._window, self._lock = Window(), threading.Lock()
        self.on_the_way = 0

    def may_begin(self) -> int:
        with self._lock:
            return self._free()

    @property
    def is_usable(self) -> bool:
        """Whether it is the one to wait for when all its senders are busy: not away, and within its limit."""
        with self._lock:
            return not self._is_open and self._window.left(self._limit(), self._clock()) != 0

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to remember of it."""
        with self._lock:
            return not self.on_the_way and (self._breaker is None or self._breaker.is_spotless)

    @property
    def wait(self) -> float:
        """Seconds for which it certainly takes nothing."""
        with self._lock:
            return self._breaker.wait if self._breaker else 0.0

    @property
    def is_open(self) -> bool:
        with self._lock:
            return self._is_open

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome | None:
        """None: there was no room, and nothing was done."""
        with self._lock:
            if not self._free():
                return None
            began = self._begin()
        outcome: Outcome | None = None
        try:
            outcome = self.channel.send(letter, hand_off)
        finally:
            with self._lock:
                self._end(began, outcome)
        return outcome

    @property
    def _is_open(self) -> bool:
        return self._breaker is not None and self._breaker.is_open

    def _free(self) -> int:
        senders = max(0, self._most - self.on_the_way)
        if self._breaker and self._breaker.is_open:
            senders = min(senders, int(self._breaker.may_probe))
        left = self._window.left(self._limit(), self._clock())
        return senders if left is None else min(senders, left)

    def _begin(self) -> int:
        self.on_the_way += 1
        self._window.note(self._limit(), self._clock())
        return self._breaker.begin() if self._breaker else 0

    def _end(self, began: int, outcome: Outcome | None) -> None:
        self.on_the_way -= 1
        if self._breaker:
            self._breaker.end(began, outcome)

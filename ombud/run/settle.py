"""Waits until what was sent has gone all its way, or until nothing moves any more; used by `ombud run` and `demo`."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from ombud.run.accounting import Expected, Standing, is_complete

POLL = 0.25
QUIET = 1.0  # seconds without a change before "complete" is believed: an event may be between two services
PATIENCE = 120.0


@dataclass(frozen=True)
class Look:
    """One look at everything; `mail_count` is None when the mail goes elsewhere."""

    standing: Standing
    mail_count: int | None


@dataclass(frozen=True)
class Watch:
    """The clock of the wait; tests give their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Settled:
    """`at`: when the last change was seen, on the clock of the watch."""

    look: Look | None
    at: float


def settle(
    look: Callable[[], Look | None], expected: Expected, tell: Callable[[Look], None], watch: Watch | None = None
) -> Settled:
    """look: None while a service cannot be asked, which is no change. tell: hears of each change."""
    watch = watch or Watch()
    last: Look | None = None
    changed = watch.now()
    while True:
        seen = look()
        now = watch.now()
        if seen is not None and seen != last:
            last, changed = seen, now
            tell(seen)
        still = now - changed
        is_done = last is not None and is_complete(expected, last.standing, last.mail_count)
        if still >= PATIENCE or (is_done and still >= QUIET):
            return Settled(last, changed)
        watch.sleep(POLL)

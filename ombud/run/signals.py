"""Ctrl-C, SIGTERM and a closing terminal as one exception in the main thread; used by command.py and stack.py."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ombud import screen

ASKS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN = 1.0  # seconds


class Stopped(BaseException):
    """Somebody asked us to stop; not an Exception, so that nothing on the way takes it for a fault."""


class _Door:
    """Lets a request through as an exception, at a moment when no child is just being born.

    An exception that lands in a finaliser or a callback of the collector is swallowed there, so it is raised again each
    second until somebody has met it.
    """

    def __init__(self) -> None:
        self.asked = self.met = False
        self.closed = 0

    def knock(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            screen.go_quiet()
        if not self.asked:
            self.asked = True
            signal.setitimer(signal.ITIMER_REAL, AGAIN, AGAIN)
            self.open()

    def knock_again(self, _number: int, _frame: FrameType | None) -> None:
        self.open()

    def open(self) -> None:
        if self.asked and not self.met and not self.closed:
            raise Stopped

    def is_met(self) -> None:
        self.met = True
        signal.setitimer(signal.ITIMER_REAL, 0)


_door = _Door()


@contextmanager
def raised_as_stopped() -> Iterator[None]:
    """The first request raises Stopped, further ones change nothing: we are stopping already."""
    global _door
    _door = _Door()
    # Started with nohup, a closing terminal shall not stop us.
    taken = [s for s in ASKS_TO_STOP if signal.getsignal(s) is not signal.SIG_IGN]
    before = {s: signal.signal(s, _door.knock) for s in taken}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, _door.knock_again)
    try:
        yield
    finally:
        _door.is_met()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deferred() -> Iterator[None]:
    """Holds a request back until the block is done, so that each child that starts is known to us."""
    _door.closed += 1
    try:
        yield
    finally:
        _door.closed -= 1
    _door.open()


def no_longer_raised() -> None:
    """Called before everything is stopped: from here on a request is already being met."""
    _door.is_met()


def wait() -> None:
    """Until somebody asks us to stop."""
    while True:
        signal.pause()

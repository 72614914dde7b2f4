"""Starts what died again, with growing delay, and shows the warnings of the logs; a thread of `ombud run`."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ombud.local.errors import LocalError
from ombud.run.logtail import LogTail

TURN = 0.2
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
HEALTHY_AFTER = 60.0  # seconds alive after which earlier deaths are forgotten


class Server(Protocol):
    """A child process, or a private server made of some."""

    @property
    def is_alive(self) -> bool: ...

    def start(self) -> None: ...


@dataclass
class _Record:
    """How one server is doing; `due` is when it starts again, None while it lives."""

    started: float
    deaths: int = 0
    due: float | None = None


def delay_after(deaths: int) -> float:
    """Seconds before the next start, growing with each death in a row."""
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (deaths - 1))


class Keeper:
    """tell: shows a line to the user. on_restart: called after each new start, as pids have changed."""

    def __init__(
        self,
        servers: Mapping[str, Server],
        tails: Sequence[LogTail],
        tell: Callable[[str], None],
        on_restart: Callable[[], None],
    ):
        self._servers, self._tails, self._tell, self._on_restart = servers, tails, tell, on_restart
        self._records = {name: _Record(time.monotonic()) for name in servers}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when nothing will be started any more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def turn(self, now: float) -> None:
        for tail in self._tails:
            for line in tail.news(now):
                self._tell(line)
        for name, server in self._servers.items():
            self._look_after(name, server, now)

    def _run(self) -> None:
        while not self._stopping.wait(TURN):
            self.turn(time.monotonic())

    def _look_after(self, name: str, server: Server, now: float) -> None:
        record = self._records[name]
        if server.is_alive:
            if now - record.started > HEALTHY_AFTER:
                record.deaths = 0
        elif record.due is None:
            self._plan(name, record, now, "died")
        elif now >= record.due:
            self._start(name, server, record, now)

    def _plan(self, name: str, record: _Record, now: float, what: str) -> None:
        record.deaths += 1
        wait = delay_after(record.deaths)
        record.due = now + wait
        self._tell(f"{name}: {what}, starts again in {wait:g} s")

    def _start(self, name: str, server: Server, record: _Record, now: float) -> None:
        try:
            server.start()
        except (LocalError, OSError) as error:  # a full disk, too: nobody else would start anything again
            self._plan(name, record, now, f"could not start ({error})")
            return
        record.due, record.started = None, now
        self._tell(f"{name}: started again")
        try:
            self._on_restart()
        except OSError as error:
            self._tell(f"the pids that `ombud status` shows are old: {error}")

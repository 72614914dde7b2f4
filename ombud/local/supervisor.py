"""Keeps the services of `ombud run` running: starts them, starts again what dies, and says so."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ombud.local.processes import Child

_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class Death:
    """A child ended although nobody asked it to. `exit_code` is negative for a signal; `restart_in` is in seconds."""

    child: Child
    exit_code: int | None
    restart_in: float


@dataclass
class _Watched:
    child: Child
    deaths: int = 0
    started_at: float = 0.0
    due_at: float | None = None


class Supervisor:
    """`report` is called from the watching thread, before the wait for the restart begins.

    The n-th death in a row waits `delays[n]`, later ones the last delay; a child that ran longer than `steady_after`
    seconds starts again at the first.
    """

    def __init__(
        self,
        children: Sequence[Child],
        report: Callable[[Death], None],
        delays: Sequence[float] = (1, 2, 5, 10, 30),
        steady_after: float = 60.0,
    ) -> None:
        self._watched = [_Watched(child) for child in children]
        self._report = report
        self._delays = tuple(delays)
        self._steady_after = steady_after
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        for watched in self._watched:
            self._start(watched)
        self._thread.start()

    def stop(self, patience: float = 20.0) -> None:
        """Asks all children at once to end; returns when they have, at the latest after `patience` seconds each."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        with ThreadPoolExecutor(max(len(self._watched), 1)) as pool:
            list(pool.map(lambda watched: watched.child.stop(patience), self._watched))

    def _watch(self) -> None:
        while not self._ending.wait(_LOOK_EVERY):
            for watched in self._watched:
                self._look_after(watched)

    def _look_after(self, watched: _Watched) -> None:
        if watched.child.is_alive:
            return
        now = time.monotonic()
        if watched.due_at is None:
            if now - watched.started_at > self._steady_after:
                watched.deaths = 0
            delay = self._delays[min(watched.deaths, len(self._delays) - 1)]
            watched.deaths += 1
            watched.due_at = now + delay
            self._report(Death(watched.child, watched.child.exit_code, delay))
        elif now >= watched.due_at:
            self._start(watched)

    def _start(self, watched: _Watched) -> None:
        watched.child.start()
        watched.started_at = time.monotonic()
        watched.due_at = None

"""Work that is due by time: an entrypoint that runs a method again and again, safe in every replica."""

import random
import time
from typing import Any

import eventlet
import structlog
from eventlet.event import Event as Signal
from nameko.extensions import Entrypoint
from prometheus_client import Counter, Gauge, Histogram

from shared import clock
from shared.database import Database, Transaction
from shared.errors import Fault, fault_of
from shared.logs import short
from shared.worker import call_method

log = structlog.get_logger()
RUNS = Counter("ombud_tick_runs_total", "Runs of a tick, by how they ended", ["tick", "outcome"])
LAST_RUN = Gauge("ombud_tick_last_run_timestamp_seconds", "When a tick last ended well; 0 = never yet", ["tick"])
SECONDS = Histogram(
    "ombud_tick_duration_seconds",
    "Time of one run of a tick, those that found nothing and those that failed included",
    ["tick"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 15),
)
OUTCOMES = ("done", "idle", "failed")
SLOW = 5.0
LOOK_EVERY = 0.2  # seconds between looks at a clock that tests may move


class Tick(Entrypoint):
    """`@tick(every=0.2)`: the method returns the number of things that it did and runs again at once until it is 0.

    every: seconds between turns, ±20 %, by the monotonic clock. `tx.wake("<method>")` runs it right after a commit, and
    so does a test that moves the clock.
    """

    def __init__(self, every: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.every = every
        self._stopping = False
        self._wake = Signal()

    def setup(self) -> None:
        db: Database = self.container.config["database"]
        db.after_commit(self._on_commit)
        for outcome in OUTCOMES:
            RUNS.labels(self.method_name, outcome)
        SECONDS.labels(self.method_name)
        LAST_RUN.labels(self.method_name)

    def _on_commit(self, tx: Transaction) -> None:
        if self.method_name in tx.wakes:
            self._rouse()

    def _rouse(self) -> None:
        if not self._wake.ready():
            self._wake.send()

    def start(self) -> None:
        self._loop = self.container.spawn_managed_thread(self._run)

    def stop(self) -> None:
        self._stopping = True
        self._rouse()
        self._loop.wait()

    def kill(self) -> None:
        self._loop.kill()

    def _run(self) -> None:
        failures = 0
        while not self._stopping:
            self._rest(self.every * random.uniform(0.8, 1.2) + min(failures, 15))
            failures = 0 if self._turn() else failures + 1

    def _rest(self, seconds: float) -> None:
        end, shift = time.monotonic() + seconds, clock.shift()
        while (left := end - time.monotonic()) > 0 and clock.shift() == shift and not self._wake.ready():
            with eventlet.Timeout(min(left, LOOK_EVERY) if clock.can_shift() else left, False):
                self._wake.wait()
        self._wake = Signal()

    def _turn(self) -> bool:
        """Works until nothing is due; False when it failed, and then the next turn tries again."""
        try:
            while not self._stopping and self._run_once():
                RUNS.labels(self.method_name, "done").inc()
                LAST_RUN.labels(self.method_name).set_to_current_time()
            RUNS.labels(self.method_name, "idle").inc()
            LAST_RUN.labels(self.method_name).set_to_current_time()
        except Exception as error:
            RUNS.labels(self.method_name, "failed").inc()
            known = fault_of(error) is not Fault.OTHER
            log.warning(
                "tick_failed",
                tick=self.method_name,
                error=short(error),
                exc_info=None if known else error,
            )
            return False
        return True

    def _run_once(self) -> Any:
        """A turn may last as long as something is due; a single run may not."""
        started = time.monotonic()
        try:
            return call_method(self.container, self)
        finally:
            took = time.monotonic() - started
            SECONDS.labels(self.method_name).observe(took)
            if took > SLOW:
                log.warning("tick_slow", tick=self.method_name, seconds=round(took, 1))


tick = Tick.decorator

"""Health and metrics on a port of their own, never behind the worker pool; started by the runner."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import eventlet
from eventlet import wsgi
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, Histogram, disable_created_metrics, generate_latest

# When a series began says nothing that its zero at the start does not say, and costs a third of the page.
disable_created_metrics()  # type: ignore[no-untyped-call]

HUB_LAG = Histogram(
    "ombud_hub_lag_seconds",
    "How late the event loop woke up, looked at twice a second",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10),
)
# Not since the last scrape: two servers that scrape would take it from each other.
WORST_LAG = Gauge("ombud_hub_lag_max_seconds", "The latest that the event loop woke up within the last minute")
LOOK_EVERY, LOOKS_KEPT = 0.5, 120  # seconds; looks
STUCK = 10.0  # seconds of lag after which the process calls itself dead
READY_CACHE = 1.0
LOOK_WITHIN, READY_WITHIN = 1.0, 3.0  # seconds


class Ops:
    """`/metrics`, `/healthz` (the process turns), `/readyz` (its own database at the right schema)."""

    def __init__(self, address: tuple[str, int], is_ready: Callable[[], str | None], look: Callable[[], None]):
        """is_ready: None, or what is missing. look: refreshes the gauges that are read from the database."""
        self._address, self._is_ready, self._look = address, is_ready, look
        self._missing: str | None = None
        self.has_started = False
        self._checked_at = float("-inf")
        self._lags: deque[float] = deque([0.0], maxlen=LOOKS_KEPT)

    def start(self) -> None:
        self._sock = eventlet.listen(self._address, reuse_port=False)  # or a second service would share the port
        eventlet.spawn(self._measure_lag)
        eventlet.spawn(wsgi.server, self._sock, self._answer, log_output=False, debug=False, socket_timeout=10)

    def _measure_lag(self) -> None:
        while True:
            started = time.monotonic()
            eventlet.sleep(LOOK_EVERY)
            self._note_lag(max(0.0, time.monotonic() - started - LOOK_EVERY))

    def _note_lag(self, lag: float) -> None:
        self._lags.append(lag)
        HUB_LAG.observe(lag)
        WORST_LAG.set(max(self._lags))

    def _answer(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        pages = {"/metrics": self._metrics, "/healthz": self._health, "/readyz": self._readiness}
        status, kind, body = pages.get(environ["PATH_INFO"], _nothing)()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def _metrics(self) -> tuple[str, str, bytes]:
        # A database that is away or silent must not take the metrics with it.
        with suppress(Exception), eventlet.Timeout(LOOK_WITHIN, False):
            self._look()
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest()

    def _health(self) -> tuple[str, str, bytes]:
        if self._lags[-1] > STUCK:
            return "503 Service Unavailable", "text/plain", b"stuck\n"
        return "200 OK", "text/plain", b"ok\n"

    def _readiness(self) -> tuple[str, str, bytes]:
        if not self.has_started:
            return "503 Service Unavailable", "text/plain", b"starting\n"
        if time.monotonic() - self._checked_at > READY_CACHE:
            self._missing = "database: silent"
            with eventlet.Timeout(READY_WITHIN, False):
                self._missing = self._is_ready()
            self._checked_at = time.monotonic()
        if self._missing:
            return "503 Service Unavailable", "text/plain", self._missing.encode() + b"\n"
        return "200 OK", "text/plain", b"ready\n"


def _nothing() -> tuple[str, str, bytes]:
    return "404 Not Found", "text/plain", b"/metrics /healthz /readyz\n"

"""Tells a watcher outside that notify is alive, by asking for a URL of theirs; its silence is the alarm.

Called by a tick of service.py. It beats while the database answers and the ticks that send and reap have run lately:
while alerts that are due leave. Whether each is accounted for is no part of it: that has a metric of its own, and a
heart that stops for a day over an old fault could not tell of a new one.
"""

import time
from collections.abc import Callable
from datetime import timedelta

import requests
import structlog
from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError

from services.notify import metrics
from shared import clock
from shared.database import Database
from shared.ticker import LAST_RUN

log = structlog.get_logger()
TIMEOUT = 10.0
LATELY = timedelta(seconds=60)  # each of them runs every few seconds
START = 10.0  # seconds until the first beat: by then each has run
WATCHED = ("send_alerts", "reap_alerts")
_ALIVE = select(literal(1))


class Heart:
    """url: None = no watcher. last_run: when a tick ended well, in seconds since 1970, as the ticker shows it."""

    def __init__(self, url: str | None, every: timedelta, last_run: Callable[[str], float] | None = None):
        self._url, self._every, self._last_run = url, every.total_seconds(), last_run or _last_run
        self._due = time.monotonic() + min(self._every, START)
        self._http = requests.Session()

    def beat(self, db: Database) -> None:
        """Beats when it is time to and notify is well; a watcher that does not answer harms nobody."""
        if self._url is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._every
        ailment = self._ailment(db)
        if ailment:
            log.warning("heartbeat_withheld", reason=ailment)
        outcome = "withheld" if ailment else self._send(self._url)
        metrics.HEARTBEATS.labels(outcome).inc()

    def _ailment(self, db: Database) -> str | None:
        now = (clock.now() - clock.shift()).timestamp()
        for tick in WATCHED:
            if now - self._last_run(tick) > LATELY.total_seconds():
                return f"{tick}_stands_still"
        try:
            with db.read() as tx:
                tx.execute(_ALIVE)
        except SQLAlchemyError:
            return "database_away"
        return None

    def _send(self, url: str) -> str:
        try:
            # The body may be endless: it is not read.
            with self._http.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True) as response:
                status = response.status_code
        except requests.RequestException as error:
            log.warning("heartbeat_failed", error=type(error).__name__)  # whose text repeats the URL
            return "failed"
        if status >= 300:
            log.warning("heartbeat_failed", status=status)
            return "failed"
        return "sent"


def _last_run(tick: str) -> float:
    runs = (s for metric in LAST_RUN.collect() for s in metric.samples if s.labels.get("tick") == tick)
    return next((sample.value for sample in runs), 0.0)

"""Sends what is due: claims for free senders, each of which takes one letter to its outcome. Made by the provider."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from services.notify import sending
from services.notify.channels.channel import Channel
from services.notify.domain.alert import ChannelName
from services.notify.domain.folding import Openings
from services.notify.domain.jobs import Job
from services.notify.domain.rules import Rules
from services.notify.errand import Errand, Fence
from services.notify.lines import SENDERS
from services.notify.pace import Pace
from services.notify.planning import SENDER
from services.notify.rendering import Writer
from services.notify.sending import Attempt, Claimed
from services.notify.together import Together
from shared import clock, failpoints
from shared.database import Database

log = structlog.get_logger()
# Seconds, kept only while several alerts are on their way: then a transaction for many is worth waiting for.
CLAIMS_APART = 0.05
LINGER = 0.01
Spawn = Callable[[Callable[[Job], None], Job], Any]


class Dispatcher:
    """One per process.

    rules: those that hold now. spawn: runs a function beside the others (greenlets in the service, threads in tests).
    """

    def __init__(
        self,
        db: Database,
        rules: Callable[[], Rules],
        channels: Mapping[ChannelName, Channel],
        writer: Writer,
        spawn: Spawn,
    ):
        self._db, self._rules, self._channels, self._writer, self._spawn = db, rules, channels, writer, spawn
        self._busy: dict[ChannelName, Counter[str]] = {channel: Counter() for channel in channels}
        self._on_their_way = 0
        self._lock = threading.Lock()
        self._claimed_at = 0.0
        self._is_short = False  # of senders: more may be due than were claimed
        self._pace = Pace()
        self._hand_offs = Together("hand_off", self._hand_off_all, self._linger)
        self._outcomes = Together("settle", self._settle_all, self._linger)

    def send_due(self) -> int:
        """Starts sending due alerts, as many letters as there are free senders; gives their number."""
        self._keep_apart()
        openings = self._openings()
        if not any(room.free > 0 for room in openings.values()):
            return 0
        with self._db.transaction() as tx:
            claimed = sending.claim(tx, self._rules(), openings)
        self._is_short = claimed.is_short
        if claimed.jobs:
            self._start(claimed)
        return len(claimed.jobs)

    def may_go_on(self) -> bool:
        """Whether more may be due now, and a sender is free for it."""
        return self._is_short and any(room.free > 0 for room in self._openings().values())

    def _openings(self) -> dict[ChannelName, Openings]:
        with self._lock:
            busy = {channel: held.copy() for channel, held in self._busy.items()}
        now = clock.now()
        return {
            channel: Openings(SENDERS - held.total(), held, self._pace.paced(channel, now))
            for channel, held in busy.items()
        }

    def _start(self, claimed: Claimed) -> None:
        self._claimed_at = time.monotonic()
        self._pace.note((job.alerts for job in claimed.jobs), clock.now())
        failpoints.reach("notify.claimed")
        for job in claimed.jobs:
            self._count(job, busy=1, on_their_way=1)
            self._spawn(self._send, job)

    def _keep_apart(self) -> None:
        left = self._claimed_at + CLAIMS_APART - time.monotonic()
        if self._on_their_way and left > 0:
            time.sleep(left)

    def _count(self, job: Job, *, busy: int = 0, on_their_way: int = 0) -> None:
        with self._lock:
            held = self._busy[job.alert.channel]
            held[job.alert.recipient] += busy
            if not held[job.alert.recipient]:
                del held[job.alert.recipient]
            self._on_their_way += on_their_way

    def _linger(self) -> float:
        return LINGER if self._on_their_way > 1 else 0.0

    def _send(self, job: Job) -> None:
        """The life of one sender. Errors end here: the lease brings the alerts back, and others go on."""
        try:
            try:
                attempts = Errand(job, self._channels[job.alert.channel], self._writer, self._hand_offs.ask).run()
            finally:
                self._count(job, busy=-1)  # before the outcome, whose commit wakes those who wait for a sender
            if attempts:
                self._outcomes.ask(attempts)
        except Exception as error:
            first = job.alert
            log.error(
                "alert_left_to_its_lease",
                case_id=first.case_id,
                alert_id=first.id,
                alerts=len(job.calls),
                exc_info=error,
            )
        finally:
            self._count(job, on_their_way=-1)

    def _hand_off_all(self, jobs: list[Job]) -> list[set[Fence]]:
        with self._db.transaction() as tx:
            ours = sending.hand_off(tx, [alert for job in jobs for alert in job.alerts])
        return [ours.intersection(alert.fence for alert in job.alerts) for job in jobs]

    def _settle_all(self, wishes: list[list[Attempt]]) -> list[None]:
        with self._db.transaction() as tx:
            sending.settle(tx, self._rules(), [attempt for wish in wishes for attempt in wish])
            if self._is_short:
                tx.wake(SENDER)
        failpoints.reach("notify.settled")
        return [None] * len(wishes)

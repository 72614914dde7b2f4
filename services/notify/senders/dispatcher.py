"""Sends what is due: claims for free senders, each of which takes one letter to its outcome. Made by the provider."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from services.notify.channels.line import Line
from services.notify.domain.alert import ChannelName
from services.notify.domain.folding import Openings
from services.notify.domain.jobs import Job
from services.notify.domain.rules import Rules
from services.notify.plans.beginnings import SENDER
from services.notify.senders import sending
from services.notify.senders.errand import Errand, Fence
from services.notify.senders.pace import Pace
from services.notify.senders.sending import Attempt, Claimed
from services.notify.senders.together import Together
from services.notify.texts.rendering import Writer
from shared import clock, failpoints
from shared.database import Database, Transaction

log = structlog.get_logger()
# Seconds, kept only while several alerts are on their way: then a transaction for many is worth waiting for.
SEVERAL = 4
CLAIMS_APART = 0.03
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
        channels: Mapping[ChannelName, Line],
        writer: Writer,
        spawn: Spawn,
    ):
        self._db, self._rules, self._channels, self._writer, self._spawn = db, rules, channels, writer, spawn
        self._busy: dict[ChannelName, Counter[str]] = {channel: Counter() for channel in channels}
        self._on_their_way = 0
        self._lock = threading.Lock()
        self._claimed_at = 0.0
        self._short: frozenset[ChannelName] = frozenset()  # of senders: more may be due than were claimed
        self._pace = Pace()
        self._hand_offs = Together("hand_off", self._hand_off_all, self._linger)
        self._outcomes = Together("settle", self._settle_all, self._linger)
        for line in channels.values():
            line.limit_by(lambda: self._rules().policy.provider_limits)

    def send_due(self) -> int:
        """Starts sending due alerts, as many letters as there are free senders; gives their number."""
        self._keep_apart()
        openings = self._openings()
        if not openings:
            return 0
        with self._db.transaction() as tx:
            claimed = sending.claim(tx, self._rules(), openings)
        self._short = claimed.short | (self._short - openings.keys())
        if claimed.jobs:
            self._start(claimed)
        return len(claimed.jobs)

    def may_go_on(self) -> bool:
        """Whether more may be due now, and a sender is free for it."""
        with self._lock:
            return any(self._free(channel) > 0 for channel in self._short)

    def _openings(self) -> dict[ChannelName, Openings]:
        """Of the channels with a free sender."""
        now = clock.now()
        with self._lock:
            return {
                channel: Openings(free, held.copy(), self._pace.paced(channel, now))
                for channel, held in self._busy.items()
                if (free := self._free(channel)) > 0
            }

    def _free(self, channel: ChannelName) -> int:
        return self._channels[channel].room() - self._busy[channel].total()

    def _start(self, claimed: Claimed) -> None:
        self._claimed_at = time.monotonic()
        self._pace.note((job.alerts for job in claimed.jobs), clock.now())
        failpoints.reach("notify.claimed")
        for job in claimed.jobs:
            self._count(job, busy=1, on_their_way=1)
            self._spawn(self._send, job)

    def _keep_apart(self) -> None:
        left = self._claimed_at + CLAIMS_APART - time.monotonic()
        if self._on_their_way >= SEVERAL and left > 0:
            time.sleep(left)

    def _count(self, job: Job, *, busy: int = 0, on_their_way: int = 0) -> None:
        with self._lock:
            held = self._busy[job.alert.channel]
            held[job.alert.recipient] += busy
            if not held[job.alert.recipient]:
                del held[job.alert.recipient]
            self._on_their_way += on_their_way

    def _linger(self) -> float:
        return LINGER if self._on_their_way >= SEVERAL else 0.0

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
                alerts=len(job.pieces),
                exc_info=error,
            )
        finally:
            self._count(job, on_their_way=-1)

    def _hand_off_all(self, jobs: list[Job]) -> list[set[Fence]]:
        with self._db.transaction() as tx:
            ours = sending.hand_off(tx, [alert for job in jobs for alert in job.alerts])
            self._wake_if_it_may_go_on(tx)
        return [ours.intersection(alert.fence for alert in job.alerts) for job in jobs]

    def _wake_if_it_may_go_on(self, tx: Transaction) -> None:
        """For senders that came free: at the hand-off of others, too, as the commit of their own outcome is late."""
        if self.may_go_on():
            tx.wake(SENDER)

    def _settle_all(self, wishes: list[list[Attempt]]) -> list[None]:
        with self._db.transaction() as tx:
            sending.settle(tx, self._rules(), [attempt for wish in wishes for attempt in wish])
            self._wake_if_it_may_go_on(tx)
        failpoints.reach("notify.settled")
        return [None] * len(wishes)

"""Sends what is due: claims for free senders, each of which takes one alert to its outcome. Made by the provider."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from services.notify import sending
from services.notify.channels.channel import Channel, NotOurs
from services.notify.domain import Alert, ChannelName, Rules
from services.notify.outcomes import Ambiguous, Outcome, Permanent, Reason, Temporary
from services.notify.planning import SENDER
from services.notify.rendering import Writer
from services.notify.sending import Attempt, Job
from services.notify.together import Together
from shared import failpoints
from shared.database import Database

log = structlog.get_logger()
# At once, per channel: a hanging provider holds up its own channel only, a hanging recipient one sender.
SENDERS = 30
# Seconds, kept only while several alerts are on their way: then a transaction for many is worth waiting for.
CLAIMS_APART = 0.05
LINGER = 0.01
Spawn = Callable[[Callable[[Job], None], Job], Any]


class Dispatcher:
    """One per process. spawn: runs a function beside the others (greenlets in the service, threads in tests)."""

    def __init__(
        self, db: Database, rules: Rules, channels: Mapping[ChannelName, Channel], writer: Writer, spawn: Spawn
    ):
        self._db, self._rules, self._channels, self._writer, self._spawn = db, rules, channels, writer, spawn
        self._busy = dict.fromkeys(channels, 0)
        self._on_their_way = 0
        self._lock = threading.Lock()
        self._claimed_at = 0.0
        self._is_short = False  # of senders: more may be due than were claimed
        self._hand_offs = Together("hand_off", self._hand_off_all, self._linger)
        self._outcomes = Together("settle", self._settle_all, self._linger)

    def send_due(self) -> int:
        """Starts sending due alerts, as many as there are free senders; gives their number."""
        self._keep_apart()
        free = {channel: SENDERS - busy for channel, busy in self._busy.items()}
        if not any(free.values()):
            return 0
        with self._db.transaction() as tx:
            jobs = sending.claim(tx, self._rules, free)
        for job in jobs:
            free[job.alert.channel] -= 1
        self._is_short = not all(free.values())
        if jobs:
            self._claimed_at = time.monotonic()
            failpoints.reach("notify.claimed")
        for job in jobs:
            self._count(job, busy=1, on_their_way=1)
            self._spawn(self._send, job)
        return len(jobs)

    def _keep_apart(self) -> None:
        left = self._claimed_at + CLAIMS_APART - time.monotonic()
        if self._on_their_way and left > 0:
            time.sleep(left)

    def _count(self, job: Job, *, busy: int = 0, on_their_way: int = 0) -> None:
        with self._lock:
            self._busy[job.alert.channel] += busy
            self._on_their_way += on_their_way

    def _linger(self) -> float:
        return LINGER if self._on_their_way > 1 else 0.0

    def _send(self, job: Job) -> None:
        """The life of one sender. Errors end here: the lease brings the alert back, and others go on."""
        try:
            try:
                outcome = self._attempt(job)
            finally:
                self._count(job, busy=-1)  # before the outcome, whose commit wakes those who wait for a sender
            if outcome is not None:
                self._outcomes.ask(Attempt(job.alert, outcome))
        except Exception as error:
            log.error("alert_left_to_its_lease", case_id=job.alert.case_id, alert_id=job.alert.id, exc_info=error)
        finally:
            self._count(job, on_their_way=-1)

    def _attempt(self, job: Job) -> Outcome | None:
        """None when the alert must not leave any more."""
        left = False

        def hand_off() -> None:
            nonlocal left
            if not self._hand_offs.ask(job.alert):
                raise NotOurs
            left = True
            failpoints.reach("notify.handed_off")

        try:
            outcome = self._through_channel(job, hand_off)
        except NotOurs:
            log.info("alert_withdrawn", case_id=job.alert.case_id, alert_id=job.alert.id)
            return None
        except (
            Exception
        ) as error:  # a boundary: a bug in one letter must end as an outcome, or it would come back for ever
            log.error("sender_failed", case_id=job.alert.case_id, alert_id=job.alert.id, exc_info=error)
            return Ambiguous(Reason.OUR_FAULT) if left else Temporary(Reason.OUR_FAULT)
        failpoints.reach("notify.sent")
        return outcome

    def _through_channel(self, job: Job, hand_off: Callable[[], None]) -> Outcome:
        alert = job.alert
        if job.contact is None or not job.contact.address(alert.channel):
            return Permanent(Reason.NO_ADDRESS)  # it was there when the alert was planned
        return self._channels[alert.channel].send(self._writer.write(alert, job.escalation, job.contact), hand_off)

    def _hand_off_all(self, alerts: list[Alert]) -> list[bool]:
        with self._db.transaction() as tx:
            ours = sending.hand_off(tx, alerts)
        return [alert.fence in ours for alert in alerts]

    def _settle_all(self, attempts: list[Attempt]) -> list[None]:
        with self._db.transaction() as tx:
            sending.settle(tx, self._rules, attempts)
            if self._is_short:
                tx.wake(SENDER)
        failpoints.reach("notify.settled")
        return [None] * len(attempts)

"""One letter on its way: written, handed off, and what became of each alert in it. Run by the dispatcher's senders."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import structlog

from services.notify import metrics
from services.notify.channels.channel import Letter, NotOurs
from services.notify.channels.line import Line
from services.notify.domain.jobs import Job
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, Temporary
from services.notify.senders.sending import Attempt
from services.notify.texts.rendering import Writer
from shared import clock, failpoints

log = structlog.get_logger()
Fence = tuple[str, int]
# Far shorter than the lease of a hand-off, which is as long as a send may take from when the leave is written down.
STALE = timedelta(seconds=10)


class Errand:
    """may_leave: marks the alerts of a job as about to leave and gives the fences of those that may."""

    def __init__(self, job: Job, channel: Line, writer: Writer, may_leave: Callable[[Job], set[Fence]]):
        self._job, self._channel, self._writer, self._may_leave = job, channel, writer, may_leave
        self._letter_id = ""
        self._has_left = False

    def run(self) -> list[Attempt]:
        """What became of those alerts that left, or failed to; of the others others say what becomes."""
        first, count = self._job.alert, len(self._job.pieces)
        try:
            outcome = self._through_channel()
        except NotOurs:
            log.info("alert_withdrawn", case_id=first.case_id, alert_id=first.id, alerts=count)
            return []
        except (
            Exception
        ) as error:  # a boundary: a bug in one letter must end as an outcome, or it would come back for ever
            log.error("sender_failed", case_id=first.case_id, alert_id=first.id, alerts=count, exc_info=error)
            outcome = Ambiguous(Reason.OUR_FAULT) if self._has_left else Temporary(Reason.OUR_FAULT)
        else:
            failpoints.reach("notify.sent")
        return self._attempts(outcome)

    def _attempts(self, outcome: Outcome) -> list[Attempt]:
        if self._job.is_digest:
            metrics.count_digest(outcome, len(self._job.pieces))
            if isinstance(outcome, Accepted):  # so that each alert tells which mail it is in
                outcome = replace(outcome, provider_id=outcome.provider_id or self._letter_id)
        return [Attempt(alert, outcome) for alert in self._job.alerts]

    def _through_channel(self) -> Outcome:
        contact = self._job.contact
        if contact is None or not contact.address(self._job.alert.channel):
            return Permanent(Reason.NO_ADDRESS)  # it was there when the alert was planned
        if self._job.alert.channel in contact.opted_out:
            return Permanent(Reason.OPTED_OUT)  # since the alert was planned
        return self._found() or self._channel.send(self._written(), self._hand_off)

    def _found(self) -> Outcome | None:
        """What the provider says of an earlier attempt that may have arrived; None = it is to be sent (again)."""
        if not self._job.asks_first:
            return None
        since = min(alert.created_at for alert in self._job.alerts)
        # Not as it would be written now, which says that it may be a repetition: some are known word for word.
        letter = self._writer.letter(self._job.at_first)
        self._letter_id = letter.alert_id
        outcome = self._channel.look_up(letter, since, self._job.alert.provider)
        if outcome is None and self._job.may_turn_up(clock.now()):
            outcome = Temporary(Reason.NO_ANSWER)  # sent again now, it might arrive twice
        metrics.count_look_up(self._job.alerts, outcome)
        return outcome

    def _written(self) -> Letter:
        letter = self._writer.letter(self._job)
        self._letter_id = letter.alert_id
        return replace(letter, may_repeat=self._job.may_repeat)

    def _hand_off(self) -> Letter | None:
        """A shorter letter where some cases of a digest were answered since they were claimed."""
        rest = self._job.only(self._fresh_leave())
        if not rest.pieces:
            raise NotOurs
        is_shorter = len(rest.pieces) < len(self._job.pieces)
        self._job = rest
        shorter = self._written() if is_shorter else None
        self._has_left = True
        failpoints.reach("notify.handed_off")
        return shorter

    def _fresh_leave(self) -> set[Fence]:
        """Asked for anew when we stood still meanwhile: others may have found the lease ended, and sent the letter."""
        while True:
            asked_at = clock.now()
            fences = self._may_leave(self._job)
            if clock.now() - asked_at < STALE:
                return fences

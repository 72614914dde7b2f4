"""Weighs what was sent against what the services and the mailbox hold; pure. Asked by settle.py, `run` and `status`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NOT_CLASSIFIED, NOT_IN_ROUTING, WITHOUT_CASE = "not classified", "not in routing", "without a case"
INSIDE = (NOT_CLASSIFIED, NOT_IN_ROUTING, WITHOUT_CASE)
# States of an alert that has not ended yet.
UNDER_WAY = ("pending", "claimed", "handed_off")
Summaries = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Expected:
    """What was sent: `complaints` distinct ones, and `broken` lines that can only be put aside."""

    complaints: int
    broken: int = 0


@dataclass(frozen=True)
class Mails:
    """Messages in the mailbox; `distinct` counts their Message-IDs, which are one per alert or digest."""

    total: int = 0
    distinct: int = 0

    @property
    def duplicates(self) -> int:
        return self.total - self.distinct


def mails(message_ids: Iterable[str]) -> Mails:
    counted = Counter(message_ids)
    return Mails(counted.total(), len(counted))


@dataclass(frozen=True)
class Standing:
    """How far everything is, added up from the four services; `mailed` are mails that a mail server took."""

    complaints: int = 0
    classified: int = 0
    merged: int = 0
    quarantined: int = 0
    assigned: int = 0
    waiting: int = 0
    released: int = 0
    cases: int = 0
    escalated: int = 0
    exhausted: int = 0
    pending: int = 0
    accepted: int = 0
    mailed: int = 0
    failed: int = 0
    suppressed: int = 0
    ambiguous: int = 0
    on_their_way: int = 0
    put_aside: int = 0

    @property
    def owned(self) -> int:
        """Complaints that routing knows: with an agent, visibly waiting, or done."""
        return self.assigned + self.waiting + self.released


def standing(of: Summaries, in_queues: int = 0) -> Standing:
    """Adds up the four `GET /v1/summary`; `in_queues` are messages that no service has taken yet."""
    intake, routing, escalation, notify = (of[name] for name in ("intake", "routing", "escalation", "notify"))
    alerts = notify["alerts"]
    plumbing = {name: summary["plumbing"] for name, summary in of.items()}
    return Standing(
        complaints=intake["complaints"],
        classified=intake["classified"],
        merged=intake.get("merged", 0),
        quarantined=plumbing["intake"]["dead_letters"],
        assigned=routing["assigned"],
        waiting=routing["waiting"],
        released=routing["released"],
        cases=escalation["cases"],
        escalated=escalation["escalated"],
        exhausted=escalation.get("exhausted", 0),
        pending=sum(alerts.get(state, 0) for state in UNDER_WAY),
        accepted=alerts["accepted"] + alerts.get("delivered", 0),
        mailed=_mailed(notify),
        failed=alerts["failed"],
        suppressed=alerts["suppressed"],
        ambiguous=alerts["ambiguous"],
        on_their_way=in_queues + sum(p["outbox"] + p["retries"] for p in plumbing.values()),
        put_aside=sum(p["dead_letters"] for name, p in plumbing.items() if name != "intake"),
    )


def _mailed(notify: Mapping[str, Any]) -> int:
    """A digest of many alerts is one; a notify of before counts none, and sends none."""
    return int(notify.get("mails", notify["alerts"]["accepted"]))


@dataclass(frozen=True)
class Judgement:
    """What came of a feed; `lost` counts complaints and alerts that cannot be found where they must be."""

    standing: Standing
    lost: dict[str, int]
    duplicates: int
    unsettled: dict[str, int]
    unexpected: int

    @property
    def lost_count(self) -> int:
        """A complaint that is missing in several services is one complaint."""
        inside = max((count for name, count in self.lost.items() if name in INSIDE), default=0)
        return inside + sum(count for name, count in self.lost.items() if name not in INSIDE)

    @property
    def is_accounted(self) -> bool:
        return not (self.lost or self.duplicates or self.unsettled)


def judge(expected: Expected, now: Standing, mailbox: Mails | None) -> Judgement:
    """mailbox: None when the mail goes elsewhere and cannot be counted."""
    unexpected = max(0, now.quarantined - expected.broken)
    lost = {
        # A complaint that intake put aside, with the reason, is not lost: it can be looked at and sent again.
        "never arrived": expected.complaints - now.complaints - now.merged - unexpected,
        NOT_CLASSIFIED: now.complaints - now.classified,
        NOT_IN_ROUTING: now.complaints - now.owned,
        WITHOUT_CASE: now.complaints - now.cases,
        "alerts not in the mailbox": now.mailed - mailbox.distinct if mailbox else 0,
    }
    unsettled = {
        "on their way": now.on_their_way,
        "alerts pending": now.pending,
        "dead letters": now.put_aside,
        "escalated without an alert": now.escalated - now.accepted - now.suppressed,
    }
    return Judgement(now, _above_zero(lost), mailbox.duplicates if mailbox else 0, _above_zero(unsettled), unexpected)


def _above_zero(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count > 0}


def is_complete(expected: Expected, now: Standing, mail_count: int | None) -> bool:
    """Whether all that was sent has arrived everywhere; what the ladder does later is not waited for."""
    mailbox = None if mail_count is None else Mails(mail_count, mail_count)
    return judge(expected, now, mailbox).is_accounted


def summary_line(judgement: Judgement, seconds: float) -> str:
    """The one line that `ombud run` and `ombud demo` end with."""
    now = judgement.standing
    always = [
        (now.complaints, "accepted"),
        (now.classified, "classified"),
        (now.assigned, "assigned"),
        (now.waiting, "waiting"),
    ]
    sometimes = [(now.merged, "merged"), (now.released, "released")]
    alerts = [(now.escalated, "escalated"), (now.accepted, "alerts accepted")]
    troubles = [
        (now.failed, "alerts failed"),
        (now.suppressed, "alerts suppressed"),
        (now.ambiguous, "alerts ambiguous"),
        (now.exhausted, "exhausted"),
        (now.quarantined, "quarantined"),
    ]
    ends = [(judgement.lost_count, "lost"), (judgement.duplicates, "duplicates")]
    shown = [*always, *_counted(sometimes), *alerts, *_counted(troubles), *ends]
    return " · ".join([*(f"{count} {word}" for count, word in shown), f"{seconds:.1f} s"])


def _counted(parts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return [part for part in parts if part[0]]


def complaints_about(judgement: Judgement) -> list[str]:
    """A line for each thing that is not as it should be."""
    lines = [f"{count} {what}" for what, count in {**judgement.lost, **judgement.unsettled}.items()]
    if judgement.duplicates:
        lines.append(f"{judgement.duplicates} mails that share a Message-ID with another")
    if judgement.unexpected:
        lines.append(f"{judgement.unexpected} more lines in quarantine than were expected")
    return lines

"""The three short transactions of a send (claim, hand-off, outcome), and the one that finds what was left behind.

Called by the dispatcher (claim, hand_off, settle) and the reaper's tick (reap). No network in here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from services.notify import metrics, store
from services.notify.domain.alert import UNREACHED, Alert, AlertState, ChannelName, after
from services.notify.domain.folding import Fold, Openings, letters, takes
from services.notify.domain.jobs import Job, Piece
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Reason, Temporary
from services.notify.domain.policy import InDoubt
from services.notify.domain.rules import Rules
from services.notify.domain.standing import Standing, why_needless
from services.notify.people import contacts
from services.notify.plans import cases
from services.notify.plans.conclusions import announce_ends
from services.notify.plans.further import go_on
from services.notify.senders import claims, leases
from shared import failpoints
from shared.database import Transaction

REAPED = 50  # at once, of each state
CLAIM_LEASE = timedelta(seconds=60)
# Longer than what a send may take behind the hand-off: 20 s for a command, 20 s to write, 60 s behind the final dot.
HAND_OFF_LEASE = timedelta(seconds=120)
_OPEN = (AlertState.CLAIMED, AlertState.HANDED_OFF)


@dataclass(frozen=True)
class Claimed:
    """The letters to send now. short: channels where more may be due than there was room for, or was looked at."""

    jobs: list[Job]
    short: frozenset[ChannelName]


@dataclass(frozen=True)
class Attempt:
    """What became of one claim; dropped when the alert was claimed anew meanwhile.

    is_reaped: not told by the sender, who may still go on with the alert until it is locked; dropped then, too.
    """

    alert: Alert
    outcome: Outcome
    is_reaped: bool = False

    def fits(self, locked: Alert) -> bool:
        """Whether the alert, now that it is locked, is still where this outcome found it."""
        if self.is_reaped:
            return (locked.state, locked.lease_until) == (self.alert.state, self.alert.lease_until)
        return locked.state in _OPEN


def claim(tx: Transaction, rules: Rules, openings: Mapping[ChannelName, Openings]) -> Claimed:
    """Takes due alerts for the free senders of each channel, under a lease and with a new attempt number."""
    openings = {channel: room for channel, room in openings.items() if room.free > 0}
    heads = claims.heads(tx, openings)
    found = {channel: _claim(tx, channel, room, heads[channel]) for channel, room in openings.items()}
    folds = [fold for folds, _ in found.values() for fold in folds]
    short = frozenset(channel for channel, (_, is_short) in found.items() if is_short)
    return Claimed(_jobs(tx, rules, folds), short)


def _claim(tx: Transaction, channel: ChannelName, room: Openings, heads: list[str]) -> tuple[list[Fold], bool]:
    waiting, due, chosen = list(dict.fromkeys(heads)), dict[str, list[Alert]](), list[Fold]()
    while waiting and len(chosen) < room.free:  # more than once where colleagues are taking the first ones
        next_ones, waiting = waiting[: room.free], waiting[room.free :]
        due |= claims.lock_due(tx, channel, takes(next_ones, room, channel))
        chosen = letters(due, room, channel)
    taken = claims.lease(tx, (a for fold in chosen for a in fold), CLAIM_LEASE)
    is_short = bool(waiting) or len(heads) == claims.HEADS or len(taken) < sum(map(len, due.values()))
    return [tuple(taken[a.id] for a in fold) for fold in chosen], bool(taken) and is_short


def _jobs(tx: Transaction, rules: Rules, folds: list[Fold]) -> list[Job]:
    if not folds:
        return []
    escalations = store.escalations_of(tx, [a.escalation_key for fold in folds for a in fold])
    known = contacts.reachable(tx, rules, [fold[0].recipient for fold in folds])
    doubted = [[a for a in fold if _is_looked_up(a, rules)] for fold in folds]
    return [
        Job(
            tuple(Piece(a, escalations[a.escalation_key]) for a in fold),
            known.get(fold[0].recipient),
            asks_first=bool(unsure),
            doubted_at=store.last_doubt(tx, unsure) if unsure else None,
        )
        for fold, unsure in zip(folds, doubted, strict=True)
    ]


def _is_looked_up(alert: Alert, rules: Rules) -> bool:
    return alert.doubts > 0 and rules.policy.doubt(alert.channel, alert.severity) is InDoubt.LOOK_UP


def hand_off(tx: Transaction, alerts: Iterable[Alert]) -> set[tuple[str, int]]:
    """Marks the alerts as about to leave; gives the fences of those that may. The same when asked again."""
    return leases.hand_off(tx, [a.fence for a in alerts], HAND_OFF_LEASE)


def settle(tx: Transaction, rules: Rules, attempts: Iterable[Attempt]) -> int:
    """Writes down what became of the attempts, announces it, starts the next channel of those that failed."""
    by_fence = {x.alert.fence: x for x in attempts}
    unsure = [x.alert.case_id for x in by_fence.values() if not isinstance(x.outcome, Accepted)]
    answered = cases.lock_cases(tx, unsure)
    locked = store.lock_alerts(tx, [x.alert.id for x in by_fence.values()])
    outcomes = {a: by_fence[a.fence].outcome for a in locked if a.fence in by_fence and by_fence[a.fence].fits(a)}
    moved = [_after(a, outcome, rules, tx.now, _answer_to(a, answered)) for a, outcome in outcomes.items()]
    store.save_alerts(tx, moved)
    store.add_deliveries(tx, [_delivery(a, outcome) for a, outcome in outcomes.items()])
    announce_ends(tx, moved)
    go_on(tx, rules, [a for a in moved if a.state in UNREACHED and not _answer_to(a, answered)])
    tx.once_committed(partial(metrics.FENCED.inc, len(by_fence) - len(moved)))
    tx.once_committed(partial(_count, rules, outcomes, moved))
    return len(moved)


def reap(tx: Transaction, rules: Rules) -> int:
    """Ends the attempts whose sender never came back: unsent ones are tried again, handed off ones are ambiguous."""
    meanings: dict[AlertState, Outcome] = {
        AlertState.CLAIMED: Temporary(Reason.SENDER_DIED),
        AlertState.HANDED_OFF: Ambiguous(Reason.SENDER_DIED),
    }
    lost = [
        Attempt(a, outcome, is_reaped=True)
        for state, outcome in meanings.items()
        for a in leases.expired_alerts(tx, state, REAPED)
    ]
    if not lost:
        return 0
    ended = settle(tx, rules, lost)
    failpoints.reach("notify.reaped")
    return ended


def _answer_to(alert: Alert, standings: Mapping[str, Standing]) -> Reason | None:
    return why_needless(alert, standings.get(alert.case_id, Standing()))


def _after(alert: Alert, outcome: Outcome, rules: Rules, now: datetime, answer: Reason | None) -> Alert:
    then = rules.policy.doubt(alert.channel, alert.severity)
    return after(alert, outcome, now, answer, repeats=then is not InDoubt.LEAVE)


def _count(rules: Rules, outcomes: Mapping[Alert, Outcome], moved: Iterable[Alert]) -> None:
    for (alert, outcome), then in zip(outcomes.items(), moved, strict=True):
        if isinstance(outcome, Ambiguous):
            metrics.count_doubt(then, rules.policy.doubt(alert.channel, alert.severity))
        metrics.count_fault(alert, outcome)


def _delivery(alert: Alert, outcome: Outcome) -> store.Delivery:
    reason = Reason.ACCEPTED if isinstance(outcome, Accepted) else outcome.reason
    return store.Delivery(
        alert.id,
        alert.attempt,
        type(outcome).__name__.lower(),
        reason,
        outcome.detail,
        alert.state is AlertState.HANDED_OFF,
    )

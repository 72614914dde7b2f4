"""What providers tell of letters after they took them: an alert is delivered, or failed after all.

Called by usecases.py for every door that brings receipts, and for those that came before the sender's outcome.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from services.notify import metrics, store
from services.notify.domain.alert import Alert, AlertState, Escalation
from services.notify.domain.outcomes import OPERATOR_FAULTS
from services.notify.domain.receipts import Effect, Receipt, ReceiptKind, effect, told
from services.notify.domain.rules import Rules
from services.notify.domain.standing import why_needless
from services.notify.domain.timing import PATIENCE
from services.notify.incoming import receipts_store
from services.notify.incoming.receipts_store import About
from services.notify.incoming.reports import Report
from services.notify.plans import cases
from services.notify.plans.conclusions import announce_ends
from services.notify.plans.further import go_on
from shared import failpoints
from shared.database import Database, Transaction
from shared.errors import NotFound

log = structlog.get_logger()
AT_ONCE = 200
_MOVES = (Effect.DELIVERED, Effect.FAILED)


@dataclass(frozen=True)
class ReceiptAnswer:
    """What was made of a receipt. alerts: how many it is about, a digest has many; effects: what it did to them."""

    alerts: int
    effects: dict[str, int]


@dataclass(frozen=True)
class Turn:
    """What one receipt did to one alert."""

    about: About
    effect: Effect
    before: Alert
    after: Alert


def take_receipt(tx: Transaction, rules: Rules, receipt: Receipt) -> ReceiptAnswer:
    """Told twice, the second time does nothing. Raises NotFound when there is no such alert."""
    found = receipts_store.about(tx, receipt)
    if not found:
        metrics.UNKNOWN_RECEIPTS.inc()
        raise NotFound("no alert is known by this id; if the message left just now, send the receipt again")
    turns = _apply(tx, rules, found)
    receipts_store.keep(tx, (_row(tx, turn) for turn in turns))
    failpoints.reach("notify.receipt_taken")
    return ReceiptAnswer(len(turns), {e.value: n for e, n in sorted(Counter(t.effect for t in turns).items())})


def take_report(tx: Transaction, rules: Rules, report: Report) -> ReceiptAnswer:
    """Of a mail server: about the first of its names that is ours. A letter of several alerts has a name of its own."""
    kind = report.kind or ReceiptKind.DELIVERED
    named = [Receipt(kind, name, name, report.code) for name in report.names]
    known = next((each for each in named if receipts_store.about(tx, each)), None)
    if known and report.kind is None:
        return ReceiptAnswer(0, {})  # on its way still
    return take_receipt(tx, rules, known or named[0])


def kept(db: Database, take: Callable[[Transaction], ReceiptAnswer]) -> ReceiptAnswer:
    """For the doors: what `take` answers, in a transaction of its own."""
    made = db.run(take)
    failpoints.reach("notify.receipt_kept")
    return made


def apply_waiting(tx: Transaction, rules: Rules) -> int:
    """Applies the receipts that were kept while their alerts were with a sender; gives their number."""
    found = receipts_store.waiting(tx, AT_ONCE)
    turns = _apply(tx, rules, found) if found else []
    receipts_store.no_longer_waiting(tx, (t.about for t in turns if t.effect is not Effect.WAITS))
    return len(turns)


def _apply(tx: Transaction, rules: Rules, found: list[About]) -> list[Turn]:
    answered = cases.lock_cases(tx, [x.case_id for x in found])  # before the alerts, as whoever settles a send does
    alerts = {alert.id: alert for alert in store.lock_alerts(tx, [x.alert_id for x in found])}
    turns = []
    # Of two that waited together the delivered one counts: somebody has it.
    for about in sorted(found, key=lambda x: x.receipt.kind is not ReceiptKind.DELIVERED):
        turns.append(turn := _turn(tx, about, alerts[about.alert_id]))
        alerts[about.alert_id] = turn.after
    moved = [turn for turn in turns if turn.effect in _MOVES]
    store.save_alerts(tx, [turn.after for turn in moved])
    announce_ends(tx, [_as_told(tx, turn) for turn in moved])
    lost = [turn for turn in moved if turn.effect is Effect.FAILED and turn.before.state is AlertState.ACCEPTED]
    open_ = [t.after for t in lost if not why_needless(t.after, answered[t.after.case_id])]
    go_on(tx, rules, _in_time(tx, open_))  # behind an ambiguous one the next channel has begun already
    return turns


def _turn(tx: Transaction, about: About, alert: Alert) -> Turn:
    what = effect(alert, about.receipt, about.attempt)
    kind = about.receipt.kind
    tx.once_committed(metrics.RECEIPTS.labels(kind.value, what.value).inc)
    log.info("receipt", kind=kind.value, effect=what.value, alert_id=alert.id, case_id=alert.case_id)
    if what is Effect.FAILED and about.receipt.why in OPERATOR_FAULTS:
        tx.once_committed(metrics.FAULTS.labels(alert.channel.value, about.receipt.why.value).inc)
    return Turn(about, what, alert, told(alert, about.receipt, tx.now) if what in _MOVES else alert)


def _as_told(tx: Transaction, turn: Turn) -> Alert:
    """The alert as it is announced: at the time of the receipt, while its row keeps that of its acceptance."""
    at = turn.about.receipt.at
    return replace(turn.after, ended_at=min(at, tx.now) if at else tx.now)


def _in_time(tx: Transaction, alerts: Iterable[Alert]) -> list[Alert]:
    """Without those whose level is over: the case has climbed, and nobody is called for what was long ago."""
    alerts = list(alerts)
    escalations: Mapping[str, Escalation] = store.escalations_of(tx, [x.escalation_key for x in alerts])
    ends = {key: x.respond_by or x.caused_at + PATIENCE for key, x in escalations.items()}
    return [x for x in alerts if tx.now < ends[x.escalation_key]]


def _row(tx: Transaction, turn: Turn) -> dict[str, Any]:
    receipt = turn.about.receipt
    return {
        "alert_id": turn.before.id,
        "kind": receipt.kind.value,
        "attempt": turn.before.attempt,
        "reason": receipt.why.value,
        "detail": receipt.detail[:100],
        "at": min(receipt.at or tx.now, tx.now),
        "waits": turn.effect is Effect.WAITS,
    }

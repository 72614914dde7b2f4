"""What the others hear of an alert or an escalation that ended. Called by planning and sending."""

from collections.abc import Iterable
from functools import partial

import structlog

from services.notify import metrics, store
from services.notify.domain.alert import Alert, AlertState, Escalation, Purpose, is_unreachable
from services.notify.domain.outcomes import Reason
from shared.contracts.notify import (
    AlertAccepted,
    AlertAmbiguous,
    AlertDelivered,
    AlertFailed,
    AlertOutcome,
    AlertSuppressed,
    EscalationUnreachable,
)
from shared.database import Transaction

log = structlog.get_logger()
# The operator's matter and no step of a case: their alerts show here alone.
_OPERATORS = frozenset({Purpose.DEAD_LETTER, Purpose.TEST})
_WISHED = frozenset({Purpose.ASSIGNMENT, Purpose.TAKEN})  # which nobody misses
_EVENTS: dict[AlertState, type[AlertOutcome]] = {
    AlertState.ACCEPTED: AlertAccepted,
    AlertState.DELIVERED: AlertDelivered,
    AlertState.FAILED: AlertFailed,
    AlertState.SUPPRESSED: AlertSuppressed,
    AlertState.AMBIGUOUS: AlertAmbiguous,
}


def announce_ends(tx: Transaction, alerts: Iterable[Alert]) -> None:
    """Counts the alerts and announces those that ended."""
    for alert in alerts:
        tx.once_committed(partial(metrics.count, alert))
        if not alert.has_ended or alert.purpose in _OPERATORS or alert.ended_at is None:
            continue
        if alert.traceparent:
            tx.traces.setdefault(alert.case_id, alert.traceparent)
        tx.announce(
            _EVENTS[alert.state](
                alert.id,
                alert.case_id,
                alert.escalation_id,
                alert.level,
                alert.recipient,
                alert.channel.value,
                alert.reason.value if alert.reason else "",
                alert.ended_at,
                round(alert.seconds, 6),
                alert.purpose.value,
            )
        )


def conclude(tx: Transaction, escalations: Iterable[Escalation]) -> None:
    """Says `escalation.unreachable`, once, for each of these whose alerts have all ended without acceptance.

    Their cases are locked and not answered: two replicas that see the last two alerts fail come here in turn.
    """
    by_key = {e.key: e for e in escalations}
    if not by_key:
        return
    alerts = store.alerts_of_escalations(tx, by_key)
    for key, escalation in sorted(by_key.items()):
        own = [a for a in alerts if a.escalation_key == key]
        if is_unreachable(own) and store.mark_unreachable(tx, key):
            _announce_unreachable(tx, escalation, own)


def _announce_unreachable(tx: Transaction, escalation: Escalation, alerts: list[Alert]) -> None:
    reasons = sorted({a.reason.value for a in alerts if a.reason}) or [Reason.NO_RECIPIENTS.value]
    write = log.info if escalation.purpose in _WISHED else log.warning
    write(
        "escalation_unreachable",
        case_id=escalation.case_id,
        level=escalation.level,
        purpose=escalation.purpose.value,
        reasons=reasons,
    )
    tx.once_committed(metrics.ESCALATIONS.labels(escalation.purpose.value, "unreachable").inc)
    if escalation.purpose is not Purpose.ESCALATION:
        return  # behind the last resort there is no level to climb to, and nobody climbs for a warning
    if escalation.traceparent:
        tx.traces.setdefault(escalation.case_id, escalation.traceparent)
    tx.announce(EscalationUnreachable(escalation.case_id, escalation.id, escalation.level, tuple(reasons), tx.now))

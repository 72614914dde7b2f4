"""The next channel for those whom one did not reach; where there is none, the end of the escalation.

Called by whoever ends alerts unreached (sending, late), and by late.py where one takes too long. Their cases are locked
and not answered.
"""

from collections.abc import Iterable

from services.notify import store
from services.notify.domain.alert import REACHED, SINGLE, Alert, is_unreachable
from services.notify.domain.routes import next_alerts
from services.notify.domain.rules import Rules
from services.notify.people import contacts
from services.notify.plans import beginnings
from services.notify.plans.allowances import allowance_of
from services.notify.plans.conclusions import conclude
from shared.database import Transaction


def go_on(tx: Transaction, rules: Rules, unreached: list[Alert]) -> None:
    """For each recipient whom nothing else may still reach: a channel that began beside the failed one may."""
    unreached = [a for a in unreached if a.purpose not in SINGLE]
    if not unreached:
        return
    told = _told(tx, unreached)
    over = [a for a in unreached if is_unreachable(told[a.escalation_key, a.recipient])]
    _start(tx, rules, over, told)
    conclude(tx, store.escalations_of(tx, [a.escalation_key for a in unreached]).values())


def begin_beside(tx: Transaction, rules: Rules, slow: list[Alert]) -> int:
    """For each recipient of an alert that takes too long, unless another one has reached them."""
    if not slow:
        return 0
    told = _told(tx, slow)
    waiting = [a for a in slow if not any(x.state in REACHED for x in told[a.escalation_key, a.recipient])]
    return _start(tx, rules, waiting, told)


_Told = dict[tuple[str, str], list[Alert]]


def _told(tx: Transaction, alerts: list[Alert]) -> _Told:
    told: _Told = {(a.escalation_key, a.recipient): [] for a in alerts}
    for alert in store.alerts_of_escalations(tx, {key for key, _ in told}):
        told.setdefault((alert.escalation_key, alert.recipient), []).append(alert)
    return told


def _start(tx: Transaction, rules: Rules, behind: Iterable[Alert], told: _Told) -> int:
    pairs = dict.fromkeys((a.escalation_key, a.recipient) for a in behind)
    if not pairs:
        return 0
    escalations = store.escalations_of(tx, [key for key, _ in pairs])
    people = {recipient for _, recipient in pairs}
    known = contacts.reachable(tx, rules, people)
    allowance = allowance_of(tx, rules.policy, known.values())
    following: list[Alert] = []
    for key, recipient in pairs:
        tried = frozenset(a.channel for a in told[key, recipient])
        alerts = next_alerts(escalations[key], recipient, known.get(recipient), tried, rules, tx.now, allowance)
        following += allowance.note(alerts)
    beginnings.add(tx, following)
    return len(following)

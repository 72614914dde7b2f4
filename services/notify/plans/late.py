"""Alerts that time passes by: the next channel begins beside slow ones, and what nobody tried is given up.

Called by usecases.py, for a tick. Each batch is looked up without locks; then the cases are locked, then the alerts,
in the order of everybody else. What a colleague holds is left to the next tick.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select

from services.notify import store, tables
from services.notify.domain.alert import OPEN, Alert, AlertState
from services.notify.domain.outcomes import Reason
from services.notify.domain.rules import Rules
from services.notify.domain.standing import Standing, why_needless
from services.notify.domain.timing import CHANCE, is_given_up
from services.notify.plans import cases
from services.notify.plans.conclusions import announce_ends
from services.notify.plans.further import begin_beside, go_on
from shared import failpoints
from shared.database import Transaction
from shared.tables import UtcDateTime

BATCH = 100
a = tables.alerts
_SLOW = (
    select(a.c.id, a.c.case_id)
    .where(a.c.fall_back_at <= bindparam("now", type_=UtcDateTime))
    .order_by(a.c.fall_back_at)
    .limit(BATCH)
)
_UNTRIED = (
    select(a.c.id, a.c.case_id)
    .where(
        a.c.state == AlertState.PENDING.value,
        a.c.give_up_at < bindparam("now", type_=UtcDateTime),
        a.c.next_at < bindparam("long_due", type_=UtcDateTime),
    )
    .order_by(a.c.give_up_at)
    .limit(BATCH)
)


def fall_back(tx: Transaction, rules: Rules) -> int:
    """Begins the next channel beside each alert that took too long; it goes on itself. Gives how many were slow."""
    locked, standings = _lock(tx, _SLOW, {"now": tx.now})
    slow = [x for x in locked if x.fall_back_at and x.fall_back_at <= tx.now]
    store.save_alerts(tx, [replace(x, fall_back_at=None) for x in slow])
    begin_beside(tx, rules, [x for x in slow if x.state in OPEN and not _answer_to(x, standings)])
    if slow:
        failpoints.reach("notify.fell_back")
    return len(slow)


def give_up(tx: Transaction, rules: Rules) -> int:
    """Ends what waits although its time is over, as where its provider is away; the next channel begins."""
    locked, standings = _lock(tx, _UNTRIED, {"now": tx.now, "long_due": tx.now - CHANCE})
    over = [x for x in locked if x.state is AlertState.PENDING and is_given_up(x, tx.now)]
    ended = [_ended(x, _answer_to(x, standings), tx) for x in over]
    store.save_alerts(tx, ended)
    announce_ends(tx, ended)
    go_on(tx, rules, [x for x in ended if x.is_unreached and not _answer_to(x, standings)])
    if ended:
        failpoints.reach("notify.gave_up")
    return len(ended)


def _lock(tx: Transaction, query: Any, values: Mapping[str, Any]) -> tuple[Iterable[Alert], dict[str, Standing]]:
    found = [(row.id, row.case_id) for row in tx.execute(query, values)]
    if not found:
        return [], {}
    standings = cases.lock_free(tx, [case_id for _, case_id in found])
    return store.lock_alerts(tx, [id_ for id_, case_id in found if case_id in standings]), standings


def _answer_to(alert: Alert, standings: Mapping[str, Standing]) -> Reason | None:
    return why_needless(alert, standings[alert.case_id])


def _ended(alert: Alert, answer: Reason | None, tx: Transaction) -> Alert:
    if answer:
        return alert.end(AlertState.SUPPRESSED, answer, tx.now)
    return alert.end(AlertState.FAILED, alert.reason or Reason.PROVIDER_AWAY, tx.now)

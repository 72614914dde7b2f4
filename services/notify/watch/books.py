"""Whether every alert of the last day is accounted for. Called by usecases.py, for the metric that must be 0."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from services.notify import tables
from services.notify.domain.alert import ENDED, OPEN, REACHED, SINGLE, UNREACHED, UNTOLD, AlertState, EscalationState
from services.notify.domain.timing import PATIENCE
from shared.database import Transaction

a, c, d, e, r = tables.alerts, tables.cases, tables.deliveries, tables.escalations, tables.receipts
LOOKS_BACK = timedelta(days=1)
OVERDUE_LEASE = timedelta(minutes=5)


def _any_of(states: Iterable[AlertState], alerts: Any = a) -> Any:
    return alerts.c.state.in_(sorted(s.value for s in states))


def _unreached(alerts: Any) -> ColumnElement[bool]:
    is_untold = (alerts.c.state == AlertState.SUPPRESSED.value) & alerts.c.reason.in_(sorted(x.value for x in UNTOLD))
    return or_(_any_of(UNREACHED, alerts), is_untold)


_IS_AMBIGUOUS, _HAS_RECEIPT = (
    _any_of({AlertState.AMBIGUOUS}),
    select(r.c.alert_id).where(r.c.alert_id == a.c.id).exists(),
)
_ACCEPTED = func.count().filter(d.c.outcome == "accepted")
_IN_DOUBT = func.count().filter(d.c.outcome == "ambiguous")
# By attempts; a receipt may end an alert in a way that no attempt did.
_BY_ATTEMPTS = or_(
    # Taken by a provider with another number of attempts that were accepted than one; by a receipt: of none at all.
    and_(_any_of({AlertState.ACCEPTED}), _ACCEPTED != 1),
    and_(_any_of({AlertState.DELIVERED}), _ACCEPTED != 1, or_(_ACCEPTED > 1, _IN_DOUBT == 0)),
    # Accepted, and yet tried again, or ended otherwise.
    and_(_any_of(set(AlertState) - REACHED), _ACCEPTED > 0, ~_HAS_RECEIPT),
    # In doubt without such an attempt; after other doubts than its attempts left.
    and_(_IS_AMBIGUOUS, _IN_DOUBT == 0),
    and_(a.c.doubts != _IN_DOUBT, or_(a.c.doubts + 1 != _IN_DOUBT, ~or_(_IS_AMBIGUOUS, _HAS_RECEIPT))),
)


def unaccounted(tx: Transaction) -> int:
    """Alerts that broke the book-keeping, by any of some rules; each counts once a rule."""
    lately = a.c.created_at > tx.now - LOOKS_BACK
    broken = [select(func.count()).select_from(a).where(lately, rule) for rule in _rules(tx)]
    attempts = select(a.c.id).outerjoin(d, d.c.alert_id == a.c.id).where(lately).group_by(a.c.id).having(_BY_ATTEMPTS)
    broken.append(select(func.count()).select_from(attempts.subquery()))
    return sum(tx.connection.scalar(query) or 0 for query in broken)


def _rules(tx: Transaction) -> tuple[ColumnElement[bool], ...]:
    own = e.c.key == a.c.escalation_key
    return (
        # Ended without saying why and when, or said so without having ended.
        _any_of(ENDED) & (a.c.reason.is_(None) | a.c.ended_at.is_(None)),
        _any_of(OPEN) & a.c.ended_at.is_not(None),
        # With a sender that neither came back nor was missed.
        _any_of({AlertState.CLAIMED, AlertState.HANDED_OFF}) & (a.c.lease_until < tx.now - OVERDUE_LEASE),
        # Ended, and yet its next channel would begin.
        _any_of(ENDED) & a.c.fall_back_at.is_not(None),
        # Not ended while its escalation is given up.
        _any_of(OPEN) & select(e.c.key).where(own, e.c.state == EscalationState.UNREACHABLE.value).exists(),
        # Unreached as all others of its escalation, which is neither given up nor answered.
        a.c.purpose.not_in(sorted(SINGLE)) & _unreached(a) & _is_left_over() & ~_bounced_late(tx),
    )


def _is_left_over() -> ColumnElement[bool]:
    other = a.alias("other")
    hope = select(other.c.id).where(other.c.escalation_key == a.c.escalation_key, ~_unreached(other)).correlate(a)
    answer = select(c.c.case_id).where(c.c.case_id == a.c.case_id, c.c.answered_revision > a.c.case_revision)
    still = e.c.key == a.c.escalation_key, e.c.state == EscalationState.PLANNED.value
    return and_(~hope.exists(), ~answer.exists(), select(e.c.key).where(*still).exists())


def _bounced_late(tx: Transaction) -> ColumnElement[bool]:
    """A receipt came, and its level is over: that calls nobody any more, as the case has climbed."""
    is_over = or_(e.c.respond_by < tx.now, e.c.respond_by.is_(None) & (e.c.caused_at < tx.now - PATIENCE))
    over = select(e.c.key).where(e.c.key == a.c.escalation_key, is_over)
    other = a.alias("told")
    told = select(r.c.alert_id).join(other, other.c.id == r.c.alert_id)
    return and_(over.exists(), told.where(other.c.escalation_key == a.c.escalation_key).correlate(a).exists())

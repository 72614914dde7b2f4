"""Queries of notify on escalations and alerts: domain objects in, domain objects out. Called by the use cases."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from services.notify import tables
from services.notify.domain.alert import (
    ENDED,
    REACHED,
    Alert,
    AlertState,
    ChannelName,
    Escalation,
    EscalationState,
    Purpose,
)
from services.notify.domain.outcomes import Ambiguous, Reason
from services.notify.domain.places import CALLS, CRITICAL_CALLS, Called
from services.notify.rows import alert_of_row, alert_row, escalation_of_row, escalation_row, progress
from shared.database import Transaction
from shared.tables import UtcDateTime

a, d, e, p = tables.alerts, tables.deliveries, tables.escalations, tables.contacts
# Built once: at full speed, building them anew takes longer than running them.
_WANTED: Any = bindparam("wanted", expanding=True)
_TOLD_OR_ABOUT_TO_BE = tuple(s.value for s in AlertState if s not in ENDED or s in REACHED)
_UNSENT = (AlertState.PENDING.value, AlertState.CLAIMED.value)
_ESCALATIONS = select(e).where(e.c.key.in_(_WANTED))
_LOCKED_ALERTS = select(a).where(a.c.id.in_(_WANTED)).order_by(a.c.id).with_for_update()
_UNSENT_ALERTS = select(a).where(a.c.case_id.in_(_WANTED), a.c.state.in_(_UNSENT)).order_by(a.c.id).with_for_update()


def _planned(places: tuple[int, ...]) -> Any:
    """Whether something at one of these places was planned lately and has not failed; one look into an index each."""
    since = bindparam("since", type_=UtcDateTime)
    own = a.c.recipient == p.c.person, a.c.channel == bindparam("by"), a.c.created_at > since
    is_one = a.c.place.in_(places), a.c.state.in_(_TOLD_OR_ABOUT_TO_BE)
    return select(a.c.id).where(*own, *is_one).correlate(p).exists()


_CALLED = select(p.c.person, _planned(CALLS).label("at_all"), _planned(CRITICAL_CALLS).label("critically")).where(
    p.c.person.in_(_WANTED)
)


# -- escalations ------------------------------------------------------------------------------------------------------


def add_escalations(tx: Transaction, escalations: Iterable[Escalation]) -> set[str]:
    """Inserts those that are new and gives their keys."""
    ordered = sorted(escalations, key=lambda x: x.key)
    return set(tx.insert_many(e, [escalation_row(x, tx.now) for x in ordered], skip_existing=True, returning=e.c.key))


def escalations_of(tx: Transaction, keys: Iterable[str]) -> dict[str, Escalation]:
    wanted = sorted(set(keys))
    return {r.key: escalation_of_row(r) for r in tx.execute(_ESCALATIONS, {"wanted": wanted})} if wanted else {}


def newest_call(tx: Transaction, case_id: str) -> Escalation | None:
    """The case's newest escalation: at whichever level an answer was meant, it counts at this one."""
    calls = e.c.case_id == case_id, e.c.purpose.in_([Purpose.ESCALATION.value, Purpose.EXHAUSTED.value])
    row = tx.execute(select(e).where(*calls).order_by(e.c.case_revision.desc()).limit(1)).first()
    return escalation_of_row(row) if row else None


def mark_unreachable(tx: Transaction, key: str) -> bool:
    """False when it was marked before."""
    done = tx.execute(
        e.update()
        .where(e.c.key == key, e.c.state == EscalationState.PLANNED)
        .values(state=EscalationState.UNREACHABLE.value)
    )
    return done.rowcount == 1


def erase_facts(tx: Transaction, case_ids: Iterable[str]) -> None:
    """What was told about the complaints of these cases; who was told, when and why stays."""
    wanted = sorted(set(case_ids))
    if wanted:
        about = e.c.case_id.in_(wanted), e.c.purpose != Purpose.DEAD_LETTER.value
        tx.execute(e.update().where(*about).values(facts={}))


# -- alerts -----------------------------------------------------------------------------------------------------------


def add_alerts(tx: Transaction, alerts: Iterable[Alert]) -> None:
    """Inserts them; the unique key absorbs what is there already."""
    tx.insert_many(a, [alert_row(x) for x in sorted(alerts, key=lambda x: x.id)], skip_existing=True)


def called_lately(tx: Transaction, alerts: Iterable[Alert], lately: timedelta) -> dict[tuple[str, ChannelName], Called]:
    """By recipient and channel of these alerts, what is known of calls that were planned for them before."""
    people: dict[ChannelName, set[str]] = {}
    for x in alerts:
        if not x.has_ended:
            people.setdefault(x.channel, set()).add(x.recipient)
    return {
        (r.person, channel): Called(bool(r.at_all), bool(r.critically))
        for channel, wanted in people.items()
        for r in tx.execute(_CALLED, {"wanted": sorted(wanted), "by": channel.value, "since": tx.now - lately})
    }


def save_alerts(tx: Transaction, alerts: Iterable[Alert]) -> None:
    """Updates what an alert's way changes; the alerts are locked."""
    tx.update_many(a, "id", [progress(x) | {"id": x.id} for x in sorted(alerts, key=lambda x: x.id)])


def lock_alerts(tx: Transaction, ids: Iterable[str]) -> list[Alert]:
    wanted = sorted(set(ids))
    rows = tx.execute(_LOCKED_ALERTS, {"wanted": wanted}) if wanted else ()
    return [alert_of_row(r) for r in rows]


def lock_unsent_alerts(tx: Transaction, case_ids: Iterable[str]) -> list[Alert]:
    """The alerts of these cases that were not handed off yet."""
    return [alert_of_row(r) for r in tx.execute(_UNSENT_ALERTS, {"wanted": sorted(set(case_ids))})]


def alerts_of_escalations(tx: Transaction, keys: Iterable[str]) -> list[Alert]:
    query = select(a).where(a.c.escalation_key.in_(sorted(set(keys)))).order_by(a.c.created_at, a.c.id)
    return [alert_of_row(r) for r in tx.execute(query)]


# -- deliveries -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """One attempt that came to an end."""

    alert_id: str
    attempt: int
    outcome: str
    reason: Reason
    detail: str
    handed_off: bool


def last_doubt(tx: Transaction, alerts: Iterable[Alert]) -> datetime | None:
    """When it was last seen that an attempt of one of these may have arrived."""
    may_have = d.c.alert_id.in_(sorted({x.id for x in alerts})), d.c.outcome == Ambiguous.__name__.lower()
    at: datetime | None = tx.execute(select(func.max(d.c.ended_at)).where(*may_have)).scalar()
    return at


def add_deliveries(tx: Transaction, deliveries: Iterable[Delivery]) -> None:
    rows = [
        {
            "alert_id": x.alert_id,
            "attempt": x.attempt,
            "outcome": x.outcome,
            "reason": x.reason.value,
            "detail": x.detail[:100],
            "handed_off": x.handed_off,
            "ended_at": tx.now,
        }
        for x in sorted(deliveries, key=lambda x: x.alert_id)
    ]
    tx.insert_many(d, rows, skip_existing=True)

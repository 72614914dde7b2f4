"""Who hears of an assignment, or that a case is taken, because they wish it. Called by planning.py."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, or_, select

from services.notify import store, tables
from services.notify.domain import wishes
from services.notify.domain.alert import REACHED, Alert, Escalation, Purpose
from services.notify.domain.contact import Contact, Wish
from services.notify.domain.rules import Rules
from services.notify.domain.standing import Standing
from services.notify.domain.wishes import Passed, Taken, Taking
from services.notify.people import contacts
from services.notify.rows import alert_of_row
from shared.database import Transaction

a, p = tables.alerts, tables.presses
_TOLD = select(a).where(
    a.c.case_id.in_(bindparam("cases", expanding=True)),
    or_(
        a.c.purpose == Purpose.TAKEN.value,
        (a.c.purpose == Purpose.ESCALATION.value) & a.c.state.in_([s.value for s in REACHED]),
    ),
)
_ANSWERED = (
    select(a.c.case_id, a.c.case_revision, p.c.person)
    .join(a, a.c.id == p.c.alert_id)
    .where(a.c.case_id.in_(bindparam("cases", expanding=True)))
)


def assignments(tx: Transaction, events: Iterable[Any]) -> list[Escalation]:
    """Of the assignments those whose agent wishes to hear of them; one query, and nothing is kept of the others."""
    found = wishes.newest(events)
    wishing = contacts.wishing(tx, {event.agent_id for event in found}, Wish.ASSIGNMENTS) if found else ()
    return [wishes.assigned(e, tx.traces.get(e.complaint_id)) for e in found if e.agent_id in wishing]


def takings(tx: Transaction, rules: Rules, events: Iterable[Any], before: Mapping[str, Standing]) -> list[Alert]:
    """New alerts for those who were alerted of a case before somebody else took it; the cases are locked.

    before: how the cases stood before these events.
    """
    taken = wishes.takings(events)
    found = _to_tell(tx, taken, before) if taken else []
    if not found:
        return []
    people = {a.recipient for taking in found for a in taking.reached}
    known = contacts.find_contacts(tx, people | {wishes.doer(taking.event) for taking in found})
    late = {tuple(row) for row in tx.execute(_ANSWERED, {"cases": sorted({t.event.case_id for t in found})})}
    pairs = [(taking, _told(tx, taking, known, late)) for taking in found]
    escalations = {e.key: (taking, e) for taking, e in pairs if e.recipients}
    new = store.add_escalations(tx, [e for _, e in escalations.values()])
    return [alert for key in sorted(new) for alert in _alerts(tx, rules, *escalations[key], known)]


def _to_tell(tx: Transaction, taken: list[Taken | Passed], before: Mapping[str, Standing]) -> list[Taking]:
    kept: dict[str, list[Alert]] = {}
    for row in tx.execute(_TOLD, {"cases": sorted({event.case_id for event in taken})}):
        kept.setdefault(row.case_id, []).append(alert_of_row(row))
    found, standings = [], dict(before)
    for event in taken:
        standing = standings.get(event.case_id, Standing())
        if taking := wishes.to_tell(event, kept.get(event.case_id, ()), standing):
            found.append(taking)
        standings[event.case_id] = standing.then(wishes.standing_after(event))
    return found


def _told(tx: Transaction, taking: Taking, known: Mapping[str, Contact], late: Collection[Any]) -> Escalation:
    """late: who answered which call a moment too late, and was told that they took the case: they hear it unasked."""
    reached = [a for a in taking.reached if a.recipient in known]
    unasked = {a.id for a in reached if (a.case_id, a.case_revision, a.recipient) in late}
    wished = not isinstance(taking.event, Passed)
    people = [a.recipient for a in reached if a.id in unasked or (wished and Wish.TAKEN in known[a.recipient].wishes)]
    by = wishes.doer(taking.event)
    name = known[by].name if by in known else by
    return wishes.taken(taking, people, name, tx.traces.get(taking.event.case_id))


def _alerts(
    tx: Transaction, rules: Rules, taking: Taking, escalation: Escalation, known: Mapping[str, Contact]
) -> list[Alert]:
    return [
        wishes.told_by(escalation, alert, known[alert.recipient], rules, tx.now)
        for alert in taking.reached
        if alert.recipient in escalation.recipients
    ]

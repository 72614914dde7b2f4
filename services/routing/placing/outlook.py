"""Who waits now and why, as it is this moment: reasons to wait change by the hour, and stored is only the first."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from services.routing import metrics, store
from services.routing.domain.complaint import Complaint
from services.routing.domain.line import Line, line_from, line_key
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Roster
from services.routing.placing.desk import Desk
from services.routing.roster import agents_store, staff_store
from shared.database import Transaction


def waiting_by_reason(tx: Transaction, desk: Desk) -> Counter[Reason]:
    lines, at_work, roster = store.lines(tx), agents_store.at_work(tx), desk.roster.current(tx)
    counts: Counter[Reason] = Counter({Reason.DECLINED: store.count_parked(tx)})
    for line in lines:
        counts[_reason(desk, roster, at_work, line, tx.now)] += line.count
    return counts


def reasons_of(tx: Transaction, desk: Desk, waiting: Sequence[Complaint]) -> dict[str, Reason]:
    """By complaint."""
    at_work, roster = agents_store.at_work(tx), desk.roster.current(tx)
    return {c.id: _reason_of(desk, roster, at_work, c, tx.now) for c in waiting}


def look(tx: Transaction, desk: Desk) -> None:
    """Brings the gauges up to date."""
    metrics.show(waiting_by_reason(tx, desk), store.oldest_waiting(tx), tx.now)
    metrics.show_staff(staff_store.staff(tx))


def _reason_of(desk: Desk, roster: Roster, at_work: set[str], c: Complaint, now: datetime) -> Reason:
    if c.is_parked(desk.policy) or c.demand is None:
        return Reason.DECLINED
    return _reason(desk, roster, at_work, line_from(line_key(c.demand, c.tried), Reason.ALL_FULL), now)


def _reason(desk: Desk, roster: Roster, at_work: set[str], line: Line, now: datetime) -> Reason:
    qualified = roster.field(line.needs).qualified
    if not qualified:
        return Reason.NOBODY_QUALIFIED
    if not desk.is_open(line.hours, now):
        return Reason.OUT_OF_HOURS
    if qualified.isdisjoint(at_work):
        return Reason.NOBODY_AT_WORK
    return Reason.DECLINED if line.tried and qualified & at_work <= {*line.tried} else Reason.ALL_FULL

"""Saves what was decided: the cases, the timeline's rows, the events. Called by every use case that changes a case."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial

from services.escalation import lead, metrics
from services.escalation.cases import announcements, store
from services.escalation.domain.case import Case, Change
from services.escalation.domain.rungs import Setting
from services.escalation.people import duty_store, supervisors
from services.escalation.policy.policybook import PolicyBook
from shared.database import Transaction


def setting_by_case(tx: Transaction, book: PolicyBook) -> Callable[[Case], Setting]:
    """What decisions about each case may look at; people are loaded once a transaction, and only if needed."""
    if not lead.REGIONS.is_told:  # or what is counted before the first look would be of other regions
        lead.know(book.current, supervisors.everybody(tx))
    people = cache(lambda: duty_store.people(tx, book.current, tx.now))
    return lambda case: Setting(book.of(tx, case.policy_version), people, tx.now)


def save(tx: Transaction, courses: Iterable[list[Change]], before: Mapping[str, Case]) -> None:
    """The cases, the timeline's rows, the events. before: the cases as they are stored; one that is not among them was
    added as it is now.
    """
    courses = [changes for changes in courses if changes]
    store.save_cases(tx, [changes[-1].case for changes in courses if changes[-1].case.id in before])
    changes = [change for changes in courses for change in changes]
    if not changes:
        return
    now = tx.now
    for change in changes:
        _announce(tx, change, now)
    for course in courses:
        tx.once_committed(partial(_count, before.get(course[0].case.id), course, now))
    store.add_events(tx, [announcements.row_of(change, now) for change in changes])
    store.add_notes(tx, [change for change in changes if change.note])


def _count(before: Case | None, course: Sequence[Change], now: datetime) -> None:
    """Each transition by what it made of the case, from its row on: what is told twice makes none."""
    case = before or Case(course[0].case.id)
    for change in course:
        metrics.count(case, change, now)
        lead.count(case, change, now)
        case = change.case


def _announce(tx: Transaction, change: Change, now: datetime) -> None:
    event = announcements.event_of(change, now)
    if event is None:
        return
    if change.case.traceparent:
        tx.traces.setdefault(change.case.id, change.case.traceparent)
    tx.announce(event)

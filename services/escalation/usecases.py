"""What escalation does by itself, one function per entrypoint: load, decide, save, announce. Called by service.py.

What people do with cases is in answers/, storms are in storms/, the auditor is in watch/.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

import structlog

from services.escalation import incoming, metrics
from services.escalation.answers import answering
from services.escalation.cases import store
from services.escalation.cases.saving import save, setting_by_case
from services.escalation.domain import hearing, storms, timing
from services.escalation.domain.case import Case, Change
from services.escalation.domain.policy import Policy
from services.escalation.domain.rungs import Setting
from services.escalation.domain.storms import Storm
from services.escalation.incoming import ComplaintEvent, OwnerEvent
from services.escalation.policy.policybook import PolicyBook
from services.escalation.storms import storming
from shared.contracts.escalation import CaseEscalated, CaseExhausted, CaseHandedBack, CaseWarned
from shared.contracts.notify import AlertAnswered, AlertOutcome, EscalationUnreachable
from shared.database import Transaction
from shared.erasure import erase_messages, forgotten_among
from shared.singly import each

log = structlog.get_logger()
CLAIM = 100
Decide = Callable[[Case, Any, Setting], list[Change]]
Waiting = Mapping[str, list[Any]]


# -- what intake, routing and notify tell -------------------------------------------------------------------------


def take_complaints(tx: Transaction, book: PolicyBook, events: Iterable[ComplaintEvent]) -> None:
    """Opens, escalates, closes and reopens cases by what happened to their complaints."""
    waiting: dict[str, list[ComplaintEvent]] = {}
    for event in sorted(events, key=lambda event: event.revision):
        waiting.setdefault(event.complaint_id, []).append(event)
    _take(tx, book, waiting, incoming.decide)
    forgotten = forgotten_among(event for told in waiting.values() for event in told)
    store.erase_notes(tx, forgotten)
    erase_messages(tx, forgotten, CaseEscalated, CaseExhausted, CaseWarned, CaseHandedBack)


def take_owners(tx: Transaction, book: PolicyBook, events: Iterable[OwnerEvent]) -> None:
    """Who works on the complaint, for the alerts and the record; that nobody does may be an alarm."""
    waiting: dict[str, list[OwnerEvent]] = {}
    for event in sorted(events, key=lambda event: event.attempt):
        waiting.setdefault(event.complaint_id, []).append(event)
    _take(tx, book, waiting, incoming.decide_owner)


def _take(tx: Transaction, book: PolicyBook, waiting: Waiting, decide: Decide) -> None:
    policy = book.keep_current(tx)
    while waiting:
        waiting = _take_waiting(tx, book, policy, waiting, decide)


def _take_waiting(
    tx: Transaction, book: PolicyBook, policy: Policy, waiting: Waiting, decide: Decide
) -> dict[str, list[Any]]:
    """Gives back those whose case another replica added meanwhile: they are decided again on what it wrote."""
    stored, setting_of = store.lock_cases(tx, waiting), setting_by_case(tx, book)
    lasting = cache(lambda: storming.lasting(tx, policy))
    courses: dict[str, list[Change]] = {}
    for case_id, events in waiting.items():
        case = stored.get(case_id) or _new_case(tx, policy, case_id)
        courses[case_id] = _course(case, events, setting_of(case), decide, lasting)
    added = store.add_cases(tx, [changes[-1].case for id_, changes in courses.items() if id_ not in stored and changes])
    taken = {case_id for case_id, changes in courses.items() if case_id in stored or case_id in added or not changes}
    save(tx, [courses[case_id] for case_id in courses if case_id in taken], stored)
    return {case_id: events for case_id, events in waiting.items() if case_id not in taken}


def _new_case(tx: Transaction, policy: Policy, case_id: str) -> Case:
    return Case(case_id, policy_version=policy.version, traceparent=tx.traces.get(case_id))


def _course(
    case: Case, events: Sequence[Any], setting: Setting, decide: Decide, lasting: Callable[[], Sequence[Storm]]
) -> list[Change]:
    changes: list[Change] = []
    for event in events:
        now = changes[-1].case if changes else case
        changes += [] if now.is_forgotten else storms.joined(decide(now, event, setting), lasting)
    return changes


def take_alerts(
    tx: Transaction, book: PolicyBook, events: Sequence[AlertOutcome | AlertAnswered | EscalationUnreachable]
) -> None:
    """Notes how alerts ended; an escalation that reached nobody climbs, and whoever answered an alert takes the case.

    The cases are locked all at once: of two rounds, one replica's second could wait for another's first.
    """
    store.add_events(tx, [incoming.row_of_alert(event) for event in events if isinstance(event, AlertOutcome)])
    unreached: dict[str, set[str]] = {}
    for event in events:
        if isinstance(event, EscalationUnreachable):
            unreached.setdefault(event.case_id, set()).add(event.escalation_id)
    replies = [event for event in events if isinstance(event, AlertAnswered)]
    cases = store.lock_cases(tx, {*unreached, *(event.case_id for event in replies)})
    setting_of = setting_by_case(tx, book)
    courses = [hearing.take_unreachable(c, unreached.get(id_, ()), setting_of(c)) for id_, c in cases.items()]
    save(tx, courses, cases)
    cases |= {changes[-1].case.id: changes[-1].case for changes in courses if changes}
    answering.take_replies(tx, cases, setting_of, replies)


# -- what time does -----------------------------------------------------------------------------------------------


def climb_due(tx: Transaction, book: PolicyBook) -> int:
    """One step for each of the cases that are due, the most severe first; gives the number of cases.

    One that cannot be decided, or stays due, is put off and counted: it must not stand in the way of the others. One
    that only its column calls due, as a replica of another version may leave it, is written as it is.
    """
    due, setting_of = store.claim_due(tx, CLAIM), setting_by_case(tx, book)
    courses, failed = each(due, lambda case: timing.take_deadline(case, setting_of(case)), "due case")
    sick = {case.id for case in failed}
    well = [case for case in due if case.id not in sick]
    tx.once_committed(partial(metrics.count_due, [case.due_at for case in well if case.due_at], tx.now))
    save(tx, courses, {case.id: case for case in well})
    store.save_cases(tx, [case for case in well if not _is_due(case, tx.now)])
    moved = {changes[-1].case.id: changes[-1].case for changes in courses if changes}
    _put_off(tx, sick, {case.id for case in well if _is_due(moved.get(case.id, case), tx.now)})
    return len(due)


def _put_off(tx: Transaction, failed: set[str], stuck: set[str]) -> None:
    store.put_off(tx, sorted(failed | stuck), tx.now + store.PUT_OFF)
    tx.once_committed(partial(metrics.PUT_OFF.inc, len(failed | stuck)))
    if stuck:
        log.error("due_cases_stuck", case_ids=sorted(stuck)[:10])


def _is_due(case: Case, now: datetime) -> bool:
    return case.due_at is not None and case.due_at <= now

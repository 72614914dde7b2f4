"""What escalation does, one function per entrypoint: load, decide, save, announce. Called by service.py."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache

from services.escalation import announcements, metrics, store, supervisors
from services.escalation.domain import decisions
from services.escalation.domain.case import Case, CaseState, Change, News, What
from services.escalation.domain.decisions import Setting
from services.escalation.domain.ladder import NOT_ASKED, Supervisor
from services.escalation.policybook import PolicyBook
from shared.codes import UNKNOWN_LANGUAGE, language_code, region_code
from shared.contracts.escalation import AlertFacts, CaseEscalated, CaseExhausted
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintEnd,
    ComplaintFacts,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintStep,
)
from shared.contracts.notify import AlertOutcome, EscalationUnreachable
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued
from shared.database import Transaction
from shared.differences import Difference, difference
from shared.erasure import erase_messages, forgotten_among
from shared.errors import NotFound

CLAIM = 100
UPSTREAM = "upstream"
ComplaintEvent = ComplaintFacts | ComplaintStep | ComplaintEnd
Waiting = Mapping[str, list[ComplaintEvent]]


class Outcome(Enum):
    """What became of an answer."""

    TAKEN = "taken"
    ALREADY_TAKEN = "already_taken"
    ALREADY_RESOLVED = "already_resolved"


@dataclass(frozen=True)
class Answer:
    case: Case
    outcome: Outcome


# -- what intake, routing and notify tell -------------------------------------------------------------------------


def take_complaints(tx: Transaction, book: PolicyBook, events: Iterable[ComplaintEvent]) -> None:
    """Opens, escalates, closes and reopens cases by what happened to their complaints."""
    book.keep_current(tx)
    waiting: dict[str, list[ComplaintEvent]] = {}
    for event in sorted(events, key=lambda event: event.revision):
        waiting.setdefault(event.complaint_id, []).append(event)
    forgotten = forgotten_among(event for told in waiting.values() for event in told)
    while waiting:
        waiting = _take_waiting(tx, book, waiting)
    erase_messages(tx, forgotten, CaseEscalated, CaseExhausted)


def _take_waiting(tx: Transaction, book: PolicyBook, waiting: Waiting) -> dict[str, list[ComplaintEvent]]:
    """Gives back those whose case another replica added meanwhile: they are decided again on what it wrote."""
    known, setting_of = store.lock_cases(tx, waiting), _settings(tx, book)
    courses: dict[str, list[Change]] = {}
    for case_id, events in waiting.items():
        case = known.get(case_id) or _new_case(tx, book, case_id)
        courses[case_id] = _course(case, events, setting_of(case))
    added = store.add_cases(tx, [changes[-1].case for case_id, changes in courses.items() if case_id not in known])
    _save(tx, [changes for case_id, changes in courses.items() if case_id in known or case_id in added], known)
    return {case_id: events for case_id, events in waiting.items() if case_id not in known and case_id not in added}


def _new_case(tx: Transaction, book: PolicyBook, case_id: str) -> Case:
    return Case(case_id, policy_version=book.current.version, traceparent=tx.traces.get(case_id))


def _settings(tx: Transaction, book: PolicyBook) -> Callable[[Case], Setting]:
    """What decisions about each case may look at; people are loaded once a transaction, and only if needed."""
    people = cache(lambda: supervisors.everybody(tx))
    return lambda case: Setting(book.of(tx, case.policy_version), people, tx.now)


def _course(case: Case, events: Sequence[ComplaintEvent], setting: Setting) -> list[Change]:
    changes: list[Change] = []
    for event in events:
        changes += _decide(changes[-1].case if changes else case, event, setting)
    return changes


def _decide(case: Case, event: ComplaintEvent, setting: Setting) -> list[Change]:
    if case.is_forgotten:
        return []
    match event:
        case ComplaintFacts():
            return decisions.take_news(case, _news(event), setting)
        case ComplaintAnswered():
            return decisions.take_answer(case, event.revision, event.by or UPSTREAM)
        case ComplaintResolved():
            return decisions.take_resolution(case, event.revision, event.at, event.by or UPSTREAM)
        case ComplaintReopened():
            return decisions.take_reopening(case, event.revision, event.by or UPSTREAM, setting)
        case ComplaintMerged():
            return decisions.take_merging(case, event.revision, event.at, event.by or UPSTREAM)
        case ComplaintForgotten():
            return decisions.take_forgetting(case, event.revision, event.at)
    return []


def _news(event: ComplaintFacts) -> News:
    customer, asks_kind = event.customer, _asks_kind(event)
    facts = AlertFacts(
        source=event.source,
        external_id=event.external_id,
        channel=event.channel,
        received_at=event.received_at,
        language=language_code(customer.language) or language_code(event.language) or UNKNOWN_LANGUAGE,
        category=event.category,
        anger=event.anger,
        asks_kind=asks_kind,
        excerpt=event.excerpt,
        flags=event.flags,
        region=region_code(customer.region),
        product=event.product,
        tier=customer.tier,
    )
    return News(event.revision, event.severity, asks_kind, facts)


def _asks_kind(event: ComplaintFacts) -> str:
    if not event.asks_supervisor:
        return NOT_ASKED
    return "supervisor" if event.asks_kind == NOT_ASKED else event.asks_kind


def note_owners(tx: Transaction, events: Iterable[ComplaintAssigned | ComplaintQueued]) -> None:
    """Keeps for the page and the alerts who works on the complaint; the case itself does not change."""
    store.add_events(tx, [announcements.row_of_owner(event) for event in events])


def take_alerts(tx: Transaction, book: PolicyBook, events: Iterable[AlertOutcome | EscalationUnreachable]) -> None:
    """Notes how alerts ended; an escalation that reached nobody climbs."""
    events = list(events)
    store.add_events(tx, [announcements.row_of_alert(event) for event in events if isinstance(event, AlertOutcome)])
    unreached: dict[str, set[str]] = {}
    for event in events:
        if isinstance(event, EscalationUnreachable):
            unreached.setdefault(event.case_id, set()).add(event.escalation_id)
    cases, setting_of = store.lock_cases(tx, unreached), _settings(tx, book)
    courses = [decisions.take_unreachable(case, unreached[case.id], setting_of(case)) for case in cases.values()]
    _save(tx, courses, cases)


# -- what time and people do --------------------------------------------------------------------------------------


def climb_due(tx: Transaction, book: PolicyBook) -> int:
    """One step for each case whose deadline has passed; gives the number of cases."""
    cases = {case.id: case for case in store.claim_due(tx, CLAIM)}
    setting_of = _settings(tx, book)
    _save(tx, [decisions.take_deadline(case, setting_of(case)) for case in cases.values()], cases)
    return len(cases)


def take_case(tx: Transaction, case_id: str, person: str) -> Answer:
    """A person takes the case; whoever comes second is told who has it. Raises NotFound."""
    case = store.lock_cases(tx, [case_id]).get(case_id)
    if case is None or (case.facts is None and not case.is_forgotten):
        raise NotFound(f"no case {case_id}")
    changes = decisions.acknowledge(case, person, tx.now)
    if not changes:
        return Answer(case, Outcome.ALREADY_RESOLVED if case.state is CaseState.RESOLVED else Outcome.ALREADY_TAKEN)
    _save(tx, [changes], {case_id: case})
    if case.escalated_at:
        metrics.ACKNOWLEDGEMENT.observe((tx.now - case.escalated_at).total_seconds())
    return Answer(changes[-1].case, Outcome.TAKEN)


def save_supervisor(tx: Transaction, person: Supervisor) -> None:
    supervisors.save(tx, person)


def check_supervisors(tx: Transaction, people: Mapping[str, Supervisor]) -> Difference:
    """What saving them would change."""
    return difference(supervisors.find(tx, people), people)


def save_supervisors(tx: Transaction, people: Mapping[str, Supervisor]) -> Difference:
    """All or none, by id; those that are not named stay as they are. Told twice, the second time changes nothing."""
    found = difference(supervisors.find(tx, people, lock=True), people)
    supervisors.add(tx, [people[id_] for id_ in found.added])
    supervisors.change(tx, [people[each.id] for each in found.changed])
    return replace(found, stored=True)


def look(tx: Transaction) -> None:
    """Sets the gauges that are read from the tables."""
    counted = store.count_by_state(tx)
    for state in metrics.OPEN_STATES:
        metrics.CASES.labels(state).set(counted[state])
    oldest = store.oldest_due(tx)
    metrics.DUE_OLDEST.set((tx.now - oldest).total_seconds() if oldest else 0)


# -- saving -------------------------------------------------------------------------------------------------------


def _save(tx: Transaction, courses: Iterable[list[Change]], known: Mapping[str, Case]) -> None:
    """The cases that are `known`; of all, also the new ones, the timeline's rows and the events of the transitions."""
    courses = [changes for changes in courses if changes]
    store.save_cases(tx, [changes[-1].case for changes in courses if changes[-1].case.id in known])
    changes = [change for changes in courses for change in changes]
    if not changes:
        return
    now = tx.now
    alerting = {change.case.id for change in changes if change.what in announcements.WITH_FACTS}
    agents = store.agents_of(tx, alerting & known.keys())
    for change in changes:
        _announce(tx, change, agents.get(change.case.id), now)
    store.add_events(tx, [announcements.row_of(change, now) for change in changes])


def _announce(tx: Transaction, change: Change, agent: str | None, now: datetime) -> None:
    event = announcements.event_of(change, agent, now)
    if event is None:
        return
    if change.case.traceparent:
        tx.traces.setdefault(change.case.id, change.case.traceparent)
    tx.announce(event)
    if change.what is What.ESCALATED and change.reason:
        metrics.ESCALATIONS.labels(change.case.level, change.reason).inc()

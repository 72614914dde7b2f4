"""From the events of a batch to alerts that wait to be sent, or need not be sent any more. Called by usecases.py."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from services.notify import metrics, store
from services.notify.domain.alert import AlertState, Escalation, EscalationState
from services.notify.domain.hearing import answers_among, escalation_from
from services.notify.domain.routes import next_alerts
from services.notify.domain.rules import Rules
from services.notify.domain.standing import Standing, why_needless
from services.notify.people import contacts
from services.notify.plans import beginnings, cases, wishes
from services.notify.plans.allowances import allowance_of
from services.notify.plans.conclusions import announce_ends, conclude
from services.notify.plans.given_up import erase_given_up
from shared.database import Transaction
from shared.erasure import erase_messages, forgotten_among

log = structlog.get_logger()


def hear(tx: Transaction, rules: Rules, events: Iterable[Any]) -> None:
    """Works off a batch, in whatever order it came: answers first, then what is still to be told."""
    events = list(events)
    answers = answers_among(events)
    called = [*_called(tx, rules, events), *wishes.assignments(tx, events)]
    before = cases.lock_cases(tx, [*answers, *(x.case_id for x in called)])
    standings = before | _remember(tx, answers, before)
    _suppress(tx, answers, standings)
    forgotten = forgotten_among(events)
    store.erase_facts(tx, forgotten)
    erase_messages(tx, forgotten)
    erase_given_up(tx, forgotten)
    _plan(tx, rules, [_unless_answered(x, standings[x.case_id]) for x in called])
    if told := wishes.takings(tx, rules, events, before):
        beginnings.add(tx, told)


def _called(tx: Transaction, rules: Rules, events: list[Any]) -> list[Escalation]:
    """The first of each key, in their order: somebody's first call is their first."""
    found: dict[str, Escalation] = {}
    for event in events:
        if escalation := escalation_from(event, rules, tx.now, tx.traces.get(event.subject)):
            found.setdefault(escalation.key, escalation)
    return list(found.values())


def _remember(tx: Transaction, answers: Mapping[str, Standing], known: Mapping[str, Standing]) -> dict[str, Standing]:
    after = {case_id: known[case_id].then(told) for case_id, told in answers.items()}
    changed = {case_id: standing for case_id, standing in after.items() if standing != known[case_id]}
    cases.save_standings(tx, changed)
    return changed


def _suppress(tx: Transaction, case_ids: Iterable[str], standings: Mapping[str, Standing]) -> None:
    if not case_ids:
        return
    needless = [
        a.end(AlertState.SUPPRESSED, reason, tx.now)
        for a in store.lock_unsent_alerts(tx, case_ids)
        if (reason := why_needless(a, standings[a.case_id]))
    ]
    store.save_alerts(tx, needless)
    announce_ends(tx, needless)


def _unless_answered(escalation: Escalation, standing: Standing) -> Escalation:
    if why_needless(escalation, standing) is None:
        return escalation
    facts = {} if standing.is_forgotten else escalation.facts
    return replace(escalation, state=EscalationState.ANSWERED, facts=facts)


def _plan(tx: Transaction, rules: Rules, escalations: list[Escalation]) -> None:
    new = store.add_escalations(tx, escalations)
    for escalation in escalations:
        if escalation.key in new:
            _note(tx, escalation)
    planned = [x for x in escalations if x.key in new and x.state is EscalationState.PLANNED]
    people = [person for x in planned for person in x.recipients]
    known = contacts.reachable(tx, rules, people)
    allowance = allowance_of(tx, rules.policy, known.values())
    alerts = [
        alert
        for x in planned
        for person in dict.fromkeys(x.recipients)
        for alert in allowance.note(
            next_alerts(x, person, known.get(person), frozenset(), rules, tx.now, allowance),
        )
    ]
    beginnings.add(tx, alerts)
    waited_for = {a.escalation_key for a in alerts if not a.has_ended}
    conclude(tx, [x for x in planned if x.key not in waited_for])


def _note(tx: Transaction, escalation: Escalation) -> None:
    tx.once_committed(metrics.ESCALATIONS.labels(escalation.purpose.value, escalation.state.value).inc)
    if escalation.state is EscalationState.NOBODY:
        log.error(
            "last_resort_missing",
            purpose=escalation.purpose.value,
            case_id=escalation.case_id,
            hint="set OMBUD_LAST_RESORT to a person or an e-mail address",
        )

"""What follows from what is known of a complaint: its picture, its clocks, how long nobody works on it. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.escalation.domain.case import Case, CaseState
from services.escalation.domain.clocks import Clock, run
from services.escalation.domain.conditions import Picture
from services.escalation.domain.policy import ClockRule, Measure, Policy, Starts
from services.escalation.domain.told import Moment
from shared.contracts.escalation import AlertFacts, EscalationReason
from shared.contracts.event import Severity

Run = tuple[datetime, datetime | None]  # from when a clock runs, and when it was stopped


def picture_of(
    facts: AlertFacts, severity: Severity, count: int = 1, rating: float | None = None, reopenings: int = 0
) -> Picture:
    return Picture(
        severity=severity,
        asks_kind=facts.asks_kind,
        anger=facts.anger,
        flags=frozenset(facts.flags),
        category=facts.category,
        channel=facts.channel,
        region=facts.region,
        product=facts.product,
        tier=facts.tier,
        contacts=count,
        rating=rating,
        reopenings=reopenings,
    )


def picture(case: Case) -> Picture | None:
    """Everything that is known of the complaint, None before it was read."""
    if case.facts is None:
        return None
    told = case.told
    seen = picture_of(case.facts, case.severity, told.count, told.rating, len(told.reopenings))
    return replace(seen, anger=told.anger, flags=frozenset(told.flags))


def refreshed(case: Case, policy: Policy) -> Case:
    """The case with its clocks, and the time after which nobody working on it is an alarm, as they stand now."""
    seen = picture(case)
    if seen is None or case.since is None:
        return case
    known = {clock.name: clock for clock in case.clocks}
    started = ((rule, _run_of(rule, case)) for rule in policy.clocks_of(seen))
    clocks = (_clock(rule, case, policy, begun, known.get(rule.name)) for rule, begun in started if begun)
    return case.but(clocks=tuple(clocks), unassigned_at=_unassigned_at(case, policy, seen))


def reassigned(case: Case, policy: Policy) -> Case:
    """The same after news of who works on it, which no clock measures."""
    seen = picture(case)
    return case.but(unassigned_at=_unassigned_at(case, policy, seen)) if seen and case.since else case


def _clock(rule: ClockRule, case: Case, policy: Policy, begun: Run, before: Clock | None) -> Clock:
    start, stop = begun
    region = case.facts.region if case.facts else None
    pauses = [pause for pause in case.pauses if pause.reason in rule.pauses]
    calendar, span = policy.calendar(rule.hours, region), rule.within[case.severity]
    return run(rule.name, span, calendar, case.told.timezone, rule.warn, start, stop, pauses, before)


def _run_of(rule: ClockRule, case: Case) -> Run | None:
    """From when to when the clock has run; None when it has not begun."""
    closed = case.closed_at if case.state is CaseState.RESOLVED else None
    match rule.measures:
        case Measure.FIRST_ANSWER if case.is_major:
            return None  # nobody wrote it, so nobody can be answered
        case Measure.FIRST_ANSWER:
            first = _first_after(case.told.answers, case.reopened_revision)
            return _start(rule, case), _earlier(first.at if first else None, closed)
        case Measure.RESOLUTION:
            return _start(rule, case), closed
        case Measure.SUPERVISOR:
            asked = case.told.asked_at
            return (max(asked, case.since or asked), _earlier(case.taken_at, closed)) if asked else None
        case Measure.NEXT_ANSWER:
            begun = _next_answer(case)
            return (begun[0], _earlier(begun[1], closed)) if begun else None


def _start(rule: ClockRule, case: Case) -> datetime:
    """A complaint that was opened again begins anew; `since` and what upstream says of the times are both at hand."""
    assert case.since is not None, "only a case that was opened has clocks"
    if rule.starts is Starts.OPENED:
        return case.since
    reopened = _first_after(case.told.reopenings, case.reopened_revision - 1)
    told = reopened.at if reopened else case.told.first_at
    return min(told or case.since, case.since)


def _next_answer(case: Case) -> Run | None:
    """From the earliest contact that came after an answer, to the answer to it; the newest such wait."""
    answers = [m for m in case.told.answers if m.revision > case.reopened_revision]
    if not answers:
        return None
    waiting = _first_after(case.told.contacts, answers[-1].revision)
    if waiting:
        return waiting.at, None
    if len(answers) == 1:
        return None
    asked = _first_after(case.told.contacts, answers[-2].revision)
    return (asked.at, answers[-1].at) if asked else None


def _first_after(moments: Sequence[Moment], revision: int) -> Moment | None:
    return next((moment for moment in moments if moment.revision > revision), None)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)


def _unassigned_at(case: Case, policy: Policy, seen: Picture) -> datetime | None:
    """Only of a case that no supervisor has heard of; whoever is alerted of it sees to the rest. Routing knows no
    storms.
    """
    rule = None if case.is_major else policy.trigger(EscalationReason.UNASSIGNED, seen)
    if rule is None or case.state is not CaseState.OPEN or case.owner.agent_id or case.customer_is_answered:
        return None
    since = max(case.owner.since or case.since, case.since) if case.since else None
    return since + rule.after[case.severity] if since else None

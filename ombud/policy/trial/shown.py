"""Prints a trial of escalation's policy: why, by which clocks and ladder, and the course; used by command.py."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from marshmallow import ValidationError
from rich.console import Console

from ombud.policy.trial.escalation import Course, Ending
from ombud.policy.trial.table import Rows, show_rows
from ombud.policy.trial.wording import deed, rung, since, verdict_on, whom
from services.escalation.domain.case import Case, Change, What
from services.escalation.domain.clocks import Clock
from services.escalation.domain.people import People
from services.escalation.domain.policy import Policy
from services.escalation.domain.rungs import ladder_of
from services.escalation.pages.wording import why
from shared.contracts.escalation import EscalationReason
from shared.hours.schedule import Zone

# What the case's own transitions say beside their reason is not why somebody hears of it.
_WITH_REASON = (What.ESCALATED, What.EXHAUSTED, What.LEVEL_EMPTY, What.LEVEL_CLOSED)


def show_course(console: Console, policy: Policy, people: People, course: Course) -> None:
    case = course.told
    if case.facts is None:
        console.print("The complaint is not known any more: nothing is due.", markup=False)
        return
    zone = zone_of(case)
    for name, value in _said(policy, course, zone):
        console.print(f"{name:<14}{value}", markup=False, highlight=False, soft_wrap=True)
    ladder = ladder_of(case, policy)
    levels = [rung(n, ladder, case.severity) for n, _ in ladder.levels_above(0)]
    tables = (
        Rows(("trigger", "escalates at once"), [(t.reason.value, verdict_on(t, case)) for t in policy.triggers]),
        Rows(("clock", "due", "warns at"), [_clock(clock, zone) for clock in case.clocks]),
        Rows((f"ladder {ladder.name}", "recipients", "to answer within", "besides"), levels),
        Rows(("when", "after", "what", "who", "why"), _steps(policy, course, _names(people), zone)),
    )
    for table in tables:
        console.print()
        show_rows(console, table)
    console.print()
    console.print(_end(course, zone), markup=False, highlight=False, soft_wrap=True)


def zone_of(case: Case) -> tzinfo:
    """The customer's; UTC if nobody knows it, as the clocks have it."""
    try:
        return ZoneInfo(Zone().deserialize(case.told.timezone))
    except ValidationError:
        return UTC


def _said(policy: Policy, course: Course, zone: tzinfo) -> Iterator[tuple[str, str]]:
    case = course.told
    facts = case.facts
    assert facts is not None
    yield "policy", policy.version
    read = [f"severity {case.severity}", f"category {facts.category}", f"asks for {facts.asks_kind}"]
    read += [f"anger {case.told.anger:g}", f"contacts {case.told.count}", f"language {facts.language}"]
    read += [f"flags {', '.join(case.told.flags)}"] if case.told.flags else []
    read += [f"region {facts.region or 'not known'}"]
    yield "complaint", ", ".join(read)
    yield "escalates", _verdict(course, zone)
    yield "times", f"as in {zone.key if isinstance(zone, ZoneInfo) else 'UTC'}"


def _verdict(course: Course, zone: tzinfo) -> str:
    first = next((step for step in course.steps if step.change.what is What.ESCALATED), None)
    if first is None:
        empty = next((step for step in course.steps if step.change.what is What.EXHAUSTED), None)
        return "to nobody: no level has anybody" if empty else "not in this time"
    after = since(course.steps[0].at, first.at)
    reason = why(first.change.case.trigger, first.change.case)
    return f"{'at once' if first.at == course.steps[0].at else after}: {reason}"


def _clock(clock: Clock, zone: tzinfo) -> tuple[str, str, str]:
    warns = ", ".join(f"{percent} % {moment(at, zone)}" for percent, at in clock.warn_at)
    if clock.stopped_at:
        return clock.name, f"{moment(clock.due_at, zone)}, stopped {moment(clock.stopped_at, zone)}", ""
    return clock.name, moment(clock.due_at, zone), warns


def _steps(policy: Policy, course: Course, names: Mapping[str, str], zone: tzinfo) -> list[Sequence[str]]:
    start, alerted, rows = course.steps[0].at, set[tuple[str, int]](), list[Sequence[str]]()
    for step in course.steps:
        change, rung_ = step.change, (step.change.case.ladder, step.change.case.level)
        done = deed(change, policy, rung_ in alerted)
        rows.append((moment(step.at, zone), since(start, step.at), done, whom(change, names), _why(change)))
        if change.what is What.ESCALATED:
            alerted.add(rung_)
    return rows


def _why(change: Change) -> str:
    if change.what not in _WITH_REASON or not isinstance(change.reason, EscalationReason):
        return ""
    return why(change.reason, change.case)


def _names(people: People) -> dict[str, str]:
    return {person.id: person.name for person in people.everybody}


def moment(at: datetime, zone: tzinfo) -> str:
    there = at.astimezone(zone)
    return f"{there:%a %Y-%m-%d %H:%M:%S}" if there.second else f"{there:%a %Y-%m-%d %H:%M}"


def _end(course: Course, zone: tzinfo) -> str:
    match course.ending:
        case Ending.REPEATED:
            return "And so on, until somebody answers."
        case Ending.STALLED:
            return "And so on, as before."
        case Ending.AT_REST:
            return "Nothing more is due."
        case Ending.FAR:
            due = course.last.due_at
            return f"Next, beyond this time: {moment(due, zone)}." if due else "Nothing more is due."

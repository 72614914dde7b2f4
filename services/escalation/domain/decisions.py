"""What becomes of a case when something is heard or a deadline passes: pure, used by the use cases.

Each decision gives the transitions in order, none when nothing changes. Events may come twice and in any order.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from services.escalation.domain.case import OMBUD, Case, CaseState, Change, Ending, News, What, escalation_id
from services.escalation.domain.ladder import Policy, Supervisor, recipients_at, stronger_ask
from shared.contracts.escalation import EscalationReason


@dataclass(frozen=True)
class Setting:
    """What a decision may look at beside the case; `people` is asked only when somebody must be alerted."""

    policy: Policy
    people: Callable[[], Iterable[Supervisor]]
    now: datetime


class Step(Enum):
    """What time asks of a case."""

    REST = "rest"  # nothing is due, and nothing will be
    WAIT = "wait"
    ESCALATE = "escalate"  # the first answer is overdue
    CLIMB = "climb"
    EXHAUST = "exhaust"


def next_step(case: Case, policy: Policy, now: datetime) -> Step:
    """What the deadline of the case asks for now."""
    if case.due_at is None or case.state not in (CaseState.OPEN, CaseState.ESCALATED):
        return Step.REST
    if now < case.due_at:
        return Step.WAIT
    if case.state is CaseState.OPEN:
        return Step.ESCALATE
    return Step.CLIMB if case.level < policy.top_level else Step.EXHAUST


def take_deadline(case: Case, setting: Setting) -> list[Change]:
    """One step, if one is due; the next deadline counts from now, however late this one was seen."""
    step = next_step(case, setting.policy, setting.now)
    if step in (Step.REST, Step.WAIT):
        return []
    return climb(case, EscalationReason.OVERDUE if step is Step.ESCALATE else EscalationReason.UNANSWERED, setting)


def take_unreachable(case: Case, unreached: Collection[str], setting: Setting) -> list[Change]:
    """Nobody could be told of these escalations: up at once, unless the case has moved on meanwhile."""
    if case.state is not CaseState.ESCALATED or case.escalation_id not in unreached:
        return []
    return climb(case, EscalationReason.UNREACHABLE, setting)


def take_news(case: Case, news: News, setting: Setting) -> list[Change]:
    """A complaint was read, for the first time or again: opens the case, or escalates it when the news is an alarm."""
    if news.revision == case.facts_revision:
        return []
    known = case.alarms
    case = _with_news(case, news, setting.policy)
    if case.is_closed:
        changed = _changed(case, What.UPDATED)
        return [changed] if case.state is CaseState.RESOLVED else [changed, _resolved(changed.case)]
    if case.state is CaseState.EARLY:
        return _open(case, What.OPENED, setting)
    if case.state is CaseState.RESOLVED:
        return _open(case, What.REOPENED, setting)
    fresh = [reason for reason in case.alarms if reason not in known]
    changed = _changed(case, What.UPDATED, due_at=_first_answer_due(case, setting.policy))
    # Whoever has taken the case has seen the old alarms; a new one is another matter.
    if fresh and case.state in (CaseState.OPEN, CaseState.ACKNOWLEDGED):
        return [changed, *climb(replace(changed.case, **_afresh(setting.now)), fresh[0], setting)]
    return [changed]


def take_answer(case: Case, revision: int, actor: str) -> list[Change]:
    """The customer got an answer: that ends the wait for the first one, not the ladder."""
    if revision <= case.answered_revision:
        return []
    case = replace(case, answered_revision=revision)
    if case.state is CaseState.OPEN and case.is_answered:
        case = replace(case, due_at=None)
    return [_changed(case, What.ANSWERED, actor)]


def take_resolution(case: Case, revision: int, at: datetime, actor: str) -> list[Change]:
    """The complaint was closed upstream, unless something newer says otherwise."""
    if revision <= case.closed_revision:
        return []
    case = replace(case, closed_revision=revision, closed_at=at, closed_by=actor)
    if case.state is CaseState.RESOLVED or not case.is_closed:
        return [_changed(case, What.NOTED, actor)]
    return [_resolved(case)]


def take_merging(case: Case, revision: int, at: datetime, actor: str) -> list[Change]:
    """The complaint is part of another one now: its own case is closed, and whoever climbs, climbs for the other."""
    if case.ending or revision <= case.closed_revision:
        return []
    return _end(replace(case, closed_revision=revision), Ending.MERGED, What.MERGED, at, actor)


def take_forgetting(case: Case, revision: int, at: datetime) -> list[Change]:
    """The customer's data was erased: the case is closed, and what was known of the complaint goes with it."""
    if case.is_forgotten:
        return []
    return _end(replace(case, closed_revision=revision, facts=None), Ending.FORGOTTEN, What.FORGOTTEN, at, OMBUD)


def _end(case: Case, ending: Ending, what: What, at: datetime, actor: str) -> list[Change]:
    if case.state is not CaseState.RESOLVED:
        case = replace(case, closed_at=at, closed_by=actor)
    return [_changed(case, what, actor, state=CaseState.RESOLVED, ending=ending, due_at=None)]


def take_reopening(case: Case, revision: int, actor: str, setting: Setting) -> list[Change]:
    """A closed complaint is open again: the wait begins anew, and so does the ladder."""
    if revision <= case.reopened_revision:
        return []
    case = replace(case, reopened_revision=revision)
    if case.is_closed or not (case.state in _AT_REST or _has_its_answer(case)):
        return [_changed(case, What.NOTED, actor)]
    if case.facts is None:
        return [_changed(case, What.NOTED, actor, state=CaseState.EARLY)]
    return _open(case, What.REOPENED, setting, actor)


def acknowledge(case: Case, person: str, now: datetime) -> list[Change]:
    """A named person takes the case; nothing changes if it is taken or closed already."""
    if case.state not in (CaseState.OPEN, CaseState.ESCALATED, CaseState.EXHAUSTED):
        return []
    return [
        _changed(
            case,
            What.ACKNOWLEDGED,
            person,
            state=CaseState.ACKNOWLEDGED,
            due_at=None,
            acknowledged_by=person,
            acknowledged_at=now,
        )
    ]


def climb(case: Case, reason: EscalationReason, setting: Setting) -> list[Change]:
    """To the next level that has somebody; past the top the case is exhausted."""
    if case.level == 0:
        case = replace(case, round=case.round + 1, trigger=reason)
    changes: list[Change] = []
    for number, level in setting.policy.levels_above(case.level):
        id_ = escalation_id(case.id, number, case.round)
        rung: dict[str, Any] = {"level": number, "reason": reason, "escalation_id": id_}
        recipients = _recipients(case, number, setting)
        if recipients:
            due_at = setting.now + level.respond_within[case.severity]
            return [
                *changes,
                _changed(
                    case,
                    What.ESCALATED,
                    why=reason,
                    **rung,
                    state=CaseState.ESCALATED,
                    recipients=recipients,
                    due_at=due_at,
                    escalated_at=setting.now,
                ),
            ]
        changes.append(_changed(case, What.LEVEL_EMPTY, why=reason, **rung, recipients=()))
        case, reason = changes[-1].case, EscalationReason.UNREACHABLE
    return [*changes, _changed(case, What.EXHAUSTED, why=reason, state=CaseState.EXHAUSTED, due_at=None)]


_AT_REST = (CaseState.RESOLVED, CaseState.ACKNOWLEDGED)


def _has_its_answer(case: Case) -> bool:
    return case.state is CaseState.OPEN and case.due_at is None


def _recipients(case: Case, level: int, setting: Setting) -> tuple[str, ...]:
    if case.facts is None:
        return ()
    return recipients_at(setting.policy.level(level), setting.people(), case.facts.region, case.facts.language)


def _open(case: Case, what: What, setting: Setting, actor: str = OMBUD) -> list[Change]:
    waits = not case.trouble and not case.is_answered
    due_at = setting.now + setting.policy.first_answer_within[case.severity] if waits else None
    opened = _changed(case, what, actor, **_afresh(setting.now), state=CaseState.OPEN, due_at=due_at)
    return [opened, *climb(opened.case, case.trouble, setting)] if case.trouble else [opened]


def _afresh(now: datetime) -> dict[str, Any]:
    """What puts a case at the foot of the ladder, with nobody's name on it."""
    return {
        "level": 0,
        "reason": None,
        "trigger": None,
        "escalation_id": None,
        "recipients": (),
        "escalated_at": None,
        "acknowledged_by": None,
        "acknowledged_at": None,
        "since": now,
    }


def _first_answer_due(case: Case, policy: Policy) -> datetime | None:
    """When the first answer is overdue, for a case that waits for one; any other keeps its deadline."""
    if case.state is not CaseState.OPEN or case.since is None:
        return case.due_at
    return None if case.is_answered else case.since + policy.first_answer_within[case.severity]


def _with_news(case: Case, news: News, policy: Policy) -> Case:
    alarms = dict(case.alarms)
    for reason in policy.fired(news.severity, news.asks_kind):
        alarms[reason] = min(alarms.get(reason, news.revision), news.revision)
    asks_kind = stronger_ask(case.facts.asks_kind if case.facts else news.asks_kind, news.asks_kind)
    facts = news.facts if case.facts is None or news.revision > case.facts_revision else case.facts
    return replace(
        case,
        alarms=alarms,
        facts=facts if facts.asks_kind == asks_kind else replace(facts, asks_kind=asks_kind),
        facts_revision=max(case.facts_revision, news.revision),
        severity=max(case.severity, news.severity, key=lambda severity: severity.rank),
    )


def _resolved(case: Case) -> Change:
    return _changed(case, What.RESOLVED, case.closed_by or OMBUD, state=CaseState.RESOLVED, due_at=None)


def _changed(case: Case, what: What, actor: str = OMBUD, why: EscalationReason | None = None, **to: Any) -> Change:
    """The transition to a case with these fields; one copy of it, however many they are: a case has many fields."""
    return Change(replace(case, revision=case.revision + 1, **to), what, actor, why)

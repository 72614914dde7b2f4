"""The moves that a case makes on its ladder, whatever the cause: begin, climb, alert again, end. Pure.

Used by the decisions: `hearing` (what others tell), `timing` (what time asks), `answers` (what people do).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from services.escalation.domain.case import ALL_MUST_ANSWER, OMBUD, Case, CaseState, Change, What, escalation_id
from services.escalation.domain.clocks import BROKEN
from services.escalation.domain.ladder import Ladder, Level, Outside
from services.escalation.domain.policy import Policy
from services.escalation.domain.rungs import Setting, closed_until, level_of, recipients_of, seen_of
from services.escalation.domain.watching import picture, refreshed
from shared.contracts.escalation import EscalationReason


def changed(
    case: Case,
    what: What,
    actor: str = OMBUD,
    why: EscalationReason | None = None,
    details: Mapping[str, Any] | None = None,
    **to: Any,
) -> Change:
    """The transition to a case with these fields; one copy of it, however many they are: a case has many fields."""
    return Change(case.but(revision=case.revision + 1, **to), what, actor, why, details or {})


def begin(case: Case, what: What, setting: Setting, actor: str = OMBUD) -> list[Change]:
    """The case is opened, for the first time or again: the customer waits from now on."""
    now = setting.now
    opened = afresh(case).but(since=now, opened_at=case.opened_at or now, taken_at=None, parent_id=None)
    change = changed(watched(opened, setting), what, actor, outcome=None, remedies=())
    trouble = trouble_of(change.case, setting.policy)
    return [change, *climb(change.case, trouble, setting)] if trouble else [change]


def watched(case: Case, setting: Setting) -> Case:
    """An open case with its clocks. Of one that is overdue they ask no more, so that it has a time of its own."""
    case = refreshed(case, setting.policy)
    if not is_overdue(case, setting):
        return case
    return case.but(respond_by=setting.now + setting.policy.follow_up.within[case.severity])


def is_overdue(case: Case, setting: Setting) -> bool:
    """Whether a clock is broken and runs on, for which the policy escalates."""
    return breaks(case, [c.name for c in case.clocks if c.told >= BROKEN and c.stopped_at is None], setting)


def breaks(case: Case, broken: Collection[str], setting: Setting) -> bool:
    """Whether the policy escalates for one of these clocks."""
    if not broken:
        return False
    seen = seen_of(case)
    return any(
        trigger.reason is EscalationReason.OVERDUE
        and trigger.when.fits(seen)
        and (not trigger.clocks or not trigger.clocks.isdisjoint(broken))
        for trigger in setting.policy.triggers
    )


def trouble_of(case: Case, policy: Policy) -> EscalationReason | None:
    """The first reason to escalate at once, None when there is none."""
    seen = picture(case)
    declined = case.owner.declined and seen and policy.trigger(EscalationReason.DECLINED, seen)
    return policy.first({*case.alarms, *([EscalationReason.DECLINED] if declined else [])})


def end(
    case: Case, setting: Setting, actor: str | None = None, details: Mapping[str, Any] | None = None
) -> list[Change]:
    """The case is resolved, as `closed_at` and `closed_by` say."""
    resolved = refreshed(at_rest(case).but(state=CaseState.RESOLVED), setting.policy)
    return [changed(resolved, What.RESOLVED, actor or case.closed_by or OMBUD, details=details)]


def at_rest(case: Case) -> Case:
    """Nothing is due on the ladder any more; what the clocks ask for is their own matter."""
    return case.but(
        respond_by=None,
        follow_up_by=None,
        remind_at=None,
        shift_ends_at=None,
        unassigned_at=None,
        confirmed_by=(),
    )


def afresh(case: Case) -> Case:
    """At the foot of the ladder, with nobody's name on it."""
    return at_rest(case).but(
        state=CaseState.OPEN,
        ladder=case.ladder if case.is_major else "",
        level=0,
        repeats=0,
        reason=None,
        trigger=None,
        escalation_id=None,
        recipients=(),
        escalated_at=None,
        acknowledged_by=None,
        acknowledged_at=None,
    )


def followed_up(case: Case, setting: Setting) -> Case:
    """Whoever has the case has gone on: the time until the next progress begins anew, after a pause at its end."""
    start = max((p.end for p in case.pauses if p.start <= setting.now < p.end), default=setting.now)
    within = setting.policy.follow_up.within[case.severity]
    return case.but(follow_up_by=start + within, remind_at=start + within * setting.policy.follow_up.remind / 100)


def climb(case: Case, reason: EscalationReason, setting: Setting) -> list[Change]:
    """To the next level that has somebody; past the top the case is exhausted."""
    seen = picture(case)
    if case.level == 0 and seen:
        ladder_name = case.ladder or setting.policy.ladder_for(seen).name
        case = case.but(ladder=ladder_name, round=case.round + 1, trigger=reason, reason=reason)
    ladder = setting.policy.ladder(case.ladder)
    first = max(case.level, ladder.start_of(case.severity) - 1)
    return _climb_from(case, first, ladder, reason, setting)


def climb_to(case: Case, level: int, reason: EscalationReason, setting: Setting) -> list[Change]:
    """To a level that a person chose, or the next one above it that has somebody."""
    ladder = setting.policy.ladder(case.ladder)
    case = untaken(case).but(round=case.round + 1)
    return _climb_from(case, level - 1, ladder, reason, setting)


def alert_again(case: Case, reason: EscalationReason, setting: Setting, repeats: int = 0) -> list[Change]:
    """The same level in a new round: whoever is there now."""
    if case.state in (CaseState.ACKNOWLEDGED, CaseState.SNOOZED):
        case = untaken(case)
    if case.level == 0:
        return climb(case, reason, setting)
    case = case.but(round=case.round + 1)
    ladder = setting.policy.ladder(case.ladder)
    return _climb_from(at_rest(case), min(case.level, ladder.top_level) - 1, ladder, reason, setting, repeats)


def more_severe(case: Case, setting: Setting) -> list[Change]:
    """Up at once if the ladder begins higher for this severity, else there is less time to answer."""
    ladder = setting.policy.ladder(case.ladder)
    if case.state is CaseState.EXHAUSTED:
        return alert_again(case, EscalationReason.SEVERITY, setting)
    if case.level < ladder.start_of(case.severity):
        return climb(case, EscalationReason.SEVERITY, setting)
    if case.level == 0 or case.escalated_at is None or case.respond_by is None:
        return []
    respond_by = case.escalated_at + level_of(case, setting).respond_within[case.severity]
    if respond_by >= case.respond_by:
        return []
    return [changed(case, What.NOTED, respond_by=respond_by, details={"respond_by": respond_by.isoformat()})]


def untaken(case: Case) -> Case:
    """Where it is on its ladder, and nobody's: what comes next calls for somebody, or waits to."""
    return at_rest(case).but(state=CaseState.OPEN, acknowledged_by=None, acknowledged_at=None)


def _climb_from(
    case: Case, below: int, ladder: Ladder, reason: EscalationReason, setting: Setting, repeats: int = 0
) -> list[Change]:
    changes: list[Change] = []
    for number, level in ladder.levels_above(below):
        opening = closed_until(level, case, setting)
        if opening and level.outside is Outside.WAIT:
            return [*changes, _waits(case, number, reason, opening)]
        rung: dict[str, Any] = {
            "level": number,
            "reason": reason,
            "escalation_id": escalation_id(case.id, number, case.round),
            "repeats": repeats,
        }
        recipients = () if opening else recipients_of(level, case, setting)
        if recipients:
            return [*changes, _called(case, level, recipients, rung, setting)]
        empty = What.LEVEL_CLOSED if opening else What.LEVEL_EMPTY
        changes.append(changed(case, empty, why=reason, recipients=(), **rung))
        case, repeats = changes[-1].case, 0
        if not opening:  # of a level that is closed nobody was looked for
            reason = EscalationReason.UNREACHABLE
    return [*changes, _exhausted(case, reason, setting)]


def _waits(case: Case, number: int, reason: EscalationReason, opening: datetime) -> Change:
    """Below that level until it opens; on the rung where somebody was alerted, if somebody was."""
    place: dict[str, Any] = {"level": number - 1, "reason": reason} if case.state is CaseState.OPEN else {}
    details = {"opens_at": opening.isoformat()}
    return changed(at_rest(case), What.LEVEL_CLOSED, why=reason, details=details, respond_by=opening, **place)


def _called(case: Case, level: Level, recipients: tuple[str, ...], rung: Mapping[str, Any], setting: Setting) -> Change:
    respond_by = setting.now + level.respond_within[case.severity]
    return changed(
        at_rest(case),
        What.ESCALATED,
        why=rung["reason"],
        **rung,
        state=CaseState.ESCALATED,
        recipients=recipients,
        respond_by=respond_by,
        escalated_at=setting.now,
        acknowledged_by=None,
        acknowledged_at=None,
        details={
            "recipients": list(recipients),
            "respond_by": respond_by.isoformat(),
            "escalation_id": rung["escalation_id"],
            **({ALL_MUST_ANSWER: True} if level.needs_all(recipients) else {}),
        },
    )


def _exhausted(case: Case, reason: EscalationReason, setting: Setting) -> Change:
    """Still somebody's duty: the top is alerted again after a while, and the operator hears of it each time."""
    again_at = setting.now + setting.policy.again_after[case.severity]
    return changed(untaken(case), What.EXHAUSTED, why=reason, state=CaseState.EXHAUSTED, respond_by=again_at)

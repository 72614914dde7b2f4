"""What time asks of a case: warnings of its clocks, and at most one move on the ladder. Pure; used by the use cases.

A case that was due for long, as after a downtime, makes one move, whose next deadline counts from now; what its clocks
had to tell meanwhile is told all the same, in order.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.escalation.domain.case import QUIET, Case, CaseState, Change, What
from services.escalation.domain.clocks import BROKEN, Clock, marks_due
from services.escalation.domain.rungs import Setting, level_of, wanted_for
from services.escalation.domain.steps import afresh, alert_again, breaks, changed, climb, is_overdue
from shared.contracts.escalation import FOLLOW_UP, EscalationReason
from shared.contracts.event import to_text

_LOOK_AGAIN = timedelta(hours=1)


def take_deadline(case: Case, setting: Setting) -> list[Change]:
    """Everything that is due; nothing when nothing is. The case was read: one that was not has no deadlines."""
    if case.due_at is None or case.due_at > setting.now or case.facts is None:
        return []
    told = _take_clocks(case, setting)
    broken = [change.details["clock"] for change in told if change.what is What.CLOCK_BROKEN]
    after = told[-1].case if told else case
    return [*told, *_move(after, broken, setting)]


def _take_clocks(case: Case, setting: Setting) -> list[Change]:
    """The marks that the clocks have passed, the earliest first."""
    marks = sorted(
        (_instant_of(clock, percent), place, percent)
        for place, clock in enumerate(case.clocks)
        for percent in marks_due(clock, setting.now)
    )
    changes: list[Change] = []
    for _, place, percent in marks:
        clock = replace(case.clocks[place], told=percent)
        case = case.but(clocks=(*case.clocks[:place], clock, *case.clocks[place + 1 :]))
        what = What.CLOCK_BROKEN if percent >= BROKEN else What.WARNED
        changes.append(changed(case, what, details=_told(clock, percent, case, setting)))
        case = changes[-1].case
    return changes


def _instant_of(clock: Clock, percent: int) -> datetime:
    return dict(clock.warn_at).get(percent, clock.due_at)


def _told(clock: Clock, percent: int, case: Case, setting: Setting) -> dict[str, Any]:
    """Of the row and of the event: whom the policy wants to hear of it."""
    rule = next((rule for rule in setting.policy.clocks if rule.name == clock.name), None)
    told = setting.people().among(rule.told, wanted_for(case), setting.now) if rule and rule.told else ()
    return {
        "clock": clock.name,
        "percent": percent,
        "due_at": clock.due_at.isoformat(),
        "recipients": list(told) if case.state is not CaseState.MUTED else [],
    }


def _move(case: Case, broken: list[str], setting: Setting) -> list[Change]:
    """One step, whatever is due; a new alarm comes before what the ladder asks for."""
    if case.state in QUIET and breaks(case, broken, setting):
        return climb(afresh(case), EscalationReason.OVERDUE, setting)
    if _is_due(case.unassigned_at, setting) and case.state is CaseState.OPEN:
        return climb(afresh(case), EscalationReason.UNASSIGNED, setting)
    if case.state is CaseState.ACKNOWLEDGED:
        return _follow_up(case, setting)
    return _climb(case, setting) if _is_due(case.respond_by, setting) else []


def _climb(case: Case, setting: Setting) -> list[Change]:
    match case.state:
        case CaseState.ESCALATED:
            if case.level and case.repeats < level_of(case, setting).repeat:
                return alert_again(case, EscalationReason.UNANSWERED, setting, case.repeats + 1)
            return climb(case, EscalationReason.UNANSWERED, setting)
        case CaseState.SNOOZED:
            return alert_again(case, EscalationReason.SNOOZE_ENDED, setting)
        case CaseState.EXHAUSTED:
            return alert_again(case, EscalationReason.UNANSWERED, setting)
        case CaseState.OPEN:
            return _go_on(case, setting)
    return []


def _go_on(case: Case, setting: Setting) -> list[Change]:
    """Its level was closed until now; or it was handed back overdue, and rests if it no longer is."""
    resting = case.but(respond_by=None)
    if case.reason is None and resting.due_at and not is_overdue(case, setting):
        return [changed(resting, What.NOTED)]
    return climb(case, case.reason or EscalationReason.OVERDUE, setting)


def _follow_up(case: Case, setting: Setting) -> list[Change]:
    """Whoever took the case is reminded, and called again with the others when nothing comes of it."""
    # A version before left the opening of a level in `respond_by` of a case that is taken.
    if _is_due(case.follow_up_by, setting) or _is_due(case.respond_by, setting):
        return alert_again(case, EscalationReason.STALLED, setting)
    if _is_due(case.shift_ends_at, setting):
        return _hand_over(case, setting)
    if _is_due(case.remind_at, setting) and case.follow_up_by:
        details = {
            "clock": FOLLOW_UP,
            "percent": setting.policy.follow_up.remind,
            "due_at": case.follow_up_by.isoformat(),
            "recipients": [case.acknowledged_by],
        }
        return [changed(case, What.REMINDED, details=details, remind_at=None)]
    return []


def _hand_over(case: Case, setting: Setting) -> list[Change]:
    """To whoever is on duty now; while nobody else is, it stays where it is, and is looked at again.

    That is told once, as it changes nothing: the revision stays, and the row of the looks that follow is there already.
    """
    level = level_of(case, setting)
    there = setting.people().among(level.recipients, wanted_for(case), setting.now)
    if there and case.acknowledged_by not in there:
        return alert_again(case, EscalationReason.SHIFT_ENDED, setting)
    ends_at = setting.people().duty_ends(level.recipients, case.acknowledged_by or "", setting.now)
    kept = case.but(shift_ends_at=ends_at or setting.now + _LOOK_AGAIN)
    key = f"{What.KEPT}:{to_text(case.acknowledged_at)}"
    return [Change(kept, What.KEPT, details={"recipients": [case.acknowledged_by]}, key=key)]


def _is_due(at: datetime | None, setting: Setting) -> bool:
    return at is not None and at <= setting.now

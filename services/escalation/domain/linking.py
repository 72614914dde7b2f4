"""A case becomes part of another one, or stands for itself again. Pure; used by answering, and by storms."""

from services.escalation.domain.answers import Answer, Refusal, why_refused
from services.escalation.domain.case import Case, CaseState, What
from services.escalation.domain.rungs import Setting
from services.escalation.domain.steps import afresh, at_rest, changed, climb, is_overdue, watched
from shared.contracts.escalation import EscalationReason


def link(case: Case, parent: Case, person: str, setting: Setting) -> Answer:
    """The case is part of another one, whose alerts speak for it; it is resolved with it."""
    if (refusal := why_refused(case, parts_too=True)) is not None:
        return refusal
    if parent.id == case.id or parent.parent_id == case.id:
        return Refusal.ITSELF
    if case.is_major:
        return Refusal.HAS_CHILDREN
    if parent.state in (CaseState.RESOLVED, CaseState.EARLY):
        return Refusal.PARENT_ENDED
    if parent.state is CaseState.MUTED:
        return Refusal.PARENT_IS_PART
    case = at_rest(case).but(state=CaseState.MUTED, parent_id=parent.id)
    return [changed(case, What.LINKED, person, details={"parent": parent.id})]


def unlink(case: Case, person: str, setting: Setting) -> Answer:
    """The case stands for itself again; what was an alarm about it, or became overdue meanwhile, is one now."""
    if case.state is not CaseState.MUTED:
        return Refusal.NOT_LINKED
    case = afresh(case).but(state=CaseState.OPEN, parent_id=None)
    unlinked = changed(watched(case, setting), What.UNLINKED, person)
    overdue = EscalationReason.OVERDUE if is_overdue(unlinked.case, setting) else None
    reason = setting.policy.first(case.alarms) or overdue
    return [unlinked, *climb(unlinked.case, reason, setting)] if reason else [unlinked]

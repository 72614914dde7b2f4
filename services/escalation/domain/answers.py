"""What people do with a case: each answer gives its transitions, or a Refusal that says why not. Pure.

Used by the use cases of answers, whichever way one came: HTTP, the page behind a link, a reply to an alert.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.escalation.domain.case import CALLING, TAKABLE, Case, CaseState, Change, What
from services.escalation.domain.clocks import Pause
from services.escalation.domain.ladder import Needed
from services.escalation.domain.policy import READ_REASONS, PauseReason
from services.escalation.domain.rungs import Setting, ladder_of, level_of, seen_of
from services.escalation.domain.steps import (
    afresh,
    alert_again,
    at_rest,
    changed,
    climb,
    climb_to,
    end,
    followed_up,
    more_severe,
    untaken,
    watched,
)
from services.escalation.domain.watching import picture_of, refreshed
from shared.contracts.escalation import EscalationReason, Outcome, Remedy
from shared.contracts.event import Severity


class Refusal(StrEnum):
    """Why an answer changes nothing."""

    ALREADY_TAKEN = "already_taken"  # by somebody else, or by the same person before
    ALREADY_RESOLVED = "already_resolved"
    NOT_READ = "not_read"  # only a later event of its complaint has been heard
    PART_OF_ANOTHER = "part_of_another"
    NO_SUCH_LEVEL = "no_such_level"
    TOO_LATE = "too_late"  # the time lies before now
    TOO_LONG = "too_long"
    NOT_PAUSED = "not_paused"
    NO_RULE = "no_rule"  # the policy does not escalate for that
    ITSELF = "itself"
    PARENT_ENDED = "parent_ended"
    PARENT_IS_PART = "parent_is_part"  # the other case is part of one itself
    HAS_CHILDREN = "has_children"
    NOT_LINKED = "not_linked"
    OUTDATED = "outdated"  # a reply to an alert of which the case knows nothing any more


Answer = list[Change] | Refusal


def acknowledge(case: Case, person: str, setting: Setting) -> Answer:
    """A named person takes the case: the ladder's clock stops, the follow-up clock starts."""
    if (refusal := why_refused(case)) is not None:
        return refusal
    if case.state not in TAKABLE or person in case.confirmed_by:
        return Refusal.ALREADY_TAKEN
    if _waits_for_others(case, person, setting):
        return [changed(case, What.CONFIRMED, person, confirmed_by=(*case.confirmed_by, person))]
    return [_taken(case, What.ACKNOWLEDGED, person, setting)]


def _waits_for_others(case: Case, person: str, setting: Setting) -> bool:
    """At a level where all must answer, each recipient's answer counts, and the case climbs for want of one."""
    if case.state is not CaseState.ESCALATED or level_of(case, setting).needed is not Needed.ALL:
        return False
    return person in case.recipients and not set(case.recipients) <= {*case.confirmed_by, person}


def take_over(case: Case, person: str, setting: Setting) -> Answer:
    """The same, also when somebody else has it."""
    if (refusal := why_refused(case)) is not None:
        return refusal
    if case.state is CaseState.ACKNOWLEDGED and case.acknowledged_by == person:
        return Refusal.ALREADY_TAKEN
    return [_taken(case, What.TAKEN_OVER, person, setting)]


def _taken(case: Case, what: What, person: str, setting: Setting) -> Change:
    case = followed_up(at_rest(case), setting).but(
        state=CaseState.ACKNOWLEDGED,
        shift_ends_at=setting.people().duty_ends(level_of(case, setting).recipients, person, setting.now),
        acknowledged_by=person,
        acknowledged_at=setting.now,
        taken_at=case.taken_at or setting.now,
    )
    return changed(refreshed(case, setting.policy), what, person)


def resolve(case: Case, person: str, outcome: Outcome, remedies: tuple[Remedy, ...], setting: Setting) -> Answer:
    """The complaint has come to its end, with what the customer got."""
    if (refusal := why_refused(case, parts_too=True)) is not None:
        return refusal
    case = case.but(
        closed_revision=max(case.last_revision, 1),
        closed_at=setting.now,
        closed_by=person,
        outcome=outcome,
        remedies=remedies,
    )
    return end(case, setting, person, {"outcome": outcome.value, "remedies": [r.value for r in remedies]})


def hand_back(case: Case, person: str, needs: Mapping[str, str], setting: Setting) -> Answer:
    """No supervisor is needed: routing gives the complaint to an agent again, and the clocks go on."""
    if (refusal := why_refused(case)) is not None:
        return refusal
    owner = replace(case.owner, agent_id=None, agent_name=None, teams=(), since=setting.now, declined=False)
    case = afresh(case).but(state=CaseState.OPEN, owner=owner)
    return [changed(watched(case, setting), What.HANDED_BACK, person, details={"needs": dict(needs)})]


def escalate(case: Case, person: str, level: int | None, reason: EscalationReason, setting: Setting) -> Answer:
    """To that level, or the next one; by an agent or upstream only if the policy has a rule for their request."""
    if (refusal := why_refused(case)) is not None:
        return refusal
    ladder = ladder_of(case, setting.policy)
    known, top = case.but(ladder=ladder.name), ladder.top_level
    if level is not None and not 1 <= level <= top:
        return Refusal.NO_SUCH_LEVEL
    if reason is not EscalationReason.MANUAL and setting.policy.trigger(reason, seen_of(case)) is None:
        return Refusal.NO_RULE
    asked = changed(known, What.REQUESTED, person, reason)
    if level is not None:
        known = asked.case.but(trigger=asked.case.trigger or reason)
        return [asked, *climb_to(known, level, reason, setting)]
    if known.level >= top:  # there is nobody above them
        return [asked, *alert_again(asked.case, reason, setting)]
    return [asked, *climb(untaken(asked.case), reason, setting)]


def snooze(case: Case, person: str, until: datetime, setting: Setting) -> Answer:
    """Nobody is alerted of it until then, but for a new alarm; at most as long as the policy allows."""
    if (refusal := why_refused(case)) is not None:
        return refusal
    if until <= setting.now:
        return Refusal.TOO_LATE
    if until > setting.now + setting.policy.snooze_at_most:
        return Refusal.TOO_LONG
    case = at_rest(case).but(state=CaseState.SNOOZED, respond_by=until)
    return [changed(case, What.SNOOZED, person, details={"until": until.isoformat()})]


def remark(case: Case, person: str, setting: Setting) -> Answer:
    """A note for the record; by whoever has the case, it is progress."""
    if case.is_forgotten or case.state is CaseState.EARLY:
        return Refusal.ALREADY_RESOLVED if case.is_forgotten else Refusal.NOT_READ
    if case.state is CaseState.ACKNOWLEDGED and case.acknowledged_by == person:
        case = followed_up(case, setting)
    return [changed(case, What.REMARKED, person)]


def pause(case: Case, person: str, reason: PauseReason, until: datetime, setting: Setting) -> Answer:
    """The clocks that the policy stops for that reason stand still until then, or until somebody resumes."""
    if (refusal := why_refused(case)) is not None:
        return refusal
    if until <= setting.now:
        return Refusal.TOO_LATE
    if until > setting.now + setting.policy.pause_at_most:
        return Refusal.TOO_LONG
    case = case.but(pauses=(*_without_present(case, setting.now), Pause(setting.now, until, reason)))
    if case.state is CaseState.ACKNOWLEDGED:
        case = followed_up(case, setting)
    details = {"reason": reason.value, "until": until.isoformat()}
    return [changed(refreshed(case, setting.policy), What.PAUSED, person, details=details)]


def resume(case: Case, person: str, setting: Setting) -> Answer:
    """What the case waited for is there."""
    if (refusal := why_refused(case)) is not None:
        return refusal
    if not any(pause.start <= setting.now < pause.end for pause in case.pauses):
        return Refusal.NOT_PAUSED
    case = case.but(pauses=_without_present(case, setting.now))
    if case.state is CaseState.ACKNOWLEDGED:
        case = followed_up(case, setting)
    return [changed(refreshed(case, setting.policy), What.RESUMED, person)]


def _without_present(case: Case, now: datetime) -> tuple[Pause, ...]:
    """The pauses, those that last cut off now."""
    ended = (replace(pause, end=min(pause.end, now)) for pause in case.pauses)
    return tuple(pause for pause in ended if pause.start < pause.end)


@dataclass(frozen=True)
class Correction:
    """How the complaint should have been read; None = it was right."""

    severity: Severity | None = None
    category: str | None = None
    language: str | None = None
    region: str | None = None

    @property
    def said(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items() if value is not None}


def correct(case: Case, person: str, correction: Correction, setting: Setting) -> Answer:
    """The severity may sink, too; what follows from the reading follows anew. Whoever has the case keeps it."""
    if (refusal := why_refused(case, parts_too=True)) is not None:
        return refusal
    assert case.facts is not None
    words = {name: value for name, value in correction.said.items() if name != "severity"}
    known = replace(case.facts, **words)  # type: ignore[arg-type]  # texts, all of them
    was = case.severity
    case = case.but(
        facts=known,
        severity=correction.severity or case.severity,
        corrected_revision=case.facts_revision,
    )
    read = setting.policy.fired(picture_of(known, case.severity, case.told.count), READ_REASONS)
    others = {reason: at for reason, at in case.alarms.items() if reason not in READ_REASONS}
    case = case.but(alarms=others | dict.fromkeys(read, case.facts_revision))
    corrected = changed(refreshed(case, setting.policy), What.CORRECTED, person, details=correction.said)
    if case.state is CaseState.OPEN and read:
        return [corrected, *climb(afresh(corrected.case), read[0], setting)]
    if case.state in CALLING and case.severity.rank > was.rank:
        return [corrected, *more_severe(corrected.case, setting)]
    return [corrected]


def why_refused(case: Case, *, parts_too: bool = False) -> Refusal | None:
    """Why nothing can be done with it; parts_too: of a case that is part of another one, it can."""
    if case.state is CaseState.RESOLVED:
        return Refusal.ALREADY_RESOLVED
    if case.facts is None:
        return Refusal.NOT_READ
    if case.state is CaseState.MUTED and not parts_too:
        return Refusal.PART_OF_ANOTHER
    return None

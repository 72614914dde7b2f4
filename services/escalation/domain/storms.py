"""Storms: many cases alike within a short time become one major complaint, and speak through it. Pure.

Used by the use cases in `storming`, and where new cases are opened while a storm lasts.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import OMBUD, UNTAKEN, Case, CaseState, Change, What
from services.escalation.domain.linking import unlink
from services.escalation.domain.policy import Of, StormRule
from services.escalation.domain.rungs import Setting, level_of, recipients_of
from services.escalation.domain.steps import afresh, alert_again, at_rest, begin, changed, climb, end
from services.escalation.domain.told import Told
from services.escalation.domain.watching import picture, refreshed
from shared.contracts.escalation import AlertFacts, EscalationReason
from shared.contracts.event import Severity

STORMS = uuid.uuid5(uuid.NAMESPACE_DNS, "storms.ombud")
SOURCE = "ombud"
LONGEST_KEY = 300
# Whoever has the role in a region is meant: the children of one storm write in many languages.
EVERY_LANGUAGE = "und"


@dataclass(frozen=True)
class Storm:
    """A storm that lasts. id: of its major complaint's case. alike: what its cases share. last_at: when the newest of
    them was opened. told_at: when it was last told how far it reaches.
    """

    id: str
    rule: StormRule
    alike: Mapping[Of, str]
    opened_at: datetime
    last_at: datetime
    told_at: datetime

    @property
    def key(self) -> str:
        return key_of(self.rule, self.alike)

    def is_quiet(self, now: datetime) -> bool:
        """Whether its newest case is so long ago that it is over, and what comes now is another matter."""
        return now - self.last_at > self.rule.quiet_after

    def takes(self, case: Case) -> bool:
        """Whether the case is one of them; one that somebody has taken stays theirs."""
        seen = picture(case)
        if seen is None or case.is_major or case.parent_id or case.state not in UNTAKEN:
            return False
        return self.rule.when.fits(seen) and alike_in(self.rule, case.facts) == self.alike


@dataclass(frozen=True)
class Extent:
    """How far a storm reaches: the complaints in it, their regions, the worst of them."""

    children: int
    regions: tuple[str, ...]
    severity: Severity


def alike_in(rule: StormRule, facts: AlertFacts | None) -> Mapping[Of, str] | None:
    """The values of what the rule counts by; None if one of them is not known."""
    if facts is None:
        return None
    values = {of: getattr(facts, of.value) for of in rule.of}
    return values if all(values.values()) else None


def key_of(rule: StormRule, alike: Mapping[Of, str]) -> str:
    """The same in whatever order the policy names what it counts by; never longer than its column."""
    key = f"{rule.name}:" + ",".join(f"{of.value}={alike[of]}" for of in sorted(rule.of))
    return key if len(key) <= LONGEST_KEY else f"{key[: LONGEST_KEY - 33]}#{sha256(key.encode()).hexdigest()[:32]}"


def joined(changes: list[Change], lasting: Callable[[], Sequence[Storm]]) -> list[Change]:
    """What one event made of a case; one that is opened in a storm joins it before it alerts anybody.

    One that is opened again does not: it stands for itself.
    """
    place = next((n for n, x in enumerate(changes) if x.what is What.OPENED), None)
    if place is None or changes[-1].case.state not in UNTAKEN:
        return changes
    case = changes[place].case
    storm = next((storm for storm in lasting() if storm.takes(case)), None)
    return changes if storm is None else [*changes[: place + 1], join(case, storm)]


def join(case: Case, storm: Storm) -> Change:
    """The case is part of the major complaint, whose alerts speak for it."""
    case = at_rest(case).but(state=CaseState.MUTED, parent_id=storm.id)
    # Not what the cases share: that is the customer's, and what the timeline tells is never erased.
    return changed(case, What.LINKED, why=EscalationReason.STORM, details={"parent": storm.id, "rule": storm.rule.name})


def opened(storm: Storm, extent: Extent, policy_version: str, setting: Setting) -> list[Change]:
    """The case of the major complaint, with its first alert to the coordinators of all regions that it reaches."""
    case = Case(
        storm.id,
        policy_version=policy_version,
        severity=extent.severity,
        facts=_facts(storm, extent),
        told=Told(first_at=setting.now, count=1),
        alarms={EscalationReason.STORM: 1},
        facts_revision=1,
        is_major=True,
    )
    begun = begin(case, What.STORM, setting)
    called = climb(begun[-1].case.but(ladder=storm.rule.ladder), EscalationReason.STORM, setting)
    return [*begun, *called]


def spread(case: Case, storm: Storm, extent: Extent, setting: Setting) -> list[Change]:
    """What became of the storm since it was told last. When it is worse, or reaches people who were not alerted, all on
    its rung hear of it.
    """
    is_worse = extent.severity.rank > case.severity.rank
    is_same = not is_worse and _facts(storm, extent) == case.facts
    if case.facts is None or case.state is CaseState.RESOLVED or is_same:
        return []
    severity = extent.severity if is_worse else case.severity
    reaches_more = not set(case.facts.regions).issuperset(extent.regions)
    case = refreshed(case.but(facts=_facts(storm, extent), severity=severity), setting.policy)
    updated = changed(case, What.UPDATED, details={"children": extent.children, "regions": list(extent.regions)})
    if is_worse:
        return [updated, *_worse(updated.case, setting)]
    return [updated, *_wider(updated.case, setting)] if reaches_more else [updated]


def _worse(case: Case, setting: Setting) -> list[Change]:
    """Also whoever has taken it, or put it off, did so with less than it is now."""
    if case.state is CaseState.OPEN:  # its level is closed, and it is called when that opens
        return []
    ladder = setting.policy.ladder(case.ladder)
    if case.state is CaseState.ESCALATED and case.level >= ladder.start_of(case.severity):
        return alert_again(case, EscalationReason.STORM, setting)
    return climb(afresh(case), EscalationReason.STORM, setting)


def _wider(case: Case, setting: Setting) -> list[Change]:
    """Whoever has taken it keeps it; while nobody has, those who are new to it must hear of it."""
    if case.state is CaseState.EXHAUSTED:
        return climb(afresh(case), EscalationReason.STORM, setting)
    if case.state is not CaseState.ESCALATED:
        return []
    called = recipients_of(level_of(case, setting), case, setting)
    if set(case.recipients).issuperset(called):
        return []
    return alert_again(case, EscalationReason.STORM, setting)


def parted(case: Case, parent: Case, setting: Setting) -> list[Change]:
    """What becomes of a part whose whole is resolved: it is resolved to the same outcome.

    It stands for itself when the whole ended without an answer, merged or forgotten, and when it was opened after that.
    """
    came_after = parent.is_major and case.since and parent.closed_at and case.since > parent.closed_at
    if parent.ending is None and not came_after:
        return _resolved_with(case, parent, setting)
    changes = unlink(case, OMBUD, setting)
    return [] if isinstance(changes, Refusal) else changes


def _resolved_with(case: Case, parent: Case, setting: Setting) -> list[Change]:
    case = case.but(
        closed_revision=max(case.last_revision, 1),
        closed_at=setting.now,
        closed_by=parent.closed_by,
        outcome=parent.outcome,
        remedies=parent.remedies,
    )
    return end(case, setting, details={"with": parent.id})


def major_id(storm_key: str, opened_at: datetime) -> str:
    return str(uuid.uuid5(STORMS, f"{storm_key}:{opened_at.isoformat()}"))


def _facts(storm: Storm, extent: Extent) -> AlertFacts:
    """What the alert of a major complaint says; its text is ours, since no customer wrote it."""
    words = ", ".join(f"{of.value} {storm.alike[of]}" for of in storm.rule.of)
    shared = ", ".join(storm.alike[of] for of in storm.rule.of)
    return AlertFacts(
        source=SOURCE,
        external_id=f"{storm.rule.name}: {shared}"[:200],
        channel="ombud",
        received_at=storm.opened_at,
        language=EVERY_LANGUAGE,
        category=storm.alike.get(Of.CATEGORY, "other"),
        anger=0.0,
        asks_kind="none",
        excerpt=f"{extent.children} complaints alike: {words}"[:160],
        region=storm.alike.get(Of.REGION),
        product=storm.alike.get(Of.PRODUCT),
        children=extent.children,
        regions=extent.regions,
    )

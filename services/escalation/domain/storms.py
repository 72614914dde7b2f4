"""Storms: many cases alike within a short time become one major complaint, and speak through it. Pure.

Used by the use cases in `storming`, and where new cases are opened while a storm lasts.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.escalation.domain.case import Case, CaseState, Change, Told, What
from services.escalation.domain.policy import Of, StormRule
from services.escalation.domain.steps import Setting, afresh, alert_again, at_rest, begin, changed, climb, end
from services.escalation.domain.watching import picture, refreshed
from shared.contracts.escalation import AlertFacts, EscalationReason
from shared.contracts.event import Severity

STORMS = uuid.uuid5(uuid.NAMESPACE_DNS, "storms.ombud")
SOURCE = "ombud"
_CAN_JOIN = (CaseState.OPEN, CaseState.ESCALATED, CaseState.EXHAUSTED)


@dataclass(frozen=True)
class Storm:
    """A storm that lasts. id: of its major complaint's case. alike: what its cases share. told_at: of its last alert."""

    id: str
    rule: StormRule
    alike: Mapping[Of, str]
    opened_at: datetime
    last_at: datetime
    told_at: datetime

    @property
    def key(self) -> str:
        return key_of(self.rule, self.alike)

    def takes(self, case: Case) -> bool:
        """Whether the case is one of them; one that somebody has taken stays theirs."""
        seen = picture(case)
        if seen is None or case.is_major or case.parent_id or case.state not in _CAN_JOIN:
            return False
        return self.rule.when.fits(seen) and alike_in(self.rule, case.facts) == self.alike


@dataclass(frozen=True)
class Extent:
    """How far a storm reaches: the complaints in it, their regions, the worst of them."""

    children: int
    regions: tuple[str, ...]
    severity: Severity
    language: str = "en"


def alike_in(rule: StormRule, facts: AlertFacts | None) -> Mapping[Of, str] | None:
    """The values of what the rule counts by; None if one of them is not known."""
    values = {of: getattr(facts, of.value) for of in rule.of}
    return values if facts is not None and all(values.values()) else None


def key_of(rule: StormRule, alike: Mapping[Of, str]) -> str:
    return f"{rule.name}:" + ",".join(f"{of.value}={alike[of]}" for of in rule.of)


def joined(changes: list[Change], lasting: Callable[[], Sequence[Storm]]) -> list[Change]:
    """The course of a case; one that is opened in a storm joins it before it alerts anybody."""
    opened = next((n for n, x in enumerate(changes) if x.what in (What.OPENED, What.REOPENED)), None)
    if opened is None or changes[-1].case.state not in _CAN_JOIN:
        return changes
    storm = next((storm for storm in lasting() if storm.takes(changes[opened].case)), None)
    return changes if storm is None else [*changes[: opened + 1], join(changes[opened].case, storm)]


def join(case: Case, storm: Storm) -> Change:
    """The case is part of the major complaint, whose alerts speak for it."""
    case = replace(at_rest(case), state=CaseState.MUTED, parent_id=storm.id)
    return changed(case, What.LINKED, why=EscalationReason.STORM, details={"parent": storm.id, "storm": storm.key})


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
    return [*begun, *_called(begun[-1].case, storm, setting)]


def _called(case: Case, storm: Storm, setting: Setting) -> list[Change]:
    return climb(replace(case, ladder=storm.rule.ladder), EscalationReason.STORM, setting)


def spread(case: Case, storm: Storm, extent: Extent, setting: Setting) -> list[Change]:
    """What became of the storm since it was told last; those whom it reaches now, and all when it is worse, hear of it."""
    if case.facts is None or case.state is CaseState.RESOLVED or _facts(storm, extent) == case.facts:
        return []
    is_worse = extent.severity.rank > case.severity.rank
    severity = extent.severity if is_worse else case.severity
    known = set(case.facts.regions)
    case = refreshed(replace(case, facts=_facts(storm, extent), severity=severity), setting.policy)
    updated = changed(case, What.UPDATED, details={"children": extent.children, "regions": list(extent.regions)})
    case = updated.case
    reaches_more = not known.issuperset(extent.regions)
    if case.state is CaseState.ESCALATED and (is_worse or reaches_more):
        return [updated, *alert_again(case, EscalationReason.STORM, setting)]
    if case.state is CaseState.ACKNOWLEDGED and is_worse:
        return [updated, *_called(afresh(case), storm, setting)]
    return [updated]


def resolved_with(case: Case, parent: Case, setting: Setting) -> list[Change]:
    """A part is resolved with its whole, and to the same outcome."""
    if case.state is CaseState.RESOLVED:
        return []
    case = replace(
        case,
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
    return AlertFacts(
        source=SOURCE,
        external_id=storm.key[:200],
        channel="ombud",
        received_at=storm.opened_at,
        language=extent.language,
        category=storm.alike.get(Of.CATEGORY, "other"),
        anger=0.0,
        asks_kind="none",
        excerpt=f"{extent.children} complaints alike: {words}"[:160],
        region=storm.alike.get(Of.REGION),
        product=storm.alike.get(Of.PRODUCT),
        children=extent.children,
        regions=extent.regions,
    )

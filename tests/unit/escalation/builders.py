"""Builders for tests of escalation: sensible defaults, the rule under test spelled out by the caller."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.escalation.domain.alarms import News
from services.escalation.domain.case import Case, CaseState, escalation_id
from services.escalation.domain.conditions import When
from services.escalation.domain.ladder import Kind, Ladder, Level, Recipient
from services.escalation.domain.people import People, Role, Supervisor
from services.escalation.domain.policy import ClockRule, FollowUp, Measure, Policy, Trigger
from services.escalation.domain.rungs import Setting
from services.escalation.domain.spans import Span, Unit
from services.escalation.domain.told import Moment, Told
from shared.contracts.escalation import AlertFacts, EscalationReason
from shared.contracts.event import Severity

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
CASE_ID = "6b1f4b9e-0d0c-5d1c-9c7e-1f7f3a0e8a11"

ANNA = Supervisor("anna", "Anna Nováková", Role.SUPERVISOR, ("CZ",), ("cs", "en"))
BEN = Supervisor("ben", "Ben Okafor", Role.SUPERVISOR, ("CZ", "GB"), ("en",))
CARO = Supervisor("caro", "Caro Weiß", Role.COORDINATOR, ("CZ",), ("de",))
DORA = Supervisor("dora", "Dora Pappa", Role.MANAGER, ("*",), ("el", "en"))
EVERYBODY = (ANNA, BEN, CARO, DORA)


def a_level(role: Role, minutes: int = 10, **changes: Any) -> Level:
    within = {severity: minutes * MINUTE for severity in Severity}
    return Level(role.value, (Recipient(Kind.ROLE, role.value),), within, **changes)


def a_ladder(*levels: Level, name: str = "standard", **changes: Any) -> Ladder:
    three = (a_level(Role.SUPERVISOR), a_level(Role.COORDINATOR, 20), a_level(Role.MANAGER, 30))
    return Ladder(name, levels or three, **changes)


def a_clock(measures: Measure, hours: int = 4, **changes: Any) -> ClockRule:
    within = {severity: Span(Unit.TIME, (hours - severity.rank) * HOUR) for severity in Severity}
    return ClockRule(**({"name": measures.value, "measures": measures, "within": within} | changes))


def a_policy(*levels: Level, **changes: Any) -> Policy:
    """Severity, asking and every broken clock escalate; first answer within 1 to 4 hours, resolution 21 to 24."""
    defaults: dict[str, Any] = {
        "version": "test@1",
        "triggers": (
            Trigger(EscalationReason.SEVERITY, When(severity=frozenset({Severity.HIGH, Severity.CRITICAL}))),
            Trigger(EscalationReason.ASKED, When(asked=frozenset({"supervisor", "executive"}))),
            Trigger(EscalationReason.OVERDUE),
        ),
        "clocks": (a_clock(Measure.FIRST_ANSWER), a_clock(Measure.RESOLUTION, 24)),
        "ladders": (a_ladder(*levels),),
        "follow_up": FollowUp({severity: 2 * HOUR for severity in Severity}),
        "snooze_at_most": 24 * HOUR,
        "pause_at_most": 14 * 24 * HOUR,
        "again_after": {severity: HOUR for severity in Severity},
    }
    return Policy(**(defaults | changes))


def facts(**changes: Any) -> AlertFacts:
    defaults: dict[str, Any] = {
        "source": "web",
        "external_id": "A-1",
        "channel": "email",
        "received_at": NOON,
        "language": "cs",
        "category": "billing",
        "anger": 0.3,
        "asks_kind": "none",
        "excerpt": "I was charged twice",
        "region": "CZ",
    }
    return AlertFacts(**(defaults | changes))


def news(
    revision: int = 1, severity: Severity = Severity.LOW, asks_kind: str = "none", at: datetime = NOON, **changes: Any
) -> News:
    count = changes.pop("count", revision)
    return News(revision, severity, facts(asks_kind=asks_kind, **changes), at, count)


def a_case(state: CaseState = CaseState.ESCALATED, level: int = 1, **changes: Any) -> Case:
    """Underway for an hour; an escalated one must be answered by noon."""
    calling = state in (CaseState.ESCALATED, CaseState.EXHAUSTED, CaseState.SNOOZED)
    defaults: dict[str, Any] = {
        "id": CASE_ID,
        "revision": 2,
        "policy_version": "test@1",
        "facts": facts(),
        "ladder": "standard" if level else "",
        "round": 1 if level else 0,
        "escalation_id": escalation_id(CASE_ID, level, 1) if level else None,
        "respond_by": NOON if calling else None,
        "facts_revision": 1,
        "told": Told(first_at=NOON - HOUR, contacts=(Moment(1, NOON - HOUR),)),
        "opened_at": NOON - HOUR,
        "since": NOON - HOUR,
    }
    return Case(**(defaults | {"state": state, "level": level} | changes))


def a_setting(
    now: datetime = NOON, people: tuple[Supervisor, ...] = EVERYBODY, policy: Policy | None = None
) -> Setting:
    return Setting(policy or a_policy(), lambda: People(people), now)

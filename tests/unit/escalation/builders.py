"""Builders for tests of escalation: sensible defaults, the rule under test spelled out by the caller."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.escalation.domain.case import Case, CaseState, News, escalation_id
from services.escalation.domain.decisions import Setting
from services.escalation.domain.ladder import Level, Policy, Role, Supervisor, Trigger
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


def a_level(role: Role, minutes: int = 10) -> Level:
    return Level(role.value, (role,), {severity: minutes * MINUTE for severity in Severity})


def a_policy(*levels: Level) -> Policy:
    return Policy(
        version="test@1",
        levels=levels or (a_level(Role.SUPERVISOR), a_level(Role.COORDINATOR, 20), a_level(Role.MANAGER, 30)),
        triggers=(
            Trigger(EscalationReason.SEVERITY, frozenset({"high", "critical"})),
            Trigger(EscalationReason.ASKED, frozenset({"supervisor", "executive"})),
        ),
        first_answer_within={severity: (4 - severity.rank) * HOUR for severity in Severity},
    )


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


def news(revision: int = 1, severity: Severity = Severity.LOW, asks_kind: str = "none", **changes: Any) -> News:
    return News(revision, severity, asks_kind, facts(asks_kind=asks_kind, **changes))


def a_case(
    state: CaseState = CaseState.ESCALATED, level: int = 1, due_at: datetime | None = NOON, **changes: Any
) -> Case:
    defaults: dict[str, Any] = {
        "id": CASE_ID,
        "revision": 2,
        "policy_version": "test@1",
        "facts": facts(),
        "round": 1 if level else 0,
        "escalation_id": escalation_id(CASE_ID, level, 1) if level else None,
        "facts_revision": 1,
        "since": NOON - HOUR,
    }
    return Case(**(defaults | {"state": state, "level": level, "due_at": due_at} | changes))


def a_setting(
    now: datetime = NOON, people: tuple[Supervisor, ...] = EVERYBODY, policy: Policy | None = None
) -> Setting:
    return Setting(policy or a_policy(), lambda: people, now)

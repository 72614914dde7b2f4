"""A trial tells of contacts and steps what intake announces of them when it takes them in on a real database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ombud.policy.trial.intake import Intake
from services.intake.domain.complaint import MOST_WAITING, Person, Read, Step, StepKind
from shared import clock
from shared.contracts.event import Severity
from tests.harness.clock import set_shift
from tests.unit.intake.conftest import Desk, a_contact

MONDAY = datetime(2024, 11, 4, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
JANE = Person("C-1", name="Jane Poe", region="GB", language="en", timezone="Europe/London")


def a_step(kind: StepKind, hours: float, score: float | None = None) -> Step:
    return Step(kind, "web", "1", MONDAY + hours * HOUR, "eva", score)


def told(text: str, hours: int, **changes: Any) -> Read:
    return a_contact(text, received_at=MONDAY + hours * HOUR, customer=JANE, **changes)


ARRIVALS: list[Read | Step] = [
    *(a_step(StepKind.RATED, 0, n / 100) for n in range(MOST_WAITING + 5)),  # before the complaint itself
    told("It leaks, says Jane Poe.", 1, severity=Severity.LOW),
    a_step(StepKind.ANSWERED, 2),
    told("It still leaks.", 3, anger=0.4, severity=Severity.LOW),
    told("It still leaks.", 3, anger=0.4, severity=Severity.LOW),  # a copy
    a_step(StepKind.RESOLVED, 4),
    told("No, it does not work. Your supervisor, please.", 5, asks_supervisor=True, asks_kind="supervisor"),
    a_step(StepKind.ESCALATION_REQUESTED, 6),
    told("A fourth one.", 7, severity=Severity.LOW),
]


def test_a_trial_announces_what_intake_announces(tmp_path: Path) -> None:
    desk = Desk(f"sqlite:///{tmp_path}/intake.sqlite")
    clock.shift_from(tmp_path / "clock")
    intake, tried = Intake(), []
    try:
        for arrival in ARRIVALS:
            at = arrival.submission.received_at if isinstance(arrival, Read) else arrival.at
            assert at is not None
            set_shift(tmp_path / "clock", at - datetime.now(UTC))
            desk.take(arrival)
            tried += intake.take(arrival, at, desk.rules)
    finally:
        clock.shift_from(None)
        desk.db.close()
    assert [_without_time(event) for event in tried] == [_without_time(event) for event in desk.events]
    kinds = [event.type.removeprefix("complaint.") for event in tried]
    assert kinds == [
        "classified",
        *["rated"] * MOST_WAITING,
        "answered",
        "updated",
        "resolved",
        "reopened",
        "updated",
        "escalation_requested",
        "updated",
    ]


def _without_time(event: object) -> dict[str, object]:
    """Intake reopens a complaint at its own time, which goes on while the test runs."""
    return {name: value for name, value in vars(event).items() if name != "at"}

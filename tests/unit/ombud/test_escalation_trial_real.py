"""A trial tells what the use cases do: the same events on a real database, whose clock jumps to whatever is due."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ombud.policy.trial.escalation import Asked, Course, course_of
from ombud.policy.trial.events import Told
from ombud.policy.trial.people import people_for
from services.escalation.domain.case import Change
from services.escalation.domain.people import People
from services.escalation.incoming import OwnerEvent
from services.escalation.policy.policyfile import parse
from services.escalation.settings import SHIPPED_POLICY
from shared import clock
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintAnswered, ComplaintReopened, ComplaintResolved, ComplaintUpdated, Customer
from tests.unit.escalation.desk import Desk, migrated
from tests.unit.ombud.trials import ID, LADDERS, ROSTER, a_classified, an_assigned

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MOMENT = timedelta(seconds=10)  # the use cases take a little time themselves
START = datetime(2026, 11, 27, 14, 7, tzinfo=UTC)  # a Friday
MONTH = Asked(timedelta(days=30))
CZECH = Customer("C-1", "gold", "CZ", "cs", "Europe/Prague")
Story = Callable[[datetime], list[Told]]
Row = tuple[int, str, str | None, int, tuple[str, ...]]


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("escalation")
    made = Desk(migrated(f"sqlite:///{folder}/escalation.sqlite"), folder)
    yield made
    made.db.close()
    clock.shift_from(None)


def a_row(change: Change, after: timedelta) -> Row:
    told = tuple(change.details.get("recipients", ()))
    reason = change.reason.value if change.reason else None
    return round(after / MOMENT), change.what.value, reason, change.case.level, told


def rows_of(course: Course, start: datetime) -> list[Row]:
    return [a_row(step.change, step.at - start) for step in course.steps]


def saved(desk: Desk, start: datetime) -> list[Row]:
    return [
        (
            round((datetime.fromisoformat(row["at"]) - start) / MOMENT),
            row["what"],
            row["reason"],
            row["level"],
            tuple(row["details"].get("recipients", ())),
        )
        for row in desk.rows(ID)
    ]


def live(desk: Desk, told: list[Told], end: datetime, most: int) -> None:
    """Until `end`, or until the case has as many rows."""
    for one in told:
        if one.at > told[0].at:
            tick_until(desk, one.at, most)
            desk.jump(one.at - desk.now)
        if isinstance(one.event, OwnerEvent):
            desk.hear_owners(one.event)
        else:
            desk.hear(one.event)
    tick_until(desk, end, most)


def tick_until(desk: Desk, end: datetime, most: int) -> None:
    while (due := desk.case(ID).due_at) and due <= end and len(desk.rows(ID)) < most:
        desk.jump(max(due - desk.now, timedelta(0)))
        assert desk.tick() == 1


def critical(at: datetime) -> list[Told]:
    return [Told(at, a_classified(at, severity=Severity.CRITICAL, customer=CZECH, asks_supervisor=True))]


def left_alone(at: datetime) -> list[Told]:
    return [Told(at, a_classified(at, severity=Severity.MEDIUM, customer=CZECH))]


def assigned(at: datetime) -> list[Told]:
    return [Told(at, a_classified(at, customer=CZECH)), Told(at, an_assigned(at, teams=("recall",)))]


def answered_resolved_and_reopened(at: datetime) -> list[Told]:
    steps = (
        ComplaintAnswered(ID, 2, at + 2 * HOUR),
        ComplaintResolved(ID, 4, at + 30 * HOUR),
        ComplaintReopened(ID, 5, at + 40 * HOUR),
        ComplaintReopened(ID, 6, at + 41 * HOUR + 30 * MINUTE),
    )
    later = at + 5 * HOUR
    angry = a_classified(later, severity=Severity.MEDIUM, customer=CZECH, anger=0.95, revision=3, contact_count=2)
    events = [*assigned(at), *(Told(step.at, step) for step in steps), Told(later, ComplaintUpdated(**vars(angry)))]
    return sorted(events, key=lambda one: one.at)


@pytest.mark.parametrize("file", [SHIPPED_POLICY, LADDERS], ids=["shipped", "samples"])
@pytest.mark.parametrize("story", [critical, left_alone, assigned, answered_resolved_and_reopened])
def test_a_trial_tells_what_the_use_cases_do(counter: Desk, file: Path, story: Story) -> None:
    policy = parse(file.read_text(), "policy.yml")
    people = people_for(policy, ROSTER)
    counter.start_over(people.everybody, file.read_text())
    counter.jump(START - counter.now)
    told = story(counter.now)
    course = course_of(policy, people, told, MONTH)
    assert len(course.steps) > 5
    live(counter, told, told[-1].at + MONTH.how_far, len(course.steps))
    assert saved(counter, told[0].at) == rows_of(course, told[0].at)


def test_who_answers_is_called_again_as_the_use_cases_do(counter: Desk) -> None:
    policy = parse(SHIPPED_POLICY.read_text(), "policy.yml")
    people: People = people_for(policy, ROSTER)
    counter.start_over(people.everybody)
    counter.jump(START - counter.now)
    told = critical(counter.now)
    course = course_of(policy, people, told, Asked(MONTH.how_far, 12 * MINUTE))
    start = told[0].at
    counter.hear(told[0].event)
    tick_until(counter, start + 12 * MINUTE, 99)
    counter.jump(start + 12 * MINUTE - counter.now)
    counter.take(ID, counter.case(ID).recipients[0])
    tick_until(counter, start + MONTH.how_far, len(course.steps))
    rows = saved(counter, start)
    assert rows == rows_of(course, start)
    assert "acknowledged" in [what for _, what, *_ in rows]

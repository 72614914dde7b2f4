"""Out of the hours of its region a complaint waits, and is served the moment that they begin."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.routing.domain.policy import When
from shared.contracts.event import Severity
from shared.contracts.routing import ComplaintQueued, QueuedReason
from tests.unit.routing.builders import NOON, Office, a_policy, a_rule, an_agent, classified, resolved, updated
from tests.unit.shared.hours import PRAGUE, hours_in, shifts

SECOND = timedelta(seconds=1)
POLICY = a_policy(
    a_rule("sun", when=When(severity=frozenset({Severity.CRITICAL})), follow_the_sun=True),
    a_rule("rest"),
    hours=(hours_in("CZ", calendar=shifts(holidays=frozenset({date(2026, 10, 28)}))),),
)
EVERYWHERE = an_agent(regions=("*",), capacity=50)


@pytest.fixture(autouse=True)
def evening(office: Office) -> None:
    office.start_over(POLICY)
    office.at = NOON.replace(hour=20)
    office.employ(EVERYWHERE)


def test_out_of_hours_it_waits_beside_a_free_agent_and_says_until_when(office: Office) -> None:
    office.tell(classified())
    office.settle()
    found = office.assignment()
    assert (found["state"], found["reason"], found["reason_now"]) == ("waiting", "out_of_hours", "out_of_hours")
    assert found["opens_at"] == office.queue()[0]["opens_at"] == "2026-11-03T07:00:00Z"
    (event,) = office.announced
    assert isinstance(event, ComplaintQueued) and event.reason is QueuedReason.OUT_OF_HOURS


@pytest.mark.parametrize(
    ("told", "opens"),
    [
        (datetime(2026, 11, 2, 20, tzinfo=UTC), datetime(2026, 11, 3, 8, tzinfo=PRAGUE)),
        (datetime(2026, 11, 6, 20, tzinfo=UTC), datetime(2026, 11, 9, 8, tzinfo=PRAGUE)),  # over the weekend
        (datetime(2026, 10, 23, 20, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=PRAGUE)),  # the clocks go back
        (datetime(2027, 3, 26, 20, tzinfo=UTC), datetime(2027, 3, 29, 8, tzinfo=PRAGUE)),  # the clocks go forward
        (datetime(2026, 10, 27, 20, tzinfo=UTC), datetime(2026, 10, 29, 8, tzinfo=PRAGUE)),  # a holiday
    ],
)
def test_it_is_served_at_the_opening_and_not_a_second_sooner(office: Office, told: datetime, opens: datetime) -> None:
    office.at = told
    office.tell(classified())
    office.at = opens.astimezone(UTC) - SECOND
    office.settle()
    assert office.agent_of() is None
    office.advance(seconds=1)
    assert office.agent_of() == "eva"


@pytest.mark.parametrize(("hour", "agent"), [(6, None), (7, "eva"), (14, "eva"), (15, None)])
def test_the_hours_begin_with_their_first_second_and_end_before_their_last(
    office: Office, hour: int, agent: str | None
) -> None:
    office.at = datetime(2026, 11, 3, hour, tzinfo=UTC)
    office.tell(classified())
    assert office.agent_of() == agent


def test_follow_the_sun_does_not_wait(office: Office) -> None:
    office.tell(classified(severity=Severity.CRITICAL))
    assert (office.agent_of(), office.assignment()["hours"], office.assignment()["opens_at"]) == ("eva", None, None)


def test_one_that_becomes_critical_at_night_waits_no_longer(office: Office) -> None:
    office.tell(classified())
    office.tell(updated(severity=Severity.CRITICAL))
    assert office.agent_of() == "eva"


def test_a_region_without_hours_is_always_open(office: Office) -> None:
    office.tell(classified("c1", region="DE"), classified("c2", region=None))
    assert (office.agent_of("c1"), office.agent_of("c2")) == ("eva", "eva")


def test_freed_capacity_is_not_given_to_a_closed_region(office: Office) -> None:
    office.employ(an_agent(regions=("*",), capacity=1))
    office.tell(classified("open", region="DE"))
    office.tell(classified("closed"), classified("next", region="DE"))
    office.tell(updated("open", 2))
    office.tell(resolved("open", 3))
    assert (office.agent_of("closed"), office.agent_of("next")) == (None, "eva")


def test_the_reason_in_the_queue_is_the_one_of_the_hour_and_is_not_announced_again(office: Office) -> None:
    office.employ(an_agent(regions=("*",), capacity=0))
    office.tell(classified())
    assert [c["reason"] for c in office.queue()] == ["out_of_hours"]
    office.at = NOON + timedelta(days=1)
    office.settle()
    assert [c["reason"] for c in office.queue()] == ["all_full"]
    assert office.queue()[0]["opens_at"] is None
    assert (office.assignment()["reason"], office.assignment()["reason_now"]) == ("out_of_hours", "all_full")
    assert office.summary()["waiting_by_reason"]["all_full"] == 1
    assert len(office.announced) == 1


def test_nobody_qualified_is_said_at_night_too(office: Office) -> None:
    office.tell(classified(category="refund"))
    assert (office.assignment()["reason"], office.assignment()["rejected"]) == ("nobody_qualified", {"skill": 1})
    office.employ(an_agent(skills=("refund",), regions=("*",)))
    office.settle()
    assert (office.assignment()["reason"], office.agent_of()) == ("out_of_hours", None)


def test_very_many_that_nobody_is_qualified_for_at_night_stand_in_nobodys_way(office: Office) -> None:
    office.employ(an_agent(regions=("*",), capacity=0))
    office.tell(*(classified(f"stuck{n:03}", category="refund", severity=Severity.HIGH) for n in range(120)))
    office.tell(classified("humble", region="DE"))
    office.employ(EVERYWHERE)
    office.woken.clear()
    office.settle()
    assert (office.agent_of("humble"), office.woken) == ("eva", set())

"""Who of many agents meets some needs, and what is left of intervals without others: against asking one by one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain.crowd import Crowd
from services.routing.domain.roster import Agent
from shared.contracts.routing import Needs
from shared.hours.intervals import in_words, merged, without
from tests.unit.routing.policies import MINUTE

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
LEVELS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 5), max_size=2)
AGENTS = st.builds(
    lambda skills, languages, regions, teams, capacity: Agent("x", "x", skills, languages, regions, capacity, teams),
    LEVELS,
    LEVELS,
    st.lists(st.sampled_from(["CZ", "SK", "*"]), max_size=2).map(tuple),
    st.lists(st.sampled_from(["s", "t"]), max_size=2).map(tuple),
    st.integers(0, 9),
)
ONE_OF = st.none() | st.sampled_from("abc")
NEEDS = st.builds(
    Needs,
    ONE_OF,
    ONE_OF,
    st.none() | st.sampled_from(["CZ", "SK"]),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(1, 5),
    st.none() | st.sampled_from(["s", "t"]),
)


@settings(max_examples=300)
@given(st.lists(AGENTS, max_size=12), NEEDS)
def test_the_crowd_says_what_asking_every_agent_says(agents: list[Agent], needs: Needs) -> None:
    able = [agent for agent in agents if agent.lack(needs) is None]
    crowd = Crowd(agents)
    assert crowd.is_met(needs) is bool(able)
    assert crowd.largest_capacity(needs) == max((agent.capacity for agent in able), default=None)


def test_of_agents_who_bring_the_same_the_strongest_counts() -> None:
    weak, strong = (Agent("x", "x", {"a": 1}, {}, ("CZ",), capacity) for capacity in (3, 8))
    for agents in ([weak, strong], [strong, weak]):
        assert Crowd(agents).largest_capacity(Needs("a")) == 8


def test_intervals_that_touch_become_one() -> None:
    first, second, last = ((MONDAY + a * MINUTE, MONDAY + b * MINUTE) for a, b in ((0, 5), (5, 9), (10, 11)))
    assert merged([last, second, first]) == [(first[0], second[1]), last]


HOURS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6).map(
    lambda pairs: [(MONDAY + a * MINUTE, MONDAY + b * MINUTE) for a, b in pairs]
)


@settings(max_examples=300)
@given(HOURS, HOURS)
def test_intervals_are_subtracted_minute_by_minute(some: list, others: list) -> None:
    def minutes(intervals: list[tuple[datetime, datetime]]) -> set[datetime]:
        return {at for n in range(31) for a, b in intervals if a <= (at := MONDAY + n * MINUTE) < b}

    left = without(merged(some), merged(others))
    assert minutes(merged(some)) == minutes(some)
    assert minutes(left) == minutes(some) - minutes(others)
    assert left == merged(left)


@pytest.mark.parametrize(("seconds", "text"), [(90, "90s"), (600, "10m"), (14400, "4h"), (172800, "2d"), (0, "0s")])
def test_periods_are_written_as_the_policy_writes_them(seconds: int, text: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == text

"""A policy must not leave a case without an end: some clock that every case has escalates when it breaks."""

import pytest

from tests.unit.escalation.policies import LEAST, mistakes_in

END = "clocks: [{name: resolution, measures: resolution, within: 5d}]"
TWO = (
    "clocks: [{name: resolution, measures: resolution, within: 5d}, {name: fast, measures: resolution, within: 1d, "
    "when: {category: fraud}}, {name: first, measures: first_answer, within: 1d}]"
)


def a_policy(triggers: str, clocks: str = END) -> str:
    return LEAST.replace("triggers: [{reason: overdue}]", f"triggers: {triggers}").replace(END, clocks)


@pytest.mark.parametrize(
    ("triggers", "clocks", "is_good"),
    [
        ("[{reason: overdue}]", END, True),
        ("[{reason: overdue, clocks: resolution}]", END, True),
        ("[{reason: overdue, clocks: [first, resolution]}]", TWO, True),
        ("[{reason: overdue, clocks: first}, {reason: overdue, clocks: resolution}]", TWO, True),
        ("[]", END, False),
        ("[{reason: declined}]", END, False),
        ("[{reason: overdue, when: {severity: high}}]", END, False),
        ("[{reason: overdue, clocks: first}]", TWO, False),
        ("[{reason: overdue, clocks: [fast, first]}]", TWO, False),
        (
            "[{reason: overdue, clocks: first}, {reason: overdue, clocks: resolution, when: {category: fraud}}]",
            TWO,
            False,
        ),
    ],
)
def test_the_end_of_some_clock_of_every_case_escalates(triggers: str, clocks: str, is_good: bool) -> None:
    mistakes = mistakes_in(a_policy(triggers, clocks))
    assert bool(mistakes) is not is_good
    assert all("triggers: every case needs an end" in mistake for mistake in mistakes)


def test_of_a_trigger_with_a_mistake_of_its_own_only_that_is_said() -> None:
    mistakes = mistakes_in(a_policy("[{reason: overdue, when: {severity: odd}}]"))
    assert mistakes and not any("needs an end" in mistake for mistake in mistakes)

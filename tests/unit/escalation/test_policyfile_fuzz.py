"""Whatever stands in a policy file: it is a Policy that decides, or its mistakes are named; nothing else comes out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain.ladder import MAX_LEVELS
from services.escalation.domain.policy import TRIGGER_REASONS, Measure, Policy
from services.escalation.policy.policyfile import parse
from shared.contracts.event import Severity
from tests.unit.escalation.policies import GOOD, a_picture
from tests.unit.shared.policy_fuzz import documents, policy_in, values, with_a_value_exchanged, with_words_exchanged

WORDS = [
    "*",
    "none",
    "storm",
    "region",
    "CZ",
    "UTC",
    "daily",
    "08:00",
    "5m",
    "3bd",
    "8w",
    "1",
    "x",
    "",
    "high",
    "manager",
]
ANYTHING = values(GOOD, WORDS)


def decides(policy: Policy) -> None:
    """Every case has an end and a ladder on which it starts, and all that is named is there."""
    for severity in Severity:
        for region in ("CZ", "XX", None):
            seen = a_picture(severity=severity, region=region)
            policy.fired(seen, TRIGGER_REASONS)
            ladder = policy.ladder_for(seen)
            assert 1 <= ladder.start_of(severity) <= ladder.top_level <= MAX_LEVELS
            assert all(severity in level.respond_within and level.recipients for level in ladder.levels)
            clocks = policy.clocks_of(seen)
            assert Measure.RESOLUTION in {clock.measures for clock in clocks}
            for clock in clocks:
                assert severity in clock.within
                assert clock.hours in (None, "region") or policy.calendar(clock.hours, region)
    ladders = {ladder.name for ladder in policy.ladders}
    assert {storm.ladder for storm in policy.storms} <= ladders


def only_a_policy_or_its_mistakes(text: str) -> None:
    policy = policy_in(text, parse)
    if policy is not None:
        decides(policy)


@settings(max_examples=200, deadline=None)
@given(documents(ANYTHING))
def test_any_document(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=150, deadline=None)
@given(with_words_exchanged(GOOD))
def test_a_policy_with_some_words_exchanged(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=100, deadline=None)
@given(with_a_value_exchanged(GOOD, ANYTHING))
def test_a_policy_with_any_value_exchanged(text: str) -> None:
    only_a_policy_or_its_mistakes(text)

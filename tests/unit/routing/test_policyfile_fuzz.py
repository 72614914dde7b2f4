"""Whatever stands in a policy file: it is a Policy that decides, or its mistakes are named; nothing else comes out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain.policy import Policy
from services.routing.policy.policyfile import parse
from tests.unit.routing.policies import MONDAY_NOON, some_facts
from tests.unit.routing.test_policyfile import GOOD
from tests.unit.shared.policy_fuzz import documents, policy_in, values, with_a_value_exchanged, with_words_exchanged

WORDS = ["*", "none", "CZ", "NO", "UTC", "daily", "mon-fri", "08:00", "24:00", "5m", "1", "x", "", "high"]
ANYTHING = values(GOOD, WORDS)


def decides(policy: Policy) -> None:
    demand = policy.demand_of(some_facts(), MONDAY_NOON)
    policy.rank_at(MONDAY_NOON, max(policy.rules[-1].priority.values()))
    assert demand.rule in {rule.name for rule in policy.rules}


def only_a_policy_or_its_mistakes(text: str) -> None:
    policy = policy_in(text, parse)
    if policy is not None:
        decides(policy)


@settings(max_examples=300)
@given(documents(ANYTHING))
def test_any_document(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=500)
@given(with_words_exchanged(GOOD))
def test_a_policy_with_some_words_exchanged(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=150)
@given(with_a_value_exchanged(GOOD, ANYTHING))
def test_a_policy_with_any_value_exchanged(text: str) -> None:
    only_a_policy_or_its_mistakes(text)

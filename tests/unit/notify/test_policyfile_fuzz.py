"""Whatever stands in a policy file: it is a Policy that decides, or its mistakes are named; nothing else comes out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.domain.alert import ChannelName
from services.notify.domain.policy import InDoubt, Policy
from services.notify.policyfile import parse
from shared.contracts.event import Severity
from tests.unit.notify.test_policyfile import GOOD
from tests.unit.shared.policy_fuzz import documents, policy_in, values, with_a_value_exchanged, with_words_exchanged

WORDS = ["sms", "email", "again", "look_up", "leave", "critical", "90s", "1h", "0s", "1", "0", "*", "x", ""]
ANYTHING = values(GOOD, WORDS)


def decides(policy: Policy) -> None:
    for channel in ChannelName:
        assert all(policy.doubt(channel, severity) in InDoubt for severity in Severity)
    assert policy.segments >= 1 and policy.limited_but(policy.provider_limits) == []
    assert all(limit.most >= 1 for limit in (*policy.person_limits.values(), *policy.provider_limits.values()))


def only_a_policy_or_its_mistakes(text: str) -> None:
    policy = policy_in(text, parse)
    if policy is not None:
        decides(policy)


@settings(max_examples=100)
@given(documents(ANYTHING))
def test_any_document(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=100)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=150)
@given(with_words_exchanged(GOOD))
def test_a_policy_with_some_words_exchanged(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=100)
@given(with_a_value_exchanged(GOOD, ANYTHING))
def test_a_policy_with_any_value_exchanged(text: str) -> None:
    only_a_policy_or_its_mistakes(text)

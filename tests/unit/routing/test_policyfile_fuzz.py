"""Whatever stands in a policy file: it is a Policy that decides, or its mistakes are named; nothing else comes out."""

import re

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain.policy import Policy
from services.routing.policy.policyfile import parse
from shared.policy.page import PolicyError
from tests.unit.routing.policies import MONDAY_NOON, some_facts
from tests.unit.routing.test_policyfile import GOOD

KEYS = sorted({"breaks", "low", *re.findall(r"([a-z_]+):", GOOD)})
WORDS = st.sampled_from(
    ["*", "none", "CZ", "NO", "UTC", "daily", "mon-fri", "08:00", "24:00", "5m", "1", "x", "", "high"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.binary(max_size=3)
    | WORDS
    | st.text(max_size=9)
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=30,
)
BROKEN = ["{", "}", "[", "]", "&a", "*a", "- ", "\n", ":", "!", "%", "'", '"\\U', "\0"]
PARTS = st.sampled_from([*GOOD.split(), *BROKEN])


def only_a_policy_or_its_mistakes(text: str) -> None:
    try:
        policy = parse(text, "p.yml")
    except PolicyError as error:
        mistakes = error.mistakes
    else:
        decides(policy)
        return
    places = [mistake.split(":", 2)[:2] for mistake in mistakes]
    assert places
    assert all(file == "p.yml" and 1 <= int(line) <= text.count("\n") + 1 for file, line in places)


def decides(policy: Policy) -> None:
    demand = policy.demand_of(some_facts(), MONDAY_NOON)
    policy.rank_at(MONDAY_NOON, max(policy.rules[-1].priority.values()))
    assert demand.rule in {rule.name for rule in policy.rules}


@settings(max_examples=300)
@given(DOCUMENTS)
def test_any_document(document: object) -> None:
    only_a_policy_or_its_mistakes(yaml.safe_dump(document, allow_unicode=True))


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=500)
@given(st.data())
def test_a_policy_with_some_words_exchanged(data: st.DataObject) -> None:
    pieces = GOOD.split(" ")
    for place in data.draw(st.lists(st.integers(0, len(pieces) - 1), min_size=1, max_size=4)):
        pieces[place] = data.draw(PARTS)
    only_a_policy_or_its_mistakes(" ".join(pieces))


@settings(max_examples=150)
@given(st.data())
def test_a_policy_with_any_value_exchanged(data: st.DataObject) -> None:
    document = yaml.load(GOOD, Loader=yaml.BaseLoader)
    around = document
    while True:
        key = data.draw(st.sampled_from(sorted(around) if isinstance(around, dict) else range(len(around))))
        if not (isinstance(around[key], dict | list) and around[key]) or data.draw(st.booleans()):
            around[key] = data.draw(DOCUMENTS)
            break
        around = around[key]
    only_a_policy_or_its_mistakes(yaml.safe_dump(document))

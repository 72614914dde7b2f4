"""Whatever stands in a policy file: it is a Policy that decides, or its mistakes are named; nothing else comes out."""

import re

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain.ladder import MAX_LEVELS
from services.escalation.domain.policy import TRIGGER_REASONS, Measure, Policy
from services.escalation.policy.policyfile import parse
from shared.contracts.event import Severity
from shared.policy.page import PolicyError
from tests.unit.escalation.policies import GOOD, a_picture

KEYS = sorted({"answer", "low", *re.findall(r"([a-z_]+):", GOOD)})
WORDS = st.sampled_from(
    ["*", "none", "storm", "region", "CZ", "UTC", "daily", "08:00", "5m", "3bd", "8w", "1", "x", "", "high", "manager"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | WORDS | st.text(max_size=9)
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


@settings(max_examples=200)
@given(DOCUMENTS)
def test_any_document(document: object) -> None:
    only_a_policy_or_its_mistakes(yaml.safe_dump(document, allow_unicode=True))


@settings(max_examples=100)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    only_a_policy_or_its_mistakes(text)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_policy_with_some_words_exchanged(data: st.DataObject) -> None:
    pieces = GOOD.split(" ")
    for place in data.draw(st.lists(st.integers(0, len(pieces) - 1), min_size=1, max_size=3)):
        pieces[place] = data.draw(PARTS)
    only_a_policy_or_its_mistakes(" ".join(pieces))


@settings(max_examples=100, deadline=None)
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

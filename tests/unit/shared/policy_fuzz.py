"""Policy files as nobody would write them, made from a good one. Used by the fuzz tests of every service's policy."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import yaml
from hypothesis import strategies as st

from shared.policy.page import PolicyError

P = TypeVar("P")
_BROKEN = ["{", "}", "[", "]", "&a", "*a", "- ", "\n", ":", "!", "%", "'", '"\\U', "\0"]


def values(good: str, words: Sequence[str]) -> st.SearchStrategy[Any]:
    """Anything that YAML can hold, with the keys of the good policy; words: that mean something in it."""
    keys = st.sampled_from(sorted({"answer", "breaks", "low", *re.findall(r"([a-z_]+):", good)}))
    ends = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.binary(max_size=3)
    return st.recursive(
        ends | st.sampled_from(list(words)) | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(max_size=3), inner, max_size=6),
        max_leaves=30,
    )


def documents(anything: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return anything.map(lambda value: yaml.safe_dump(value, allow_unicode=True))


@st.composite
def with_words_exchanged(draw: st.DrawFn, good: str) -> str:
    pieces, parts = good.split(" "), st.sampled_from([*good.split(), *_BROKEN])
    for place in draw(st.lists(st.integers(0, len(pieces) - 1), min_size=1, max_size=4)):
        pieces[place] = draw(parts)
    return " ".join(pieces)


@st.composite
def with_a_value_exchanged(draw: st.DrawFn, good: str, anything: st.SearchStrategy[Any]) -> str:
    document = yaml.load(good, Loader=yaml.BaseLoader)
    around = document
    while True:
        key = draw(st.sampled_from(sorted(around) if isinstance(around, dict) else range(len(around))))
        if not (isinstance(around[key], dict | list) and around[key]) or draw(st.booleans()):
            around[key] = draw(anything)
            return yaml.safe_dump(document)
        around = around[key]


def policy_in(text: str, parse: Callable[[str, str], P]) -> P | None:
    """None if there are mistakes, all of which have their line; whatever else is raised is a fault of the reader."""
    try:
        return parse(text, "p.yml")
    except PolicyError as error:
        places = [mistake.split(":", 2)[:2] for mistake in error.mistakes]
    assert places
    assert all(file == "p.yml" and 1 <= int(line) <= text.count("\n") + 1 for file, line in places)
    return None

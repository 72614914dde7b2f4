"""When one condition takes all that fits another."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain.conditions import ASK_KINDS, NEVER, NOT_ASKED, When
from services.escalation.domain.covering import covers, fits_everything
from shared.contracts.event import Severity
from shared.policy.covering import unreachable
from tests.unit.escalation.policies import a_picture

SEVERITIES = st.frozensets(st.sampled_from(list(Severity)), min_size=1)


def a_when(**said: Any) -> When:
    return When(**{name: frozenset(v) if isinstance(v, set) else v for name, v in said.items()})


@pytest.mark.parametrize(
    ("wide", "narrow", "does"),
    [
        ({}, {"tier": {"gold"}}, True),
        ({"tier": {"gold"}}, {}, False),
        ({"tier": {"gold", "vip"}}, {"tier": {"gold"}}, True),
        ({"tier": {"gold"}}, {"tier": {"gold", "vip"}}, False),
        ({"tier": {"*"}}, {"tier": {"gold"}}, True),
        ({"tier": {"*"}}, {"tier": {"none"}}, False),
        ({"tier": {"*"}}, {"tier": {"gold", "none"}}, False),
        ({"tier": {"gold"}}, {"tier": {"*"}}, False),
        ({"tier": {"none"}}, {"tier": {"none"}}, True),
        ({"tier": {"*"}}, {}, False),
        ({"category": {"*"}}, {}, True),
        ({"channel": {"*"}}, {}, True),
        ({"flags": {"*"}}, {"flags": {"safety"}}, True),
        ({"flags": {"*"}}, {}, False),
        ({"flags": {"safety"}}, {"flags": {"safety", "legal"}}, False),
        ({"anger": 0.5}, {"anger": 0.9}, True),
        ({"anger": 0.9}, {"anger": 0.5}, False),
        ({"contacts": 3}, {"contacts": 3}, True),
        ({"contacts": 4}, {"contacts": 3}, False),
        ({"reopenings": 1}, {"reopenings": 2}, True),
        ({"rating": 0.5}, {"rating": 0.2}, True),
        ({"rating": 0.2}, {"rating": 0.5}, False),
        ({"rating": 1.0}, {}, False),
        ({"asked": {"supervisor", "human"}}, {"asked": {"human"}}, True),
        ({"asked": {"supervisor"}}, {}, False),
    ],
)
def test_what_covers_what(wide: Mapping[str, Any], narrow: Mapping[str, Any], does: bool) -> None:
    assert covers(a_when(**wide), a_when(**narrow)) is does


def test_what_fits_everything() -> None:
    assert fits_everything(When()) and fits_everything(a_when(severity=set(Severity)))
    assert not fits_everything(NEVER)


def test_what_never_fits_takes_nothing_and_is_taken_by_nothing() -> None:
    assert unreachable([("never", NEVER), ("rest", When())], covers) == []
    assert unreachable([("rest", When()), ("never", NEVER)], covers) == []


WORDS = {"category": ("a", "b"), "channel": ("a", "b"), "region": ("a", "b"), "product": ("a", "b"), "tier": ("a", "b")}
CONDITIONS = st.builds(
    When,
    severity=st.none() | SEVERITIES,
    asked=st.none() | st.frozensets(st.sampled_from([*ASK_KINDS, NOT_ASKED]), min_size=1),
    flags=st.none() | st.just(frozenset("*")) | st.frozensets(st.sampled_from("ab"), min_size=1),
    anger=st.none() | st.sampled_from([0.3, 0.6]),
    contacts=st.none() | st.sampled_from([2, 3]),
    rating=st.none() | st.sampled_from([0.3, 0.6]),
    reopenings=st.none() | st.sampled_from([1, 2]),
    **{
        name: st.none() | st.just(frozenset("*")) | st.frozensets(st.sampled_from([*values, "none"]), min_size=1)
        for name, values in WORDS.items()
    },
)
PICTURES = st.builds(
    a_picture,
    severity=st.sampled_from(list(Severity)),
    asks_kind=st.sampled_from([*ASK_KINDS, NOT_ASKED]),
    flags=st.frozensets(st.sampled_from("abc")),
    anger=st.sampled_from([0.0, 0.3, 0.6]),
    contacts=st.integers(1, 3),
    rating=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    reopenings=st.integers(0, 2),
    category=st.sampled_from("abc"),
    channel=st.sampled_from("abc"),
    region=st.sampled_from(["a", "c", None]),
    product=st.sampled_from(["a", "c", None]),
    tier=st.sampled_from(["a", "c", None]),
)


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, CONDITIONS, st.lists(PICTURES, min_size=5, max_size=20))
def test_what_is_covered_never_fits_alone(wide: When, other: When, pictures: list[Any]) -> None:
    more = {name: value for name, value in vars(other).items() if getattr(wide, name) is None}
    narrow = replace(wide, **more)
    assert covers(wide, wide) and covers(wide, narrow)
    for one in (narrow, other):
        if covers(one, wide):
            assert all(one.fits(seen) for seen in pictures if wide.fits(seen))


ONE_PART = st.sampled_from(sorted(vars(When())))


@settings(max_examples=500, deadline=None)
@given(ONE_PART, CONDITIONS, CONDITIONS, PICTURES)
def test_no_facts_fit_what_is_covered_by_one_part_and_not_what_covers_it(
    name: str, wide: When, narrow: When, seen: Any
) -> None:
    wide, narrow = (replace(When(), **{name: getattr(one, name)}) for one in (wide, narrow))
    if covers(wide, narrow):
        assert wide.fits(seen) or not narrow.fits(seen)

"""Which rules are never used, because earlier ones take all that fits them."""

from dataclasses import fields
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.routing.domain import covering
from services.routing.domain.covering import covers, fits_everything
from services.routing.domain.facts import Facts
from services.routing.domain.policy import When
from shared.contracts.event import Severity
from shared.hours.calendar import Calendar, Shift
from shared.policy.covering import unreachable
from tests.unit.routing.policies import hours_of_day, words

SEVERE = frozenset({Severity.HIGH, Severity.CRITICAL})
MILD = frozenset(Severity) - SEVERE


@pytest.mark.parametrize(
    ("wide", "narrow", "is_covered"),
    [
        ({}, {}, True),
        ({}, {"category": words("a")}, True),
        ({"category": words("a")}, {}, False),
        ({"category": words("*")}, {}, True),
        ({"tier": words("*")}, {}, False),
        ({"tier": words("*")}, {"tier": words("vip")}, True),
        ({"tier": words("vip")}, {"tier": words("*")}, False),
        ({"tier": words("vip", "gold")}, {"tier": words("vip")}, True),
        ({"tier": words("vip")}, {"tier": words("vip", "gold")}, False),
        ({"tier": words("vip")}, {"tier": words("vip"), "region": words("CZ")}, True),
        ({"tier": words("vip"), "region": words("CZ")}, {"tier": words("vip")}, False),
        ({"language": words("cs")}, {"language": words("cs")}, True),
        ({"flags": words("a", "b")}, {"flags": words("a")}, True),
        ({"flags": words("a")}, {"flags": words("a", "b")}, False),
        ({"flags": words("a")}, {}, False),
        ({"contact_count": 3}, {"contact_count": 3}, True),
        ({"contact_count": 3}, {"contact_count": 2}, False),
        ({"contact_count": 3}, {"contact_count": 4}, True),
        ({"contact_count": 3}, {}, False),
        ({"severity": SEVERE}, {"severity": frozenset({Severity.HIGH})}, True),
        ({"severity": SEVERE}, {}, False),
        ({"severity": frozenset(Severity)}, {}, True),
        ({"local_time": hours_of_day(8, 18)}, {"local_time": hours_of_day(9, 17)}, True),
        ({"local_time": hours_of_day(8, 18)}, {"local_time": hours_of_day(8, 19)}, False),
        ({"local_time": hours_of_day(8, 18)}, {"local_time": hours_of_day(9, 17, days=frozenset({5}))}, False),
        ({"local_time": hours_of_day(8, 18)}, {}, False),
        ({"local_time": hours_of_day(0, 24, days=frozenset(range(7)))}, {}, True),
        # Over the end of the week, and of two rows that touch.
        (
            {"local_time": hours_of_day(22, 6, days=frozenset({6}))},
            {"local_time": hours_of_day(0, 6, days=frozenset({0}))},
            True,
        ),
        (
            {"local_time": Calendar("UTC", (*hours_of_day(8, 12).shifts, *hours_of_day(12, 18).shifts))},
            {"local_time": hours_of_day(9, 17)},
            True,
        ),
    ],
)
def test_one_condition_implies_another(wide: dict[str, Any], narrow: dict[str, Any], is_covered: bool) -> None:
    assert covers(When(**wide), When(**narrow)) is is_covered


def test_every_part_of_a_condition_is_compared() -> None:
    """A part that is added to When makes covers() wrong until it is compared there."""
    compared = {"severity", "flags", "contact_count", "local_time", *covering._WORDS}
    assert {f.name for f in fields(When)} == compared


def test_a_rule_behind_two_that_share_its_severities_is_never_used() -> None:
    rules = [("severe", When(severity=SEVERE)), ("mild", When(severity=MILD)), ("late", When(category=words("a")))]
    assert unreachable(rules, covers) == [(2, ("mild", "severe"))]
    assert unreachable([rules[0], rules[2]], covers) == []


def test_rules_are_looked_at_in_their_order() -> None:
    everything, some = ("all", When()), ("some", When(category=words("a")))
    assert unreachable([some, everything], covers) == []
    assert unreachable([everything, some, everything], covers) == [(1, ("all",)), (2, ("all",))]


def test_what_fits_everything() -> None:
    assert fits_everything(When()) and fits_everything(When(severity=frozenset(Severity), category=words("*")))
    assert not fits_everything(When(region=words("*")))


def some_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.frozensets(st.sampled_from(values), min_size=1)


TIMES = st.sampled_from([time(0), time(6), time(12), time(18), time(23, 30)])
CALENDARS = st.lists(
    st.builds(Shift, st.frozensets(st.integers(0, 6), min_size=1), TIMES, TIMES), min_size=1, max_size=2
).map(lambda shifts: Calendar("UTC", tuple(shifts)))
WHENS = st.builds(
    When,
    severity=some_of(*Severity),
    category=some_of("a", "b", "*"),
    flags=some_of("x", "y", "z"),
    tier=some_of("vip", "gold", "*"),
    region=some_of("CZ", "SK", "*"),
    language=some_of("cs", "sk", "*"),
    product=some_of("kettle", "*"),
    campaign=some_of("recall", "*"),
    channel=some_of("mail", "web", "*"),
    contact_count=st.none() | st.integers(2, 4),
    local_time=st.none() | CALENDARS,
)
EPOCH = datetime(2026, 11, 1, tzinfo=UTC)


def any_facts(random: Random) -> tuple[Facts, datetime]:
    """Some facts and a wall clock, of values that the conditions know and of others."""
    language = random.choice([None, "cs", "sk", "de"])
    facts = Facts(
        category=random.choice("abc"),
        severity=random.choice(list(Severity)),
        channel=random.choice([None, "mail", "web"]),
        flags=tuple(random.sample("wxyz", random.randrange(3))),
        tier=random.choice([None, "VIP", "gold", "other"]),
        region=random.choice([None, "CZ", "SK", "DE"]),
        language=language,
        customer_language=random.choice([None, language, "cs"]),
        product=random.choice([None, "kettle", "pan"]),
        campaign=random.choice([None, "recall", "sale"]),
        contact_count=random.randrange(1, 6),
    )
    return facts, any_time(random)


def any_time(random: Random) -> datetime:
    return EPOCH + random.randrange(4 * 7 * 48) * timedelta(minutes=30)


@st.composite
def looser(draw: st.DrawFn, when: When) -> When:
    """The condition with some parts left out or exchanged: often one that covers it."""
    changed = draw(WHENS)
    kept = {
        f.name: draw(st.sampled_from([None, getattr(when, f.name), getattr(changed, f.name)])) for f in fields(When)
    }
    return When(**kept)


@settings(max_examples=200)
@given(st.data(), st.integers(0))
def test_what_is_covered_never_gets_through(data: st.DataObject, seed: int) -> None:
    narrow = data.draw(WHENS)
    wide = data.draw(looser(narrow))
    assume(covers(wide, narrow))
    random = Random(seed)
    for facts, local in (any_facts(random) for _ in range(50)):
        assert wide.fits(facts, local) or not narrow.fits(facts, local)


def fitting(when: When, severity: Severity) -> Facts:
    """The plainest facts that fit a condition."""

    def one(part: frozenset[str] | None) -> str | None:
        return None if part is None else sorted(part - {"*"} or {"other"})[0]

    plain = {
        name: one(getattr(when, name)) for name in ("tier", "region", "language", "product", "campaign", "channel")
    }
    return Facts(
        category=one(when.category) or "other",
        severity=severity,
        flags=tuple(sorted(when.flags or ())[:1]),
        contact_count=when.contact_count or 1,
        **plain,
    )


@settings(max_examples=200)
@given(st.data(), st.integers(0))
def test_facts_made_to_fit_a_covered_rule_find_one_before_it(data: st.DataObject, seed: int) -> None:
    last = data.draw(WHENS)
    rules = [*data.draw(st.lists(looser(last), min_size=1, max_size=3)), last]
    found = dict(unreachable([(str(n), when) for n, when in enumerate(rules)], covers))
    assume(len(rules) - 1 in found)
    random = Random(seed)
    at = [any_time(random) for _ in range(20)]
    for severity in last.severity or Severity:
        facts = fitting(last, severity)
        for local in (a for a in at if last.fits(facts, a)):
            assert any(rules[int(name)].fits(facts, local) for name in found[len(rules) - 1])

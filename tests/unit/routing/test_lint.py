"""What a policy asks for that a roster's agents do not bring, and when nobody works although a region is open."""

import time as clock
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain.calendar import Absence, Calendar, Pause, Shift
from services.routing.domain.crowd import Crowd
from services.routing.domain.intervals import in_words, merged, without
from services.routing.domain.lint import Finding, Kind, lint
from services.routing.domain.needs import NONE, TEXT, Wanted
from services.routing.domain.policy import BusinessHours, Policy, Relaxation, Rule, When
from services.routing.domain.roster import Agent
from services.routing.holidaybook import holidays_of
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from tests.unit.routing.policies import MINUTE, a_policy_of, a_rule, an_agent_with, hours_of_day

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
EVA = an_agent_with("eva", skills={"billing": 3}, languages={"cs": 5}, regions=("CZ",), teams=("vip",), capacity=5)
JAN = an_agent_with("jan", skills={"safety": 5}, languages={"en": 2}, regions=("*",), teams=("recall",), capacity=8)


def words(*names: str) -> frozenset[str]:
    return frozenset(names)


def found(rule: Rule, *agents: Agent) -> list[tuple[Kind, str]]:
    return [(f.kind, f.text) for f in lint(a_policy_of(rule), agents, MONDAY)]


def unmet(wanted: Wanted, when: When | None = None, relax: Sequence[Relaxation] = ()) -> list[str]:
    rule = a_rule(wanted=wanted, when=when or When(), relax=tuple(relax))
    return [text for _, text in found(rule, EVA, JAN)]


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        (Wanted(), []),
        (Wanted(team="vip"), []),
        (Wanted(team="legal"), ["nobody has team legal: at first"]),
        (Wanted(skill="billing", skill_level=3), []),
        (Wanted(skill="billing", skill_level=4), ["nobody has skill billing of level 4: at first"]),
        (Wanted(skill="refund"), ["nobody has skill refund: at first"]),
        (Wanted(language="en", language_level=2), []),
        (Wanted(language="en", language_level=3), ["nobody has language en of level 3: at first"]),
        (Wanted(region="DE"), []),
        (Wanted(skill="billing", region="CZ"), []),
        (Wanted(skill="billing", region="DE"), ["nobody has skill billing with region DE: at first"]),
        (Wanted(skill="billing", team="recall"), ["nobody has skill billing with team recall: at first"]),
        (Wanted(skill="billing", language="en"), ["nobody has skill billing with language en: at first"]),
        (Wanted(skill="refund", team="legal", region="DE"), ["nobody has team legal: at first"]),
        (Wanted(skill=NONE, language=TEXT, region=NONE), []),
    ],
)
def test_fixed_needs_that_nobody_meets_are_found_at_their_least(wanted: Wanted, texts: list[str]) -> None:
    assert unmet(wanted) == texts


@pytest.mark.parametrize(
    ("when", "texts"),
    [
        (When(category=words("billing", "safety")), []),
        (When(category=words("billing", "refund")), ["nobody has skill refund: at first"]),
        (When(category=words("*")), []),
        (When(language=words("cs", "de")), ["nobody has language de: at first"]),
        (When(region=words("DE")), []),
        (When(category=words("billing"), region=words("DE")), ["nobody has skill billing with region DE: at first"]),
        (
            When(category=words("billing"), language=words("en")),
            ["nobody has skill billing with language en: at first"],
        ),
    ],
)
def test_values_that_the_condition_lists_are_looked_at_one_by_one(when: When, texts: list[str]) -> None:
    assert unmet(Wanted(), when) == texts


def test_every_stage_is_looked_at() -> None:
    legal, recall = Wanted(team="legal"), Wanted(team="recall", skill="billing")
    steps = (Relaxation(5 * MINUTE, replace(legal, skill_level=2)), Relaxation(120 * MINUTE, recall))
    assert unmet(legal, relax=steps) == [
        "nobody has team legal: at first, after 5m",
        "nobody has skill billing with team recall: after 2h",
    ]


def test_of_many_only_the_first_are_shown() -> None:
    texts = unmet(Wanted(), When(category=frozenset(f"c{n}" for n in range(9))))
    assert len(texts) == 6 and texts[-1] == "and 4 more"


def test_more_combinations_than_can_be_looked_at_are_looked_at_one_value_at_a_time() -> None:
    many = frozenset(f"X{n}" for n in range(200))
    texts = unmet(Wanted(), When(category=words("refund", "billing"), language=words("en"), region=many | {"CZ"}))
    assert texts[0] == "nobody has skill billing with language en: at first"
    texts = unmet(Wanted(), When(category=many, language=many, region=many))
    assert texts[0] == "nobody has skill X0: at first"


def test_without_agents_nothing_can_be_met() -> None:
    assert found(a_rule()) == [(Kind.NEEDS_NOBODY_MEETS, "nobody has anything, as there are no agents: at first")]


def heavy(
    weight: int, wanted: Wanted | None = None, relax: Sequence[Relaxation] = (), when: When | None = None
) -> list[str]:
    weights = dict.fromkeys(Severity, 1) | {Severity.CRITICAL: weight}
    rule = a_rule(weight=weights, wanted=wanted or Wanted(), relax=tuple(relax), when=when or When())
    return [text for kind, text in found(rule, EVA, JAN) if kind is Kind.TOO_HEAVY]


def test_a_weight_that_nobody_who_qualifies_can_carry() -> None:
    eva_only = Wanted(team="vip")
    assert heavy(8) == [] and heavy(5, eva_only) == []
    assert heavy(9) == ["weight 9 (critical), but nobody who qualifies has more than 8: at first"]
    assert heavy(6, eva_only) == ["weight 6 (critical), but nobody who qualifies has more than 5: at first"]
    assert heavy(6, eva_only, [Relaxation(5 * MINUTE, Wanted())]) == heavy(6, eva_only)
    assert heavy(6, Wanted(team="legal")) == [], "that nobody qualifies is said already"
    assert heavy(9, when=When(severity=frozenset({Severity.LOW}))) == []


def opened(calendar: Calendar, *regions: str, name: str = "central") -> BusinessHours:
    return BusinessHours(name, frozenset(regions), calendar)


def gaps(
    hours: BusinessHours, *agents: Agent, more: tuple[BusinessHours, ...] = (), now: datetime = MONDAY
) -> list[Finding]:
    policy = Policy("x", (a_rule(wanted=Wanted(skill=NONE)),), (hours, *more))
    return [f for f in lint(policy, agents, now) if f.name == hours.name]


def works(calendar: Calendar, *regions: str, **changed: object) -> Agent:
    return an_agent_with(regions=regions, calendar=calendar, **changed)


ON_MONDAYS = frozenset({0})


@pytest.mark.parametrize(
    ("shift", "text"),
    [
        ((8, 18), None),
        ((0, 24), None),
        ((8, 17), "CZ: nobody is on shift Mon 2026-11-02 17:00–18:00 (UTC)"),
        ((9, 18), "CZ: nobody is on shift Mon 2026-11-02 08:00–09:00 (UTC)"),
        ((9, 17), "CZ: nobody is on shift Mon 2026-11-02 08:00–09:00, Mon 2026-11-02 17:00–18:00 (UTC)"),
        ((18, 20), "CZ: nobody is on shift Mon 2026-11-02 08:00–18:00 (UTC)"),
    ],
)
def test_hours_in_which_nobody_is_on_shift(shift: tuple[int, int], text: str | None) -> None:
    hours = opened(hours_of_day(8, 18, days=ON_MONDAYS), "CZ")
    expected = [Finding(Kind.HOURS_UNCOVERED, "central", text)] if text else []
    assert gaps(hours, works(hours_of_day(*shift), "CZ")) == expected


def test_agents_of_a_region_together_cover_its_hours() -> None:
    hours = opened(hours_of_day(8, 18), "CZ", "SK")
    early, late = works(hours_of_day(8, 13), "CZ", "SK"), works(hours_of_day(12, 18), "*")
    assert gaps(hours, early, late) == []
    (only,) = gaps(hours, replace(early, regions=("CZ",)), late)
    assert only.text.startswith("SK: nobody is on shift Mon 2026-11-02 08:00–12:00, Tue")


def test_more_than_five_gaps_are_counted() -> None:
    hours = opened(hours_of_day(8, 18, days=frozenset(range(7))), "CZ")
    (only,) = gaps(hours, works(hours_of_day(9, 18, days=frozenset(range(7))), "CZ"))
    assert only.text.count("08:00–09:00") == 5 and ", and 2 more (UTC)" in only.text


def test_gaps_are_shown_on_the_clocks_of_the_region() -> None:
    hours = opened(hours_of_day(8, 18, "Europe/Prague", days=ON_MONDAYS), "CZ")
    (only,) = gaps(hours, works(hours_of_day(7, 16, "UTC"), "CZ"))
    assert only.text == "CZ: nobody is on shift Mon 2026-11-02 17:00–18:00 (Europe/Prague)"


def test_a_gap_over_midnight_names_both_days() -> None:
    hours = opened(hours_of_day(22, 4, days=ON_MONDAYS), "CZ")
    (only,) = gaps(hours, works(hours_of_day(8, 9), "CZ"))
    assert only.text == "CZ: nobody is on shift Mon 2026-11-02 22:00–Tue 2026-11-03 04:00 (UTC)"


def test_breaks_absences_and_holidays_leave_gaps() -> None:
    hours = opened(hours_of_day(8, 18, days=ON_MONDAYS), "CZ")
    lunch = Calendar("UTC", (Shift(ON_MONDAYS, time(8), time(18), (Pause(time(12), time(13)),)),))
    (only,) = gaps(hours, works(lunch, "CZ"))
    assert "Mon 2026-11-02 12:00–13:00" in only.text
    away = (Absence(MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=11)),)
    (only,) = gaps(hours, works(hours_of_day(8, 18), "CZ", absences=away))
    assert "Mon 2026-11-02 10:00–11:00" in only.text
    long_ago = (Absence(MONDAY - timedelta(days=3), MONDAY),)
    assert gaps(hours, works(hours_of_day(8, 18), "CZ", absences=long_ago)) == []
    czech = replace(hours_of_day(8, 18), holidays=holidays_of("CZ"))  # 17 November is one
    hours = opened(hours_of_day(8, 18, days=frozenset({1})), "CZ")
    (only,) = gaps(hours, works(czech, "CZ"), now=MONDAY + timedelta(days=14))
    assert "Tue 2026-11-17 08:00–18:00" in only.text


def test_who_has_no_shifts_is_always_there() -> None:
    assert gaps(opened(hours_of_day(8, 18), "CZ"), works(Calendar("UTC"), "CZ")) == []


def test_a_region_that_nobody_serves() -> None:
    hours = opened(hours_of_day(8, 18), "CZ", "SK")
    (only,) = gaps(hours, works(Calendar("UTC"), "CZ"))
    assert only == Finding(Kind.HOURS_WITHOUT_AGENTS, "central", "nobody serves SK")


def test_hours_of_every_other_region_need_somebody_who_serves_one() -> None:
    others = opened(hours_of_day(8, 18), "*", name="others")
    central = opened(hours_of_day(8, 18), "CZ")
    czech, german = works(Calendar("UTC"), "CZ"), works(Calendar("UTC"), "DE")
    (only,) = gaps(others, czech, more=(central,))
    assert only == Finding(Kind.HOURS_WITHOUT_AGENTS, "others", "nobody serves any other region")
    assert gaps(others, czech, german, more=(central,)) == []
    assert gaps(central, german, more=(others,)) == [Finding(Kind.HOURS_WITHOUT_AGENTS, "central", "nobody serves CZ")]


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


def test_ten_thousand_agents_take_less_than_a_second() -> None:
    zones, starts = ("Europe/Prague", "America/New_York", "Asia/Tokyo"), range(6, 14)
    agents = [
        an_agent_with(
            f"a{n}",
            skills={f"s{n % 40}": n % 5 + 1, f"s{n * 7 % 40}": 3, f"s{n * 13 % 40}": 2},
            languages={f"l{n % 30}": 4, "en": n % 5 + 1},
            regions=(f"R{n % 50}", f"R{n * 3 % 50}"),
            teams=(f"t{n % 20}",),
            calendar=hours_of_day(starts[n % 8], starts[n % 8] + 8, zones[n % 3]),
            capacity=n % 30,
            absences=(Absence(MONDAY, MONDAY + timedelta(days=2)),) if n % 10 == 0 else (),
        )
        for n in range(10_000)
    ]
    rules = [
        a_rule(
            f"r{n}",
            when=When(category=frozenset(f"s{m}" for m in range(30)), language=frozenset(f"l{m}" for m in range(30))),
            wanted=Wanted(team=f"t{n % 25}", skill_level=4),
            weight=dict.fromkeys(Severity, 29),
            relax=(Relaxation(MINUTE, Wanted(skill_level=2)), Relaxation(2 * MINUTE, Wanted(skill=NONE))),
        )
        for n in range(5)
    ]
    hours = tuple(opened(hours_of_day(0, 24), *(f"R{n}" for n in range(k, 50, 5)), name=f"h{k}") for k in range(5))
    began = clock.process_time()
    findings = lint(Policy("x", tuple(rules), hours), agents, MONDAY)
    took = clock.process_time() - began
    assert findings
    assert took < 1, f"{took:.2f} s"

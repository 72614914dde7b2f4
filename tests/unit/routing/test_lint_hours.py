"""When nobody works although a region is open, as `ombud policy check` finds it; and how long that takes."""

import time as clock
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from services.routing.domain.lint import Kind, lint
from services.routing.domain.needs import Wanted
from services.routing.domain.policy import BusinessHours, Policy, Relaxation, When
from services.routing.domain.roster import Agent
from shared.contracts.event import Severity
from shared.hours.calendar import Absence, Calendar, Pause, Shift
from shared.hours.holidaybook import holidays_of
from shared.policy.findings import Finding
from shared.policy.words import NONE
from tests.unit.routing.policies import MINUTE, a_rule, an_agent_with, hours_of_day

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


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

"""What several entries of a policy must agree on, so that every case has a ladder and an end."""

import pytest

from tests.unit.escalation.policies import LEAST, mistakes_in


def a_policy(triggers: str = "[{reason: overdue}]", clocks: str = "", ladders: str = "", rest: str = "") -> str:
    text = LEAST.replace("triggers: [{reason: overdue}]", f"triggers: {triggers}")
    if clocks:
        text = text.replace("[{name: resolution, measures: resolution, within: 5d}]", clocks)
    if ladders:
        text = text.replace("ladders: [", f"ladders: [{ladders}, ")
    return text + rest


LEVEL = "{name: only, recipients: manager, respond_within: 1h}"


def a_ladder(name: str, when: str = "", levels: str = LEVEL) -> str:
    return f"{{name: {name}{', when: ' + when if when else ''}, levels: [{levels}]}}"


@pytest.mark.parametrize(
    "clocks",
    [
        "[{name: a, measures: first_answer, within: 1h}]",
        "[{name: a, measures: resolution, within: 1h, when: {severity: [high, critical]}}]",
        "[{name: a, measures: resolution, within: 1h, when: {region: '*'}}]",
    ],
)
def test_a_policy_under_which_a_case_may_never_end_is_refused(clocks: str) -> None:
    (mistake,) = mistakes_in(a_policy(clocks=clocks))
    assert mistake == ("policy.yml:3: clocks: every case needs an end: one clock measures resolution and has no `when`")


@pytest.mark.parametrize("severities", ["[low, medium, high, critical]"])
def test_a_condition_that_fits_everything_is_none(severities: str) -> None:
    clocks = f"[{{name: a, measures: resolution, within: 1h, when: {{severity: {severities}}}}}]"
    assert mistakes_in(a_policy(clocks=clocks)) == ()


def test_a_mistake_in_the_clock_of_the_resolution_is_the_only_one_that_is_named() -> None:
    found = mistakes_in(a_policy(clocks="[{name: a, measures: resolution, within: 1x}]"))
    assert [m.split(": ")[1] for m in found] == ["clocks.0.within"]


def test_business_days_by_the_hours_of_the_region_need_hours_for_every_region() -> None:
    clocks = "[{name: a, measures: resolution, within: 3bd, hours: region}]"
    hours = "hours: [{name: x, regions: %s, timezone: UTC, open: {days: mon, from: 08:00, to: 09:00}}]\n"
    assert mistakes_in(a_policy(clocks=clocks, rest=hours % "'*'")) == ()
    (mistake,) = mistakes_in(a_policy(clocks=clocks, rest=hours % "CZ"))
    assert "some regions have none; give '*' as a region" in mistake


@pytest.mark.parametrize(
    ("within", "is_refused"),
    [
        ("{critical: 25h, high: 1d, medium: 1d, low: 1d}", True),
        ("{critical: 24h, high: 1d, medium: 1d, low: 1w}", False),
        ("{critical: 1w, high: 6d, medium: 30d, low: 30d}", True),
    ],
)
def test_hours_and_days_are_compared(within: str, is_refused: bool) -> None:
    clocks = f"[{{name: a, measures: resolution, within: {within}}}]"
    assert bool(mistakes_in(a_policy(clocks=clocks))) is is_refused


def test_business_days_are_compared_with_business_days() -> None:
    clocks = "[{name: a, measures: resolution, within: {critical: 3bd, high: 2bd, medium: 90h, low: 5bd}, hours: x}]"
    hours = "hours: [{name: x, timezone: UTC, open: {days: mon, from: 08:00, to: 09:00}}]\n"
    assert [m.split(": ")[1] for m in mistakes_in(a_policy(clocks=clocks, rest=hours))] == ["clocks.0.within.critical"]


def test_the_last_ladder_has_no_condition() -> None:
    text = LEAST.replace("{name: all, levels", "{name: all, when: {region: CZ}, levels")
    assert mistakes_in(text) == (
        "policy.yml:4: ladders.0.when: the last ladder has no `when`, so that every case finds one",
    )
    assert any("has no `when`" in m for m in mistakes_in(text.replace("CZ", "[]"))), "nor one with a mistake in it"


@pytest.mark.parametrize("ladders", [a_ladder("first"), a_ladder("a", "{severity: [low, medium, high, critical]}")])
def test_a_ladder_that_can_never_be_climbed_is_named_with_those_that_take_it(ladders: str) -> None:
    found = mistakes_in(a_policy(ladders=ladders))
    name = "first" if "first" in ladders else "a"
    assert found == (f"policy.yml:4: ladders.1: all is never climbed: all of it goes to {name}",)


def test_severities_that_several_ladders_take_together_leave_nothing() -> None:
    ladders = ", ".join((a_ladder("a", "{severity: [low, medium]}"), a_ladder("b", "{severity: [high, critical]}")))
    (mistake,) = mistakes_in(a_policy(ladders=ladders))
    assert mistake.endswith("ladders.2: all is never climbed: all of it goes to a, b")


def test_a_ladder_for_storms_is_named_by_one() -> None:
    (mistake,) = mistakes_in(a_policy(ladders=a_ladder("major", "storm")))
    assert mistake.endswith("ladders.0: major is never climbed: no storm names it")
    storm = "storms: [{name: x, of: product, more_than: 9, within: 5m, ladder: major, quiet_after: 1h}]\n"
    assert mistakes_in(a_policy(ladders=a_ladder("major", "storm"), rest=storm)) == ()


def test_a_ladder_that_only_a_storm_gets_to_may_stand_behind_one_that_takes_everything_of_it() -> None:
    ladders = f"{a_ladder('a', '{tier: gold}')}, {a_ladder('b', '{tier: gold, severity: low}')}"
    assert len(mistakes_in(a_policy(ladders=ladders))) == 1
    storm = "storms: [{name: x, of: product, more_than: 9, within: 5m, ladder: b, quiet_after: 1h}]\n"
    assert mistakes_in(a_policy(ladders=ladders, rest=storm)) == ()


def test_five_levels_are_the_most() -> None:
    levels = ", ".join(LEVEL.replace("only", f"l{n}") for n in range(5))
    assert mistakes_in(LEAST.replace(LEVEL, levels)) == ()
    six = f"{levels}, {LEVEL}"
    assert mistakes_in(LEAST.replace(LEVEL, six)) == ("policy.yml:4: ladders.0.levels: more than 5 levels",)


def test_a_level_that_waits_has_hours_to_wait_for() -> None:
    (mistake,) = mistakes_in(LEAST.replace("respond_within: 1h", "respond_within: 1h, outside: wait"))
    assert "ladders.0.levels.0.outside: says what becomes of the level outside its hours, and it has none" in mistake


def test_one_person_alone_takes_no_turns() -> None:
    rota = (
        "rotas: [{name: x, shifts: [{people: a, timezone: UTC, days: daily, from: 00:00, to: 24:00,"
        " rotate: {every: 1d, since: 2026-01-05, at: 09:00}}]}]\n"
    )
    (mistake,) = mistakes_in(a_policy(rest=rota))
    assert "rotas.0.shifts.0.rotate: one person alone takes no turns" in mistake
    assert mistakes_in(a_policy(rest=rota.replace("people: a", "people: [a, b]"))) == ()


def test_a_last_ladder_whose_condition_fits_everything_has_none() -> None:
    text = LEAST.replace("{name: all, levels", "{name: all, when: {severity: [low, medium, high, critical]}, levels")
    assert mistakes_in(text) == ()


def test_a_rule_for_every_clock_behind_one_for_some_still_fires_but_not_the_other_way_round() -> None:
    some, every = "{reason: overdue, clocks: resolution}", "{reason: overdue}"
    assert mistakes_in(a_policy(f"[{some}, {every}]")) == ()
    (mistake,) = mistakes_in(a_policy(f"[{every}, {some}]"))
    assert mistake.endswith("triggers.1: never fires: all of it is taken by triggers.0")


STORM = "{name: x, of: product, more_than: 9, within: 5m, ladder: all, quiet_after: 1h}"
ROTA = "{name: x, shifts: [{people: a, timezone: UTC, days: daily, from: 08:00, to: 16:00}]}"


@pytest.mark.parametrize(("part", "entry"), [("storms", STORM), ("rotas", ROTA)])
def test_no_two_of_a_kind_have_the_same_name(part: str, entry: str) -> None:
    text = a_policy(rest=f"{part}: [{entry}, %s]\n")
    assert mistakes_in(text % entry.replace("name: x", "name: y")) == ()
    assert mistakes_in(text % entry) == (f"policy.yml:5: {part}.1.name: 'x' stands here twice",)

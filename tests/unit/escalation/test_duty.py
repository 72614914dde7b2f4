"""Who has the duty of a rota, why, since when and until when exactly."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

import pytest

from services.escalation.domain.duty import (
    HORIZON,
    Leave,
    Override,
    RotaShift,
    Rotation,
    Why,
    gaps,
    shifts_of,
    watch_at,
)
from shared.hours.calendar import Calendar, Shift
from tests.unit.escalation.rotas import (
    DAY,
    HOUR,
    INSTANT,
    NEW_YORK,
    PRAGUE,
    TOKYO,
    a_rota,
    a_shift,
    always,
    away,
    duties,
    local,
    override,
    utc,
    weekly,
    who,
)

NOON = utc("2026-11-02 12:00")
TOGETHER = a_rota(a_shift("anna", "ben"))


def spans(*found: tuple[str, str, str]) -> list[tuple[datetime, datetime, list[str]]]:
    return [(utc(start), utc(end), people.split()) for start, end, people in found]


# -- shifts and turns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "people"),
    [
        (utc("2026-11-02 08:00") - INSTANT, []),
        (utc("2026-11-02 08:00"), ["anna", "ben"]),
        (utc("2026-11-02 20:00") - INSTANT, ["anna", "ben"]),
        (utc("2026-11-02 20:00"), []),
    ],
)
def test_all_people_of_a_shift_have_it_together_while_it_is_open(at: datetime, people: list[str]) -> None:
    assert who(TOGETHER, at) == people


def test_shifts_in_several_zones_follow_the_sun() -> None:
    rota = a_rota(
        a_shift("petr", start=9, end=17, zone=PRAGUE),
        a_shift("karen", start=11, end=19, zone=NEW_YORK),
        a_shift("kenji", start=9, end=17, zone=TOKYO),
    )
    course = [(w.start, w.end, [d.person for d in w.duties]) for w in shifts_of(rota, (), {}, NOON, NOON + DAY)]
    assert course == spans(
        ("2026-11-02 12:00", "2026-11-02 16:00", "petr"),
        ("2026-11-02 16:00", "2026-11-03 00:00", "karen"),
        ("2026-11-03 00:00", "2026-11-03 08:00", "kenji"),
        ("2026-11-03 08:00", "2026-11-03 12:00", "petr"),
    )


@pytest.mark.parametrize(
    ("at", "people"),
    [
        ("2026-11-02 08:59:59.999999", []),
        ("2026-11-02 09:00", ["anna"]),
        ("2026-11-09 08:59:59.999999", ["anna"]),
        ("2026-11-09 09:00", ["ben"]),
        ("2026-11-16 09:00", ["caro"]),
        ("2026-11-23 09:00", ["anna"]),
        ("2027-11-01 09:00", ["ben"]),  # 52 weeks on
    ],
)
def test_people_take_turns_from_since_on_at_the_hand_over(at: str, people: list[str]) -> None:
    rota = a_rota(always("anna", "ben", "caro", zone=PRAGUE, rotation=weekly()))
    assert who(rota, local(PRAGUE, at)) == people


@pytest.mark.parametrize(
    ("zone", "since", "hand_over", "second"),
    [
        # The day of the second turn is one on which clocks change: a hand-over that they skip happens at the end of the
        # gap, one that they show twice the first time.
        (PRAGUE, date(2026, 10, 24), time(9), "2026-10-25 08:00"),
        (PRAGUE, date(2026, 10, 24), time(2, 30), "2026-10-25 00:30"),
        (PRAGUE, date(2027, 3, 27), time(9), "2027-03-28 07:00"),
        (PRAGUE, date(2027, 3, 27), time(2, 30), "2027-03-28 01:00"),
        (NEW_YORK, date(2026, 10, 31), time(9), "2026-11-01 14:00"),
        ("Australia/Lord_Howe", date(2026, 10, 3), time(2, 15), "2026-10-03 15:30"),
        ("Pacific/Apia", date(2011, 12, 29), time(9), "2011-12-30 10:00"),  # December 30 was left out
    ],
)
def test_the_hand_over_keeps_its_wall_clock_time_when_clocks_change(
    zone: str, since: date, hand_over: time, second: str
) -> None:
    rota = a_rota(always("anna", "ben", zone=zone, rotation=Rotation(since, hand_over, 1)))
    at = utc(second)
    assert (who(rota, at - INSTANT), who(rota, at)) == (["anna"], ["ben"])


def test_turns_are_counted_in_the_shifts_own_zone() -> None:
    rota = a_rota(always("anna", "ben", zone=TOKYO, rotation=weekly(hour=0, every=1)))
    assert (who(rota, utc("2026-11-02 14:59")), who(rota, utc("2026-11-02 15:00"))) == (["anna"], ["ben"])


@pytest.mark.parametrize("hour", [7, 8, 9])
def test_a_hand_over_around_the_start_of_a_shift_starts_or_moves_no_shift(hour: int) -> None:
    """In Tokyo it is Tuesday morning while UTC still has Monday."""
    rota = a_rota(a_shift("anna", "ben", start=8, end=16, zone=TOKYO, rotation=weekly(hour=hour, every=1)))
    start = local(TOKYO, "2026-11-03 08:00")
    at_first = ["ben"] if hour <= 8 else ["anna"]
    assert [who(rota, start - HOUR / 2), who(rota, start), who(rota, start + 2 * HOUR)] == [[], at_first, ["ben"]]


def test_a_shift_without_people_has_nobody() -> None:
    assert who(a_rota(a_shift(), a_shift(rotation=weekly())), NOON) == []


def test_nobody_is_named_twice_and_the_order_is_the_rotas() -> None:
    rota = a_rota(a_shift("ben"), a_shift("anna", "ben"), a_shift("anna", "caro"))
    assert who(rota, NOON) == ["ben", "anna", "caro"]


# -- overrides ----------------------------------------------------------------------------------------------------

LUNCH = ("2026-11-02 11:00", "2026-11-02 13:00")


@pytest.mark.parametrize(
    ("overrides", "people"),
    [
        ([override(*LUNCH, "caro")], ["caro"]),
        ([override(*LUNCH, "caro", "anna")], ["caro", "ben"]),
        ([override(*LUNCH, "caro", "dora")], ["anna", "ben"]),
        ([override(*LUNCH, "ben", "anna")], ["ben"]),
        ([override(*LUNCH, "caro", rota="day")], ["anna", "ben"]),
        ([override("2026-11-02 11:00", "2026-11-02 12:00", "caro")], ["anna", "ben"]),
        ([override("2026-11-02 12:00", "2026-11-02 13:00", "caro")], ["caro"]),
        ([override(*LUNCH, "caro"), override(*LUNCH, "dora")], ["dora"]),
        ([override(*LUNCH, "caro", "anna"), override(*LUNCH, "dora", "anna")], ["dora", "ben"]),
        ([override(*LUNCH, "caro", "anna"), override(*LUNCH, "dora", "caro")], ["dora", "ben"]),
        ([override(*LUNCH, "dora", "caro"), override(*LUNCH, "caro", "anna")], ["caro", "ben"]),
        ([override(*LUNCH, "caro", "anna"), override(*LUNCH, "dora")], ["dora"]),
        ([override(*LUNCH, "dora"), override(*LUNCH, "caro", "anna")], ["dora"]),
        ([override(*LUNCH, "dora"), override(*LUNCH, "caro", "dora")], ["caro"]),
        ([override(*LUNCH, "caro", "dora"), override(*LUNCH, "dora")], ["dora"]),
        ([override(*LUNCH, "anna", "anna")], ["anna", "ben"]),
    ],
)
def test_overrides_replace_all_or_one_and_the_later_one_wins(overrides: list[Override], people: list[str]) -> None:
    assert who(TOGETHER, NOON, *overrides) == people


def test_an_override_gives_the_duty_also_while_nobody_has_a_shift_but_not_instead_of_somebody() -> None:
    night = ("2026-11-02 21:00", "2026-11-02 23:00")
    at = utc("2026-11-02 22:00")
    assert who(TOGETHER, at, override(*night, "caro")) == ["caro"]
    assert who(TOGETHER, at, override(*night, "caro", "anna")) == []


def test_a_duty_by_override_names_it_and_whose_it_was() -> None:
    alone, instead = duties(TOGETHER, NOON, override(*LUNCH, "caro")), override(*LUNCH, "caro", "anna", "o2")
    (duty,) = alone
    assert (duty.why, duty.instead_of, duty.override, duty.rota) == (Why.OVERRIDE, None, "o1", "night")
    assert (duty.since, duty.until) == (utc(LUNCH[0]), utc(LUNCH[1]))
    caro, ben = duties(TOGETHER, NOON, instead)
    assert (caro.why, caro.instead_of, caro.override) == (Why.OVERRIDE, "anna", "o2")
    assert (ben.why, ben.instead_of, ben.override) == (Why.SHIFT, None, None)


# -- leaves -------------------------------------------------------------------------------------------------------

TODAY = ("2026-11-02 00:00", "2026-11-03 00:00")


@pytest.mark.parametrize(
    ("leaves", "people"),
    [
        ({"anna": [away(*TODAY)]}, ["ben"]),
        ({"anna": [away(*TODAY, "caro")]}, ["caro", "ben"]),
        ({"anna": [away(*TODAY, "ben")]}, ["ben"]),
        ({"anna": [away(*TODAY, "caro")], "caro": [away(*TODAY, "dora")]}, ["dora", "ben"]),
        ({"anna": [away(*TODAY, "caro")], "caro": [away(*TODAY)]}, ["ben"]),
        ({"anna": [away(*TODAY, "caro")], "caro": [away(*TODAY, "anna")]}, ["ben"]),
        ({"anna": [away(*TODAY, "anna")]}, ["ben"]),
        ({"anna": [away(*TODAY, "ben")], "ben": [away(*TODAY, "anna")]}, []),
        ({"anna": [away("2026-11-02 00:00", "2026-11-02 12:00", "caro")]}, ["anna", "ben"]),
        ({"anna": [away("2026-11-02 12:00", "2026-11-02 13:00", "caro")]}, ["caro", "ben"]),
        ({"anna": [away(*TODAY, "caro"), away(*TODAY, "dora")]}, ["caro", "ben"]),
        ({"anna": [away(*TODAY), away(*TODAY, "dora")]}, ["dora", "ben"]),
        ({"caro": [away(*TODAY, "dora")]}, ["anna", "ben"]),
    ],
)
def test_who_is_away_has_a_stand_in_or_nobody(leaves: Mapping[str, Sequence[Leave]], people: list[str]) -> None:
    assert who(TOGETHER, NOON, leaves=leaves) == people


def test_a_stand_in_has_the_duty_of_the_one_whose_shift_it_is() -> None:
    leaves = {"anna": [away(*LUNCH, "caro")], "caro": [away(*TODAY, "dora")]}
    dora, _ = duties(TOGETHER, NOON, leaves=leaves)
    assert (dora.person, dora.why, dora.instead_of) == ("dora", Why.STAND_IN, "anna")
    assert (dora.since, dora.until) == (utc(LUNCH[0]), utc(LUNCH[1]))


def test_who_has_a_shift_and_stands_in_for_another_has_the_duty_for_the_reason_that_comes_first() -> None:
    leaves = {"anna": [away(*TODAY, "caro")]}
    (caro,) = duties(a_rota(a_shift("caro"), a_shift("anna", end=22)), NOON, leaves=leaves)
    assert (caro.why, caro.instead_of, caro.until) == (Why.SHIFT, None, utc("2026-11-02 22:00"))
    (caro,) = duties(a_rota(a_shift("anna", end=22), a_shift("caro")), NOON, leaves=leaves)
    assert (caro.why, caro.instead_of, caro.until) == (Why.STAND_IN, "anna", utc("2026-11-02 22:00"))


@pytest.mark.parametrize(
    ("overrides", "leaves", "people"),
    [
        ([override(*LUNCH, "caro")], {"caro": [away(*TODAY, "dora")]}, ["dora"]),
        ([override(*LUNCH, "caro")], {"caro": [away(*TODAY)]}, []),
        ([override(*LUNCH, "caro", "anna")], {"anna": [away(*TODAY, "dora")]}, ["caro", "ben"]),
        ([override(*LUNCH, "caro", "dora")], {"anna": [away(*TODAY, "dora")]}, ["caro", "ben"]),
        ([override(*LUNCH, "anna", "caro")], {"anna": [away(*TODAY, "caro")]}, ["ben"]),
    ],
)
def test_overrides_and_leaves_meet(
    overrides: list[Override], leaves: Mapping[str, Sequence[Leave]], people: list[str]
) -> None:
    assert who(TOGETHER, NOON, *overrides, leaves=leaves) == people


# -- since and until ----------------------------------------------------------------------------------------------


def test_the_duty_lasts_as_long_as_the_shift() -> None:
    (anna, _) = duties(TOGETHER, NOON)
    assert (anna.since, anna.until) == (utc("2026-11-02 08:00"), utc("2026-11-02 20:00"))


def test_a_hand_over_to_oneself_does_not_end_it() -> None:
    rota = a_rota(always("anna", "anna", "ben", rotation=weekly(every=1)))
    (anna,) = duties(rota, utc("2026-11-02 10:00"))
    assert (anna.since, anna.until) == (utc("2026-11-02 09:00"), utc("2026-11-04 09:00"))


def test_shifts_that_touch_or_overlap_are_one_duty() -> None:
    rota = a_rota(
        a_shift("anna", start=8, end=12), a_shift("anna", start=12, end=16), a_shift("anna", start=15, end=18)
    )
    (anna,) = duties(rota, utc("2026-11-02 09:00"))
    assert (anna.since, anna.until) == (utc("2026-11-02 08:00"), utc("2026-11-02 18:00"))


def test_the_others_coming_and_going_does_not_end_it() -> None:
    rota = a_rota(a_shift("anna", start=6, end=22), a_shift("ben", start=8, end=10), a_shift("caro", start=11, end=13))
    (anna, _) = duties(rota, NOON, override("2026-11-02 18:00", "2026-11-02 19:00", "dora", "ben"))
    assert (anna.since, anna.until) == (utc("2026-11-02 06:00"), utc("2026-11-02 22:00"))


def test_another_reason_does_not_end_it() -> None:
    covered = override("2026-11-02 20:00", "2026-11-02 22:00", "anna")
    leaves = {"caro": [away("2026-11-02 06:00", "2026-11-02 09:00", "anna")]}
    rota = a_rota(a_shift("anna"), a_shift("caro", start=7, end=9))
    (anna,) = duties(rota, NOON, covered, leaves=leaves)
    assert (anna.since, anna.until) == (utc("2026-11-02 07:00"), utc("2026-11-02 22:00"))


@pytest.mark.parametrize(
    ("overrides", "leaves", "until"),
    [
        ([override("2026-11-02 15:00", "2026-11-02 16:00", "caro")], {}, "2026-11-02 15:00"),
        ([override("2026-11-02 15:00", "2026-11-02 16:00", "caro", "anna")], {}, "2026-11-02 15:00"),
        ([override("2026-11-02 15:00", "2026-11-02 16:00", "anna")], {}, "2026-11-02 20:00"),
        ([], {"anna": [away("2026-11-02 15:00", "2026-11-02 16:00", "caro")]}, "2026-11-02 15:00"),
        ([], {"anna": [away("2026-11-02 15:00", "2026-11-02 16:00")]}, "2026-11-02 15:00"),
        ([], {"anna": [away("2026-11-02 20:00", "2026-11-02 21:00")]}, "2026-11-02 20:00"),
    ],
)
def test_what_takes_the_duty_away_ends_it(
    overrides: list[Override], leaves: Mapping[str, Sequence[Leave]], until: str
) -> None:
    anna = duties(TOGETHER, NOON, *overrides, leaves=leaves)[0]
    assert (anna.person, anna.until) == ("anna", utc(until))


def test_a_duty_without_an_end_is_told_for_two_weeks_each_way() -> None:
    (anna,) = duties(a_rota(always("anna")), NOON)
    assert (anna.since, anna.until) == (NOON - HORIZON, NOON + HORIZON)


# -- the course and its gaps --------------------------------------------------------------------------------------


def test_a_course_tells_everything_between_its_ends_without_a_break() -> None:
    leaves = {"ben": [away("2026-11-02 10:00", "2026-11-02 11:00", "dora")]}
    lunch = override(*LUNCH, "caro", "anna")
    course = shifts_of(TOGETHER, [lunch], leaves, utc("2026-11-02 07:00"), utc("2026-11-02 14:00"))
    assert [(w.start, w.end, [d.person for d in w.duties]) for w in course] == spans(
        ("2026-11-02 07:00", "2026-11-02 08:00", ""),
        ("2026-11-02 08:00", "2026-11-02 10:00", "anna ben"),
        ("2026-11-02 10:00", "2026-11-02 11:00", "anna dora"),
        ("2026-11-02 11:00", "2026-11-02 13:00", "caro ben"),
        ("2026-11-02 13:00", "2026-11-02 14:00", "anna ben"),
    )


def test_a_hand_over_to_oneself_is_no_new_part_of_the_course() -> None:
    rota = a_rota(always("anna", rotation=weekly(every=1)))
    (whole,) = shifts_of(rota, (), {}, NOON, NOON + 3 * DAY)
    assert (whole.start, whole.end) == (NOON, NOON + 3 * DAY)


def test_a_course_over_no_time_is_empty() -> None:
    assert shifts_of(TOGETHER, (), {}, NOON, NOON) == () == gaps(TOGETHER, (), {}, NOON, NOON - HOUR)


def test_gaps_are_when_nobody_is_on_duty() -> None:
    leaves = {
        "anna": [away("2026-11-03 08:00", "2026-11-03 10:00")],
        "ben": [away("2026-11-03 07:00", "2026-11-03 09:00")],
    }
    night = override("2026-11-02 20:00", "2026-11-02 22:00", "caro")
    assert gaps(TOGETHER, [night], leaves, NOON, NOON + DAY) == ((utc("2026-11-02 22:00"), utc("2026-11-03 09:00")),)


def test_before_the_first_turn_there_is_a_gap() -> None:
    rota = a_rota(always("anna", rotation=weekly()))
    start = utc("2026-11-01 00:00")
    assert gaps(rota, (), {}, start, NOON) == ((start, utc("2026-11-02 09:00")),)


def test_weekend_hours_in_a_week_of_changing_clocks_leave_the_gaps_of_the_wall_clock() -> None:
    workdays = Calendar(PRAGUE, (Shift(frozenset(range(5)), time(0), time(0)),))
    found = gaps(
        a_rota(RotaShift(("anna",), workdays)),
        (),
        {},
        local(PRAGUE, "2026-10-19 00:00"),
        local(PRAGUE, "2026-10-26 12:00"),
    )
    assert found == ((local(PRAGUE, "2026-10-24 00:00"), local(PRAGUE, "2026-10-26 00:00")),)
    assert found[0][1] - found[0][0] == 49 * HOUR


@pytest.mark.parametrize(
    ("at", "watch"),
    [
        ("2026-11-02 12:00", ("2026-11-02 08:00", "2026-11-02 20:00")),
        ("2026-11-02 20:00", ("2026-11-02 20:00", "2026-11-03 08:00")),
    ],
)
def test_a_watch_or_a_gap_is_told_as_a_whole(at: str, watch: tuple[str, str]) -> None:
    found = watch_at(TOGETHER, (), {}, utc(at))
    assert (found.start, found.end) == (utc(watch[0]), utc(watch[1]))


def test_a_rota_without_an_end_of_its_gap_tells_two_weeks_of_it() -> None:
    found = watch_at(a_rota(), (), {}, NOON)
    assert (found.start, found.end, found.duties) == (NOON - HORIZON, NOON + HORIZON, ())

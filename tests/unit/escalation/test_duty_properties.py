"""Whatever the rota, the overrides, the leaves and the clocks: duty is what slow and simple counting says."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain.duty import (
    HORIZON,
    Leave,
    Override,
    Rota,
    RotaShift,
    Rotation,
    Why,
    gaps,
    on_duty,
    shifts_of,
    watch_at,
)
from shared.hours.calendar import Calendar, Shift
from tests.unit.escalation.rotas import DAY, HOUR, INSTANT

PEOPLE = ("anna", "ben", "caro", "dora")
# A Wednesday before the clocks of these zones change.
CHANGES = (datetime(2026, 10, 21, tzinfo=UTC), datetime(2027, 3, 24, tzinfo=UTC), datetime(2026, 9, 30, tzinfo=UTC))
ZONES = ("Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo", "UTC")
STEP = timedelta(minutes=30)

people = st.sampled_from(PEOPLE)
some_people = st.lists(people, min_size=1, max_size=3, unique=True).map(tuple)
steps = st.integers(0, 10 * DAY // STEP)
clocks = st.integers(0, 47).map(lambda n: time(n // 2, n % 2 * 30))


def calendars(begin: datetime) -> st.SearchStrategy[Calendar]:
    shift = st.builds(Shift, st.frozensets(st.integers(0, 6), min_size=1), clocks, clocks)
    holidays = st.frozensets(st.integers(0, 9).map(lambda n: (begin + n * DAY).date()), max_size=2)
    return st.builds(Calendar, st.sampled_from(ZONES), st.lists(shift, max_size=2).map(tuple), holidays)


def rotas(begin: datetime) -> st.SearchStrategy[Rota]:
    since = st.integers(-20, 5).map(lambda n: (begin + n * DAY).date())
    rotation = st.none() | st.builds(Rotation, since, clocks, st.integers(1, 8))
    shift = st.builds(RotaShift, some_people, calendars(begin), rotation)
    return st.lists(shift, min_size=1, max_size=3).map(lambda shifts: Rota("night", tuple(shifts)))


def overrides(begin: datetime) -> st.SearchStrategy[list[Override]]:
    def made(start: int, length: int, person: str, instead_of: str | None, rota: str, id_: int) -> Override:
        first = begin + start * STEP
        return Override(f"o{id_}", rota, first, first + length * STEP, person, instead_of, "petr")

    one = st.builds(
        made,
        steps,
        st.integers(1, 99),
        people,
        st.none() | people,
        st.sampled_from(["night", "night", "day"]),
        st.integers(0, 99),
    )
    return st.lists(one, max_size=4)


def leaves(begin: datetime) -> st.SearchStrategy[dict[str, list[Leave]]]:
    def made(start: int, length: int, stand_in: str | None) -> Leave:
        return Leave(begin + start * STEP, begin + (start + length) * STEP, stand_in)

    one = st.builds(made, steps, st.integers(1, 99), st.none() | people)
    return st.dictionaries(people, st.lists(one, max_size=2), max_size=4)


Scene = tuple[datetime, Rota, list[Override], dict[str, list[Leave]]]
scenes: st.SearchStrategy[Scene] = st.sampled_from(CHANGES).flatmap(
    lambda begin: st.tuples(st.just(begin), rotas(begin), overrides(begin), leaves(begin))
)


# -- the same, slow and simple ------------------------------------------------------------------------------------


def named(rota: Rota, at: datetime) -> list[str]:
    """Whom the shifts name, by counting the hand-overs one after the other."""
    return [person for shift in rota.shifts if shift.calendar.is_open(at) for person in of_shift(shift, at)]


def of_shift(shift: RotaShift, at: datetime) -> tuple[str, ...]:
    if shift.rotation is None:
        return shift.people
    handed, wall = -1, datetime.combine(shift.rotation.since, shift.rotation.hand_over)
    while shown(wall, shift.calendar.timezone) <= at:
        handed, wall = handed + 1, wall + DAY * shift.rotation.every
    return (shift.people[handed % len(shift.people)],) if handed >= 0 else ()


def shown(wall: datetime, timezone: str) -> datetime:
    """When clocks show it first; if they skip it, the first half hour that they show after it."""
    zone = ZoneInfo(timezone)
    instant = (wall - DAY).replace(tzinfo=UTC)
    while instant.astimezone(zone).replace(tzinfo=None) < wall:
        instant += STEP
    return instant


def expected(rota: Rota, said: Sequence[Override], away: Mapping[str, Sequence[Leave]], at: datetime) -> list[str]:
    holding = [o for o in said if o.rota == rota.name and o.start <= at < o.end]
    there, after = named(rota, at), 0
    for place, one in enumerate(holding):
        if one.instead_of is None:
            there, after = [one.person], place + 1
    return list(dict.fromkeys(p for person in there for p in settled(person, holding, after, away, at, ())))


def settled(
    person: str,
    holding: Sequence[Override],
    after: int,
    away: Mapping[str, Sequence[Leave]],
    at: datetime,
    asked: tuple[str, ...],
) -> list[str]:
    for place in range(len(holding) - 1, after - 1, -1):
        if holding[place].instead_of == person:
            return settled(holding[place].person, holding, place + 1, away, at, asked)
    absent = [leave.stand_in for leave in away.get(person, ()) if leave.start <= at < leave.end]
    if not absent:
        return [person]
    named_ones = [stand_in for stand_in in absent if stand_in]
    if person in asked or not named_ones:
        return []
    return settled(named_ones[0], holding, after, away, at, (*asked, person))


# -- the properties -----------------------------------------------------------------------------------------------


@settings(max_examples=120)
@given(scenes, st.lists(steps, min_size=1, max_size=6))
def test_on_duty_are_those_whom_slow_counting_finds_each_once(scene: Scene, places: list[int]) -> None:
    begin, rota, said, away = scene
    for at in (begin + place * STEP - nudge for place in places for nudge in (timedelta(0), INSTANT)):
        found = [duty.person for duty in on_duty(rota, said, away, at)]
        assert found == expected(rota, said, away, at)
        assert len(found) == len(set(found))


@settings(max_examples=80)
@given(scenes, steps)
def test_since_and_until_are_exact(scene: Scene, place: int) -> None:
    begin, rota, said, away = scene
    at = begin + place * STEP
    for duty in on_duty(rota, said, away, at):
        assert at - HORIZON <= duty.since <= at < duty.until <= at + HORIZON
        inside = (duty.since + n * (duty.until - duty.since) / 40 for n in range(40))
        for then in (duty.since, *inside, duty.until - INSTANT):
            assert duty.person in expected(rota, said, away, then)
        if duty.until < at + HORIZON:
            assert duty.person not in expected(rota, said, away, duty.until)
            last = {d.person: d for d in on_duty(rota, said, away, duty.until - INSTANT)}
            assert last[duty.person].until == duty.until
        if duty.since > at - HORIZON:
            assert duty.person not in expected(rota, said, away, duty.since - INSTANT)


@settings(max_examples=60)
@given(scenes, steps)
def test_somebody_is_on_duty_whenever_a_shift_is_open_and_nobody_is_away(scene: Scene, place: int) -> None:
    begin, rota, said, _ = scene
    at = begin + place * STEP
    is_open = any(s.rotation is None and s.calendar.is_open(at) for s in rota.shifts)
    if is_open:
        assert on_duty(rota, said, {}, at)


@settings(max_examples=60)
@given(scenes, steps, st.integers(1, 200))
def test_a_course_has_no_break_and_agrees_with_every_instant_in_it(scene: Scene, place: int, length: int) -> None:
    begin, rota, said, away = scene
    start = begin + place * STEP
    end = start + length * STEP
    course = shifts_of(rota, said, away, start, end)
    assert [course[0].start, *(watch.end for watch in course)] == [*(watch.start for watch in course), end]
    for watch in course:
        for at in (watch.start, watch.end - INSTANT):
            assert [duty.person for duty in watch.duties] == expected(rota, said, away, at)
    for one, other in pairwise(course):
        assert reasons(one.duties) != reasons(other.duties)
    empty = [(w.start, w.end) for w in course if not w.duties]
    assert list(gaps(rota, said, away, start, end)) == empty


def reasons(duties: Sequence[object]) -> list[tuple[object, ...]]:
    return [tuple(getattr(duty, name) for name in ("person", "why", "instead_of", "override")) for duty in duties]


@settings(max_examples=60)
@given(scenes, steps)
def test_a_watch_is_the_part_of_the_course_that_holds_the_instant(scene: Scene, place: int) -> None:
    begin, rota, said, away = scene
    at = begin + place * STEP
    watch = watch_at(rota, said, away, at)
    (holding,) = (w for w in shifts_of(rota, said, away, at - HORIZON, at + HORIZON) if w.start <= at < w.end)
    assert (watch.start, watch.end, watch.duties) == (holding.start, holding.end, on_duty(rota, said, away, at))


@settings(max_examples=60)
@given(scenes, steps)
def test_each_says_why_and_whose_duty_it_was(scene: Scene, place: int) -> None:
    begin, rota, said, away = scene
    at = begin + place * STEP
    for duty in on_duty(rota, said, away, at):
        if duty.why is Why.SHIFT:
            assert (duty.instead_of, duty.override) == (None, None) and duty.person in named(rota, at)
        if duty.why is Why.OVERRIDE:
            assert (duty.override, duty.person) in {(o.id, o.person) for o in said if o.start <= at < o.end}
        if duty.why is Why.STAND_IN:
            assert duty.person in {leave.stand_in for spans in away.values() for leave in spans}
        assert duty.instead_of != duty.person


@settings(max_examples=60)
@given(st.sampled_from(ZONES), st.sampled_from(CHANGES), clocks, st.integers(1, 9), st.integers(0, 12))
def test_the_duty_is_handed_over_exactly_at_its_wall_clock_time(
    zone: str, begin: datetime, hand_over: time, every: int, turn: int
) -> None:
    since: date = begin.date()
    calendar = Calendar(zone)
    rota = Rota("night", (RotaShift(PEOPLE, calendar, Rotation(since, hand_over, every)),))
    at = shown(datetime.combine(since, hand_over) + every * turn * DAY, zone)
    (duty,) = on_duty(rota, (), {}, at)
    assert (duty.person, duty.since) == (PEOPLE[turn % len(PEOPLE)], at)
    before = [d.person for d in on_duty(rota, (), {}, at - INSTANT)]
    assert before == ([PEOPLE[(turn - 1) % len(PEOPLE)]] if turn else [])
    assert abs((duty.until - duty.since) - every * DAY) <= HOUR

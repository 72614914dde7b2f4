"""Quiet hours: when they hold, in the person's own zone, and that their end is an end."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.domain.contact import LONGEST, Contact, QuietHours
from services.notify.people.contact_schemas import contact_from
from shared.contracts.event import Severity
from shared.errors import Rejected
from shared.hours.calendar import Shift
from shared.hours.schedule import shift_document
from tests.unit.notify.build import a_contact

PRAGUE, NEW_YORK, SYDNEY = "Europe/Prague", "America/New_York", "Australia/Sydney"
DAILY = frozenset(range(7))
NIGHT = QuietHours((Shift(DAILY, time(22), time(7)),))


def at(text: str, zone: str = PRAGUE, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def sleeper(zone: str = PRAGUE, quiet: QuietHours = NIGHT) -> Contact:
    return a_contact(quiet=quiet, timezone=zone)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-02 21:59:59", None),
        ("2026-11-02 22:00:00", "2026-11-03 07:00"),
        ("2026-11-02 23:59:59", "2026-11-03 07:00"),
        ("2026-11-03 00:00:00", "2026-11-03 07:00"),
        ("2026-11-03 06:59:59", "2026-11-03 07:00"),
        ("2026-11-03 07:00:00", None),
    ],
)
def test_a_night_goes_over_midnight(now: str, until: str | None) -> None:
    assert sleeper().quiet_until(Severity.HIGH, at(now)) == (at(until) if until else None)


@pytest.mark.parametrize("severity", Severity)
def test_only_what_is_named_breaks_them(severity: Severity) -> None:
    night = at("2026-11-02 23:00")
    assert (sleeper().quiet_until(severity, night) is None) is (severity is Severity.CRITICAL)
    never = QuietHours(NIGHT.shifts, frozenset())
    assert sleeper(quiet=never).quiet_until(severity, night) == at("2026-11-03 07:00")


@pytest.mark.parametrize(("zone", "hour"), [(PRAGUE, 21), (NEW_YORK, 3), (SYDNEY, 11), ("UTC", 22)])
def test_they_hold_where_the_person_is(zone: str, hour: int) -> None:
    """22:00 on the second of November, in UTC."""
    begin = datetime(2026, 11, 2, hour, tzinfo=UTC) + (timedelta(days=1) if zone == NEW_YORK else timedelta(0))
    assert begin == at("2026-11-02 22:00", zone)
    assert sleeper(zone).quiet_until(Severity.LOW, begin - timedelta(seconds=1)) is None
    assert sleeper(zone).quiet_until(Severity.LOW, begin) == at("2026-11-03 07:00", zone)


@pytest.mark.parametrize(
    ("evening", "hours"), [("2026-03-28 22:00", 8), ("2026-10-24 22:00", 10), ("2026-06-01 22:00", 9)]
)
def test_a_night_in_which_clocks_change_ends_when_they_show_its_end(evening: str, hours: int) -> None:
    begin = at(evening)
    assert sleeper().quiet_until(Severity.LOW, begin) == begin + timedelta(hours=hours)


def test_an_end_that_clocks_skip_is_when_they_go_on() -> None:
    until_half_past_two = QuietHours((Shift(DAILY, time(22), time(2, 30)),))
    assert sleeper(quiet=until_half_past_two).quiet_until(Severity.LOW, at("2026-03-29 01:00")) == at(
        "2026-03-29 03:00"
    )


def test_an_end_that_comes_twice_is_the_second() -> None:
    until_half_past_two = QuietHours((Shift(DAILY, time(22), time(2, 30)),))
    assert sleeper(quiet=until_half_past_two).quiet_until(Severity.LOW, at("2026-10-25 01:00")) == at(
        "2026-10-25 02:30", fold=1
    )


def test_hours_that_adjoin_are_one_quiet_time() -> None:
    weekend = QuietHours((Shift(frozenset({4}), time(18), time(0)), Shift(frozenset({5, 6}), time(0), time(0))))
    assert sleeper(quiet=weekend).quiet_until(Severity.LOW, at("2026-11-06 19:00")) == at("2026-11-09 00:00")


def test_without_quiet_hours_anybody_may_be_told_at_any_time() -> None:
    assert a_contact().quiet_until(Severity.LOW, at("2026-11-02 23:00")) is None


times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
shifts = st.builds(Shift, st.frozensets(st.integers(0, 6), min_size=1), times, times)
minutes = st.integers(0, 2 * 366 * 24 * 60).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


@settings(max_examples=50)
@given(st.lists(shifts, min_size=1, max_size=5), st.sampled_from([PRAGUE, NEW_YORK, SYDNEY, "UTC"]), minutes)
def test_the_end_is_ahead_and_quiet_no_more(hours: list[Shift], zone: str, now: datetime) -> None:
    """For whatever a contact may say: what never ends is refused before."""
    body = {"name": "Ann", "email": "ann@example.org", "timezone": zone}
    try:
        ann = contact_from("ann", body | {"quiet_hours": {"hours": [shift_document(shift) for shift in hours]}})
    except Rejected:
        return
    assert ann.quiet is not None and list(ann.quiet.shifts) == hours
    until = ann.quiet_until(Severity.LOW, now)
    if until is not None:
        assert now < until < now + LONGEST
        assert ann.quiet_until(Severity.LOW, until) is None
        just_before = until - timedelta(microseconds=1)
        assert ann.quiet_until(Severity.LOW, just_before) == until

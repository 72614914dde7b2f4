"""Which days are public holidays where, and what happens with codes and years that nobody knows."""

import subprocess
import sys
from datetime import date

import pytest

from shared.hours.calendar import Calendar
from shared.hours.holidaybook import UnknownCalendar, holidays_of


@pytest.mark.parametrize(
    ("code", "day", "is_one"),
    [
        ("CZ", date(2026, 11, 17), True),
        ("CZ", date(2026, 11, 18), False),
        ("CZ", date(2028, 4, 14), True),  # Good Friday
        ("DE", date(2026, 6, 4), False),
        ("DE-BY", date(2026, 6, 4), True),  # Corpus Christi
        ("DE-BE", date(2026, 6, 4), False),
        ("US", date(2026, 7, 3), True),  # for the 4th, a Saturday
        ("US", date(2021, 12, 31), True),  # for the next year's first day
        ("GBR", date(2026, 12, 25), True),
        ("AU-NSW Western", date(2026, 12, 25), True),
        (None, date(2026, 12, 25), False),
    ],
)
def test_public_holidays_by_place(code: str | None, day: date, is_one: bool) -> None:
    assert (day in holidays_of(code)) is is_one


@pytest.mark.parametrize(
    "code", ["XX", "", "-", "cz", "CZ-", "CZ-XX", "DE-by", "-BY", "DE--BY", "EN", "XNYS", "PUBLIC", "utils", "CZ "]
)
def test_unknown_code_is_answered_with_what_would_do(code: str) -> None:
    with pytest.raises(UnknownCalendar) as raised:
        holidays_of(code)
    wanted = "a country such as CZ, or one with its subdivision such as DE-BY"
    assert str(raised.value) == f"no holidays are known for {code!r}; {wanted}"
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize("code", ["CZ", "DE-BY", "US", "IL", "SA", "CN", "IN"])
@pytest.mark.parametrize("year", [1, 1899, 2100, 9999])
def test_years_far_away_raise_nothing(code: str, year: int) -> None:
    assert date(year, 2, 27) not in holidays_of(code)


def test_only_days_are_holidays() -> None:
    assert "2026-12-25" not in holidays_of("CZ")
    assert None not in holidays_of("CZ")


def test_same_code_is_the_same_object() -> None:
    assert holidays_of("CZ") is holidays_of("CZ")
    assert holidays_of("DE-BY") != holidays_of("DE")
    assert hash(Calendar("Europe/Prague", holidays=holidays_of("CZ"))) is not None


def test_package_is_loaded_by_the_first_code_only() -> None:
    """It takes 17 MB, which nobody pays whose calendars name no holidays."""
    program = "import sys; from shared.hours.holidaybook import holidays_of; {}; print('holidays' in sys.modules)"
    said = [
        subprocess.run([sys.executable, "-c", program.format(then)], capture_output=True, text=True, check=True).stdout
        for then in ("holidays_of(None)", "holidays_of('CZ')")
    ]
    assert said == ["False\n", "True\n"]

"""Public holidays by country, from the package `holidays`; asked by whoever makes calendars of rows or files."""

import warnings
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache


class UnknownCalendar(ValueError):
    """No holidays are known by that code; the text says what would do."""


@cache
def holidays_of(code: str | None) -> Container[date]:
    """The public holidays of a country (CZ) or of one of its subdivisions (DE-BY); None = none.

    The same object for the same code. Years that the package does not know have no holidays. Raises UnknownCalendar.
    """
    if code is None:
        return frozenset()
    country, dash, subdivision = code.partition("-")
    subdivisions = _countries().get(country)
    if subdivisions is None or (dash and subdivision not in subdivisions):
        raise UnknownCalendar(
            f"no holidays are known for {code!r}; a country such as CZ, or one with its subdivision such as DE-BY"
        )
    return _Book(country, subdivision or None)


@dataclass(frozen=True)
class _Book:
    """The public holidays of one place, of any year."""

    country: str
    subdivision: str | None

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _holidays_in(day.year, self.country, self.subdivision)


# The package is imported where it is used: with its first country come all of them, 17 MB and 0.1 s.
@cache
def _countries() -> Mapping[str, list[str]]:
    """The subdivisions of each country, by code."""
    from holidays import list_supported_countries

    return list_supported_countries()


# Not the package's own object: that one fills up while it is asked, and is not hashable.
@cache
def _holidays_in(year: int, country: str, subdivision: str | None) -> frozenset[date]:
    from holidays import PUBLIC, country_holidays

    with warnings.catch_warnings():
        # It warns of years for which it knows fixed dates only.
        warnings.simplefilter("ignore")
        return frozenset(country_holidays(country, subdivision, years=year, categories=PUBLIC))

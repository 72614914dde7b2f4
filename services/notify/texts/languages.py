"""The languages that alerts are written in: gettext catalogues, dates and numbers by Babel. Called by rendering.py."""

import gettext
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from shared.codes import language_code

SOURCE = "en"  # what the templates themselves are written in
LOCALE = Path(__file__).parents[1] / "locale"
DOMAIN = "notify"
_FORMATTED = {SOURCE: "en_GB"}  # 2 Nov 2026, 13:30: read in one way by everybody
_WRONG_VALUES = (KeyError, ValueError, TypeError)
# Time zones of different offsets have these abbreviations in common.
_AMBIGUOUS = frozenset({"CDT", "CST", "IST", "PST", "SST"})
DATES = 512  # that a language remembers: in a flood most alerts are of the same few minutes


class Phrase:
    """`_` and `ngettext` in templates: called straight, without the sandbox's look at what is called."""

    __slots__ = ("_say",)

    def __init__(self, say: Callable[..., str]):
        self._say = say

    def __call__(self, *messages: Any, **values: Any) -> str:
        return self._say(*messages, **values)


class WrongCatalogue(ValueError):
    """A catalogue cannot be read; the text names it and its line."""


class Language:
    """One language. words: `_` and `ngettext` for templates; what they give is text, which pages escape as a whole."""

    def __init__(self, code: str, catalogue: gettext.NullTranslations):
        self.code = code
        self._locale = Locale.parse(_FORMATTED.get(code, code))
        self._catalogue = catalogue
        self.words: dict[str, Any] = {"_": Phrase(self.say), "ngettext": Phrase(self.count)}
        self._at = lru_cache(DATES)(self._written)

    def say(self, message: str, /, **values: Any) -> str:
        try:
            return self._catalogue.gettext(message) % values
        except _WRONG_VALUES:  # of a company's own catalogue; ours are tested
            return message % values

    def count(self, one: str, many: str, number: int, /, **values: Any) -> str:
        """The form for so many; `%(num)s` is the number, as it is written in this language."""
        values = {"num": self.number(number), **values}
        try:
            return self._catalogue.ngettext(one, many, number) % values
        except _WRONG_VALUES:
            return (one if number == 1 else many) % values

    def number(self, number: int) -> str:
        return str(number) if 0 <= number < 1000 else str(format_decimal(number, locale=self._locale))

    def name_of(self, code: str) -> str:
        """What the language of that code is called in this one, or the code."""
        return str(self._locale.languages.get(code, code))

    def when(self, instant: datetime, zone: str) -> str:
        """The time there, with the zone's name; in UTC if it is unknown or its calendar ends before the instant."""
        return self._at(instant.replace(second=0, microsecond=0), zone)

    def _written(self, minute: datetime, zone: str) -> str:
        try:
            local = minute.astimezone(ZoneInfo(zone))
        except (ValueError, LookupError, OSError, OverflowError):
            local = minute.astimezone(UTC)
        # Without its zone: where that is no more than an offset, Babel would ask for its name.
        shown = format_datetime(local.replace(tzinfo=None), self._pattern, locale=self._locale)
        return f"{shown} {zone_name(local)}"

    @cached_property
    def _pattern(self) -> str:
        """Looked up when first used: what Babel knows of a language takes more than a megabyte of memory."""
        locale = self._locale
        time = locale.datetime_skeletons["Hm"].pattern
        return (
            str(locale.datetime_formats["medium"])
            .replace("{1}", locale.date_formats["medium"].pattern)
            .replace("{0}", time)
        )


def zone_name(local: datetime) -> str:
    """`CET`, or `UTC+8` where there is no name, or `CST (UTC+8)` where the name says too little."""
    name, offset = local.tzname() or "", local.strftime("%z")
    hours = f"{offset[:1]}{int(offset[1:3])}" + (f":{offset[3:5]}" if offset[3:5] != "00" else "")
    if not name.isalpha():
        return f"UTC{hours}"
    return f"{name} (UTC{hours})" if name in _AMBIGUOUS else name


def languages(own: Path | None = None) -> dict[str, Language]:
    """All that there are catalogues of, and the source's. own: the folder of those to ask first."""
    return _shipped() | (_own(own) if own else {})


def chosen(code: str, among: Mapping[str, Language] | None = None) -> Language:
    """Of a contact; English where there are no texts in theirs."""
    known = among or languages()
    return known.get(language_code(code) or SOURCE) or known[SOURCE]


@cache
def _shipped() -> dict[str, Language]:
    found = {code: Language(code, _read(code, path)) for code, path in catalogues_in(LOCALE).items()}
    return {SOURCE: Language(SOURCE, gettext.NullTranslations()), **found}


def _own(folder: Path) -> dict[str, Language]:
    """What these lack is said as the shipped catalogue says it, else in English."""
    found = {}
    for code, path in catalogues_in(folder).items():
        catalogue, shipped = _read(code, path), catalogues_in(LOCALE).get(code)
        if shipped:
            catalogue.add_fallback(_read(code, shipped))
        found[code] = Language(code, catalogue)
    return found


def catalogues_in(folder: Path) -> dict[str, Path]:
    """The catalogues by the code of their language."""
    return {path.parts[-3]: path for path in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))}


def _read(code: str, path: Path) -> gettext.GNUTranslations:
    compiled = BytesIO()
    try:
        Locale.parse(code)
        with path.open("rb") as file:
            catalogue = read_po(file, locale=code, abort_invalid=True)
        for message, mistakes in catalogue.check():
            raise WrongCatalogue(f"{path}:{message.lineno}: {mistakes[0]}")
        write_mo(compiled, catalogue)
    except (PoFileError, UnknownLocaleError, ValueError, OSError) as error:
        raise WrongCatalogue(f"{path}: {error}") from error
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)

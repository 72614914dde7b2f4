"""Numbers, plurals, dates and zones as each language writes them."""

import gettext
from datetime import UTC, datetime

import pytest

from services.notify.texts.languages import Language, languages
from services.notify.texts.vocabulary import complaints

LANGUAGES = languages()
AT = datetime(2026, 11, 2, 8, 5, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("en", "2 Nov 2026, 09:05 CET"),
        ("cs", "2. 11. 2026 9:05 CET"),
        ("el", "2 Νοε 2026, 09:05 CET"),
        ("pl", "2 lis 2026, 09:05 CET"),
        ("zh", "2026年11月2日 09:05 CET"),
        ("de", "02.11.2026, 09:05 CET"),
        ("es", "2 nov 2026, 9:05 CET"),
        ("fr", "2 nov. 2026, 09:05 CET"),
    ],
)
def test_time_is_written_as_the_reader_writes_it_where_they_are(code: str, shown: str) -> None:
    assert LANGUAGES[code].when(AT, "Europe/Prague") == shown


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/London", "08:05 GMT"),
        ("Asia/Shanghai", "16:05 CST (UTC+8)"),
        ("America/Chicago", "02:05 CST (UTC-6)"),
        ("Asia/Kolkata", "13:35 IST (UTC+5:30)"),
        ("Asia/Dubai", "12:05 UTC+4"),
        ("America/Sao_Paulo", "05:05 UTC-3"),
        ("Mars/Olympus", "08:05 UTC"),
        ("../../etc/passwd", "08:05 UTC"),
    ],
)
def test_zone_is_named_so_that_it_cannot_be_another(zone: str, shown: str) -> None:
    assert LANGUAGES["en"].when(AT, zone) == f"2 Nov 2026, {shown}"


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        ("en", {1: "1 complaint", 2: "2 complaints", 1200: "1,200 complaints"}),
        ("cs", {1: "1 stížnost", 3: "3 stížnosti", 5: "5 stížností", 1200: "1\xa0200 stížností"}),
        ("pl", {1: "1 reklamacja", 3: "3 reklamacje", 12: "12 reklamacji", 23: "23 reklamacje"}),
        ("el", {1: "1 παράπονο", 12: "12 παράπονα"}),
        ("zh", {1: "1 件投诉", 12: "12 件投诉"}),
        ("de", {1: "1 Beschwerde", 1200: "1.200 Beschwerden"}),
        ("es", {1: "1 queja", 12: "12 quejas", 1_000_000: "1.000.000 de quejas"}),
        ("fr", {0: "0 réclamation", 1: "1 réclamation", 2: "2 réclamations"}),
    ],
)
def test_each_number_has_the_form_that_belongs_to_it(code: str, counted: dict[int, str]) -> None:
    assert {count: complaints(LANGUAGES[code], count) for count in counted} == counted


def test_languages_are_called_by_their_names_and_unknown_ones_by_their_codes() -> None:
    assert [LANGUAGES["de"].name_of(code) for code in ("cs", "zh", "tlhx")] == ["Tschechisch", "Chinesisch", "tlhx"]


def test_sentence_whose_translation_cannot_be_filled_in_is_said_in_english():
    class Wrong(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return "%(nobody)s"

        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
            return "%(nobody)s"

    language = Language("cs", Wrong())
    assert language.say("Hello %(name)s", name="Ann") == "Hello Ann"
    assert [language.count("%(num)s case", "%(num)s cases", n) for n in (1, 2)] == ["1 case", "2 cases"]

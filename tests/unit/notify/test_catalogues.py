"""Every text of an alert is translated, wholly and with all its values, in every language that is shipped."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from services.notify.texts.catalogues import extracted, read, update
from services.notify.texts.languages import LOCALE, WrongCatalogue, catalogues_in, languages

LANGUAGES = ("cs", "de", "el", "es", "fr", "pl", "zh")
SOURCE = extracted()
VALUES = re.compile(r"%\(\w+\)s|%%")


def faults(catalogue: Catalog, source: Catalog = SOURCE) -> Iterator[tuple[str, str]]:
    """(message, what is wrong with it)"""
    wanted = {message.id for message in source if message.id}
    there = {message.id for message in catalogue if message.id}
    yield from ((str(id_), "missing") for id_ in wanted - there)
    yield from ((str(id_), "not said any more") for id_ in there - wanted)
    for message in catalogue:
        if message.id:
            yield from ((str(message.id), fault) for fault in _of_message(message, catalogue.num_plurals))


def _of_message(message: Message, forms: int) -> Iterator[str]:
    sources = message.id if isinstance(message.id, tuple) else (message.id,)
    found = message.string if isinstance(message.string, tuple) else (message.string,)
    if message.fuzzy:
        yield "fuzzy"
    if isinstance(message.id, tuple) and len(found) != forms:
        yield "not all plural forms"
    for text in found:
        if not text:
            yield "untranslated"
        elif set(VALUES.findall(text)) != set(VALUES.findall(sources[-1])):
            yield "other values"
        elif (text.strip() != text) or (text[-1] in ".:。：") != (sources[-1][-1] in ".:"):
            yield "another end"


def test_the_languages_that_are_promised_are_there() -> None:
    assert set(LANGUAGES) <= set(catalogues_in(LOCALE))


@pytest.mark.parametrize("code", sorted(catalogues_in(LOCALE)))
def test_every_text_is_translated(code: str) -> None:
    assert list(faults(read(code, catalogues_in(LOCALE)[code]))) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "untranslated"),
        ("Regiony: %(kraje)s.", "other values"),
        ("Regiony.", "other values"),
        ("Regiony: %(regions)s", "another end"),
    ],
)
def test_gap_in_a_catalogue_would_be_seen(text: str, fault: str) -> None:
    catalogue = read("cs", catalogues_in(LOCALE)["cs"])
    catalogue["Regions: %(regions)s."].string = text
    assert list(faults(catalogue)) == [("Regions: %(regions)s.", fault)]


def test_text_without_its_plurals_or_marked_as_doubtful_would_be_seen() -> None:
    catalogue = read("pl", catalogues_in(LOCALE)["pl"])
    catalogue["%(num)s complaint"].string = ("%(num)s reklamacja", "%(num)s reklamacje")
    catalogue["Low"].flags.add("fuzzy")
    assert {fault for _, fault in faults(catalogue)} == {"not all plural forms", "fuzzy"}


def test_text_that_came_or_went_would_be_seen() -> None:
    catalogue = read("de", catalogues_in(LOCALE)["de"])
    catalogue.delete("Low")
    catalogue.add("Gone", "Weg")
    assert set(faults(catalogue)) == {("Low", "missing"), ("Gone", "not said any more")}


def test_new_text_of_a_template_is_found_and_comes_untranslated_into_the_catalogue(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "a.txt").write_text('{% block sms %}{{ _("Quite new %(x)s", x=1) }}{% endblock %}')
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "vocabulary.py").write_text('WORDS = {"low": N_("Low")}\n')
    path = tmp_path / "notify.po"
    path.write_bytes(catalogues_in(LOCALE)["cs"].read_bytes())
    update("cs", path, extracted(templates))
    after = {message.id: message.string for message in read("cs", path) if message.id}
    assert after == {"Low": "Nízká", "Quite new %(x)s": ""}


def test_catalogues_are_as_the_tool_writes_them(tmp_path: Path) -> None:
    for code, path in catalogues_in(LOCALE).items():
        copy = tmp_path / f"{code}.po"
        copy.write_bytes(path.read_bytes())
        update(code, copy, SOURCE)
        assert copy.read_text() == path.read_text(), "run `python -m services.notify.texts.catalogues`"


def a_catalogue(folder: Path, code: str, text: str) -> None:
    path = folder / code / "LC_MESSAGES" / "notify.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n' + text)


def test_own_catalogue_adds_a_language_and_what_it_lacks_is_said_in_english(tmp_path: Path) -> None:
    a_catalogue(tmp_path, "it", 'msgid "High"\nmsgstr "Alta"\n')
    italian = languages(tmp_path)["it"]
    assert (italian.say("High"), italian.say("Low")) == ("Alta", "Low")


def test_own_catalogue_of_a_shipped_language_is_asked_first(tmp_path: Path) -> None:
    a_catalogue(tmp_path, "cs", 'msgid "High"\nmsgstr "Urgentní"\n')
    czech = languages(tmp_path)["cs"]
    assert (czech.say("High"), czech.say("Low")) == ("Urgentní", "Nízká")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("it", 'msgid "High"\nnonsense\n'),
        ("not-a-language", ""),
        ("it", '#, python-format\nmsgid "Regions: %(regions)s."\nmsgstr "Regioni: %(luogo)s."\n'),
    ],
)
def test_catalogue_that_cannot_be_used_is_named(tmp_path: Path, code: str, text: str) -> None:
    a_catalogue(tmp_path, code, text)
    with pytest.raises(WrongCatalogue, match=f"{code}/LC_MESSAGES/notify.po"):
        languages(tmp_path)

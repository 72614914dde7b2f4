"""Says which language a text is in: by script where that settles it, else by py3langid; called by the classifier."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from services.intake.classify.identifier import Identifier, load_identifiers
from services.intake.classify.latinised import latinised_language

UNKNOWN = "und"
_LETTERS = {
    "latin": "A-Za-z\u00c0-\u024f\u1e00-\u1eff",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "cyrillic": "\u0400-\u04ff",
    "arabic": "\u0600-\u06ff\u0750-\u077f",
    "hebrew": "\u0590-\u05ff",
    "kana": "\u3040-\u30ff",
    "han": "\u3400-\u4dbf\u4e00-\u9fff",
    "hangul": "\uac00-\ud7af\u1100-\u11ff",
}
_SCRIPTS = {name: re.compile(f"[{letters}]") for name, letters in _LETTERS.items()}
_LATIN_LETTER = _SCRIPTS["latin"]
_OTHER_LETTER = re.compile(f"[{''.join(letters for name, letters in _LETTERS.items() if name != 'latin')}]")
# Scripts that one language alone uses among those the classifier is made for.
_SETTLED = {"greek": "el", "hebrew": "he", "kana": "ja", "han": "zh", "hangul": "ko"}
_CYRILLIC, _ARABIC = ("ru", "uk", "bg", "sr", "mk", "be", "kk"), ("ar", "fa", "ur")
_UKRAINIAN, _RUSSIAN = re.compile("[іїєґІЇЄҐ]"), re.compile("[ыэёЫЭЁ]")
_WEB_AND_NUMBERS = re.compile(r"https?://\S{1,300}|\S{1,64}@\S{1,200}|\d+")
_NUMBERS = re.compile(r"\d+")
# Chinese names stand in Japanese text and brands in any: a few kana make Japanese, Latin must prevail clearly.
_LATIN_LETTERS_PER_OTHER = 3
# Of a longer text only this much is identified, and only twice as much is cleaned for it.
_IDENTIFIED_CHARACTERS = 400
_CLEANED_CHARACTERS = 2 * _IDENTIFIED_CHARACTERS


@dataclass(frozen=True, slots=True)
class Guess:
    """The language, or `und`, and the candidates whose packs should read the text, best first.

    confidence: 0 to 1, of the text alone, whatever a hint decided; 1 where the script settles it.
    """

    language: str
    candidates: tuple[str, ...]
    confidence: float = 1.0


@lru_cache(maxsize=1)
def _identifiers(*groups: frozenset[str]) -> tuple[Identifier | None, ...]:
    """Kept, as rules change while their languages stay: to unpack the model takes half a second."""
    return tuple(load_identifiers(groups))


class LanguageGuesser:
    """Holds one identifier for each script in which several languages are told apart.

    languages: everything that it can answer.
    """

    def __init__(self, languages: Iterable[str], least_confidence: float, shortest: int) -> None:
        wanted = set(languages)
        self._wanted = wanted
        self.languages = tuple(sorted({UNKNOWN, "ru", "uk", *_SETTLED.values(), *wanted}))
        latin = wanted - set(_SETTLED.values()) - set(_CYRILLIC) - set(_ARABIC)
        self._latin, self._cyrillic, self._arabic = _identifiers(
            frozenset(latin), frozenset(wanted & set(_CYRILLIC)), frozenset(wanted & set(_ARABIC))
        )
        self._least_confidence = least_confidence
        self._shortest = shortest

    def guess(self, text: str, hint: str | None = None) -> Guess:
        """The language of the text; the hint decides only where the text alone does not."""
        script = _script(text)
        if script is None:
            return Guess(UNKNOWN, (), 0.0)
        if script in _SETTLED:
            return Guess(_SETTLED[script], (_SETTLED[script],))
        if script == "cyrillic":
            return self._guess_cyrillic(text, hint)
        return self._identify(self._arabic if script == "arabic" else self._latin, text, hint)

    def _guess_cyrillic(self, text: str, hint: str | None) -> Guess:
        ukrainian, russian = bool(_UKRAINIAN.search(text)), bool(_RUSSIAN.search(text))
        if ukrainian and not russian:
            return Guess("uk", ("uk",))
        if russian and not ukrainian:
            return Guess("ru", ("ru",))
        return self._identify(self._cyrillic, text, hint)

    def _identify(self, identifier: Identifier | None, text: str, hint: str | None) -> Guess:
        if identifier is None:
            return Guess(UNKNOWN, (hint,) if hint else (), 0.0)
        plain = _plain(text)
        latinised = latinised_language(plain) if identifier is self._latin else None
        if latinised is not None and latinised in self._wanted:
            return Guess(latinised, (latinised,))
        ranked = identifier.rank(plain)[:2]
        best, confidence = ranked[0]
        letters = sum(map(str.isalpha, plain[: self._shortest * 4]))
        if letters >= self._shortest and confidence >= self._least_confidence:
            return Guess(best, (best,), confidence)
        known = hint if hint in identifier.labels else None
        names = tuple(dict.fromkeys(name for name in (known, *(name for name, _ in ranked)) if name))
        return Guess(known or UNKNOWN, names[:2], confidence)


def _plain(text: str) -> str:
    """The beginning of the text without addresses and numbers, which are in no language."""
    opening = text[:_CLEANED_CHARACTERS]
    # Looking for addresses is slow where there are none.
    noise = _WEB_AND_NUMBERS if "@" in opening or "://" in opening else _NUMBERS
    # Quoted mail was blanked out: without it the text begins where the customer's own words do.
    return " ".join(noise.sub(" ", opening).split())[:_IDENTIFIED_CHARACTERS].lower()


def _script(text: str) -> str | None:
    if text.isascii() or not _OTHER_LETTER.search(text):
        return "latin" if _LATIN_LETTER.search(text) else None
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    latin = counts.pop("latin")
    # One Chinese character says as much as a Latin word.
    counts["kana"] = counts["kana"] + counts["han"] if counts["kana"] * 8 >= counts["han"] and counts["kana"] else 0
    name, count = max(counts.items(), key=lambda item: item[1])
    if latin > count * _LATIN_LETTERS_PER_OTHER or not count:
        return "latin" if latin else None
    return name

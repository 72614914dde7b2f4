"""The start of a text for alerts, without what tells who the customer is; pure. Called by the use cases.

Masked are addresses (e-mail, web), long numbers (phones, cards, accounts), and the customer's own name and reference.
Order numbers stay only while they are shorter than any of these. Everything is looked for in a folded copy of the text:
digits of all scripts as ASCII, full-width forms narrow, small letters, no accents, nothing invisible.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from phonenumbers import PhoneNumberMatcher
from stdnum import iban, luhn
from stdnum.iso7064 import mod_97_10

from services.intake.domain.complaint import Person

EXCERPT_LENGTH = 160
ADDRESS, NUMBER, CUSTOMER = "[address]", "[number]", "[customer]"
# So many characters are looked at, more only if masks and blanks left too little; LOOKAHEAD is as long as a match.
_WINDOWS, _LOOKAHEAD = (520, 2400), 330
_SHORTEST_NAME, _SHORTEST_DECLINED, _MOST_NAMES = 3, 5, 4
_PARTICLES = frozenset(("the", "and", "van", "von", "der", "den", "del", "dos", "das", "bin", "mrs", "miss"))
# Where names are written without blanks around them: Thai to Burmese, Kana, Han, Hangul.
_UNSPACED = re.compile(r"[\u0e00-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_VOWELS = "aeiouyаеиоуыяюэіїαεηιουω"

# From its sign on; what stands before it is looked at only where there is one.
_AT = re.compile(r" ?(?:@|\(at\)|\[at\]) ?[^\s@,;:!?)>\]]{1,255}")
_BEFORE_AT = re.compile(r"[^\s@]{1,64}$")
_LINK = re.compile(r"\b[a-z][a-z0-9+.\-]{1,20}://\S+|\bwww\.\S+|\b(?:[\w\-]{1,63}\.){1,8}[a-z]{2,24}/\S*")
_MARK = r"[ ().\-/\[\]~_]{0,3}"
# Phones, cards and accounts alike: a run of seven digits or more, with or without separators.
_LONG_NUMBER = re.compile(rf"\+?\(?\d(?:{_MARK}\d){{6,}}")
# Too short for that, but a telephone where numbers are short; or a card with separators that nobody expects.
_SHORT_NUMBER = re.compile(r"\d(?:[^\w]{0,4}\d){4,}")
_TWO_DIGITS = re.compile(r"\d[ \-.]{0,3}\d")
_ACCOUNT = re.compile(r"(?<![a-z0-9])(?=([a-z]{2}[ \-.]{0,3}\d[ \-.]{0,3}\d(?:[ \-.]{0,3}[a-z0-9]){11,30}))")
_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34
_SHORTEST_CARD, _LONGEST_CARD = 13, 19
_LONGEST_RUN = 100  # characters; what is longer is masked unread, so that no text is slow
_NOT_ALNUM = re.compile(r"[\W_]+")


NOBODY = Person()


def excerpt(text: str, customer: Person = NOBODY) -> str:
    """At most 160 characters of the start of the text; what is behind them is not even looked at.

    customer: who is not to be named; their region is where a number without a country code belongs.
    """
    for size in _WINDOWS:
        is_cut = len(text) > size
        shown = " ".join(text[:size].split())
        masks = list(_masks(shown, customer))
        # What begins this close to the cut may go on behind it, and not be known for what it is.
        clear = _masked(shown, masks, max(0, len(shown) - _LOOKAHEAD) if is_cut else len(shown))
        if not is_cut or len(clear) > EXCERPT_LENGTH:
            break
    return clear if len(clear) <= EXCERPT_LENGTH else clear[: EXCERPT_LENGTH - 1].rstrip() + "…"


def _masks(shown: str, customer: Person) -> Iterator[tuple[int, int, str]]:
    """Where something begins and ends in the shown text, and what stands there instead."""
    folded, places = _folded(shown)
    for start, end, mask in _found(folded, customer):
        yield (start, end, mask) if places is None else (places[start], places[end - 1] + 1, mask)


def _masked(shown: str, masks: Iterable[tuple[int, int, str]], until: int) -> str:
    """The text with the masks, without what begins behind `until`; of overlapping ones the first names what it was."""
    pieces: list[str] = []
    at = 0
    for start, end, mask in sorted(masks, key=lambda mask: (mask[0], -mask[1])):
        if start < at:
            at = max(at, end)
        elif start < until:
            pieces += shown[at:start], mask
            at = end
    return "".join((*pieces, shown[at:until]))


def _found(folded: str, customer: Person) -> Iterator[tuple[int, int, str]]:
    if "@" in folded or "at)" in folded or "at]" in folded:
        yield from ((*span, ADDRESS) for span in _emails(folded))
    if "/" in folded or "www." in folded:
        yield from ((*m.span(), ADDRESS) for m in _LINK.finditer(folded))
    yield from ((*span, CUSTOMER) for span in _own_words(folded, customer))
    if _TWO_DIGITS.search(folded):
        yield from ((*span, NUMBER) for span in _accounts(folded))
    if _SHORT_NUMBER.search(folded):
        yield from ((*span, NUMBER) for span in _numbers(folded, customer))


def _emails(folded: str) -> Iterator[tuple[int, int]]:
    for sign in _AT.finditer(folded):
        before = _BEFORE_AT.search(folded, max(0, sign.start() - 64), sign.start())
        if before:
            yield before.start(), sign.end()


def _numbers(folded: str, customer: Person) -> Iterator[tuple[int, int]]:
    long = [m.span() for m in _LONG_NUMBER.finditer(folded)]
    yield from long
    if customer.phone:
        yield from _own_number(folded, customer.phone)
    rest = [m.span() for m in _SHORT_NUMBER.finditer(folded) if not _is_within(m.span(), long)]
    region = (customer.region or "").strip().upper()
    for start, end in rest:
        if end - start > _LONGEST_RUN:
            yield start, end
            continue
        yield from _cards(folded, start, end)
        around = max(0, start - 12)
        found = PhoneNumberMatcher(folded[around : end + 12], region)
        yield from ((around + each.start, around + each.end) for each in found)


def _accounts(folded: str) -> Iterator[tuple[int, int]]:
    """IBANs, by their check digits: letters and digits in groups of any size."""
    for match in _ACCOUNT.finditer(folded):
        places = [n for n in range(*match.span(1)) if folded[n].isalnum()]
        number = "".join(folded[n] for n in places)
        for length in range(min(_LONGEST_IBAN, len(places)), _SHORTEST_IBAN - 1, -1):
            if mod_97_10.is_valid(number[4:length] + number[:4]) and iban.is_valid(
                number[:length], check_country=False
            ):
                yield places[0], places[length - 1] + 1
                break


def _cards(folded: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Payment cards by Luhn's digit, whatever stands between the digits."""
    places = [n for n in range(start, end) if folded[n].isdigit()]
    digits = "".join(folded[n] for n in places)
    for first, length in _card_places(len(digits)):
        if luhn.is_valid(digits[first : first + length]):
            yield places[first], places[first + length - 1] + 1


def _card_places(digits: int) -> Iterator[tuple[int, int]]:
    for first in range(digits - _SHORTEST_CARD + 1):
        for length in range(_SHORTEST_CARD, min(_LONGEST_CARD, digits - first) + 1):
            yield first, length


def _is_within(span: tuple[int, int], spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)


def _own_words(folded: str, customer: Person) -> Iterator[tuple[int, int]]:
    """Where the customer's name, any part of it, or their reference stands."""
    if customer.name:
        for word in _words_of(customer.name):
            yield from _standing(folded, word)
    if customer.ref and len(customer.ref) >= _SHORTEST_NAME:
        yield from _spelled(folded, _plain(customer.ref))


def _words_of(name: str) -> list[str]:
    """The whole name, and its parts if they are names by themselves."""
    whole = _plain(name)
    if _UNSPACED.search(whole):
        return [whole]
    parts = [p for p in _NOT_ALNUM.split(whole) if len(p) >= _SHORTEST_NAME and p not in _PARTICLES]
    return [whole, *parts] if len(parts) <= _MOST_NAMES else [whole]


def _standing(folded: str, word: str) -> Iterator[tuple[int, int]]:
    """Where the word stands by itself, also with another ending, as languages with cases give it."""
    is_unspaced = bool(_UNSPACED.search(word))
    is_declined = len(word) >= _SHORTEST_DECLINED and word.isalpha() and not is_unspaced
    stem = word[:-1] if is_declined and word[-1] in _VOWELS else word
    start = folded.find(stem) if stem else -1
    while start >= 0:
        end = start + len(stem)
        while is_declined and folded[end : end + 1].isalpha() and end < start + len(word) + 2:
            end += 1
        if is_unspaced or _is_apart(folded, start, end):
            yield start, end
        start = folded.find(stem, start + 1)


def _spelled(folded: str, literal: str) -> Iterator[tuple[int, int]]:
    """Where it stands by itself, whatever blanks and strokes are between its parts."""
    parts = [re.escape(p) for p in _NOT_ALNUM.split(literal) if p]
    # Putting a pattern together takes longer than reading the text: only where the longest part is there at all.
    if not parts or max(parts, key=len) not in folded:
        return
    pattern = r"[\W_]{0,3}".join(parts)
    yield from (m.span() for m in re.finditer(rf"(?<![^\W_]){pattern}(?![^\W_])", folded))


def _own_number(folded: str, phone: str) -> Iterator[tuple[int, int]]:
    """A number of the customer's that is too short to be masked as a long one."""
    digits = "".join(filter(str.isdigit, _plain(phone)))
    if _SHORTEST_NAME <= len(digits) < 7:
        yield from (m.span() for m in re.finditer(rf"(?<!\d){_MARK.join(digits)}(?!\d)", folded))


def _is_apart(folded: str, start: int, end: int) -> bool:
    before, behind = folded[start - 1 : start], folded[end : end + 1]
    return not before.isalnum() and not behind.isalnum()


def _plain(text: str) -> str:
    return _folded(" ".join(text.split()))[0]


def _folded(text: str) -> tuple[str, list[int] | None]:
    """The text as it is searched, and for each of its characters the place in the text; None where all stay."""
    if text.isascii():
        return text.lower(), None
    folded = text.translate(_FOLDING)
    if len(folded) == len(text):
        return folded, None
    kept = [(n, _FOLDING[ord(letter)]) for n, letter in enumerate(text)]
    return folded, [n for n, letter in kept if letter is not None]


class _Folding(dict[int, str | None]):
    """One character for each, None for what is dropped; worked out when first met."""

    def __missing__(self, code: int) -> str | None:
        self[code] = folded = _fold(chr(code))
        return folded


def _fold(letter: str) -> str | None:
    category = unicodedata.category(letter)
    if category in ("Cf", "Mn", "Me"):
        return None
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    if category == "Pd" or letter == "\N{MINUS SIGN}":
        return "-"
    if category == "Zs":
        return " "
    plain = unicodedata.normalize("NFKD", letter)[:1].lower()
    return plain if len(plain) == 1 else letter


_FOLDING = _Folding()

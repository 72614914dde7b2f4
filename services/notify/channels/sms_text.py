"""How long a text message is, and how a long one is made shorter. Used by the SMS channels.

3GPP TS 23.038 (6.2.1: the default alphabet and its extension) and TS 23.040 (9.2.3.24.1: a message of several parts
gives 6 bytes of each to the header that joins them).
"""

import re
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("\f^{}\\[~]|€")  # two places each
# What programs and typists put for plainer signs, and what alone would make every character take two bytes.
_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2039\u203a", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f", " "),
        "\u2026": "...",
    }
)
_LINK = re.compile(r"https?://\S+")
_MARK = re.compile(r"/a/(\.?[\w-]+)\.[\w-]+\.[\w-]+")  # the token of shared/links.py without its time and signature
_REFERENCE = re.compile(r"[0-9a-f]{8}")
_AROUND = "(),:;."


class Encoding(StrEnum):
    """How the characters of a message travel: the smallest that has them all is used for the whole message."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


_ALONE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_JOINED = {Encoding.GSM7: 153, Encoding.UCS2: 67}


def encoding_of(text: str) -> Encoding:
    return Encoding.GSM7 if set(text) <= _BASIC | _ESCAPED else Encoding.UCS2


def parts(text: str) -> list[str]:
    """The message as it is paid for and sent: one part or several, none of which ends within a character."""
    encoding = encoding_of(text)
    if _length(text, encoding) <= _ALONE[encoding]:
        return [text]
    found, left = [""], _JOINED[encoding]
    for character in text:
        length = _length(character, encoding)
        if length > left:
            found.append("")
            left = _JOINED[encoding]
        found[-1] += character
        left -= length
    return found


def _length(text: str, encoding: Encoding) -> int:
    if encoding is Encoding.UCS2:
        return len(text) + sum(character > "\uffff" for character in text)
    return len(text) + sum(character in _ESCAPED for character in text)


def plain(text: str) -> str:
    """With plainer quotes, dashes and spaces where these are all that keeps the text from the smaller encoding."""
    plainer = text.translate(_TYPOGRAPHIC)
    return plainer if encoding_of(plainer) is Encoding.GSM7 else text


def fitted(text: str, most: int) -> str:
    """The text in at most so many parts, as far as words can be left out for it.

    What stands behind the last link goes first, the hint how to reply; then word by word from the end, so that of
    `reference severity region link` the region goes before the severity. References and links always stay.
    """
    short = plain(text)
    if len(parts(short)) <= most:
        return short
    words = short.split(" ")
    last_link = max((n for n, word in enumerate(words) if _LINK.match(word)), default=len(words) - 1)
    words = words[: last_link + 1]
    kept = _kept(words)
    for number in reversed(range(len(words))):
        short = plain(" ".join(words))
        if len(parts(short)) <= most:
            return short
        if number not in kept:
            del words[number]
    return plain(" ".join(words))


def _kept(words: list[str]) -> set[int]:
    """The places of the links, and of each reference where it stands first."""
    found: dict[str, int] = {}
    for number, word in enumerate(words):
        bare = word.strip(_AROUND)
        if _LINK.match(word) or _REFERENCE.fullmatch(bare):
            found.setdefault(bare, number)
    return set(found.values())


def references(text: str) -> set[str]:
    """The cases that the text names."""
    return {bare for word in text.split() if _REFERENCE.fullmatch(bare := word.strip(_AROUND))}


def link_marks(text: str) -> set[str]:
    """What the links in the text say, whenever they were signed: the same for the same alerts."""
    return set(_MARK.findall(text))

"""Finds sums of money in a text; called by the severity rules."""

import re

from services.intake.classify.tokens import Tokens

_NUMBER = re.compile(r"\d{1,3}(?:[ .,']\d{3}){1,4}(?:[.,]\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,2})?(?!\d)")
_THOUSAND = """
    k tis tisic tys tysiecy tausend thousand grand mil mila mille duizend bin
    тыс тысяч тысячи тис тисяч тисячі χιλ χιλιαδες الف الاف
"""
_MILLION = "m mio mln million millions millionen milion miliony milioni millones milhoes miljoen milyon млн مليون"
_MULTIPLIERS = {name: 1e3 for name in _THOUSAND.split()} | {name: 1e6 for name in _MILLION.split()} | {"万": 1e4}
_REAL = "r$"
_SIGNS = "$€£¥￥"
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{1,12}")


def largest_amount(tokens: Tokens, currencies: dict[str, float]) -> tuple[float, tuple[int, int]] | None:
    """The largest sum in euro with its span in the folded text; numbers without a currency are no sums."""
    best: tuple[float, tuple[int, int]] | None = None
    text = tokens.text
    if not _DIGIT.search(text):
        return None
    for match in _NUMBER.finditer(text):
        worth = _worth(text, match.start(), match.end(), currencies)
        if worth is not None and (best is None or _value(match.group()) * worth > best[0]):
            best = (_value(match.group()) * worth, match.span())
    return best


def _value(number: str) -> float:
    digits = re.sub(r"[ ']", "", number)
    decimals = re.fullmatch(r"(.*)[.,](\d{1,2})", digits)
    whole = decimals.group(1) if decimals else digits
    return float(re.sub(r"[.,]", "", whole) or 0) + (float(f"0.{decimals.group(2)}") if decimals else 0.0)


def _worth(text: str, start: int, end: int, currencies: dict[str, float]) -> float | None:
    before = text[max(0, start - 5) : start].rstrip()
    after = text[end : end + 24].lstrip(" -.,}")
    factor = 1.0
    word = _WORD.match(after)
    name = word.group() if word else ""
    multiplier = "万" if after.startswith("万") else name
    if multiplier in _MULTIPLIERS:
        factor, after = _MULTIPLIERS[multiplier], after[len(multiplier) :].lstrip(" .")
        word = _WORD.match(after)
        name = word.group() if word else ""
    if before.endswith(_REAL) and _REAL in currencies:
        return factor * currencies[_REAL]
    if before and before[-1] in _SIGNS:
        return factor * currencies.get(before[-1], 1.0)
    if after and after[0] in _SIGNS:
        return factor * currencies.get(after[0], 1.0)
    if name in currencies:
        return factor * currencies[name]
    if after and after[0] in currencies and not after[0].isascii():
        return factor * currencies[after[0]]
    ahead = before.split()[-1] if before.split() else ""
    return factor * currencies[ahead] if ahead in currencies else None

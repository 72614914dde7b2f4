"""Folds case, accents and look-alikes so that packs match however a customer types; called by the reader and packs."""

import re
import unicodedata
from dataclasses import dataclass

# Letters without a Unicode decomposition, and spellings that mean the same letter in practice.
_SPECIAL = {
    "ł": "l",
    "đ": "d",
    "ø": "o",
    "ı": "i",
    "ς": "σ",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "’": "'",
    "‘": "'",
    "`": "'",
    "´": "'",
    "ʼ": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "‑": "-",
    "−": "-",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
    "\u3000": " ",
    "…": ".",
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ى": "ي",
    "ة": "ه",
    "ؤ": "و",
    "ئ": "ي",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬀ": "ff",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
}
# Traditional forms of the characters that the Chinese pack uses.
_TRADITIONAL = dict(
    zip(
        "經領導級責負聯繫電話請個問題問錯誤貨單賬戶號訂閱損壞燒傷觸毆過敏養機構緊醫療養騙盜竊隱資訊洩訴師監管記實請讓換見誰員復"
        "費錢壓務務態度罵髒動轉舊處應該檢測買賣現這種沒說講對時間給後還來寫網絡無線斷開關係層總裁統寧兒嬰嚴產業歲車禍圖線賠償額歧視"
        "維權媒體報導拒絕歸運送達遞郵簽裝屏顯閃護結險勢",
        "经领导级责负联系电话请个问题问错误货单账户号订阅损坏烧伤触殴过敏养机构紧医疗养骗盗窃隐资讯泄诉师监管记实请让换见谁员复"
        "费钱压务务态度骂脏动转旧处应该检测买卖现这种没说讲对时间给后还来写网络无线断开关系层总裁统宁儿婴严产业岁车祸图线赔偿额歧视"
        "维权媒体报导拒绝归运送达递邮签装屏显闪护结险势",
        strict=True,
    )
)
_FOLDED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
# Combining marks, Arabic vowels and tatweel, zero-width characters, soft hyphen, variation selectors; and what grows.
_REMOVED = "\u0300-\u036f\u0483-\u0487\u064b-\u0652\u0640\u200b-\u200f\u2060\ufeff\u00ad\ufe00-\ufe0f"
_IRREGULAR = re.compile("[" + _REMOVED + "ßæœþÆŒÞẞﬀ-ﬄ]")
_DROPPED = re.compile("[" + _REMOVED + "]")


def _fold_character(character: str) -> str:
    lowered = character.lower()[:1] if character != "İ" else "i"
    if lowered in _SPECIAL:
        return _SPECIAL[lowered]
    if lowered in _TRADITIONAL:
        return _TRADITIONAL[lowered]
    if _DROPPED.match(lowered):
        return ""
    bare = unicodedata.normalize("NFKD", lowered)[:1].lower()
    if unicodedata.name(bare, "").startswith(_FOLDED_SCRIPTS) or ord(lowered) in range(0xFF01, 0xFF5F):
        return _SPECIAL.get(bare, bare)
    return lowered


class _FoldTable(dict[int, str]):
    """Fills itself as characters are met; a pure cache, so sharing it between threads is harmless."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_TABLE = _FoldTable()


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; `origins[i]` is where character i came from, or None where the positions are the same."""

    text: str
    origins: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The same stretch in the text before folding."""
        if self.origins is None or start >= end:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def fold(text: str) -> Folded:
    """Lower case, no accents in Latin, Greek and Cyrillic, one form of quotes, dashes, widths and Arabic letters."""
    if text.isascii():
        return Folded(text.lower().replace("`", "'"), None)
    if not _IRREGULAR.search(text):
        return Folded(text.translate(_TABLE), None)
    pieces: list[str] = []
    origins: list[int] = []
    for position, character in enumerate(text):
        piece = _TABLE[ord(character)]
        pieces.append(piece)
        origins.extend([position] * len(piece))
    return Folded("".join(pieces), origins)

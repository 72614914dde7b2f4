"""Cuts folded text into words, clauses and sentences; called by the classifier, and by packs for their own patterns."""

import re
from dataclasses import dataclass
from functools import lru_cache

# Chinese and kana have no spaces: there each character is a token of its own.
UNSPACED = "\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"([{UNSPACED}])|[^\W_{UNSPACED}]+")
_UNSPACED_CHARACTER = re.compile(f"[{UNSPACED}]")
_SENTENCE_MARKS = frozenset("!?;。！？؟؛·।")
_CLAUSE_MARKS = frozenset(',:()،，：（）"')
_JOINING = frozenset((" ", "'", ""))
# Shorter words before a full stop are taken for abbreviations: Mr. Dr. č. p. κ.
_SHORTEST_SENTENCE_END = 3


@dataclass(slots=True)
class Tokens:
    """Parallel lists, one entry a word: where it stands, whether it is a lone character, its sentence and clause."""

    text: str
    spans: list[tuple[int, int]]
    lone: list[bool]
    sentence: list[int]
    clause: list[int]

    def __len__(self) -> int:
        return len(self.spans)


def is_unspaced(text: str) -> bool:
    """Whether this is a character of a script without spaces."""
    return _UNSPACED_CHARACTER.match(text) is not None


def tokenise(text: str) -> Tokens:
    """Words of folded text with their sentence and clause numbers."""
    words = list(_TOKEN.finditer(text))
    spans, lone = [word.span() for word in words], [word.lastindex is not None for word in words]
    sentence, clause = [], []
    sentence_number = clause_number = 0
    begin = end = 0
    for start, stop in spans:
        between = text[end:start]
        if between not in _JOINING:
            ends_sentence, ends_clause = _breaks(between, end - begin >= _SHORTEST_SENTENCE_END)
            sentence_number += ends_sentence
            clause_number += ends_sentence or ends_clause
        sentence.append(sentence_number)
        clause.append(clause_number)
        begin, end = start, stop
    return Tokens(text, spans, lone, sentence, clause)


# People separate words in few ways: the answer for nearly every pair is found here.
@lru_cache(maxsize=1024)
def _breaks(between: str, after_long_word: bool) -> tuple[bool, bool]:
    """Whether a sentence, and whether a clause ends between two words."""
    marks = set(between)
    if marks & _SENTENCE_MARKS or between.count("\n") > 1 or between.count(".") > 1:
        return True, True
    if "." in marks:
        ends = len(between) > 1 and after_long_word
        return ends, ends
    return False, bool(marks & _CLAUSE_MARKS) or " - " in between

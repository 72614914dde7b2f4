"""The notation of word patterns in language packs; called by packs when a file is loaded.

A pattern is a list of words, one after the other:
    refund          this word            refund*         a word that begins so
    *geld           a word that ends so  *geld*          a word that contains it
    a|b*            either               <role>          whatever class `role` of the pack matches
    lost .. card    up to `gap` words between (`..9`: up to nine), within one sentence
    lost & card     in either order, up to sixteen words between (`&3`: up to three), within one sentence
Chinese and Japanese text is matched character by character.
"""

import re
from dataclasses import dataclass

from services.intake.classify.normalise import fold
from services.intake.classify.tokens import is_unspaced, tokenise

_CLASS = re.compile(r"<([a-z_]+)>")
_GAP = re.compile(r"\.\.(\d*)")
_EITHER_ORDER = re.compile(r"&(\d*)")
LONGEST_GAP = 16
EXACT, PREFIX, SUFFIX, INFIX = range(4)


class PatternError(ValueError):
    """A pattern cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One word of a pattern: any of these atoms or classes, after at most `gap` other words."""

    gap: int
    atoms: tuple[tuple[str, int], ...]
    classes: tuple[str, ...]


def parse_pattern(source: str, default_gap: int) -> tuple[tuple[Step, ...], ...]:
    """The steps of a pattern as written in a pack; twice, if its halves stand in either order."""
    chunks = source.split()
    marks = [place for place, chunk in enumerate(chunks) if _EITHER_ORDER.fullmatch(chunk)]
    if not marks:
        return (_sequence(source, default_gap),)
    if len(marks) > 1:
        raise PatternError("two parts at most stand in either order")
    one, other = " ".join(chunks[: marks[0]]), " ".join(chunks[marks[0] + 1 :])
    gap = f" ..{chunks[marks[0]][1:] or LONGEST_GAP} "
    return _sequence(one + gap + other, default_gap), _sequence(other + gap + one, default_gap)


def _sequence(source: str, default_gap: int) -> tuple[Step, ...]:
    steps: list[Step] = []
    gap = 0
    for chunk in source.split():
        gap_mark = _GAP.fullmatch(chunk)
        if gap_mark:
            gap = _gap_of(gap_mark.group(1), default_gap, bool(steps))
            continue
        for step in _steps_of(chunk, gap):
            steps.append(step)
            gap = 0
    if not steps or gap:
        raise PatternError("a pattern begins and ends with a word")
    return tuple(steps)


def _gap_of(digits: str, default_gap: int, has_steps: bool) -> int:
    gap = int(digits) if digits else default_gap
    if not has_steps:
        raise PatternError("a pattern begins and ends with a word")
    if gap > LONGEST_GAP:
        raise PatternError(f"a gap is at most {LONGEST_GAP} words")
    return gap


def _steps_of(chunk: str, gap: int) -> list[Step]:
    if "<" in chunk or "|" in chunk:
        return [_alternatives(chunk, gap)]
    before, word, after = _stars(chunk)
    words = _words(word)
    kinds = [EXACT] * len(words)
    if before:
        kinds[0] = SUFFIX
    if after:
        kinds[-1] = INFIX if before and len(words) == 1 else PREFIX
    return [Step(gap if i == 0 else 0, ((w, k),), ()) for i, (w, k) in enumerate(zip(words, kinds, strict=True))]


def _alternatives(chunk: str, gap: int) -> Step:
    atoms: list[tuple[str, int]] = []
    classes: list[str] = []
    for option in chunk.split("|"):
        reference = _CLASS.fullmatch(option)
        if reference:
            classes.append(reference.group(1))
            continue
        steps = _steps_of(option, gap) if option and "<" not in option else []
        if len(steps) != 1:
            raise PatternError(f"'{option}' between bars is not a single word or class")
        atoms.extend(steps[0].atoms)
    return Step(gap, tuple(atoms), tuple(classes))


def _stars(chunk: str) -> tuple[bool, str, bool]:
    word = chunk.strip("*")
    if "*" in word or ".." in word:
        raise PatternError(f"'{chunk}': a star stands only at the ends of a word, a gap between words")
    return chunk.startswith("*"), word, chunk.endswith("*")


def _words(word: str) -> list[str]:
    tokens = tokenise(fold(word).text)
    words: list[str] = []
    end = -1
    for (start, stop), lone in zip(tokens.spans, tokens.lone, strict=True):
        piece = tokens.text[start:stop]
        if lone and words and end == start and is_unspaced(words[-1][-1]):
            words[-1] += piece
        else:
            words.append(piece)
        end = stop
    if not words:
        raise PatternError(f"'{word}' holds no word")
    return words

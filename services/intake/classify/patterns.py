"""Word patterns of the language packs and the matcher that finds all of them in one pass; used by packs and the reader.

A pattern is a list of words, one after the other:
    refund          this word            refund*         a word that begins so
    *geld           a word that ends so  *geld*          a word that contains it
    a|b*            either               <role>          whatever class `role` of the pack matches
    lost .. card    up to `gap` words between (`..9`: up to nine), within one sentence
Chinese and Japanese text is matched character by character. Time is linear in the text: there is no backtracking.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from services.intake.classify.normalise import fold
from services.intake.classify.tokens import Tokens, is_unspaced, tokenise

_CLASS = re.compile(r"<([a-z_]+)>")
_GAP = re.compile(r"\.\.(\d*)")
LONGEST_GAP = 16
_EXACT, _PREFIX, _SUFFIX, _INFIX = range(4)


class PatternError(ValueError):
    """A pattern cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of one pack: its id, the part of the pack it stands in, what it votes for and how strongly."""

    id: str
    section: str
    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, from token `first` to token `last`."""

    rule: Rule
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Step:
    """One word of a pattern: any of these atoms or classes, after at most `gap` other words."""

    gap: int
    atoms: tuple[tuple[str, int], ...]
    classes: tuple[str, ...]


def parse_pattern(source: str, default_gap: int) -> tuple[Step, ...]:
    """The steps of a pattern as written in a pack."""
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
    kinds = [_EXACT] * len(words)
    if before:
        kinds[0] = _SUFFIX
    if after:
        kinds[-1] = _INFIX if before and len(words) == 1 else _PREFIX
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


@dataclass(slots=True)
class _Compiled:
    """A pattern with its atoms numbered."""

    rule: Rule
    steps: tuple[tuple[int, frozenset[int]], ...]


@dataclass
class Matcher:
    """All patterns of one pack in two tries of characters: one walked from word starts, one from every letter."""

    _starts: dict[str, Any] = field(default_factory=dict)
    _inside: dict[str, Any] = field(default_factory=dict)
    _atoms: dict[object, int] = field(default_factory=dict)
    _class_rules: dict[int, list[_Compiled]] = field(default_factory=dict)
    _rules: dict[int, list[_Compiled]] = field(default_factory=dict)

    def add(self, rule: Rule, steps: tuple[Step, ...], *, is_class: bool) -> None:
        """Takes a pattern in; classes are matched first, so that other patterns can refer to them."""
        compiled = _Compiled(rule, tuple((step.gap, self._numbered(step)) for step in steps))
        table = self._class_rules if is_class else self._rules
        for atom in compiled.steps[0][1]:
            table.setdefault(atom, []).append(compiled)

    def _numbered(self, step: Step) -> frozenset[int]:
        numbers = [self._class_number(name) for name in step.classes]
        for word, kind in step.atoms:
            number = self._atoms.setdefault((word, kind), len(self._atoms))
            node = self._inside if kind in (_SUFFIX, _INFIX) else self._starts
            for letter in word:
                node = node.setdefault(letter, {})
            entry = (number, kind in (_EXACT, _SUFFIX))
            if entry not in node.setdefault("", []):
                node[""].append(entry)
            numbers.append(number)
        return frozenset(numbers)

    def _class_number(self, name: str) -> int:
        return self._atoms.setdefault(name, len(self._atoms))

    def find(self, tokens: Tokens) -> list[Hit]:
        """Every rule that matches, in the order of the text."""
        rows = self._atom_rows(tokens)
        classes = self._run(self._class_rules, rows, tokens)
        for hit in classes:
            number = self._atoms.get(hit.rule.name)
            entry = (number, hit.last)
            if number is not None and entry not in rows[hit.first]:
                rows[hit.first].append((number, hit.last))
        hits = classes + self._run(self._rules, rows, tokens)
        hits.sort(key=lambda hit: (hit.first, hit.last, hit.rule.id))
        return hits

    def _atom_rows(self, tokens: Tokens) -> list[list[tuple[int, int]]]:
        text, size = tokens.text, len(tokens.text)
        rows: list[list[tuple[int, int]]] = []
        for index, (start, end) in enumerate(tokens.spans):
            row: list[tuple[int, int]] = []
            lone = tokens.lone[index]
            limit = size if lone else end
            node, position = self._starts, start
            while position < limit:
                node = node.get(text[position])
                if node is None:
                    break
                position += 1
                for number, whole in node.get("", ()):
                    if lone or not whole or position == end:
                        row.append((number, index + position - start - 1 if lone else index))
            if not lone and self._inside:
                self._walk_inside(text, (start, end), index, row)
            rows.append(row)
        return rows

    def _walk_inside(self, text: str, span: tuple[int, int], index: int, row: list[tuple[int, int]]) -> None:
        start, end = span
        for begin in range(start, end):
            node, position = self._inside, begin
            while position < end:
                node = node.get(text[position])
                if node is None:
                    break
                position += 1
                for number, whole in node.get("", ()):
                    if not whole or position == end:
                        row.append((number, index))

    def _run(
        self, table: dict[int, list[_Compiled]], rows: list[list[tuple[int, int]]], tokens: Tokens
    ) -> list[Hit]:
        hits: list[Hit] = []
        seen: set[tuple[str, int, int]] = set()
        for index, row in enumerate(rows):
            for number, last in row:
                for compiled in table.get(number, ()):
                    end = _follow(compiled, rows, tokens, last)
                    key = (compiled.rule.id, index, end)
                    if end >= 0 and key not in seen:
                        seen.add(key)
                        hits.append(Hit(compiled.rule, index, end))
        return hits


def _follow(compiled: _Compiled, rows: list[list[tuple[int, int]]], tokens: Tokens, last: int) -> int:
    """Where the pattern ends, taking the nearest word for each step; -1 if it does not match."""
    for gap, atoms in compiled.steps[1:]:
        # Neighbours belong together only without a comma between; with a gap the sentence is the limit.
        part = tokens.sentence if gap else tokens.clause
        last = _nearest(rows, part, atoms, range(last + 1, last + 2 + gap))
        if last < 0:
            return -1
    return last


def _nearest(rows: list[list[tuple[int, int]]], part: list[int], atoms: frozenset[int], where: range) -> int:
    for index in where:
        if index >= len(rows) or part[index] != part[where.start - 1]:
            return -1
        ends = [last for number, last in rows[index] if number in atoms]
        if ends:
            return max(ends)
    return -1

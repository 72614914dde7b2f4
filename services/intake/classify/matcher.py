"""Finds all patterns of a language pack in one pass over a text; built by packs, run by the reader.

Time is linear in the text: tries of characters, then steps of bounded reach, nothing goes back.
"""

from dataclasses import dataclass, field
from typing import Any

from services.intake.classify.patterns import EXACT, INFIX, SUFFIX, Step
from services.intake.classify.tokens import Tokens


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


@dataclass(slots=True)
class _Compiled:
    """A pattern with its atoms numbered."""

    rule: Rule
    steps: tuple[tuple[int, frozenset[int]], ...]
    within_clause: bool


@dataclass
class Matcher:
    """All patterns of one pack in two tries of characters: one walked from word starts, one from every letter."""

    _starts: dict[str, Any] = field(default_factory=dict)
    _inside: dict[str, Any] = field(default_factory=dict)
    _atoms: dict[object, int] = field(default_factory=dict)
    _class_rules: dict[int, list[_Compiled]] = field(default_factory=dict)
    _rules: dict[int, list[_Compiled]] = field(default_factory=dict)

    def add(self, rule: Rule, steps: tuple[Step, ...], *, is_class: bool, within_clause: bool = False) -> None:
        """Takes a pattern in; classes are matched first, so that other patterns can refer to them."""
        compiled = _Compiled(rule, tuple((step.gap, self._numbered(step)) for step in steps), within_clause)
        table = self._class_rules if is_class else self._rules
        for atom in compiled.steps[0][1]:
            table.setdefault(atom, []).append(compiled)

    def _numbered(self, step: Step) -> frozenset[int]:
        numbers = [self._class_number(name) for name in step.classes]
        for word, kind in step.atoms:
            number = self._atoms.setdefault((word, kind), len(self._atoms))
            node: Any = self._inside if kind in (SUFFIX, INFIX) else self._starts
            for letter in word:
                node = node.setdefault(letter, {})
            entry = (number, kind in (EXACT, SUFFIX))
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
            node: Any = self._starts
            position = start
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
            node: Any = self._inside
            position = begin
            while position < end:
                node = node.get(text[position])
                if node is None:
                    break
                position += 1
                for number, whole in node.get("", ()):
                    if not whole or position == end:
                        row.append((number, index))

    def _run(self, table: dict[int, list[_Compiled]], rows: list[list[tuple[int, int]]], tokens: Tokens) -> list[Hit]:
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
        # Neighbours belong together only without a comma between; with a gap the sentence is mostly the limit.
        part = tokens.clause if compiled.within_clause or not gap else tokens.sentence
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

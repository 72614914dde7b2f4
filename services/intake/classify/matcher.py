"""Finds all patterns of a language pack in one pass over a text; built by packs, run by the classifier.

Time is linear in the text: each word is looked up whole and by its first letters, then steps of bounded reach follow,
nothing goes back. What a pack is made of lies in few large dictionaries of numbers and tuples, each thing once: sixteen
languages have a hundred thousand patterns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from services.intake.classify.atoms import OPENING, PAIR, Atoms, Parts, Row, Stems, Steps, Table
from services.intake.classify.patterns import EXACT, PREFIX, Step
from services.intake.classify.rulebook import Rule, RuleBook
from services.intake.classify.tokens import Tokens, is_unspaced


class Hit(NamedTuple):
    """A rule that matched, from token `first` to token `last`; a tuple, because it is made most often of all."""

    rule: Rule
    first: int
    last: int


# Lists are matched first, then classes, which can refer to lists, then all other rules, which can refer to both.
STAGES = LISTS, CLASSES, OTHERS = range(3)
_REMEMBERED = 2048  # words of each pack


@dataclass
class Matcher:
    """All patterns of one pack."""

    rules: RuleBook = field(default_factory=RuleBook)
    _words: dict[str, int] = field(default_factory=dict)
    _stems: Stems = field(default_factory=Stems)
    # In scripts without spaces a word is any run of characters.
    _runs: Stems = field(default_factory=Stems)
    _parts: Parts = field(default_factory=Parts)
    _classes: dict[str, int] = field(default_factory=dict)
    _tables: tuple[Table, ...] = field(default_factory=lambda: tuple(Table() for _ in STAGES))
    _next: int = 0
    # Steps that several patterns have in common.
    _shared: dict[tuple[object, ...], tuple[object, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Few words make most of every text.
        self._atoms_of = lru_cache(maxsize=_REMEMBERED)(self._look_up)

    def add(
        self, rule: Rule, sequences: Sequence[tuple[Step, ...]], *, stage: int, within_clause: bool = False
    ) -> None:
        """Takes a rule in, with its pattern in each order; it can refer to lists and classes of an earlier stage."""
        number, table = self.rules.number(rule, within_clause), self._tables[stage]
        for steps in sequences:
            first, *rest = [(step.gap, self._numbered(step)) for step in steps]
            for atom in first[1]:
                if rest:
                    table.add_chain(atom, (number, self._once(tuple(map(self._once, rest)))))
                else:
                    table.add_single(atom, number)

    def finish(self) -> None:
        """Called when all rules are in, before the first text."""
        self._shared.clear()

    def _once(self, value: Any) -> Any:
        return self._shared.setdefault(value, value)

    def _numbered(self, step: Step) -> Atoms:
        atoms: dict[int, None] = {}
        for name in step.classes:
            self._next += 1
            atoms[self._classes.setdefault(name, self._next)] = None
        for word, kind in step.atoms:
            self._next += 1
            atoms[self._number(word, kind, self._next)] = None
        return tuple(atoms)

    def _number(self, word: str, kind: int, new: int) -> int:
        if is_unspaced(word):
            # Where no space says where a word ends, endings and middles mean nothing: numbered, never matched.
            return self._runs.number(word, new) if kind in (EXACT, PREFIX) else new
        if kind == EXACT:
            return self._words.setdefault(word, new)
        if kind == PREFIX and len(word) >= OPENING:
            return self._stems.number(word, new)
        return self._parts.number(word, kind, new)

    def find(self, tokens: Tokens) -> list[Hit]:
        """Every rule that matches, but for lists, in the order of the text."""
        rows = self._atom_rows(tokens)
        present = _present(rows, tokens)
        self._mark(self._run(LISTS, rows, tokens, present), rows, tokens, present)
        hits = self._run(CLASSES, rows, tokens, present)
        self._mark(hits, rows, tokens, present)
        hits += self._run(OTHERS, rows, tokens, present)
        hits.sort(key=_place)
        return hits

    def _mark(self, hits: list[Hit], rows: list[Row], tokens: Tokens, present: list[set[int]]) -> None:
        """Lets later stages see where classes matched."""
        for rule, first, last in hits:
            number = self._classes.get(rule.name)
            if number is not None and (number, last) not in rows[first]:
                rows[first] = [*rows[first], (number, last)]
                present[tokens.sentence[first]].add(number)

    def _run(self, stage: int, rows: list[Row], tokens: Tokens, present: list[set[int]]) -> list[Hit]:
        table, rules, sentence = self._tables[stage], self.rules, tokens.sentence
        singles, neighbours, later = table.singles, table.next, table.later
        # A dictionary, not a set: the same rule can match the same words by two of its alternatives.
        found: dict[tuple[int, int, int], None] = {}
        for index, row in enumerate(rows):
            for number, last in row:
                if number in singles:
                    rule = singles[number]
                    for one in (rule,) if isinstance(rule, int) else rule:
                        found[one, index, last] = None
                if number not in later:
                    continue
                there = present[sentence[last]]
                chains = () if later[number] is None else table.further(number, there)
                for second, _ in rows[last + 1] if last + 1 < len(rows) else ():
                    chains += neighbours.get(number << PAIR | second, ())
                for one, steps in chains:
                    # Most fail for want of their last word: seen at once.
                    if there.isdisjoint(steps[-1][1]):
                        continue
                    end = _follow(steps, rows, tokens, last, rules.is_within_clause(one))
                    if end >= 0:
                        found[one, index, end] = None
        return [Hit(rules[one], first, last) for one, first, last in found]

    def _atom_rows(self, tokens: Tokens) -> list[Row]:
        text, runs, lengths, atoms_of = tokens.text, self._runs.atoms, self._runs.lengths, self._atoms_of
        rows: list[Row] = []
        for index, ((start, end), lone) in enumerate(zip(tokens.spans, tokens.lone, strict=True)):
            row: Row = []
            if lone:
                if text[start] in runs:
                    row.append((runs[text[start]], index))
                for length in lengths.get(text[start : start + OPENING], ()):
                    number = runs.get(text[start : start + length])
                    if number is not None and start + length <= len(text):
                        row.append((number, index + length - 1))
            else:
                for number in atoms_of(text[start:end]):
                    row.append((number, index))
            rows.append(row)
        return rows

    def _look_up(self, word: str) -> Atoms:
        """All that a word is to the pack: itself, what it begins with, and its other parts."""
        found = [self._words[word]] if word in self._words else []
        for length in self._stems.lengths.get(word[:OPENING], ()):
            if length <= len(word) and word[:length] in self._stems.atoms:
                found.append(self._stems.atoms[word[:length]])
        return (*found, *self._parts.among(word))


def _place(hit: Hit) -> tuple[int, int, str]:
    return hit.first, hit.last, hit.rule.id


def _present(rows: list[Row], tokens: Tokens) -> list[set[int]]:
    """The atoms of each sentence, beyond which no pattern reaches."""
    found: list[set[int]] = [set() for _ in range(tokens.sentence[-1] + 1)] if rows else []
    for row, sentence in zip(rows, tokens.sentence, strict=True):
        if row:
            found[sentence].update([number for number, _ in row])
    return found


def _follow(steps: Steps, rows: list[Row], tokens: Tokens, last: int, within_clause: bool) -> int:
    """Where the pattern ends, taking the nearest word for each step; -1 if it does not match."""
    for gap, atoms in steps:
        # Neighbours belong together only without a comma between; with a gap the sentence is mostly the limit.
        part = tokens.clause if within_clause or not gap else tokens.sentence
        here, end = part[last], -1
        for index in range(last + 1, min(last + 2 + gap, len(rows))):
            if part[index] != here:
                return -1
            for number, its_last in rows[index]:
                if number in atoms and its_last > end:
                    end = its_last
            if end >= 0:
                break
        if end < 0:
            return -1
        last = end
    return last

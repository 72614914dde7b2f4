"""Finds all patterns of a language pack in one pass over a text; built by packs, run by the reader.

Time is linear in the text: each word is looked up whole and by its first letters, then steps of bounded reach follow,
nothing goes back. What a pack is made of lies in few large dictionaries of numbers and tuples, each thing once: sixteen
languages have a hundred thousand patterns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from services.intake.classify.patterns import EXACT, INFIX, PREFIX, SUFFIX, Step
from services.intake.classify.rulebook import Rule, RuleBook
from services.intake.classify.tokens import Tokens, is_unspaced


class Hit(NamedTuple):
    """A rule that matched, from token `first` to token `last`; a tuple, because it is made most often of all."""

    rule: Rule
    first: int
    last: int


# Lists are matched first, then classes, which can refer to lists, then all other rules, which can refer to both.
STAGES = LISTS, CLASSES, OTHERS = range(3)
# Atoms are the words, stems and classes of a pack, by number; a row holds what begins at one word, and where it ends.
_Atoms = tuple[int, ...]
_Row = list[tuple[int, int]]
_NOTHING: _Row = []
# What follows the first atom of a pattern, each step with the words that may stand before it; and patterns that go on
# alike, as pairs of a rule's number and such steps.
_Steps = tuple[tuple[int, _Atoms], ...]
_Chains = tuple[tuple[int, _Steps], ...]
# Words are grouped by so many first letters, so that few lengths of stems are tried on each.
_OPENING = 2
_PAIR = 24  # bits of an atom's number
_REMEMBERED = 2048  # words of each pack


@dataclass(slots=True)
class _Table:
    """Rules by the atom with which they begin."""

    singles: dict[int, int | tuple[int, ...]] = field(default_factory=dict)
    # Patterns whose second step is the next word, by both atoms as one number.
    next: dict[int, _Chains] = field(default_factory=dict)
    # Those whose second step may stand further on, by that step's atoms; None where there are only neighbours.
    later: dict[int, dict[int, _Chains] | tuple[int, _Chains] | None] = field(default_factory=dict)

    def add_single(self, atom: int, rule: int) -> None:
        known = self.singles.get(atom)
        if known is None:
            self.singles[atom] = rule
        else:
            self.singles[atom] = (known, rule) if isinstance(known, int) else (*known, rule)

    def add_chain(self, atom: int, chain: tuple[int, _Steps]) -> None:
        gap, seconds = chain[1][0]
        self.later.setdefault(atom, None)
        for second in seconds:
            if gap:
                self._add_later(atom, second, chain)
            else:
                pair = atom << _PAIR | second
                self.next[pair] = (*self.next.get(pair, ()), chain)

    def _add_later(self, atom: int, second: int, chain: tuple[int, _Steps]) -> None:
        known = self.later[atom]
        if known is None:
            self.later[atom] = second, (chain,)
        elif isinstance(known, dict):
            known[second] = (*known.get(second, ()), chain)
        elif known[0] == second:
            self.later[atom] = second, (*known[1], chain)
        else:
            self.later[atom] = {known[0]: known[1], second: (chain,)}

    def further(self, atom: int, present: set[int]) -> _Chains:
        """The patterns that begin with the atom and go on, not at once, with one that is there."""
        later = self.later[atom]
        if isinstance(later, dict):
            return tuple(chain for number in later.keys() & present for chain in later[number])
        return later[1] if later is not None and later[0] in present else ()


@dataclass(slots=True)
class _Stems:
    """Beginnings of words with their atoms, and by the opening letters the lengths that are worth a look."""

    atoms: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def number(self, stem: str, new: int) -> int:
        opening = stem[:_OPENING]
        self.lengths[opening] = tuple(sorted({*self.lengths.get(opening, ()), len(stem)}))
        return self.atoms.setdefault(stem, new)


@dataclass(slots=True)
class _Parts:
    """Endings, middles and stems of one letter with their atoms, and by the first letter the lengths to look at."""

    atoms: dict[str, dict[int, int]] = field(default_factory=dict)
    lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def number(self, part: str, kind: int, new: int) -> int:
        self.lengths[part[0]] = tuple(sorted({*self.lengths.get(part[0], ()), len(part)}))
        return self.atoms.setdefault(part, {}).setdefault(kind, new)

    def among(self, word: str) -> Iterator[int]:
        for start in range(len(word)) if self.atoms else ():
            for length in self.lengths.get(word[start], ()):
                end = start + length
                for kind, number in self.atoms.get(word[start:end], {}).items() if end <= len(word) else ():
                    if kind == INFIX or (kind == SUFFIX and end == len(word)) or (kind == PREFIX and start == 0):
                        yield number


@dataclass
class Matcher:
    """All patterns of one pack."""

    rules: RuleBook = field(default_factory=RuleBook)
    _words: dict[str, int] = field(default_factory=dict)
    _stems: _Stems = field(default_factory=_Stems)
    # In scripts without spaces a word is any run of characters.
    _runs: _Stems = field(default_factory=_Stems)
    _parts: _Parts = field(default_factory=_Parts)
    _classes: dict[str, int] = field(default_factory=dict)
    _tables: tuple[_Table, ...] = field(default_factory=lambda: tuple(_Table() for _ in STAGES))
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

    def _numbered(self, step: Step) -> _Atoms:
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
        if kind == PREFIX and len(word) >= _OPENING:
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

    def _mark(self, hits: list[Hit], rows: list[_Row], tokens: Tokens, present: list[set[int]]) -> None:
        """Lets later stages see where classes matched."""
        for rule, first, last in hits:
            number = self._classes.get(rule.name)
            if number is not None and (number, last) not in rows[first]:
                rows[first] = [*rows[first], (number, last)]
                present[tokens.sentence[first]].add(number)

    def _run(self, stage: int, rows: list[_Row], tokens: Tokens, present: list[set[int]]) -> list[Hit]:
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
                    chains += neighbours.get(number << _PAIR | second, ())
                for one, steps in chains:
                    # Most fail for want of their last word: seen at once.
                    if there.isdisjoint(steps[-1][1]):
                        continue
                    end = _follow(steps, rows, tokens, last, rules.is_within_clause(one))
                    if end >= 0:
                        found[one, index, end] = None
        return [Hit(rules[one], first, last) for one, first, last in found]

    def _atom_rows(self, tokens: Tokens) -> list[_Row]:
        text, runs, lengths, atoms_of = tokens.text, self._runs.atoms, self._runs.lengths, self._atoms_of
        rows: list[_Row] = []
        for index, ((start, end), lone) in enumerate(zip(tokens.spans, tokens.lone, strict=True)):
            row: _Row = []
            if lone:
                if text[start] in runs:
                    row.append((runs[text[start]], index))
                for length in lengths.get(text[start : start + _OPENING], ()):
                    number = runs.get(text[start : start + length])
                    if number is not None and start + length <= len(text):
                        row.append((number, index + length - 1))
            else:
                for number in atoms_of(text[start:end]):
                    row.append((number, index))
            rows.append(row)
        return rows

    def _look_up(self, word: str) -> _Atoms:
        """All that a word is to the pack: itself, what it begins with, and its other parts."""
        found = [self._words[word]] if word in self._words else []
        for length in self._stems.lengths.get(word[:_OPENING], ()):
            if length <= len(word) and word[:length] in self._stems.atoms:
                found.append(self._stems.atoms[word[:length]])
        return (*found, *self._parts.among(word))


def _place(hit: Hit) -> tuple[int, int, str]:
    return hit.first, hit.last, hit.rule.id


def _present(rows: list[_Row], tokens: Tokens) -> list[set[int]]:
    """The atoms of each sentence, beyond which no pattern reaches."""
    found: list[set[int]] = [set() for _ in range(tokens.sentence[-1] + 1)] if rows else []
    for row, sentence in zip(rows, tokens.sentence, strict=True):
        if row:
            found[sentence].update([number for number, _ in row])
    return found


def _follow(steps: _Steps, rows: list[_Row], tokens: Tokens, last: int, within_clause: bool) -> int:
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

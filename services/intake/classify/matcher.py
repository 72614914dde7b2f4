"""Finds all patterns of a language pack in one pass over a text; built by packs, run by the reader.

Time is linear in the text: each word is looked up whole and by its first letters, then steps of bounded reach follow,
nothing goes back.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from services.intake.classify.patterns import EXACT, PREFIX, SUFFIX, Step
from services.intake.classify.tokens import Tokens, is_unspaced


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One pattern of one pack: its id, the part of the pack it stands in, what it votes for and how strongly."""

    id: str
    section: str
    name: str
    weight: float


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
# Words are grouped by so many first letters, so that few lengths of stems are tried on each.
_OPENING = 2


class _Chain(NamedTuple):
    """A pattern of more than one step: what follows its first atom."""

    rule: Rule
    steps: tuple[tuple[int, _Atoms], ...]
    within_clause: bool


@dataclass(slots=True)
class _Chains:
    """Patterns with the same first atom, by each atom of their second step: the next word, or one further on."""

    # Tuples here and below: nearly all hold one entry, and lists would keep room for more.
    next: dict[int, tuple[_Chain, ...]] = field(default_factory=dict)
    later: dict[int, tuple[_Chain, ...]] = field(default_factory=dict)

    def add(self, chain: _Chain) -> None:
        gap, atoms = chain.steps[0]
        place = self.later if gap else self.next
        for atom in atoms:
            place[atom] = (*place.get(atom, ()), chain)


@dataclass(slots=True)
class _Table:
    """Rules by the atom with which they begin."""

    singles: dict[int, tuple[Rule, ...]] = field(default_factory=dict)
    chains: dict[int, _Chains] = field(default_factory=dict)


@dataclass(slots=True)
class _Stems:
    """Beginnings of words with their atoms, and by the opening letters the lengths that are worth a look."""

    opening: int
    atoms: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def number(self, stem: str, new: int) -> int:
        opening = stem[: self.opening]
        self.lengths[opening] = tuple(sorted({*self.lengths.get(opening, ()), len(stem)}))
        return self.atoms.setdefault(stem, new)


@dataclass(slots=True)
class Matcher:
    """All patterns of one pack."""

    _words: dict[str, int] = field(default_factory=dict)
    _stems: _Stems = field(default_factory=lambda: _Stems(_OPENING))
    # In scripts without spaces a word is any run of characters.
    _runs: _Stems = field(default_factory=lambda: _Stems(1))
    # Endings, middles and stems of one letter: few, each searched in the whole text.
    _parts: dict[tuple[str, int], int] = field(default_factory=dict)
    _classes: dict[str, int] = field(default_factory=dict)
    _tables: tuple[_Table, ...] = field(default_factory=lambda: tuple(_Table() for _ in STAGES))
    _next: int = 0

    def add(self, rule: Rule, steps: tuple[Step, ...], *, stage: int, within_clause: bool = False) -> None:
        """Takes a pattern in; it can refer to lists and classes of an earlier stage."""
        first, *rest = [(step.gap, self._numbered(step)) for step in steps]
        table = self._tables[stage]
        chain = _Chain(rule, tuple(rest), within_clause)
        for atom in first[1]:
            if rest:
                table.chains.setdefault(atom, _Chains()).add(chain)
            else:
                table.singles[atom] = (*table.singles.get(atom, ()), rule)

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
        return self._parts.setdefault((word, kind), new)

    def find(self, tokens: Tokens) -> list[Hit]:
        """Every rule that matches, but for lists, in the order of the text."""
        rows = self._atom_rows(tokens)
        self._mark(rows, _run(self._tables[LISTS], rows, tokens))
        hits = _run(self._tables[CLASSES], rows, tokens)
        self._mark(rows, hits)
        hits += _run(self._tables[OTHERS], rows, tokens)
        hits.sort(key=_place)
        return hits

    def _mark(self, rows: list[_Row], hits: list[Hit]) -> None:
        """Lets later stages see where classes matched."""
        for hit in hits:
            number = self._classes.get(hit.rule.name)
            if number is not None and (number, hit.last) not in rows[hit.first]:
                rows[hit.first] = [*rows[hit.first], (number, hit.last)]

    def _atom_rows(self, tokens: Tokens) -> list[_Row]:
        words, stems, lengths = self._words, self._stems.atoms, self._stems.lengths
        text = tokens.text
        rows: list[_Row] = []
        for index, (start, end) in enumerate(tokens.spans):
            if tokens.lone[index]:
                rows.append(self._run_row(text, start, index))
                continue
            word = text[start:end]
            row = [(words[word], index)] if word in words else _NOTHING
            for length in lengths.get(word[:_OPENING], ()):
                if length > end - start:
                    break
                number = stems.get(word[:length])
                if number is not None:
                    row = [*row, (number, index)]
            rows.append(row)
        self._add_parts(tokens, rows)
        return rows

    def _run_row(self, text: str, start: int, index: int) -> _Row:
        row: _Row = []
        for length in self._runs.lengths.get(text[start], ()):
            number = self._runs.atoms.get(text[start : start + length])
            if number is not None and start + length <= len(text):
                row.append((number, index + length - 1))
        return row

    def _add_parts(self, tokens: Tokens, rows: list[_Row]) -> None:
        text = tokens.text
        for (part, kind), number in self._parts.items():
            position = text.find(part)
            while position >= 0:
                index = bisect_right(tokens.spans, (position, len(text))) - 1
                start, end = tokens.spans[index]
                reaches_end, at_start = position + len(part) == end, position == start
                if (reaches_end or kind != SUFFIX) and (at_start or kind != PREFIX):
                    rows[index] = [*rows[index], (number, index)]
                position = text.find(part, position + 1)


def _place(hit: Hit) -> tuple[int, int, str]:
    return hit.first, hit.last, hit.rule.id


def _run(table: _Table, rows: list[_Row], tokens: Tokens) -> list[Hit]:
    singles, chains = table.singles, table.chains
    if not singles and not chains:
        return []
    present = _present(rows, tokens)
    # A dictionary, not a set: the same rule can match the same words by two of its alternatives.
    hits: dict[Hit, None] = {}
    for index, row in enumerate(rows):
        for number, last in row:
            for rule in singles.get(number, ()):
                hits[Hit(rule, index, last)] = None
            if number not in chains:
                continue
            for chain in _worth_following(chains[number], rows, last, present[tokens.sentence[last]]):
                end = _follow(chain, rows, tokens, last)
                if end >= 0:
                    hits[Hit(chain.rule, index, end)] = None
    return list(hits)


def _present(rows: list[_Row], tokens: Tokens) -> list[set[int]]:
    """What stands in each sentence, beyond which no pattern reaches."""
    found: list[set[int]] = [set() for _ in range(tokens.sentence[-1] + 1)] if rows else []
    for row, sentence in zip(rows, tokens.sentence, strict=True):
        for number, _ in row:
            found[sentence].add(number)
    return found


def _worth_following(chains: _Chains, rows: list[_Row], last: int, present: set[int]) -> list[_Chain]:
    """The patterns whose second step is there, for a look at the next word and at all words of the sentence at once."""
    found: list[_Chain] = []
    if chains.next and last + 1 < len(rows):
        for number, _ in rows[last + 1]:
            found += chains.next.get(number, ())
    for number in chains.later.keys() & present:
        found += chains.later[number]
    return found


def _follow(chain: _Chain, rows: list[_Row], tokens: Tokens, last: int) -> int:
    """Where the pattern ends, taking the nearest word for each step; -1 if it does not match."""
    for gap, atoms in chain.steps:
        # Neighbours belong together only without a comma between; with a gap the sentence is mostly the limit.
        part = tokens.clause if chain.within_clause or not gap else tokens.sentence
        last = _nearest(rows, part, atoms, range(last + 1, min(last + 2 + gap, len(rows))))
        if last < 0:
            return -1
    return last


def _nearest(rows: list[_Row], part: list[int], atoms: _Atoms, where: range) -> int:
    for index in where:
        if part[index] != part[where.start - 1]:
            return -1
        end = -1
        for number, last in rows[index]:
            if number in atoms and last > end:
                end = last
        if end >= 0:
            return end
    return -1

"""What a pack is made of, found by the letters of a word and by the atom that begins a pattern. Used by the matcher."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.intake.classify.patterns import INFIX, PREFIX, SUFFIX

# Atoms are the words, stems and classes of a pack, by number; a row holds what begins at one word, and where it ends.
Atoms = tuple[int, ...]
Row = list[tuple[int, int]]
# What follows the first atom of a pattern, each step with the words that may stand before it; and patterns that go on
# alike, as pairs of a rule's number and such steps.
Steps = tuple[tuple[int, Atoms], ...]
Chains = tuple[tuple[int, Steps], ...]
# Words are grouped by so many first letters, so that few lengths of stems are tried on each.
OPENING = 2
PAIR = 24  # bits of an atom's number


@dataclass(slots=True)
class Table:
    """Rules by the atom with which they begin."""

    singles: dict[int, int | tuple[int, ...]] = field(default_factory=dict)
    # Patterns whose second step is the next word, by both atoms as one number.
    next: dict[int, Chains] = field(default_factory=dict)
    # Those whose second step may stand further on, by that step's atoms; None where there are only neighbours.
    later: dict[int, dict[int, Chains] | tuple[int, Chains] | None] = field(default_factory=dict)

    def add_single(self, atom: int, rule: int) -> None:
        known = self.singles.get(atom)
        if known is None:
            self.singles[atom] = rule
        else:
            self.singles[atom] = (known, rule) if isinstance(known, int) else (*known, rule)

    def add_chain(self, atom: int, chain: tuple[int, Steps]) -> None:
        gap, seconds = chain[1][0]
        self.later.setdefault(atom, None)
        for second in seconds:
            if gap:
                self._add_later(atom, second, chain)
            else:
                pair = atom << PAIR | second
                self.next[pair] = (*self.next.get(pair, ()), chain)

    def _add_later(self, atom: int, second: int, chain: tuple[int, Steps]) -> None:
        known = self.later[atom]
        if known is None:
            self.later[atom] = second, (chain,)
        elif isinstance(known, dict):
            known[second] = (*known.get(second, ()), chain)
        elif known[0] == second:
            self.later[atom] = second, (*known[1], chain)
        else:
            self.later[atom] = {known[0]: known[1], second: (chain,)}

    def further(self, atom: int, present: set[int]) -> Chains:
        """The patterns that begin with the atom and go on, not at once, with one that is there."""
        later = self.later[atom]
        if isinstance(later, dict):
            return tuple(chain for number in later.keys() & present for chain in later[number])
        return later[1] if later is not None and later[0] in present else ()


@dataclass(slots=True)
class Stems:
    """Beginnings of words with their atoms, and by the opening letters the lengths that are worth a look."""

    atoms: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def number(self, stem: str, new: int) -> int:
        opening = stem[:OPENING]
        self.lengths[opening] = tuple(sorted({*self.lengths.get(opening, ()), len(stem)}))
        return self.atoms.setdefault(stem, new)


@dataclass(slots=True)
class Parts:
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

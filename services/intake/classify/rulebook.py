"""The rules of one pack, kept small: a text meets few of its thousands. Filled and asked by the matcher."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One pattern of one pack: its id, the part of the pack it stands in, what it votes for and how strongly."""

    id: str
    section: str
    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Place:
    """What the rules of one part of a pack have in common."""

    prefix: str
    section: str
    name: str
    weight: float
    within_clause: bool


class RuleBook(dict[int, Rule]):
    """Rules by their number; each is made when it is first asked for. As objects of their own, all the rules of sixteen
    languages took 16 MB."""

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[_Place, int] = {}
        self._by_number: list[_Place] = []
        self._place_of = array("H")
        self._tails = bytearray()
        self._tail_ends = array("I", [0])

    def number(self, rule: Rule, within_clause: bool) -> int:
        """Takes the rule in, and gives its number."""
        head, name, tail = rule.id.partition(f".{rule.name}.")
        place = _Place(head + name, rule.section, rule.name, rule.weight, within_clause)
        if place not in self._places:
            self._places[place] = len(self._by_number)
            self._by_number.append(place)
        self._place_of.append(self._places[place])
        self._tails += tail.encode()
        self._tail_ends.append(len(self._tails))
        return len(self._place_of) - 1

    def __missing__(self, number: int) -> Rule:
        place = self._by_number[self._place_of[number]]
        self[number] = rule = Rule(self._id(number), place.section, place.name, place.weight)
        return rule

    def is_within_clause(self, number: int) -> bool:
        """Whether all steps of the pattern stand in one clause."""
        return self._by_number[self._place_of[number]].within_clause

    def ids(self) -> Iterator[str]:
        return map(self._id, range(len(self._place_of)))

    def _id(self, number: int) -> str:
        tail = self._tails[self._tail_ends[number] : self._tail_ends[number + 1]]
        return self._by_number[self._place_of[number]].prefix + tail.decode()

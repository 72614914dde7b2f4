"""The numbers that turn votes into decisions, from thresholds.yml; read with the packs, used by the classifier."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, nan
from pathlib import Path

from services.intake.classify.model import FLAGS
from services.intake.classify.normalise import fold
from services.intake.classify.yamlfile import Lined, read_yaml

_NUMBERS = (
    "head_characters",
    "tail_characters",
    "shortest_identifiable",
    "least_confidence",
    "least_category_score",
    "first_sentence_factor",
    "request_sentence_factor",
    "ask_distance",
    "large_amount",
    "anger_saturation",
)
_LEAST = {"anger_saturation": 0.01}  # which weights are divided by; of all others 0


@dataclass(frozen=True)
class Names:
    """What thresholds may name: languages that have a pack, and categories."""

    packs: tuple[str, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Thresholds:
    """All numbers; `numbers` by name, see thresholds.yml for what each means."""

    numbers: dict[str, float]
    languages: tuple[str, ...]
    neighbours: dict[str, str]
    fallback_language: str
    flag_categories: dict[str, tuple[str, float]]
    flag_anger: dict[str, float]
    currencies: dict[str, float]

    def __getitem__(self, name: str) -> float:
        return self.numbers[name]


def read_thresholds(shipped: Path, own: Path | None, names: Names, mistakes: list[str]) -> Thresholds:
    """The shipped thresholds with a company's own in their place; mistakes are added to the list with their line."""
    path = own or shipped
    root = read_yaml(shipped, mistakes).mapping | (read_yaml(own, mistakes).mapping if own else {})
    reader = _Reader(path.name, mistakes)
    known = (*_NUMBERS, "languages", "neighbours", "fallback_language", "flag_categories", "flag_anger", "currencies")
    for name, value in root.items():
        if name not in known:
            mistakes.append(f"{path.name}:{value.line}: unknown threshold '{name}'")
    for name in known:
        if name not in root:
            mistakes.append(f"{path.name}:1: threshold '{name}' is missing")
    blank = Lined({}, 1)
    parts = {name: root.get(name, blank) for name in known}
    return Thresholds(
        numbers={name: reader.number(parts[name], _LEAST.get(name, 0.0)) for name in _NUMBERS},
        languages=tuple(item for item, _ in parts["languages"].items_by_line()),
        neighbours={n: reader.one_of(names.packs, v, "pack") for n, v in parts["neighbours"].mapping.items()},
        fallback_language=reader.one_of(names.packs, parts["fallback_language"], "pack"),
        flag_categories={n: reader.vote(v, names.categories) for n, v in reader.flags(parts["flag_categories"])},
        flag_anger={n: reader.number(v) for n, v in reader.flags(parts["flag_anger"])},
        currencies={fold(n).text: reader.number(v) for n, v in parts["currencies"].mapping.items()},
    )


class _Reader:
    """Turns lined texts into numbers and names, and notes what is none."""

    def __init__(self, file: str, mistakes: list[str]) -> None:
        self.file, self.mistakes = file, mistakes

    def number(self, value: Lined, least: float = -inf) -> float:
        try:
            found = float(value.text or "x")
        except ValueError:
            found = nan
        if least <= found < inf:
            return found
        self._note(value, f"'{value.text}' is not a number" + (f" from {least:g} on" if found < least else ""))
        return 0.0

    def one_of(self, known: tuple[str, ...], value: Lined, what: str) -> str:
        if value.text not in known:
            self._note(value, f"there is no {what} '{value.text}'; known: {', '.join(known)}")
        return value.text

    def flags(self, part: Lined) -> Iterator[tuple[str, Lined]]:
        for name, value in part.mapping.items():
            self.one_of(FLAGS, Lined(name, value.line), "flag")
            yield name, value

    def vote(self, value: Lined, categories: tuple[str, ...]) -> tuple[str, float]:
        category, _, weight = value.text.partition(" ")
        return self.one_of(categories, Lined(category, value.line), "category"), self.number(Lined(weight, value.line))

    def _note(self, value: Lined, mistake: str) -> None:
        self.mistakes.append(f"{self.file}:{value.line}: {mistake}")

"""The numbers that turn votes into decisions, from thresholds.yml; read with the packs, used by the classifier."""

from dataclasses import dataclass
from pathlib import Path

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


def read_thresholds(shipped: Path, own: Path | None, packs: frozenset[str], mistakes: list[str]) -> Thresholds:
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
    return Thresholds(
        numbers={name: reader.number(root.get(name, blank)) for name in _NUMBERS},
        languages=tuple(item for item, _ in root.get("languages", blank).items_by_line()),
        neighbours={name: value.text for name, value in root.get("neighbours", blank).mapping.items()},
        fallback_language=_available(root.get("fallback_language", blank).text, packs),
        flag_categories={n: reader.vote(v) for n, v in root.get("flag_categories", blank).mapping.items()},
        flag_anger={n: reader.number(v) for n, v in root.get("flag_anger", blank).mapping.items()},
        currencies={fold(n).text: reader.number(v) for n, v in root.get("currencies", blank).mapping.items()},
    )


def _available(language: str, packs: frozenset[str]) -> str:
    return language if language in packs else min(packs, default="")


class _Reader:
    """Turns lined texts into numbers and notes what is none."""

    def __init__(self, file: str, mistakes: list[str]) -> None:
        self.file, self.mistakes = file, mistakes

    def number(self, value: Lined) -> float:
        try:
            return float(value.text or "x")
        except ValueError:
            self.mistakes.append(f"{self.file}:{value.line}: '{value.text}' is not a number")
            return 0.0

    def vote(self, value: Lined) -> tuple[str, float]:
        category, _, weight = value.text.partition(" ")
        return category, self.number(Lined(weight, value.line))

"""Figures of how well texts are read, against gold labels; pure. Asked by `ombud eval`."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

SEVERITIES = ("low", "medium", "high", "critical")
_HIGH = SEVERITIES.index("high")
_Z = 1.96  # of a 95 % interval


@dataclass(frozen=True)
class Judged:
    """One text: what its labels say (a label that is absent is unknown) and what the classifier said."""

    id: str
    text: str
    language: str
    gold: dict[str, Any]
    read: dict[str, Any]

    @property
    def mistakes(self) -> list[str]:
        """Names of the labels that were read wrongly, the gravest first."""
        wrong = [name for name in LABELS if name in self.gold and self.gold[name] != self.read[name]]
        return (["language"] if self.language != self.read["language"] else []) + wrong


LABELS = ("asks_supervisor", "severity", "category", "angry")


@dataclass(frozen=True)
class Binary:
    """Precision, recall and F1 of a yes-or-no label over `n` texts; `false_alarms`: the share of the noes."""

    tp: int
    fp: int
    fn: int
    n: int

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp else 0.0

    @property
    def false_alarms(self) -> float:
        noes = self.n - self.tp - self.fn
        return self.fp / noes if noes else 0.0


def binary(pairs: Iterable[tuple[bool, bool]]) -> Binary:
    """pairs: gold and read."""
    counted = Counter(pairs)
    return Binary(counted[True, True], counted[False, True], counted[True, False], counted.total())


def interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share that was counted in n texts (Wilson 1927)."""
    if not n:
        return 0.0, 1.0
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Figures:
    """Everything that is reported of a set of texts; None where no text has the label."""

    n: int
    language: float
    asks: Binary | None
    supervisor_recall: float | None
    category: float | None
    severe: Binary | None
    critical_seen: float | None
    angry: Binary | None


def figures(texts: Sequence[Judged]) -> Figures:
    asked = _labelled(texts, "asks_supervisor")
    for_supervisor = [t for t in asked if t.gold.get("asks_kind") == "supervisor"]
    severe = _labelled(texts, "severity")
    critical = [t for t in severe if t.gold["severity"] == "critical"]
    return Figures(
        n=len(texts),
        language=_share(texts, lambda t: t.language == t.read["language"]) or 0.0,
        asks=_binary(asked, lambda labels: bool(labels["asks_supervisor"])),
        supervisor_recall=_share(for_supervisor, lambda t: bool(t.read["asks_supervisor"])),
        category=_share(_labelled(texts, "category"), lambda t: bool(t.gold["category"] == t.read["category"])),
        severe=_binary(severe, _is_severe),
        critical_seen=_share(critical, lambda t: _is_severe(t.read)),
        angry=_binary(_labelled(texts, "angry"), lambda labels: bool(labels["angry"])),
    )


def by_language(texts: Iterable[Judged]) -> dict[str, list[Judged]]:
    found: defaultdict[str, list[Judged]] = defaultdict(list)
    for text in texts:
        found[text.language].append(text)
    return dict(sorted(found.items()))


def confusion(texts: Sequence[Judged]) -> Counter[tuple[str, str]]:
    """How often a category (gold) was read as which."""
    return Counter((t.gold["category"], t.read["category"]) for t in _labelled(texts, "category"))


def worst(texts: Iterable[Judged], most: int) -> list[Judged]:
    """Those with the most mistakes first; of equals, those whose mistake weighs more."""
    wrong = [t for t in texts if t.mistakes]
    return sorted(wrong, key=lambda t: (-len(t.mistakes), t.mistakes[0] != "asks_supervisor", t.id))[:most]


def _labelled(texts: Sequence[Judged], label: str) -> list[Judged]:
    return [t for t in texts if t.gold.get(label) is not None]


def _is_severe(labels: dict[str, Any]) -> bool:
    return SEVERITIES.index(labels["severity"]) >= _HIGH


def _binary(texts: Sequence[Judged], of: Callable[[dict[str, Any]], bool]) -> Binary | None:
    return binary((of(t.gold), of(t.read)) for t in texts) if texts else None


def _share(texts: Sequence[Judged], holds: Callable[[Judged], bool]) -> float | None:
    return sum(map(holds, texts)) / len(texts) if texts else None

"""Adds up the votes of the packs for each category; called by the classifier."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.classify.matcher import Hit
from services.intake.classify.model import Evidence
from services.intake.classify.reading import Reading
from services.intake.classify.thresholds import Thresholds
from shared.contracts.intake import CATEGORIES

OTHER = "other"


@dataclass(frozen=True)
class Choice:
    """The best two categories and how far apart they are: 0 is a tie, 1 means no rival."""

    category: str
    second: str | None
    margin: float
    evidence: tuple[Evidence, ...]


def choose_category(
    reading: Reading,
    thresholds: Thresholds,
    flagged: tuple[Evidence, ...],
    request_sentences: frozenset[int],
    categories: tuple[str, ...] = CATEGORIES,
) -> Choice:
    """The category with the most weight; a rule, and a word, counts once for a category."""
    scores: defaultdict[str, float] = defaultdict(float)
    evidence: list[Evidence] = []
    for hit in _counted(reading.sections.get("category", ())):
        weight = hit.rule.weight * _factor(reading.sentence(hit), thresholds, request_sentences)
        scores[hit.rule.name] += weight
        evidence.append(reading.evidence(hit, f"category:{hit.rule.name}", round(weight, 3)))
    for one in flagged:
        scores[one.for_.partition(":")[2]] += one.weight
    return _ranked(dict(scores), thresholds["least_category_score"], (*evidence, *flagged), categories)


def _counted(hits: Sequence[Hit]) -> list[Hit]:
    """Of rules that share a word the weightiest, of a rule that matches twice the first; in the order of the text."""
    seen: set[str] = set()
    taken: set[tuple[str, int]] = set()
    counted: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: -hit.rule.weight):
        words = {(hit.rule.name, index) for index in range(hit.first, hit.last + 1)}
        if hit.rule.id in seen or not taken.isdisjoint(words):
            continue
        seen.add(hit.rule.id)
        taken |= words
        counted.append(hit)
    return sorted(counted, key=lambda hit: hit.first)


def _factor(sentence: int, thresholds: Thresholds, request_sentences: frozenset[int]) -> float:
    factor = thresholds["first_sentence_factor"] if sentence == 0 else 1.0
    return factor * (thresholds["request_sentence_factor"] if sentence in request_sentences else 1.0)


def _ranked(
    scores: dict[str, float], least: float, evidence: tuple[Evidence, ...], categories: tuple[str, ...]
) -> Choice:
    # Sorting is stable: of equals the category named first comes first.
    best, second = sorted(categories, key=lambda name: -scores.get(name, 0.0))[:2] if scores else categories[:2]
    top, next_ = scores.get(best, 0.0), max(scores.get(second, 0.0), 0.0)
    if top < least:
        return Choice(OTHER, best if top > 0 else None, 0.0, evidence)
    return Choice(best, second if next_ > 0 else None, round((top - next_) / top, 3), evidence)

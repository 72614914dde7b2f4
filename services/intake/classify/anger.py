"""Estimates how angry the customer is, from 0 to 1; called by the classifier."""

import re
from bisect import bisect_left

from services.intake.classify.matcher import Hit
from services.intake.classify.model import Evidence
from services.intake.classify.reading import Reading
from services.intake.classify.thresholds import Thresholds

_SHOUTED = re.compile(r"\b[^\W\d_]{4,}\b")
_FOUR_CAPITALS = re.compile(r"[A-Z]{4}")
_DOUBLED = re.compile(r"[!?！？]{2,8}")
_MARK = re.compile(r"!+")
_FURIOUS_FACE = re.compile("[😡🤬👿😠💢🖕😤]")
_LEAST_SHOUTED = 3
_MOST_STRESSED = 2
# Few words before the first mark, none of which means anything to the pack, are a greeting: "Hello everyone!"
_LONGEST_GREETING = 3
_ULTIMATUM_WEIGHT, _STRESS_WEIGHT, _ASK_WEIGHT = 0.8, 0.6, 0.6
_FIRST_MARK_WEIGHT, _MARK_WEIGHT, _MOST_MARKS = 2.0, 0.4, 3
_FACE_WEIGHT, _DOUBLED_WEIGHT, _SHOUT_WEIGHT, _ALL_SHOUTED_WEIGHT = 2.0, 0.8, 1.2, 2.0


def measure_anger(
    reading: Reading, thresholds: Thresholds, flags: frozenset[str], kind: str
) -> tuple[float, tuple[Evidence, ...]]:
    """Weights of angry words, signs and flags, divided by `anger_saturation`."""
    evidence = [reading.evidence(hit, "anger") for hit in reading.sections.get("anger", ())]
    evidence += [reading.evidence(hit, "anger", _ULTIMATUM_WEIGHT) for hit in reading.classes.get("ultimatum", ())][:1]
    evidence += _stresses(reading) + _exclamations(reading) + _faces(reading)
    total = sum(one.weight for one in evidence)
    total += sum(thresholds.flag_anger.get(flag, 0.0) for flag in sorted(flags))
    total += _typography(reading.source.joined)
    total += _ASK_WEIGHT if kind in ("supervisor", "executive") else 0.0
    return round(min(1.0, max(0.0, total) / thresholds["anger_saturation"]), 3), tuple(evidence)


def _stresses(reading: Reading) -> list[Evidence]:
    """Words in capitals that are no abbreviations: "you lost it AGAIN"."""
    found = [reading.evidence(hit, "anger", _STRESS_WEIGHT) for hit in reading.classes.get("stressed", ())]
    return [one for one in found if one.matched.isupper() and len(one.matched) > 1][:_MOST_STRESSED]


def _exclamations(reading: Reading) -> list[Evidence]:
    """Marks outside greetings and friendly sentences; the first one tells most."""
    if "!" not in reading.folded.text:
        return []
    marks = [match.span() for match in _MARK.finditer(reading.folded.text)]
    angry = [span for span in marks if not _is_friendly(reading, span[0])][:_MOST_MARKS]
    weights = (_FIRST_MARK_WEIGHT, *[_MARK_WEIGHT] * _MOST_MARKS)
    return [
        reading.evidence_at("any.anger.exclamation", "anger", span, weight)
        for span, weight in zip(angry, weights, strict=False)
    ]


def _is_friendly(reading: Reading, mark: int) -> bool:
    before = bisect_left(reading.tokens.spans, (mark, mark)) - 1
    if before < 0:
        return True
    sentence, clause = reading.tokens.sentence[before], reading.tokens.clause[before]
    if any(reading.clause(hit) == clause for hit in reading.sections.get("anger", ())):
        return False
    if any(reading.clause(hit) == clause for hit in reading.classes.get("friendly", ())):
        return True
    if any(reading.sentence(hit) == sentence for hit in reading.classes.get("mild", ())):
        return True
    return before < _LONGEST_GREETING and not any(_is_telling(hit, before) for hit in reading.hits)


def _is_telling(hit: Hit, before: int) -> bool:
    return hit.first <= before and hit.rule.section != "category"


def _faces(reading: Reading) -> list[Evidence]:
    face = None if reading.source.joined.isascii() else _FURIOUS_FACE.search(reading.folded.text)
    return [reading.evidence_at("any.anger.face", "anger", face.span(), _FACE_WEIGHT)] if face else []


def _typography(text: str) -> float:
    doubled = _DOUBLED_WEIGHT if _DOUBLED.search(text) else 0.0
    # In plain ASCII four capitals in a row settle it; elsewhere only a look at each word does.
    if text.isascii() and not _FOUR_CAPITALS.search(text):
        return doubled
    words = _SHOUTED.findall(text)
    shouted = sum(map(str.isupper, words))
    if shouted < _LEAST_SHOUTED:
        return doubled
    return doubled + (_ALL_SHOUTED_WEIGHT if shouted * 2 > len(words) else _SHOUT_WEIGHT)

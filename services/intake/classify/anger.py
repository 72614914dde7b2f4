"""Estimates how angry the customer is, from 0 to 1; called by the reader."""

import re

from services.intake.classify.model import Evidence
from services.intake.classify.reading import Reading
from services.intake.classify.thresholds import Thresholds

_SHOUTED = re.compile(r"\b[^\W\d_]{4,}\b")
_FOUR_CAPITALS = re.compile(r"[A-Z]{4}")
_DOUBLED = re.compile(r"[!?！？]{2,8}")
_LEAST_SHOUTED = 3
_MARK_WEIGHT, _MOST_MARKS, _DOUBLED_WEIGHT, _SHOUT_WEIGHT, _ASK_WEIGHT, _ULTIMATUM_WEIGHT = 0.4, 3, 0.8, 1.2, 0.6, 0.8


def measure_anger(
    reading: Reading, thresholds: Thresholds, flags: frozenset[str], kind: str
) -> tuple[float, tuple[Evidence, ...]]:
    """Weights of angry words, signs and flags, divided by `anger_saturation`."""
    evidence = [reading.evidence(hit, "anger") for hit in reading.sections.get("anger", ())]
    evidence += [reading.evidence(hit, "anger", _ULTIMATUM_WEIGHT) for hit in reading.classes.get("ultimatum", ())][:1]
    total = sum(one.weight for one in evidence)
    total += sum(thresholds.flag_anger.get(flag, 0.0) for flag in sorted(flags))
    total += _typography(reading.source.joined)
    total += _ASK_WEIGHT if kind in ("supervisor", "executive") else 0.0
    return round(min(1.0, max(0.0, total) / thresholds["anger_saturation"]), 3), tuple(evidence)


def _typography(text: str) -> float:
    marks = min(text.count("!") + text.count("！"), _MOST_MARKS) * _MARK_WEIGHT
    doubled = _DOUBLED_WEIGHT if _DOUBLED.search(text) else 0.0
    # In plain ASCII four capitals in a row settle it; elsewhere only a look at each word does.
    can_shout = not text.isascii() or _FOUR_CAPITALS.search(text)
    shouted = sum(map(str.isupper, _SHOUTED.findall(text))) if can_shout else 0
    return marks + doubled + (_SHOUT_WEIGHT if shouted >= _LEAST_SHOUTED else 0.0)

"""Decides how severe a complaint is: a lattice of rules over flags and words; called by the classifier."""

from dataclasses import dataclass

from services.intake.classify.amounts import largest_amount
from services.intake.classify.matcher import Hit
from services.intake.classify.model import SEVERITIES, Evidence
from services.intake.classify.reading import Reading
from services.intake.classify.thresholds import Thresholds

_LOW, _MEDIUM, _HIGH, _CRITICAL = range(4)
# A word of absence denies what stands right after it, or this far on if only words like these stand between: "nobody
# has been hurt". Not so "they will not fix the sparking socket", "the door did not stop and crushed my hand".
_ABSENCE_REACH = 4
_LINKING = "linking"
# For what is less than critical, "I do not want a lawyer", it denies whatever is this near.
_LOOSE_REACH = 2
# To go without what one cannot live without is itself the trouble: "no insulin", "they will not restore the oxygen".
_NEVER_DENIED = ("vulnerable", "lifeline")
# Two facts that are critical, or high, only together, wherever in the text they stand.
_TOGETHER = (
    ("child", "hazard", "safety", _CRITICAL),
    ("vulnerable", "hazard", "safety", _CRITICAL),
    ("vulnerable", "cutoff", "vulnerable", _CRITICAL),
    ("lifeline", "failing", "vulnerable", _CRITICAL),
    ("frail", "failing", "vulnerable", _HIGH),
    ("business", "cutoff", "outage", _HIGH),
    ("business", "standstill", "outage", _HIGH),
)
_DEADLINE = "deadline"


@dataclass(frozen=True)
class Judgement:
    """Severity with flags and what led there; `flagged` are the flags' votes for a category."""

    severity: str
    flags: frozenset[str]
    evidence: tuple[Evidence, ...]
    flagged: tuple[Evidence, ...]


def judge_severity(reading: Reading, thresholds: Thresholds, kind: str) -> Judgement:
    """The highest rule that fired, raised a step by repeat contact or a deadline; plain requests stay low.

    `kind` is that of the ask: who wants a supervisor has trouble, who wants a human may just have a question.
    """
    facts = _facts(reading)
    facts += _amount_facts(reading, thresholds)
    level = max((level for level, _, _ in facts), default=_LOW)
    evidence = [one for _, _, found in facts for one in found]
    level = max(level, _base(reading, kind in ("supervisor", "executive"), evidence))
    flags = {flag for _, flag, _ in facts}
    raises = _undenied(reading, "severity_raise")
    flags |= {hit.rule.name for hit in raises if hit.rule.name != _DEADLINE}
    if raises and level < _MEDIUM:
        level = _MEDIUM
    elif len({hit.rule.name for hit in raises}) > 1 and level == _MEDIUM:
        level = _HIGH
    evidence += [reading.evidence(hit, f"severity:{SEVERITIES[level]}") for hit in raises]
    for hit in reading.sections.get("severity_none", ()):
        flags.add(hit.rule.name)
        evidence.append(reading.evidence(hit, f"flag:{hit.rule.name}"))
    return Judgement(SEVERITIES[level], frozenset(flags), tuple(evidence), _category_votes(facts, thresholds))


_Fact = tuple[int, str, list[Evidence]]


def _facts(reading: Reading) -> list[_Fact]:
    facts: list[_Fact] = []
    for level, section in ((_CRITICAL, "severity_critical"), (_HIGH, "severity_high")):
        for hit in _undenied(reading, section, strictly=level == _CRITICAL):
            facts.append((level, hit.rule.name, _pair(reading, hit, level, hit.rule.name)))
    for one, other, flag, level in _TOGETHER:
        if one not in reading.classes or other not in reading.classes:
            continue
        first, second = (_undenied_class(reading, name, strictly=True) for name in (one, other))
        if first and second:
            facts.append((level, flag, _pair(reading, first[0], level, flag) + _pair(reading, second[0], level, flag)))
    return facts


def _pair(reading: Reading, hit: Hit, level: int, flag: str) -> list[Evidence]:
    return [reading.evidence(hit, f"severity:{SEVERITIES[level]}"), reading.evidence(hit, f"flag:{flag}")]


def _amount_facts(reading: Reading, thresholds: Thresholds) -> list[_Fact]:
    found = largest_amount(reading.tokens, thresholds.currencies)
    if found is None or found[0] < thresholds["large_amount"]:
        return []
    votes = [
        reading.evidence_at("any.amount.large", for_, found[1], 1.0) for for_ in ("severity:high", "flag:large_amount")
    ]
    return [(_HIGH, "large_amount", votes)]


def _undenied(reading: Reading, section: str, *, strictly: bool = False) -> list[Hit]:
    return [hit for hit in reading.sections.get(section, ()) if not _is_denied(reading, hit, strictly)]


def _undenied_class(reading: Reading, name: str, *, strictly: bool = False) -> list[Hit]:
    return [hit for hit in reading.classes.get(name, ()) if not _is_denied(reading, hit, strictly)]


def _is_denied(reading: Reading, hit: Hit, strictly: bool) -> bool:
    if strictly and hit.rule.name in _NEVER_DENIED:
        return False
    return any(
        0 <= hit.first - absence.last - 1 <= _ABSENCE_REACH
        and reading.tokens.clause[absence.last] == reading.tokens.clause[hit.first]
        and _reaches(reading, absence, hit, strictly)
        for absence in reading.classes.get("absence", ())
    )


def _reaches(reading: Reading, absence: Hit, hit: Hit, strictly: bool) -> bool:
    between = set(range(absence.last + 1, hit.first))
    if len(between) <= _LOOSE_REACH and not strictly:
        return True
    linking = reading.classes.get(_LINKING, ())
    return between <= {place for link in linking for place in range(link.first, link.last + 1)}


def _base(reading: Reading, in_trouble: bool, evidence: list[Evidence]) -> int:
    """Ordinary complaints are medium; a question or request without a word of trouble is low."""
    mild = reading.classes.get("mild", ())
    problems = _undenied_class(reading, "problem")
    if problems and not mild:
        evidence.append(reading.evidence(problems[0], "severity:medium"))
        return _MEDIUM
    if mild:
        evidence.append(reading.evidence(mild[0], "severity:low"))
    return _MEDIUM if in_trouble else _LOW


def _category_votes(facts: list[_Fact], thresholds: Thresholds) -> tuple[Evidence, ...]:
    votes: dict[str, Evidence] = {}
    for _, flag, found in facts:
        vote = thresholds.flag_categories.get(flag)
        if vote and flag not in votes:
            one = found[0]
            votes[flag] = Evidence(one.rule, f"category:{vote[0]}", one.matched, one.start, one.end, vote[1])
    return tuple(votes.values())

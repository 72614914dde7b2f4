"""What each form of pattern matches, and no more."""

import pytest

from services.intake.classify.matcher import CLASSES, OTHERS, Matcher
from services.intake.classify.normalise import fold
from services.intake.classify.patterns import parse_pattern
from services.intake.classify.rulebook import Rule
from services.intake.classify.tokens import tokenise


def found(pattern: str, text: str, **classes: str) -> list[tuple[int, int]]:
    """First and last word of each match; `classes` are patterns by the name under which <name> refers to them."""
    matcher = Matcher()
    for name, source in classes.items():
        matcher.add(Rule(f"class.{name}", "words", name, 1.0), parse_pattern(source, 4), stage=CLASSES)
    matcher.add(Rule("rule", "category", "refund", 1.0), parse_pattern(pattern, 4), stage=OTHERS)
    hits = matcher.find(tokenise(fold(text).text))
    return [(hit.first, hit.last) for hit in hits if hit.rule.id == "rule"]


@pytest.mark.parametrize(
    ("pattern", "text", "places"),
    [
        ("refund", "Refund, refunds, REFUND", [(0, 0), (2, 2)]),
        ("refund*", "refund refunds refun", [(0, 0), (1, 1)]),
        ("r*", "r refund or", [(0, 0), (1, 1)]),
        ("*geld", "Geld Bußgeld Gelder geldgeld", [(0, 0), (1, 1), (3, 3)]),
        ("*geld*", "Geld Bußgelder gel geldgeld", [(0, 0), (1, 1), (3, 3)]),
        ("refund|money*", "moneys refund", [(0, 0), (1, 1)]),
        ("lost|lost*", "lost", [(0, 0)]),
        ("lost card", "lost card, lost, card", [(0, 1)]),
        ("lost ..1 card", "lost my card lost my dear card", [(0, 2)]),
        ("lost .. card", "lost, my card. lost! card", [(0, 2)]),
        ("lost & card", "card was lost. lost card", [(0, 2), (3, 4)]),
        ("lost &1 card", "card is now lost, lost my card", [(4, 6)]),
        ("经理", "叫经理来", [(1, 2)]),
        ("经理", "叫经", []),
        ("经|经理来", "叫经理", [(1, 1)]),
        ("经|经理来", "叫经", [(1, 1)]),
        ("*经理*", "叫经理来", []),
        ("a经", "a经", [(0, 1)]),
    ],
)
def test_a_pattern_matches_its_words(pattern: str, text: str, places: list[tuple[int, int]]):
    assert found(pattern, text) == places


def test_a_class_stands_for_all_its_words():
    assert found("<hazard> .. <child>", "flames near my small son", hazard="flame*", child="my small son") == [(0, 4)]
    assert found("<hazard>", "no flames here", hazard="flame*") == [(1, 1)]

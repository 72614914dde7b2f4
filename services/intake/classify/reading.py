"""One text as the packs see it: tokens, hits by class, offsets back to the original; passed around in here."""

from collections import defaultdict
from dataclasses import dataclass

from services.intake.classify.matcher import Hit
from services.intake.classify.model import Evidence
from services.intake.classify.normalise import Folded
from services.intake.classify.tokens import Tokens

# Hits that touch an idiom do not mean what they say: who is "in charge" charges nothing. Asks have `not_role` for it.
_IDIOM = "idiom"


@dataclass(frozen=True, slots=True)
class Source:
    """Subject and text joined for reading; everything before `text_at` is the subject."""

    joined: str
    text_at: int
    # Offset in the joined text from which the tail of a long text was moved up, and by how far.
    tail_at: int
    tail_shift: int

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the text as it came; -1 for the subject."""
        if start < self.text_at:
            return -1, -1
        shift = self.tail_shift if start >= self.tail_at else 0
        return start - self.text_at + shift, end - self.text_at + shift


class Reading:
    """Hits of one pack in one text, sorted into sections and classes."""

    def __init__(self, source: Source, folded: Folded, tokens: Tokens, hits: list[Hit]) -> None:
        self.source, self.folded, self.tokens, self.hits = source, folded, tokens, hits
        self.sections: defaultdict[str, list[Hit]] = defaultdict(list)
        self.classes: defaultdict[str, list[Hit]] = defaultdict(list)
        idioms = [hit for hit in hits if hit.rule.name == _IDIOM]
        for hit in hits:
            section = hit.rule.section
            if idioms and section != "ask" and any(_is_turned(hit, idiom) for idiom in idioms):
                continue
            if section == "ask" or section == "words":
                self.classes[hit.rule.name].append(hit)
            else:
                self.sections[section].append(hit)

    def sentence(self, hit: Hit) -> int:
        """The number of the sentence in which the hit begins."""
        return self.tokens.sentence[hit.first]

    def clause(self, hit: Hit) -> int:
        """The number of the clause in which the hit ends."""
        return self.tokens.clause[hit.last]

    def evidence(self, hit: Hit, for_: str, weight: float | None = None) -> Evidence:
        """The hit as evidence, with the words as the customer wrote them."""
        span = self.tokens.spans[hit.first][0], self.tokens.spans[hit.last][1]
        return self.evidence_at(hit.rule.id, for_, span, hit.rule.weight if weight is None else weight)

    def evidence_at(self, rule: str, for_: str, span: tuple[int, int], weight: float) -> Evidence:
        """Evidence that no pattern found; `span` is in the folded text."""
        start, end = self.folded.span(*span)
        first, last = self.source.original_span(start, end)
        return Evidence(rule, for_, self.source.joined[start:end], first, last, weight)


def lies_in(inner: Hit, outer: Hit) -> bool:
    """Whether every word of the one hit is a word of the other."""
    return outer.first <= inner.first and inner.last <= outer.last


def _is_turned(hit: Hit, idiom: Hit) -> bool:
    # What spans the whole idiom means it.
    return overlaps(hit, idiom) and not lies_in(idiom, hit)


def overlaps(one: Hit, other: Hit) -> bool:
    """Whether two hits share a word."""
    return one.first <= other.last and other.first <= one.last

"""The classifier: text in, classification with its reasons out. Pure; intake calls it before its transaction."""

from collections.abc import Callable
from pathlib import Path

from services.intake.classify.anger import measure_anger
from services.intake.classify.asks import find_ask
from services.intake.classify.category import choose_category
from services.intake.classify.language import UNKNOWN, Guess, LanguageGuesser
from services.intake.classify.mail import blank_foreign_text
from services.intake.classify.model import SEVERITIES, Classification
from services.intake.classify.normalise import fold
from services.intake.classify.packfile import Pack
from services.intake.classify.packs import Packs, load_packs, shipped_pack
from services.intake.classify.reading import Reading, Source
from services.intake.classify.severity import judge_severity
from services.intake.classify.tokens import is_unspaced, tokenise
from shared.codes import language_code

# Beyond this a text is not even searched for quoted mail.
_LONGEST_TEXT = 20_000
# A character of Chinese or Japanese says as much as two or three letters, and costs as much.
_UNSPACED_SHARE = 0.4


class Classifier:
    """Reads complaints with the packs it was loaded with; the same text always gives the same answer."""

    def __init__(self, packs: Packs) -> None:
        self.rules_version = packs.version
        self.company = packs.company
        self.categories = packs.categories
        self._packs = packs.by_language
        self._thresholds = packs.thresholds
        self._signoffs = packs.signoffs
        self._guesser = LanguageGuesser(
            packs.thresholds.languages,
            packs.thresholds["least_confidence"],
            int(packs.thresholds["shortest_identifiable"]),
        )

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Every rule that can fire, pack by pack."""
        return tuple(rule for name in self._packs.names for rule in self._packs[name].rule_ids)

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language that a text can be said to be in."""
        return self._guesser.languages

    @classmethod
    def load(cls, rules_dir: Path | None = None, compiled: Callable[[str], Pack] = shipped_pack) -> "Classifier":
        """The packs of a directory, or the shipped ones; RulesError names each mistake with file and line."""
        return cls(load_packs(rules_dir, compiled))

    def classify(
        self,
        text: str,
        *,
        subject: str = "",
        language_hint: str | None = None,
        product: str | None = None,
        tier: str | None = None,
    ) -> Classification:
        """What the text says; the subject is read as its first sentence. product, tier: as upstream knows them."""
        source = self._source(text, subject)
        guess = self._guesser.guess(source.joined, language_code(language_hint))
        if not any(character.isalnum() for character in source.joined):
            return self._for_company(self._nothing_said(), Reading(source, fold(""), tokenise(""), []), product, tier)
        folded = fold(source.joined)
        tokens = tokenise(folded.text)
        readings = [
            Reading(source, folded, tokens, pack.matcher.find(tokens)) for pack in self._packs_for(guess.candidates)
        ]
        answers = [self._conclude(reading, guess) for reading in readings]
        return self._for_company(max(answers, key=_weight), readings[0], product, tier)

    def _for_company(
        self, found: Classification, reading: Reading, product: str | None, tier: str | None
    ) -> Classification:
        return found if self.company.changes_nothing else self.company.apply(found, reading, product, tier)

    def _source(self, text: str, subject: str) -> Source:
        share = _UNSPACED_SHARE if is_unspaced(text[:1]) or is_unspaced(text[-1:]) else 1.0
        head, tail = (int(self._thresholds[name] * share) for name in ("head_characters", "tail_characters"))
        long_text = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT]
        body = blank_foreign_text(long_text, self._signoffs)
        opening = subject.strip()[:head]
        prefix = f"{opening}\n\n" if opening else ""
        if len(body) <= head + tail:
            return Source(prefix + body, len(prefix), len(prefix) + len(body) + 1, 0)
        if body is long_text:
            body = text
        # Two line ends keep words of head and tail apart; they stand where two characters of the middle stood.
        joined = prefix + body[:head] + "\n\n" + body[-tail:]
        tail_at = len(prefix) + head + 2
        return Source(joined, len(prefix), tail_at, len(body) - tail - head - 2)

    def _packs_for(self, candidates: tuple[str, ...]) -> list[Pack]:
        neighbours = self._thresholds.neighbours
        names = [name if name in self._packs else neighbours.get(name, "") for name in candidates]
        known = list(dict.fromkeys(name for name in names if name in self._packs))
        return [self._packs[name] for name in known or [self._thresholds.fallback_language]]

    def _conclude(self, reading: Reading, guess: Guess) -> Classification:
        thresholds = self._thresholds
        ask = find_ask(reading, int(thresholds["ask_distance"]))
        asks = ask.kind != "none"
        verdict = judge_severity(reading, thresholds, ask.kind)
        choice = choose_category(reading, thresholds, verdict.flagged, ask.sentences, self.categories)
        anger, angry = measure_anger(reading, thresholds, verdict.flags, ask.kind)
        return Classification(
            language=guess.language,
            language_confidence=round(guess.confidence, 3),
            category=choice.category,
            category_second=choice.second,
            category_margin=choice.margin,
            severity=verdict.severity,
            anger=anger,
            asks_supervisor=asks,
            asks_kind=ask.kind,
            flags=tuple(sorted(verdict.flags)),
            evidence=(*ask.evidence, *verdict.evidence, *choice.evidence, *angry),
            rules_version=self.rules_version,
        )

    def _nothing_said(self) -> Classification:
        return Classification(UNKNOWN, "other", None, 0.0, "low", 0.0, False, "none", (), (), self.rules_version)


def _weight(answer: Classification) -> tuple[int, bool, float]:
    """Of two packs' answers the graver one counts, then the one with more evidence; the first pack wins a tie."""
    return SEVERITIES.index(answer.severity), answer.asks_supervisor, sum(one.weight for one in answer.evidence)

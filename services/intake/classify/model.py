"""What the classifier answers: read by intake's use cases, its HTTP page and the command line."""

from dataclasses import dataclass

SEVERITIES = ("low", "medium", "high", "critical")
FLAGS = (
    "safety",
    "legal",
    "press",
    "fraud",
    "privacy",
    "vulnerable",
    "discrimination",
    "outage",
    "large_amount",
    "repeat_contact",
)


class RulesError(ValueError):
    """The language packs cannot be used; each mistake names its file and line."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistakes))


@dataclass(frozen=True)
class Evidence:
    """One rule that fired: `start` and `end` are offsets in the text as it came, both -1 if the subject matched."""

    rule: str
    for_: str
    matched: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Classification:
    """Everything the classifier concludes about one text, with the rules that led there."""

    language: str
    category: str
    category_second: str | None
    category_margin: float
    severity: str
    anger: float
    asks_supervisor: bool
    asks_kind: str
    flags: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    rules_version: str
    campaign: str | None = None
    product: str | None = None
    language_confidence: float = 0.0

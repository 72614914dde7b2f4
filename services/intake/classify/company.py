"""What a company says of itself in company.yml: categories, tiers, products, campaigns and matters; for the classifier.

It is applied behind the language packs, in every language, and each thing that it changes is evidence like any other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.intake.classify.companyfile import CompanyReader
from services.intake.classify.matcher import OTHERS, Hit, Matcher
from services.intake.classify.model import SEVERITIES, Classification, Evidence
from services.intake.classify.normalise import fold
from services.intake.classify.patterns import Step
from services.intake.classify.reading import Reading
from services.intake.classify.rulebook import Rule
from services.intake.classify.tokens import tokenise
from services.intake.domain.matters import MatterRules
from shared.contracts.intake import CATEGORIES

COMPANY_FILE = "company.yml"
_PRODUCT, _CAMPAIGN = "product", "campaign"


@dataclass(frozen=True)
class Effect:
    """What a tier or a campaign changes; None and empty change nothing. `raises`: so many steps, at most to high."""

    category: str | None = None
    least_severity: str | None = None
    raises: int = 0
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Campaign:
    """Fires for its products (any, if it names none) when one of its patterns matches (always, if it has none)."""

    name: str
    products: tuple[str, ...]
    has_patterns: bool
    effect: Effect


@dataclass(frozen=True)
class Company:
    """All of company.yml; without the file nothing changes."""

    category_of: dict[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = CATEGORIES
    tiers: dict[str, Effect] = field(default_factory=dict)
    campaigns: tuple[Campaign, ...] = ()
    matters: MatterRules = field(default_factory=MatterRules)
    matcher: Matcher | None = None

    @property
    def changes_nothing(self) -> bool:
        return not (self.category_of or self.tiers or self.matcher or self.campaigns)

    def apply(self, found: Classification, reading: Reading, product: str | None, tier: str | None) -> Classification:
        """The classification as this company sees it; product and tier as upstream knows them."""
        hits = self.matcher.find(reading.tokens) if self.matcher else []
        named = [hit for hit in hits if hit.rule.section == _PRODUCT]
        products = {hit.rule.name for hit in named} | self._products_in(product)
        found = replace(found, product=product or (named[0].rule.name if named else None))
        found = _with_evidence(found, (reading.evidence(hit, f"product:{hit.rule.name}", 0.0) for hit in named))
        for campaign in self.campaigns:
            matched = [hit for hit in hits if (hit.rule.section, hit.rule.name) == (_CAMPAIGN, campaign.name)]
            if _fires(campaign, products, matched):
                found = _with_campaign(found, campaign, reading, matched)
        if tier is not None and (effect := self.tiers.get(tier.casefold())):
            found = _affected(found, effect, f"company.tier.{tier.casefold()}")
        return replace(
            found,
            category=self.category_of.get(found.category, found.category),
            category_second=self.category_of.get(found.category_second or "", found.category_second),
        )

    def _products_in(self, product: str | None) -> set[str]:
        if product is None or self.matcher is None:
            return set()
        return {
            hit.rule.name for hit in self.matcher.find(tokenise(fold(product).text)) if hit.rule.section == _PRODUCT
        }


def _fires(campaign: Campaign, products: set[str], matched: list[Hit]) -> bool:
    about = not campaign.products or not products.isdisjoint(campaign.products)
    return about and (bool(matched) or not campaign.has_patterns)


def _with_campaign(found: Classification, campaign: Campaign, reading: Reading, matched: list[Hit]) -> Classification:
    rule = f"company.campaign.{campaign.name}"
    if matched:
        found = _with_evidence(found, (reading.evidence(hit, f"campaign:{campaign.name}", 0.0) for hit in matched))
    return replace(_affected(found, campaign.effect, rule), campaign=found.campaign or campaign.name)


def _affected(found: Classification, effect: Effect, rule: str) -> Classification:
    """With the effect, and one line of evidence for each thing that it changed."""
    severity = _severity(found.severity, effect)
    category = effect.category or found.category
    changes = [f"severity:{severity}"] if severity != found.severity else []
    changes += [f"category:{category}"] if category != found.category else []
    changes += [f"flag:{flag}" for flag in effect.flags if flag not in found.flags]
    return _with_evidence(
        replace(
            found,
            severity=severity,
            category=category,
            category_second=found.category if category != found.category else found.category_second,
            flags=tuple(sorted({*found.flags, *effect.flags})),
        ),
        (Evidence(rule, change, "", -1, -1, 0.0) for change in changes or ["noted"]),
    )


def _severity(known: str, effect: Effect) -> str:
    rank = SEVERITIES.index(known)
    raised = min(rank + effect.raises, SEVERITIES.index("high"))
    least = SEVERITIES.index(effect.least_severity) if effect.least_severity else 0
    return SEVERITIES[max(rank, raised, least)]


def _with_evidence(found: Classification, more: Iterable[Evidence]) -> Classification:
    return replace(found, evidence=(*found.evidence, *more))


def read_company(path: Path, mistakes: list[str]) -> Company:
    """The company of a file; mistakes are added to the list with their line."""
    reader = CompanyReader(path, mistakes)
    categories, category_of = reader.categories()
    products, patterns = reader.products(), _Patterns()
    for name, sequences in products.items():
        patterns.add(_PRODUCT, name, sequences)
    campaigns = []
    for name, part in reader.campaigns():
        sequences = reader.patterns(part.mapping.get("patterns"))
        patterns.add(_CAMPAIGN, name, sequences)
        effect = Effect(**reader.effect(part, categories))
        campaigns.append(Campaign(name, reader.product_names(part, products), bool(sequences), effect))
    return Company(
        category_of=category_of,
        categories=categories,
        tiers={name: Effect(**reader.effect(part, categories)) for name, part in reader.tiers()},
        campaigns=tuple(campaigns),
        matters=MatterRules(**reader.matters()),
        matcher=patterns.matcher if patterns.count else None,
    )


class _Patterns:
    """Collects what products and campaigns look for into one matcher."""

    def __init__(self) -> None:
        self.matcher, self.count = Matcher(), 0

    def add(self, section: str, name: str, sequences: Sequence[tuple[Step, ...]]) -> None:
        self.matcher.add(Rule(f"company.{section}.{name}", section, name, 0.0), sequences, stage=OTHERS)
        self.count += len(sequences)

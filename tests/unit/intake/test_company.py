"""What a company says of itself changes the reading, in every language, and every mistake has its line."""

from pathlib import Path

import pytest

from services.intake.classify import Classifier, RulesError

COMPANY = """categories:
  money: billing, refund
  warranty: |
tiers:
  VIP: {raises: 1}
  Patient: {severity: high, flags: vulnerable}
products:
  KX-200: |
    kx 200, kettle 200
campaigns:
  kx200-recall:
    products: KX-200
    patterns: |
      recall*, rückruf*, svolávací
    category: safety
    severity: high
    flags: safety
  autumn-sale:
    patterns: |
      autumn sale
matters:
  window: 2d
  similarity: 0.9
  repeat_contacts: 4
"""


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "company.yml").write_text(COMPANY, encoding="utf-8")
    return Classifier.load(folder)


@pytest.mark.parametrize(
    "text", ["Is my KX-200 part of the recall?", "Gehört mein KX 200 zum Rückruf?", "Týká se ta svolávací akce KX-200?"]
)
def test_a_campaign_is_recognised_in_every_language(classifier: Classifier, text: str) -> None:
    found = classifier.classify(text)
    assert (found.campaign, found.product, found.category, found.severity) == (
        "kx200-recall",
        "KX-200",
        "safety",
        "high",
    )
    assert "safety" in found.flags
    (campaign,) = [e for e in found.evidence if e.for_ == "campaign:kx200-recall"]
    assert text[campaign.start : campaign.end] == campaign.matched
    assert ("company.campaign.kx200-recall", "severity:high") in {(e.rule, e.for_) for e in found.evidence}


def test_the_product_may_be_known_from_upstream(classifier: Classifier) -> None:
    assert classifier.classify("Am I part of the recall?", product="Kettle KX-200, white").campaign == "kx200-recall"
    assert classifier.classify("Am I part of the recall?", product="Toaster").campaign is None
    assert classifier.classify("Am I part of the recall?").campaign is None


def test_a_campaign_without_an_effect_only_marks(classifier: Classifier) -> None:
    found = classifier.classify("Where is my parcel from the autumn sale?")
    assert (found.campaign, found.severity) == ("autumn-sale", "low")


@pytest.mark.parametrize(
    ("tier", "text", "severity"),
    [
        ("vip", "My parcel has been lost for a week.", "high"),
        ("VIP", "When do you open on Monday?", "medium"),
        ("vip", "The heater burned my child's hand.", "critical"),
        ("patient", "When do you open on Monday?", "high"),
        ("standard", "When do you open on Monday?", "low"),
    ],
)
def test_a_tier_raises_the_severity_and_never_lowers_it(
    classifier: Classifier, tier: str, text: str, severity: str
) -> None:
    assert classifier.classify(text, tier=tier).severity == severity


def test_shipped_categories_go_under_the_companys_own(classifier: Classifier) -> None:
    assert classifier.classify("You charged my card twice, the invoice is wrong.").category == "money"
    assert classifier.company.categories[:2] == ("delivery", "defect")
    assert {"money", "warranty"} < set(classifier.company.categories)
    assert "billing" not in classifier.company.categories


def test_matters_are_as_the_company_wants_them(classifier: Classifier) -> None:
    matters = classifier.company.matters
    assert (matters.window.days, matters.similarity, matters.repeat_contacts, matters.repeat_within.days) == (
        2,
        0.9,
        4,
        7,
    )


def test_the_longest_time_is_taken(tmp_path: Path) -> None:
    (tmp_path / "company.yml").write_text(COMPANY.replace("window: 2d", "window: 3650d"), encoding="utf-8")
    assert Classifier.load(tmp_path).company.matters.window.days == 3650


def test_a_pack_of_ones_own_may_vote_for_a_category_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "company.yml").write_text(COMPANY, encoding="utf-8")
    pack = "extends: shipped\ncategory:\n  warranty:\n    9: |\n      guarantee\n"
    (tmp_path / "en.yml").write_text(pack, encoding="utf-8")
    assert Classifier.load(tmp_path).classify("Is this covered by the guarantee?").category == "warranty"


@pytest.mark.parametrize(
    ("right", "wrong", "place", "what"),
    [
        ("billing, refund", "billing, refunds", "company.yml:2", "unknown category 'refunds'"),
        ("  warranty: |", "  warranty: billing", "company.yml:3", "goes under 'money' already"),
        ("  warranty: |", "  Our Warranty: |", "company.yml:4", "small letters"),
        ("{raises: 1}", "{raises: many}", "company.yml:5", "a number of steps"),
        ("severity: high, flags", "severity: huge, flags", "company.yml:6", "unknown severity 'huge'"),
        ("kettle 200", "<role>", "company.yml:9", "belong to the language packs"),
        ("products: KX-200", "products: KX-300", "company.yml:12", "no product 'KX-300'"),
        ("category: safety", "category: fire", "company.yml:15", "unknown category 'fire'"),
        ("flags: safety\n", "flags: danger\n", "company.yml:17", "unknown flag 'danger'"),
        ("    patterns: |\n      autumn sale", "    flags: press", "company.yml:19", "needs products or patterns"),
        ("window: 2d", "window: soon", "company.yml:22", "a time like 24h or 7d"),
        ("window: 2d", "window: 3651d", "company.yml:22", "at most 3650d"),
        ("window: 2d", "window: 99999999999d", "company.yml:22", "at most 3650d"),
        ("window: 2d", "window: 87601h", "company.yml:22", "at most 3650d"),
        ("similarity: 0.9", "similarity: 9", "company.yml:23", "a share from 0 to 1"),
        ("repeat_contacts: 4", "repeat_contacts: 1", "company.yml:24", "a number from 2 on"),
        ("matters:", "matter:", "company.yml:22", "unknown part 'matter'"),
        ("tiers:", "tiers: [", "company.yml:", ""),
    ],
)
def test_a_mistake_is_refused_with_its_line(tmp_path: Path, right: str, wrong: str, place: str, what: str) -> None:
    assert right in COMPANY
    (tmp_path / "company.yml").write_text(COMPANY.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(RulesError) as refused:
        Classifier.load(tmp_path)
    assert place in str(refused.value)
    assert what in str(refused.value)

"""What a complaint asks of an agent, by the policy; used by the complaint and by the policy reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintFacts
from shared.contracts.routing import Needs

UNKNOWN_LANGUAGE = "und"
LONGEST_WORD = 40


class SkillFrom(StrEnum):
    CATEGORY = "category"
    NONE = "none"


class LanguageFrom(StrEnum):
    """`customer_or_text`: what upstream says about the customer, else what the text was recognised as."""

    CUSTOMER_OR_TEXT = "customer_or_text"
    CUSTOMER = "customer"
    TEXT = "text"
    NONE = "none"


class RegionFrom(StrEnum):
    CUSTOMER = "customer"
    NONE = "none"


@dataclass(frozen=True)
class Policy:
    """weight: points of capacity; priority: the highest first. `version` is a hash of the file's content."""

    version: str
    skill: SkillFrom
    language: LanguageFrom
    region: RegionFrom
    weight: Mapping[Severity, int]
    priority: Mapping[Severity, int]


@dataclass(frozen=True)
class Demand:
    """What one complaint asks for: what the agent must bring, how much of their capacity, and how urgently."""

    needs: Needs
    severity: Severity
    weight: int
    priority: int


def demand_of(facts: ComplaintFacts, policy: Policy) -> Demand:
    needs = Needs(
        skill=facts.category if policy.skill is SkillFrom.CATEGORY else None,
        language=_language(facts, policy.language),
        region=region_code(facts.customer.region or "") if policy.region is RegionFrom.CUSTOMER else None,
    )
    return Demand(needs, facts.severity, policy.weight[facts.severity], policy.priority[facts.severity])


def language_code(text: str) -> str | None:
    """`pt-BR` and `PT_br` are `pt`; nothing and `und` are no language."""
    code = text.strip().lower().replace("_", "-").partition("-")[0][:LONGEST_WORD]
    return code if code and code != UNKNOWN_LANGUAGE else None


def region_code(text: str) -> str | None:
    """`cz ` is `CZ`; nothing is no region."""
    return text.strip().upper()[:LONGEST_WORD] or None


def _language(facts: ComplaintFacts, source: LanguageFrom) -> str | None:
    customer, text = language_code(facts.customer.language or ""), language_code(facts.language)
    return {
        LanguageFrom.CUSTOMER_OR_TEXT: customer or text,
        LanguageFrom.CUSTOMER: customer,
        LanguageFrom.TEXT: text,
        LanguageFrom.NONE: None,
    }[source]

"""What a complaint asks of an agent, by the policy; used by the complaint and by the policy reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.codes import language_code, region_code
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintFacts
from shared.contracts.routing import Needs


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
        region=region_code(facts.customer.region) if policy.region is RegionFrom.CUSTOMER else None,
    )
    return Demand(needs, facts.severity, policy.weight[facts.severity], policy.priority[facts.severity])


def _language(facts: ComplaintFacts, source: LanguageFrom) -> str | None:
    customer, text = language_code(facts.customer.language), language_code(facts.language)
    return {
        LanguageFrom.CUSTOMER_OR_TEXT: customer or text,
        LanguageFrom.CUSTOMER: customer,
        LanguageFrom.TEXT: text,
        LanguageFrom.NONE: None,
    }[source]

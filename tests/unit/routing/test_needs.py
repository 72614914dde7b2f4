"""What a complaint asks of an agent."""

import pytest

from services.routing.domain.needs import LanguageFrom, RegionFrom, SkillFrom, demand_of
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from tests.unit.routing.builders import CRITICAL_WEIGHS_TWO, a_policy, classified


@pytest.mark.parametrize(
    ("source", "customer", "text", "needed"),
    [
        (LanguageFrom.CUSTOMER_OR_TEXT, "cs", "en", "cs"),
        (LanguageFrom.CUSTOMER_OR_TEXT, None, "en", "en"),
        (LanguageFrom.CUSTOMER_OR_TEXT, None, "und", None),
        (LanguageFrom.CUSTOMER_OR_TEXT, "und", "en", "en"),
        (LanguageFrom.CUSTOMER_OR_TEXT, "pt-BR", "en", "pt"),
        (LanguageFrom.CUSTOMER_OR_TEXT, " ZH_Hant ", "en", "zh"),
        (LanguageFrom.CUSTOMER_OR_TEXT, "", "en", "en"),
        (LanguageFrom.CUSTOMER, None, "en", None),
        (LanguageFrom.TEXT, "cs", "en", "en"),
        (LanguageFrom.NONE, "cs", "en", None),
    ],
)
def test_language_that_is_needed(source: LanguageFrom, customer: str | None, text: str, needed: str | None) -> None:
    demand = demand_of(classified(customer_language=customer, language=text), a_policy(language=source))
    assert demand.needs.language == needed


@pytest.mark.parametrize(
    ("region", "needed"), [("CZ", "CZ"), (" cz ", "CZ"), (None, None), ("", None), ("x" * 90, "X" * 40)]
)
def test_region_that_is_needed(region: str | None, needed: str | None) -> None:
    assert demand_of(classified(region=region), a_policy()).needs.region == needed


def test_policy_can_leave_needs_out() -> None:
    policy = a_policy(skill=SkillFrom.NONE, language=LanguageFrom.NONE, region=RegionFrom.NONE)
    assert demand_of(classified(), policy).needs == Needs(None, None, None)


def test_weight_and_priority_come_from_severity() -> None:
    demand = demand_of(classified(severity=Severity.CRITICAL), CRITICAL_WEIGHS_TWO)
    assert (demand.weight, demand.priority) == (2, Severity.CRITICAL.rank)

"""What a complaint asks of an agent, and how that follows from its facts; used by the policy and the complaint."""

from dataclasses import dataclass, fields
from datetime import timedelta

from services.routing.domain.facts import Facts
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from shared.policy.words import NONE

CATEGORY = "category"  # the skill that is called like the complaint's category
CUSTOMER = "customer"  # what upstream says about the customer
TEXT = "text"  # the language that the text was recognised as
CUSTOMER_OR_TEXT = "customer_or_text"
LOWEST, HIGHEST = 1, 5  # levels of skills and languages


@dataclass(frozen=True)
class Wanted:
    """How needs follow from facts; a fact that is not known asks for nothing.

    skill: CATEGORY, NONE or a skill; language: CUSTOMER_OR_TEXT, CUSTOMER, TEXT, NONE or a language; region: CUSTOMER,
    NONE or a region; team: NONE or a team. Levels are 1 to 5, and the least that will do.
    """

    skill: str = CATEGORY
    skill_level: int = LOWEST
    language: str = CUSTOMER_OR_TEXT
    language_level: int = LOWEST
    region: str = CUSTOMER
    team: str = NONE

    def of(self, facts: Facts) -> Needs:
        skill = {CATEGORY: facts.category, NONE: None}.get(self.skill, self.skill)
        language = self._language(facts)
        return Needs(
            skill=skill,
            skill_level=self.skill_level if skill else None,
            language=language,
            language_level=self.language_level if language else None,
            region={CUSTOMER: facts.region, NONE: None}.get(self.region, self.region),
            team=None if self.team == NONE else self.team,
        )

    def _language(self, facts: Facts) -> str | None:
        return {
            CUSTOMER_OR_TEXT: facts.customer_language or facts.language,
            CUSTOMER: facts.customer_language,
            TEXT: facts.language,
            NONE: None,
        }.get(self.language, self.language)


@dataclass(frozen=True)
class Demand:
    """What one complaint asks for now, by which rule of the policy.

    stage: how many relaxations were made. weight: points of an agent's capacity. priority: the higher, the sooner.
    hours: the name of the hours outside of which it waits; None = at any time. relaxed: names of the needs that are not
    what they were at first. answer_within: how long an agent has to answer; None = no limit.
    """

    rule: str
    needs: Needs
    severity: Severity
    weight: int
    priority: int
    hours: str | None = None
    stage: int = 0
    relaxed: tuple[str, ...] = ()
    answer_within: timedelta | None = None


def differing(first: Needs, now: Needs) -> tuple[str, ...]:
    """The names of the needs that differ."""
    return tuple(f.name for f in fields(Needs) if getattr(first, f.name) != getattr(now, f.name))

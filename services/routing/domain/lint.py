"""What a policy asks for that no agent of a roster brings; printed by `ombud policy check`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from itertools import product

from services.routing.domain.crowd import Crowd
from services.routing.domain.lint_hours import find_gaps
from services.routing.domain.needs import CATEGORY, CUSTOMER, CUSTOMER_OR_TEXT, TEXT, Wanted
from services.routing.domain.policy import Policy, Rule, When
from services.routing.domain.roster import Agent
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from shared.hours.intervals import in_words
from shared.policy.findings import Finding
from shared.policy.words import ANY, NONE

MOST_SHOWN = 5
MOST_COMBINATIONS = 10_000
_PARTS = ("skill", "language", "region", "team")


class Kind(StrEnum):
    NEEDS_NOBODY_MEETS = "needs_nobody_meets"
    TOO_HEAVY = "too_heavy"
    HOURS_UNCOVERED = "hours_uncovered"
    HOURS_WITHOUT_AGENTS = "hours_without_agents"


def lint(policy: Policy, agents: Sequence[Agent], now: datetime) -> tuple[Finding[Kind], ...]:
    """Everything that is found, rule by rule, then hours by hours; those are looked at for the 7 days from `now`."""
    crowd = Crowd(agents)
    found: list[Finding[Kind]] = []
    for rule in policy.rules:
        found += (Finding(Kind.NEEDS_NOBODY_MEETS, rule.name, text) for text in _unmet(rule, crowd))
        found += (Finding(Kind.TOO_HEAVY, rule.name, text) for text in _too_heavy(rule, crowd))
    for gap in find_gaps(policy.hours, agents, now):
        kind = Kind.HOURS_UNCOVERED if gap.is_served else Kind.HOURS_WITHOUT_AGENTS
        found.append(Finding(kind, gap.hours, gap.text))
    return tuple(found)


def _unmet(rule: Rule, crowd: Crowd) -> Iterator[str]:
    """The least that nobody brings, and at which stages of its relaxation the rule asks for that."""
    when_asked: dict[Needs, list[str]] = {}
    for stage, wanted in _stages(rule):
        least = {_least(needs, crowd): None for needs in _asked(wanted, rule.when) if not crowd.is_met(needs)}
        for needs in least:
            when_asked.setdefault(needs, []).append(stage)
    texts = [f"nobody has {_described(needs)}: {', '.join(stages)}" for needs, stages in when_asked.items()]
    yield from shortened(texts)


def _too_heavy(rule: Rule, crowd: Crowd) -> Iterator[str]:
    when_asked: dict[str, list[str]] = {}
    severities = sorted(rule.when.severity or Severity, key=lambda s: s.rank)
    for stage, wanted in _stages(rule):
        largest = crowd.largest_capacity(_fixed(wanted))
        heavy = [s for s in severities if largest is not None and rule.weight[s] > largest]
        for severity in heavy:
            text = f"weight {rule.weight[severity]} ({severity}), but nobody who qualifies has more than {largest}"
            when_asked.setdefault(text, []).append(stage)
    yield from (f"{text}: {', '.join(stages)}" for text, stages in when_asked.items())


def _stages(rule: Rule) -> Iterator[tuple[str, Wanted]]:
    yield "at first", rule.wanted
    yield from ((f"after {in_words(step.after)}", step.wanted) for step in rule.relax)


def _fixed(wanted: Wanted) -> Needs:
    """What it asks for whatever the facts are."""
    return next(iter(_asked(wanted, When())))


def _asked(wanted: Wanted, when: When) -> Iterable[Needs]:
    """The fixed needs with each combination of the values that the condition lists; too many: one value at a time."""
    skills = _values(wanted.skill, (CATEGORY,), when.category)
    languages = _values(wanted.language, (CUSTOMER_OR_TEXT, CUSTOMER), when.language)
    regions = _values(wanted.region, (CUSTOMER,), when.region)
    team = None if wanted.team == NONE else wanted.team
    if len(skills) * len(languages) * len(regions) <= MOST_COMBINATIONS:
        combinations = list(product(skills, languages, regions))
    else:
        combinations = [*((s, None, None) for s in skills), *((None, x, None) for x in languages)]
        combinations += ((None, None, r) for r in regions)
    return [_needs(wanted, skill, language, region, team) for skill, language, region in combinations]


def _values(wanted: str, sources: tuple[str, ...], listed: frozenset[str] | None) -> list[str | None]:
    """What this part of the needs can be; [None] when it depends on facts of which anything may be said."""
    if wanted in sources:
        return [*sorted(listed)] if listed and ANY not in listed else [None]
    return [None] if wanted in (NONE, TEXT) else [wanted]


def _needs(wanted: Wanted, skill: str | None, language: str | None, region: str | None, team: str | None) -> Needs:
    return Needs(
        skill,
        language,
        region,
        skill_level=wanted.skill_level if skill else None,
        language_level=wanted.language_level if language else None,
        team=team,
    )


def _least(needs: Needs, crowd: Crowd) -> Needs:
    """Without each part that makes no difference: nobody meets what is left either."""
    for part in _PARTS:
        if getattr(needs, part) is None:
            continue
        levels = {f"{part}_level": None} if part in ("skill", "language") else {}
        fewer = replace(needs, **{part: None}, **levels)
        if not crowd.is_met(fewer):
            needs = fewer
    return needs


def _described(needs: Needs) -> str:
    words = []
    for part in _PARTS:
        value, level = getattr(needs, part), getattr(needs, f"{part}_level", None)
        if value is not None:
            words.append(f"{part} {value}{f' of level {level}' if level and level > 1 else ''}")
    return " with ".join(words) or "anything, as there are no agents"


def shortened(texts: Sequence[str]) -> list[str]:
    """The first MOST_SHOWN, and how many more there are."""
    more = len(texts) - MOST_SHOWN
    return [*texts[:MOST_SHOWN], f"and {more} more"] if more > 0 else list(texts)

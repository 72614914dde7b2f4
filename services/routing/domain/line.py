"""Lines: complaints that wait for the same agents in the same hours; one word, kept with each, tells them apart."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from services.routing.domain.needs import Demand
from services.routing.domain.reasons import Reason
from shared.contracts.routing import Needs


@dataclass(frozen=True)
class Line:
    """Those in line who were queued for the same reason. first_at: the rank of the first; tried: who lost them."""

    key: str
    needs: Needs
    weight: int
    hours: str | None
    reason: Reason
    count: int = 0
    first_at: datetime | None = None
    tried: tuple[str, ...] = ()


def line_from(key: str, reason: Reason, count: int = 0, first_at: datetime | None = None) -> Line:
    needs, weight, hours, tried = _parts(key)
    return Line(key, needs, weight, hours, reason, count, first_at, tried)


def line_key(demand: Demand, tried: tuple[str, ...] = ()) -> str:
    return _key(demand.needs, demand.weight, demand.hours, tuple(sorted(tried)))


@lru_cache(10_000)
def _key(needs: Needs, weight: int, hours: str | None, tried: tuple[str, ...]) -> str:
    n = needs
    words = [n.skill, n.skill_level, n.language, n.language_level, n.region, n.team, weight, hours, *tried]
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


@lru_cache(10_000)
def _parts(key: str) -> tuple[Needs, int, str | None, tuple[str, ...]]:
    words = json.loads(key)
    if len(words) == 4:  # as the version before this one wrote it: skill, language, region, weight
        return Needs(*words[:3]), words[3], None, ()
    skill, skill_level, language, language_level, region, team, weight, hours, *tried = words
    return Needs(skill, language, region, skill_level, language_level, team), weight, hours, tuple(tried)

"""Where a case is on its ladder, whom a level means for it, and when that level is open. Pure; for the decisions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.escalation.domain.case import Case
from services.escalation.domain.conditions import Picture
from services.escalation.domain.ladder import Ladder, Level
from services.escalation.domain.people import People, Wanted
from services.escalation.domain.policy import Policy
from services.escalation.domain.watching import picture


@dataclass(frozen=True)
class Setting:
    """What a decision may look at beside the case; `people` is asked only when somebody must be alerted."""

    policy: Policy
    people: Callable[[], People]
    now: datetime


def recipients_of(level: Level, case: Case, setting: Setting) -> tuple[str, ...]:
    if case.facts is None:
        return ()
    return setting.people().among(level.recipients, wanted_for(case), setting.now)


def wanted_for(case: Case) -> Wanted:
    """For whom somebody is looked for: the regions of a major complaint are those of its children."""
    assert case.facts is not None
    regions = case.facts.regions or ((case.facts.region,) if case.facts.region else ())
    return Wanted(regions, case.facts.language, case.owner.teams)


def closed_until(level: Level, case: Case, setting: Setting) -> datetime | None:
    """When the level's hours begin, None while they last or if there are none."""
    region = case.facts.region if case.facts else None
    calendar = setting.policy.calendar(level.hours, region)
    if calendar is None or calendar.is_open(setting.now):
        return None
    return calendar.next_opening(setting.now) or setting.now + _NEVER


_NEVER = timedelta(days=1)  # hours that never come are looked at again the next day


def seen_of(case: Case) -> Picture:
    """Its picture; only for a case that was read."""
    seen = picture(case)
    assert seen is not None, "the complaint was read"
    return seen


def level_of(case: Case, setting: Setting) -> Level:
    """The rung that the case is on; the lowest for one that is on none."""
    ladder = ladder_of(case, setting.policy)
    return ladder.level(min(max(case.level, 1), ladder.top_level))


def ladder_of(case: Case, policy: Policy) -> Ladder:
    """The one that the case is on, or would climb."""
    seen = None if case.ladder else picture(case)
    return policy.ladder_for(seen) if seen else policy.ladder(case.ladder)

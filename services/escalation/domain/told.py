"""What the complaint's events told so far, and routing of its owner: parts of a case. Pure; used as the case is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Owner:
    """What routing said last about who works on the complaint; attempt: the higher one is the newer.

    since: since when nobody does, None when somebody does. declined: all who could have taken it, refused.
    """

    attempt: int = -1
    agent_id: str | None = None
    agent_name: str | None = None
    teams: tuple[str, ...] = ()
    since: datetime | None = None
    declined: bool = False


@dataclass(frozen=True, order=True)
class Moment:
    """Something that happened at a revision of the complaint."""

    revision: int
    at: datetime


@dataclass(frozen=True, order=True)
class Rating:
    """What the customer gave at a revision of the complaint, 0 to 1."""

    revision: int
    score: float


@dataclass(frozen=True)
class Told:
    """What the complaint's events told so far, in whatever order they came: of each thing the most or the earliest.

    first_at: when it was received. asked_at: when the customer first asked for somebody. count: of contacts. rating:
    the worst. contacts, answers, reopenings, ratings: in the order of their revisions; of many the newest (MOST_KEPT).
    """

    first_at: datetime | None = None
    asked_at: datetime | None = None
    anger: float = 0.0
    flags: tuple[str, ...] = ()
    count: int = 1
    rating: float | None = None
    contacts: tuple[Moment, ...] = ()
    answers: tuple[Moment, ...] = ()
    reopenings: tuple[Moment, ...] = ()
    ratings: tuple[Rating, ...] = ()
    timezone: str = "UTC"


NOTHING, NOBODY = Told(), Owner()


def last_revision(moments: Iterable[Moment]) -> int:
    return max((moment.revision for moment in moments), default=0)

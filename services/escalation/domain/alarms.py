"""What is known of a complaint once something was told of it, and which alarms follow from that. Pure; used by hearing.

The order in which it is told does not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from services.escalation.domain.case import Case
from services.escalation.domain.conditions import ASK_KINDS, NOT_ASKED
from services.escalation.domain.policy import READ_REASONS, Policy
from services.escalation.domain.told import Moment, Rating, Told
from services.escalation.domain.watching import picture, picture_of
from shared.contracts.escalation import AlertFacts, EscalationReason
from shared.contracts.event import Severity

MOST_KEPT = 50  # contacts, answers, reopenings and ratings of one complaint
M = TypeVar("M", bound=Moment | Rating)
_REOPENED = (EscalationReason.REOPENED,)


@dataclass(frozen=True)
class News:
    """How the complaint was read at one revision. at: when its newest contact was written; count: of all contacts.

    is_contact: a new contact is why it was read again, not a correction or what another complaint had told.
    """

    revision: int
    severity: Severity
    facts: AlertFacts
    at: datetime
    count: int = 1
    timezone: str | None = None
    is_contact: bool = True


def with_news(case: Case, news: News, policy: Policy) -> Case:
    facts, asks_kind = news.facts, news.facts.asks_kind
    told, is_newest = case.told, news.revision > case.facts_revision
    asked_at = min(filter(None, (told.asked_at, news.at if asks_kind != NOT_ASKED else None)), default=None)
    told = replace(
        told,
        first_at=min(filter(None, (told.first_at, facts.received_at))),
        asked_at=asked_at,
        anger=max(told.anger, facts.anger),
        flags=tuple(sorted({*told.flags, *facts.flags})),
        count=max(told.count, news.count),
        contacts=with_moment(told.contacts, Moment(news.revision, news.at)) if news.is_contact else told.contacts,
        timezone=_timezone(told, news, is_newest),
    )
    is_first = case.facts is None
    strongest = stronger_ask(case.facts.asks_kind if case.facts else asks_kind, asks_kind)
    known = facts if is_first or is_newest or case.facts is None else case.facts
    severity = case.severity
    if news.revision > case.corrected_revision:
        severity = max(severity, news.severity, key=lambda one: one.rank)
    case = case.but(
        told=told,
        facts=known if known.asks_kind == strongest else replace(known, asks_kind=strongest),
        facts_revision=max(case.facts_revision, news.revision),
        severity=severity,
        alarms=_alarms_of(case, news, policy),
    )
    return _with_early_alarms(case, policy) if is_first else case


def _timezone(told: Told, news: News, is_newest: bool) -> str:
    wins = is_newest or told.timezone == Told.timezone
    return news.timezone if wins and news.timezone else told.timezone


def _alarms_of(case: Case, news: News, policy: Policy) -> Mapping[EscalationReason, int]:
    """By what this contact alone was read as, so that the order of the contacts does not matter."""
    if news.revision <= case.corrected_revision:
        return case.alarms
    fired = policy.fired(picture_of(news.facts, news.severity, news.count), READ_REASONS)
    return _earliest(case.alarms, fired, news.revision)


def _with_early_alarms(case: Case, policy: Policy) -> Case:
    """What was told before the complaint was read is looked at now."""
    case = with_reopenings(with_ratings(case, policy), policy)
    return with_request(case, policy) if case.requested_revision else case


def with_reopenings(case: Case, policy: Policy) -> Case:
    """The alarm is that of the first reopening that is one too many, in whatever order they are heard."""
    seen = picture(case)
    for count, moment in enumerate(case.told.reopenings if seen else (), start=1):
        assert seen is not None
        if policy.fired(replace(seen, reopenings=count), _REOPENED):
            return case.but(alarms={**case.alarms, EscalationReason.REOPENED: moment.revision})
    return case


def with_request(case: Case, policy: Policy) -> Case:
    """Each request is one of its own: what was asked for after the end is not what was asked for before."""
    seen = picture(case)
    if seen is None or policy.trigger(EscalationReason.UPSTREAM_REQUEST, seen) is None:
        return case
    return case.but(alarms={**case.alarms, EscalationReason.UPSTREAM_REQUEST: case.requested_revision})


def with_ratings(case: Case, policy: Policy) -> Case:
    """The alarm is that of the newest low rating: one that is given after the end is not the one given before it."""
    seen = picture(case)
    for rating in reversed(case.told.ratings if seen else ()):
        assert seen is not None
        if policy.trigger(EscalationReason.LOW_RATING, replace(seen, rating=rating.score)):
            return case.but(alarms={**case.alarms, EscalationReason.LOW_RATING: rating.revision})
    return case


def _earliest(
    alarms: Mapping[EscalationReason, int], fired: Iterable[EscalationReason], revision: int
) -> Mapping[EscalationReason, int]:
    return {**alarms, **{reason: min(alarms.get(reason, revision), revision) for reason in fired}}


def with_moment(moments: tuple[M, ...], new: M) -> tuple[M, ...]:
    """In the order of the revisions; the same tuple if it is among them, or older than the oldest of many."""
    if any(moment.revision == new.revision for moment in moments):
        return moments
    kept = tuple(sorted((*moments, new), key=lambda moment: moment.revision)[-MOST_KEPT:])
    return moments if kept == moments else kept


def stronger_ask(one: str, other: str) -> str:
    """The ask that counts when a complaint has several contacts."""
    known = [kind for kind in ASK_KINDS if kind in (one, other)]
    if known:
        return known[0]
    return one if other == NOT_ASKED else other

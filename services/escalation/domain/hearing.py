"""What becomes of a case when intake, routing or notify tell something: pure, used by the use cases.

Each decision gives the transitions in order, none when nothing changes. Events may come twice and in any order.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from services.escalation.domain.alarms import News, with_moment, with_news, with_ratings, with_reopenings, with_request
from services.escalation.domain.case import CALLING, OMBUD, QUIET, Case, CaseState, Change, Ending, What
from services.escalation.domain.rungs import Setting
from services.escalation.domain.steps import (
    afresh,
    alert_again,
    at_rest,
    begin,
    changed,
    climb,
    end,
    followed_up,
    more_severe,
)
from services.escalation.domain.told import Moment, Owner, Rating, Told
from services.escalation.domain.watching import picture, reassigned, refreshed
from shared.contracts.escalation import EscalationReason


def take_news(case: Case, news: News, setting: Setting) -> list[Change]:
    """A complaint was read, for the first time or again: opens the case, or escalates it when the news is an alarm."""
    if news.revision == case.facts_revision or any(m.revision == news.revision for m in case.told.contacts):
        return []
    before = case
    case = with_news(case, news, setting.policy)
    details = {"severity": case.severity.value, "complaint_revision": case.facts_revision}
    if case.is_closed:
        updated = changed(case, What.UPDATED, details=details)
        return [updated] if case.state is CaseState.RESOLVED else [updated, *end(updated.case, setting)]
    if case.state in (CaseState.EARLY, CaseState.RESOLVED):
        return begin(case, What.REOPENED if case.opened_at else What.OPENED, setting)
    updated = changed(refreshed(case, setting.policy), What.UPDATED, details=details)
    return [updated, *_if_alarmed(before, updated.case, setting)]


def _if_alarmed(before: Case, case: Case, setting: Setting) -> list[Change]:
    """Whoever has taken the case has seen the old alarms; a new one is another matter."""
    fresh = setting.policy.first(case.alarms.keys() - before.alarms.keys())
    if case.state in CALLING and case.severity.rank > before.severity.rank:
        return more_severe(case, setting)
    if case.state is CaseState.EXHAUSTED and fresh:
        return alert_again(case, fresh, setting)
    if fresh is None or case.state not in QUIET:
        return []
    return climb(afresh(case), fresh, setting)


def take_answer(case: Case, revision: int, at: datetime, actor: str, setting: Setting) -> list[Change]:
    """The customer got an answer: that stops the clocks of answers, not the ladder; whoever has it has gone on."""
    told = with_moment(case.told.answers, Moment(revision, min(at, setting.now)))
    if told == case.told.answers:
        return []
    case = case.but(told=replace(case.told, answers=told))
    if case.state in (CaseState.EARLY, CaseState.RESOLVED):
        return [changed(case, What.ANSWERED, actor)]
    return [changed(refreshed(_gone_on(case, setting), setting.policy), What.ANSWERED, actor)]


def _gone_on(case: Case, setting: Setting) -> Case:
    """The time until the next progress begins anew."""
    return followed_up(case, setting) if case.state is CaseState.ACKNOWLEDGED else case


def take_resolution(case: Case, revision: int, at: datetime, actor: str, setting: Setting) -> list[Change]:
    """The complaint was closed upstream, unless something newer says otherwise."""
    if revision <= case.closed_revision:
        return []
    case = case.but(closed_revision=revision, closed_at=min(at, setting.now), closed_by=actor)
    if case.state is CaseState.RESOLVED or not case.is_closed:
        return [changed(case, What.NOTED, actor)]
    return end(case, setting, actor)


def take_merging(case: Case, revision: int, at: datetime, into: str, actor: str) -> list[Change]:
    """The complaint is part of another one now: its own case is closed, and whoever climbs, climbs for the other."""
    if case.ending:
        return []
    case = case.but(closed_revision=max(revision, case.closed_revision))
    (ended,) = _end_for_good(case, Ending.MERGED, What.MERGED, at, actor)
    return [replace(ended, details={"into": into})]


def take_forgetting(case: Case, revision: int, at: datetime) -> list[Change]:
    """The customer's data was erased: the case is closed, and what was known of the complaint goes with it."""
    if case.is_forgotten:
        return []
    bare = case.but(closed_revision=revision, facts=None, told=Told(), owner=replace(case.owner, agent_name=None))
    return _end_for_good(bare, Ending.FORGOTTEN, What.FORGOTTEN, at, OMBUD)


def _end_for_good(case: Case, ending: Ending, what: What, at: datetime, actor: str) -> list[Change]:
    if case.state is not CaseState.RESOLVED:
        case = case.but(closed_at=at, closed_by=actor)
    return [changed(at_rest(case), what, actor, state=CaseState.RESOLVED, clocks=(), ending=ending)]


def take_reopening(case: Case, revision: int, at: datetime, actor: str, setting: Setting) -> list[Change]:
    """A closed complaint is open again: the wait begins anew, and so does the ladder."""
    told = with_moment(case.told.reopenings, Moment(revision, min(at, setting.now)))
    if told == case.told.reopenings:
        return []
    before, newest = case, revision > case.reopened_revision
    had_its_answer = case.state is CaseState.OPEN and case.customer_is_answered
    case = with_reopenings(case.but(told=replace(case.told, reopenings=told)), setting.policy)
    rests = case.state in (CaseState.RESOLVED, CaseState.ACKNOWLEDGED, CaseState.SNOOZED) or had_its_answer
    if newest and rests and not case.is_closed and case.facts:
        return begin(case, What.REOPENED, setting, actor)
    noted = changed(refreshed(case, setting.policy), What.NOTED, actor)
    return [noted] if case.is_closed else [noted, *_if_alarmed(before, noted.case, setting)]


def take_rating(case: Case, revision: int, score: float, actor: str, setting: Setting) -> list[Change]:
    """The customer rated the service, perhaps after the complaint was closed: each low rating may open it again."""
    ratings = with_moment(case.told.ratings, Rating(revision, score))
    if ratings == case.told.ratings:
        return []
    before = case
    worst = score if case.told.rating is None else min(case.told.rating, score)
    told = replace(case.told, rating=worst, ratings=ratings)
    case = case.but(told=told, rated_revision=max(case.rated_revision, revision))
    case = with_ratings(case, setting.policy)
    details = {"score": score}
    if case.facts is None or case.is_closed:
        return [changed(case, What.RATED, actor, details=details)]
    rated = changed(refreshed(case, setting.policy), What.RATED, actor, details=details)
    if case.state is CaseState.RESOLVED:
        return [rated, *begin(rated.case, What.REOPENED, setting)]
    return [rated, *_if_alarmed(before, rated.case, setting)]


def take_request(case: Case, revision: int, actor: str, setting: Setting) -> list[Change]:
    """Upstream asks for a supervisor: an alarm of that revision, if the policy has a rule for it."""
    if revision <= case.requested_revision:
        return []
    before = case
    case = with_request(case.but(requested_revision=revision), setting.policy)
    requested = changed(case, What.REQUESTED, actor)
    if case.facts is None or case.is_closed:
        return [requested]
    if case.state is CaseState.RESOLVED:
        return [requested, *begin(requested.case, What.REOPENED, setting)]
    others = {reason: at for reason, at in before.alarms.items() if reason is not EscalationReason.UPSTREAM_REQUEST}
    # Each request is one of its own.
    return [requested, *_if_alarmed(before.but(alarms=others), requested.case, setting)]


def take_owner(case: Case, owner: Owner, told: Change, setting: Setting) -> list[Change]:
    """Routing gave the complaint to an agent, or it waits for one; told: the timeline's row, whose case is this one."""
    if owner.attempt <= case.owner.attempt:
        return [told]
    case = reassigned(case.but(owner=owner), setting.policy)
    seen = picture(case)
    calls = seen and owner.declined and setting.policy.trigger(EscalationReason.DECLINED, seen)
    if calls and case.state is CaseState.OPEN:
        return [replace(told, case=case), *climb(afresh(case), EscalationReason.DECLINED, setting)]
    return [replace(told, case=case)]


def take_unreachable(case: Case, unreached: Collection[str], setting: Setting) -> list[Change]:
    """Nobody could be told of these escalations: up at once, unless the case has moved on meanwhile."""
    if case.state is not CaseState.ESCALATED or case.escalation_id not in unreached:
        return []
    return climb(case, EscalationReason.UNREACHABLE, setting)

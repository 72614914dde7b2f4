"""Storms, on the tables: seen, gathered, told and ended by a tick; new cases ask which ones last. Called by service.py."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from services.escalation import metrics, store, storm_store
from services.escalation.domain import storms
from services.escalation.domain.case import Case, CaseState
from services.escalation.domain.policy import Policy, StormRule
from services.escalation.domain.storms import Extent, Storm
from services.escalation.domain.watching import picture
from services.escalation.policybook import PolicyBook
from services.escalation.saving import save, settings
from shared.database import Transaction

log = structlog.get_logger()
GATHER = 500  # cases that join a storm in one transaction
TELL_AGAIN = timedelta(minutes=5)  # how often the count of a storm that grows is written down


def lasting(tx: Transaction, policy: Policy) -> list[Storm]:
    """The storms that last; one whose rule is no longer in the policy takes no more cases."""
    rules = {rule.name: rule for rule in policy.storms}
    return storm_store.lasting(tx, rules) if rules else []


def watch_storms(tx: Transaction, book: PolicyBook) -> int:
    """Opens a major complaint for whatever has become a storm, and goes on with those that last."""
    if not book.current.storms and not storm_store.has_lasting(tx):
        return 0
    known = {storm.key for storm in lasting(tx, book.current)}
    for rule in book.current.storms:
        for alike in storm_store.many_alike(tx, rule):
            if storms.key_of(rule, alike) not in known:
                _open(tx, book, rule, alike)
    storms_now = lasting(tx, book.current)
    metrics.STORMS.set(len(storms_now))
    return sum(_go_on(tx, book, storm) for storm in storms_now)


def _open(tx: Transaction, book: PolicyBook, rule: StormRule, alike: Any) -> None:
    cases = [case for case in storm_store.alike(tx, rule, alike, tx.now - rule.within) if _counts(rule, case)]
    if len(cases) <= rule.more_than:
        return
    key = storms.key_of(rule, alike)
    storm = Storm(storms.major_id(key, tx.now), rule, alike, tx.now, tx.now, tx.now)
    if not storm_store.add(tx, storm):
        return
    version = book.keep_current(tx).version
    setting = settings(tx, book)(Case(storm.id, policy_version=version))
    changes = storms.opened(storm, _extent_of(cases), version, setting)
    store.add_cases(tx, [changes[-1].case])
    save(tx, [changes], {})
    log.warning("storm_opened", case_id=storm.id, rule=rule.name, storm=key, cases=len(cases))


def _counts(rule: StormRule, case: Case) -> bool:
    seen = picture(case)
    return seen is not None and not case.is_major and rule.when.fits(seen)


def _extent_of(cases: Sequence[Case]) -> Extent:
    regions = sorted({case.facts.region for case in cases if case.facts and case.facts.region})
    return Extent(len(cases), tuple(regions), max((case.severity for case in cases), key=lambda s: s.rank))


def _go_on(tx: Transaction, book: PolicyBook, storm: Storm) -> int:
    """Gathers what belongs to it, tells what became of it, or ends it; gives how many cases joined."""
    major = store.lock_cases(tx, [storm.id]).get(storm.id)
    if major is None or major.state is CaseState.RESOLVED or tx.now - storm.last_at > storm.rule.quiet_after:
        storm_store.end(tx, storm.id)
        log.info("storm_ended", case_id=storm.id, storm=storm.key)
        return 0
    joining = [case for case in storm_store.lock_joining(tx, storm, GATHER) if storm.takes(case)]
    save(tx, [[storms.join(case, storm)] for case in joining], {case.id: case for case in joining})
    _tell(tx, book, storm, major)
    return len(joining)


def _tell(tx: Transaction, book: PolicyBook, storm: Storm, major: Case) -> None:
    extent, last_at = storm_store.extent(tx, storm)
    if extent is None or last_at is None or major.facts is None:
        return
    is_news = extent.severity.rank > major.severity.rank or not set(extent.regions) <= set(major.facts.regions)
    tell = is_news or tx.now - storm.told_at >= TELL_AGAIN
    if tell:
        save(tx, [storms.spread(major, storm, extent, settings(tx, book)(major))], {major.id: major})
    storm_store.note(tx, storm.id, last_at, tx.now if tell else storm.told_at)


def resolve_parts(tx: Transaction, book: PolicyBook) -> int:
    """Resolves what is part of a resolved case; gives how many."""
    parts = storm_store.lock_parts_of_resolved(tx, GATHER)
    parents = store.find_cases(tx, {case.parent_id for case in parts if case.parent_id})
    setting_of = settings(tx, book)
    courses = [storms.resolved_with(case, parents[case.parent_id or ""], setting_of(case)) for case in parts]
    save(tx, courses, {case.id: case for case in parts})
    return len(parts)

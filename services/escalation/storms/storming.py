"""Storms, on the tables: seen, gathered, told and ended by a tick of service.py; new cases ask which ones last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from services.escalation import metrics
from services.escalation.cases import store
from services.escalation.cases.saving import save, setting_by_case
from services.escalation.domain import storms
from services.escalation.domain.case import Case, CaseState
from services.escalation.domain.policy import Of, Policy, StormRule
from services.escalation.domain.storms import Extent, Storm
from services.escalation.domain.watching import picture
from services.escalation.policy.policybook import PolicyBook
from services.escalation.storms import storm_store
from shared.database import Transaction

log = structlog.get_logger()
GATHER = 500  # cases that join a storm in one transaction
FORSAKEN = timedelta(hours=1)  # a storm whose rule is gone ends after so long without a case
TELL_AGAIN = timedelta(minutes=5)  # how often the count of a storm that grows is written down


def lasting(tx: Transaction, policy: Policy) -> list[Storm]:
    """The storms that take cases now; one whose rule is no longer in the policy takes none."""
    rules = _rules_of(policy)
    return [storm for storm in storm_store.taking(tx, rules) if not storm.is_quiet(tx.now)] if rules else []


def watch_storms(tx: Transaction, book: PolicyBook) -> int:
    """Goes on with the storms that last, opens a major complaint for each new one; gives how many cases joined."""
    policy = book.current
    known, forsaken = storm_store.unended(tx, _rules_of(policy))
    if forsaken:
        storm_store.end_quiet(tx, forsaken, tx.now - FORSAKEN)
    joined = [_go_on(tx, book, storm) for storm in known]
    keys, lasting_now = {storm.key for storm in known}, [*known]
    for rule, alike in _many_alike(tx, policy):
        is_full = GATHER in joined  # then what is still to be gathered would look like a storm of its own
        if is_full:
            break
        storm = None if storms.key_of(rule, alike) in keys else _open(tx, book, rule, alike, lasting_now)
        if storm:
            lasting_now.append(storm)
            joined.append(_go_on(tx, book, storm))
    metrics.STORMS.set(len(lasting_now))
    return sum(joined)


def _many_alike(tx: Transaction, policy: Policy) -> Iterator[tuple[StormRule, Mapping[Of, str]]]:
    """Rule by rule: what one of them gathers, the next does not count."""
    return ((rule, alike) for rule in policy.storms for alike in storm_store.many_alike(tx, rule))


def _rules_of(policy: Policy) -> dict[str, StormRule]:
    return {rule.name: rule for rule in policy.storms}


def _open(
    tx: Transaction, book: PolicyBook, rule: StormRule, alike: Mapping[Of, str], others: Sequence[Storm]
) -> Storm | None:
    """Cases that came in while another storm was gathered are that one's."""
    found = storm_store.alike(tx, rule, alike, tx.now - rule.within)
    cases = [case for case in found if _counts(rule, case) and not any(other.takes(case) for other in others)]
    if len(cases) <= rule.more_than:
        return None
    storm = Storm(storms.major_id(storms.key_of(rule, alike), tx.now), rule, alike, tx.now, tx.now, tx.now)
    if not storm_store.add(tx, storm):
        return None
    version = book.keep_current(tx).version
    setting = setting_by_case(tx, book)(Case(storm.id, policy_version=version))
    changes = storms.opened(storm, _extent_of(cases), version, setting)
    store.add_cases(tx, [changes[-1].case])
    save(tx, [changes], {})
    log.warning("storm_opened", case_id=storm.id, rule=rule.name, cases=len(cases))
    return storm


def _counts(rule: StormRule, case: Case) -> bool:
    seen = picture(case)
    return seen is not None and not case.is_major and rule.when.fits(seen)


def _extent_of(cases: Sequence[Case]) -> Extent:
    regions = sorted({case.facts.region for case in cases if case.facts and case.facts.region})
    return Extent(len(cases), tuple(regions), max((case.severity for case in cases), key=lambda s: s.rank))


def _go_on(tx: Transaction, book: PolicyBook, storm: Storm) -> int:
    """Gathers what belongs to it, tells what became of it, or ends it; gives how many cases joined."""
    major = store.lock_cases(tx, [storm.id]).get(storm.id)
    extent, last_at = storm_store.extent(tx, storm)
    seen = replace(storm, last_at=max(storm.last_at, last_at or storm.last_at))
    if major is None or major.state is CaseState.RESOLVED or seen.is_quiet(tx.now):
        _tell(tx, book, seen, extent, major, at_last=True)
        storm_store.end(tx, storm.id)
        log.info("storm_ended", case_id=storm.id, rule=storm.rule.name)
        return 0
    joining = storm_store.lock_joining(tx, storm, GATHER)
    if joining:
        save(tx, [[storms.join(case, storm)] for case in joining], {case.id: case for case in joining})
        extent, last_at = storm_store.extent(tx, storm)
        seen = replace(seen, last_at=max(seen.last_at, last_at or seen.last_at))
    seen = _tell(tx, book, seen, extent, major)
    if seen != storm:
        storm_store.note(tx, seen)
    return len(joining)


def _tell(
    tx: Transaction, book: PolicyBook, storm: Storm, extent: Extent | None, major: Case | None, at_last: bool = False
) -> Storm:
    """Gives the storm as it was told; news at once, that it grows from time to time, and how far it came in the end."""
    if extent is None or major is None or major.facts is None:
        return storm
    is_news = extent.severity.rank > major.severity.rank or not set(extent.regions) <= set(major.facts.regions)
    if not (is_news or at_last or tx.now - storm.told_at >= TELL_AGAIN):
        return storm
    save(tx, [storms.spread(major, storm, extent, setting_by_case(tx, book)(major))], {major.id: major})
    return replace(storm, told_at=tx.now)


def resolve_parts(tx: Transaction, book: PolicyBook) -> int:
    """Resolves what is part of a resolved case, or lets it stand for itself; gives how many."""
    parts = storm_store.lock_parts_of_resolved(tx, GATHER)
    parents = store.find_cases(tx, {case.parent_id for case in parts if case.parent_id})
    setting_of = setting_by_case(tx, book)
    courses = [storms.parted(case, parents[case.parent_id or ""], setting_of(case)) for case in parts]
    save(tx, courses, {case.id: case for case in parts})
    return len(parts)

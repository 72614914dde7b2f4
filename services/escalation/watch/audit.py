"""The auditor: looks for cases that nothing would move any more, and moves them. Called by a tick of service.py.

What it finds is a fault of Ombud; the gauge must be 0, and what was found is repaired by announcing anew.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import partial

import structlog
from prometheus_client import Counter, Gauge

from services.escalation.cases.announcements import escalated
from services.escalation.cases.saving import save, setting_by_case
from services.escalation.domain.case import Case, CaseState, Change, What
from services.escalation.domain.rungs import Setting, level_of
from services.escalation.domain.steps import followed_up
from services.escalation.domain.watching import refreshed
from services.escalation.policy.policybook import PolicyBook
from services.escalation.watch import audit_store
from shared.database import Transaction


class Finding(StrEnum):
    """NO_DUE: a case that time will never ask about, or that the ladder waits for without an end.

    NO_OUTCOME: an escalation of which notify said nothing. LATE: something that was due more than a minute ago.
    """

    NO_DUE = "no_due"
    NO_OUTCOME = "no_outcome"
    LATE = "late"


FOUND = Gauge("ombud_audit_findings", "What the auditor found at its last look; must be 0", ["finding"])
REPAIRS = Counter("ombud_audit_repairs_total", "What the auditor repaired", ["finding"])
MOST_REPAIRED = 100
for _finding in Finding:
    FOUND.labels(_finding)
    if _finding is not Finding.LATE:  # that is worked off, not repaired
        REPAIRS.labels(_finding)

log = structlog.get_logger()


def audit(tx: Transaction, book: PolicyBook) -> dict[Finding, int]:
    """Counts and repairs; gives what was found."""
    found = {
        Finding.NO_DUE: _give_due(tx, book),
        Finding.NO_OUTCOME: _announce_again(tx, book),
        Finding.LATE: audit_store.count_late(tx),
    }
    for finding, number in found.items():
        FOUND.labels(finding).set(number)
        if number:
            log.error("audit_found", finding=finding.value, cases=number)
    return found


def last_found() -> dict[str, int]:
    """What the last look of this replica found, by finding."""
    return {s.labels["finding"]: int(s.value) for metric in FOUND.collect() for s in metric.samples}


def _give_due(tx: Transaction, book: PolicyBook) -> int:
    """Clocks are made anew, and what the ladder waits for ends."""
    cases, setting_of = audit_store.lock_without_due(tx, MOST_REPAIRED), setting_by_case(tx, book)
    repaired = [[_repaired(_mended(case, setting_of(case)), Finding.NO_DUE, tx.now)] for case in cases]
    save(tx, repaired, {case.id: case for case in cases})
    tx.once_committed(partial(REPAIRS.labels(Finding.NO_DUE).inc, len(cases)))
    return audit_store.count_without_due(tx) + len(cases)


def _mended(case: Case, setting: Setting) -> Case:
    """Of an open case that asks for nothing even so, the ladder decides at once."""
    case = refreshed(case, setting.policy)
    if case.state is CaseState.ACKNOWLEDGED:
        return case if case.follow_up_by else followed_up(case, setting)
    rests = case.state is CaseState.OPEN and case.due_at
    return case if rests or case.respond_by else replace(case, respond_by=setting.now)


def _announce_again(tx: Transaction, book: PolicyBook) -> int:
    """Notify knows an escalation that it has seen, so whoever was alerted is not alerted twice."""
    cases, setting_of = audit_store.lock_without_outcome(tx, MOST_REPAIRED), setting_by_case(tx, book)
    for case in cases:
        if case.traceparent:
            tx.traces.setdefault(case.id, case.traceparent)
        needs_all = level_of(case, setting_of(case)).needs_all(case.recipients)
        tx.announce(escalated(case, all_must_answer=needs_all), again=True)
    save(tx, [[_repaired(case, Finding.NO_OUTCOME, tx.now)] for case in cases], {case.id: case for case in cases})
    tx.once_committed(partial(REPAIRS.labels(Finding.NO_OUTCOME).inc, len(cases)))
    return len(cases)


def _repaired(case: Case, finding: Finding, now: datetime) -> Change:
    """A row of the timeline, and no step of the case: its revision stays, or answers to its alerts would not count."""
    key = f"repaired:{finding}:{case.revision}:{case.repaired}"
    return Change(replace(case, repaired=case.repaired + 1, repaired_at=now), What.REPAIRED, reason=finding, key=key)

"""How the service stands: its counts, its policy, and what was found about it. Called by service.py."""

from typing import Any

from services.escalation.cases import store
from services.escalation.domain.case import CaseState
from services.escalation.policy.policybook import PolicyBook
from services.escalation.watch import audit
from services.escalation.watch.linter import Linter
from shared.database import Transaction
from shared.summary import plumbing_counts


def policy_document(book: PolicyBook, linter: Linter) -> dict[str, Any]:
    """The policy that new cases start with, and what the people cannot do of it."""
    findings = [{"kind": f.kind.value, "name": f.name, "text": f.text} for f in linter.findings]
    return {"version": book.current.version, "document": book.document, "findings": findings}


def summary(tx: Transaction) -> dict[str, Any]:
    """Counted from the tables; a case that only an early event made is not among the cases."""
    states, by_reason = store.count_by_state(tx), store.count_escalations(tx)
    return {
        "cases": sum(states.values()) - states[CaseState.EARLY],
        "early": states[CaseState.EARLY],
        "open": states[CaseState.OPEN],
        "escalated_now": states[CaseState.ESCALATED],
        "acknowledged": states[CaseState.ACKNOWLEDGED],
        "snoozed": states[CaseState.SNOOZED],
        "muted": states[CaseState.MUTED],
        "resolved": states[CaseState.RESOLVED],
        "exhausted": states[CaseState.EXHAUSTED],
        "escalated": store.count_escalated(tx),
        "escalations": sum(by_reason.values()),
        "by_reason": {reason.value: n for reason, n in by_reason.items()},
        "audit": audit.last_found(),
        "plumbing": plumbing_counts(tx),
    }

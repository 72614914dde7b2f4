"""What people do with cases, whichever way their answer comes. Called by the doors, the page of a link, and replies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from services.escalation.cases import store
from services.escalation.cases.saving import save, settings
from services.escalation.domain import answers, linking
from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import Case, CaseState, What
from services.escalation.domain.rungs import Setting
from services.escalation.policy.policybook import PolicyBook
from shared.contracts.notify import AlertAnswered
from shared.database import Transaction
from shared.errors import NotFound

ACKNOWLEDGE = "acknowledge"
_CALLING = (CaseState.ESCALATED, CaseState.EXHAUSTED)
# Whoever wrote before one of these meant the case as it was before.
_DEALT_WITH = (
    What.ACKNOWLEDGED,
    What.TAKEN_OVER,
    What.SNOOZED,
    What.HANDED_BACK,
    What.LINKED,
    What.RESOLVED,
    What.REOPENED,
)
Decide = Callable[[Case, Setting], answers.Answer]


@dataclass(frozen=True)
class Answered:
    """The case after an answer; refusal: why it is as it was before."""

    case: Case
    refusal: Refusal | None = None


def answer_case(tx: Transaction, book: PolicyBook, case_id: str, decide: Decide, note: str | None = None) -> Answered:
    """One answer of one person; of two at once the second finds what the first made of it. Raises NotFound."""
    case = _known(store.lock_cases(tx, [case_id]), case_id)
    changes = decide(case, settings(tx, book)(case))
    if isinstance(changes, Refusal):
        return Answered(case, changes)
    save(tx, [[replace(changes[0], note=note), *changes[1:]]], {case_id: case})
    return Answered(changes[-1].case)


def link_case(
    tx: Transaction, book: PolicyBook, case_id: str, parent_id: str, person: str, note: str | None
) -> Answered:
    """The case becomes part of the other one. Raises NotFound for either."""
    cases = store.lock_cases(tx, [case_id, parent_id])
    parent = _known(cases, parent_id)
    if store.has_parts(tx, case_id):
        return Answered(_known(cases, case_id), Refusal.HAS_CHILDREN)
    return answer_case(tx, book, case_id, lambda case, setting: linking.link(case, parent, person, setting), note)


def _known(cases: dict[str, Case], case_id: str) -> Case:
    case = cases.get(case_id)
    if case is None or (case.facts is None and not case.is_forgotten):  # heard of, and never read
        raise NotFound(f"no case {case_id}")
    return case


def take_replies(tx: Transaction, book: PolicyBook, events: Iterable[Any]) -> None:
    """Recipients who answered where their alert came; of a reply that comes too late the case already says why."""
    replies = [event for event in events if _is_reply(event)]
    cases, setting_of = store.lock_cases(tx, {event.case_id for event in replies}), settings(tx, book)
    for event in replies:
        case = cases.get(event.case_id)
        if case and _is_meant(tx, case, event):
            changes = answers.acknowledge(case, event.by, setting_of(case))
            if not isinstance(changes, Refusal):
                save(tx, [changes], cases)
                cases[case.id] = changes[-1].case


def _is_meant(tx: Transaction, case: Case, event: AlertAnswered) -> bool:
    """Like a link, an alert of a level before can still be answered, as its sender was told that they took the case."""
    if event.escalation_id == case.escalation_id:
        return True
    if case.state not in _CALLING:
        return False
    rows = store.timeline(tx, case.id)
    alerted = {row["details"].get("escalation_id") for row in rows if row["what"] == What.ESCALATED}
    dealt_with = max((row["at"] for row in rows if row["what"] in _DEALT_WITH), default=None)
    return event.escalation_id in alerted and (dealt_with is None or event.at > dealt_with)


def _is_reply(event: Any) -> bool:
    return isinstance(event, AlertAnswered) and event.what == ACKNOWLEDGE

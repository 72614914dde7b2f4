"""What people do with cases, whichever way their answer comes. Called by the doors, the page of a link, and replies."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.escalation.cases import announcements, store
from services.escalation.cases.saving import save, setting_by_case
from services.escalation.domain import answers, linking
from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import CALLING, Case, Change, What
from services.escalation.domain.rungs import Setting
from services.escalation.policy.policybook import PolicyBook
from shared.contracts.notify import AlertAnswered
from shared.database import Transaction
from shared.errors import NotFound

ACKNOWLEDGE = "acknowledge"
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
    """The case after an answer, as it is at that time; refusal: why it is as it was before."""

    case: Case
    at: datetime
    refusal: Refusal | None = None


def answer_case(tx: Transaction, book: PolicyBook, case_id: str, decide: Decide, note: str | None = None) -> Answered:
    """One answer of one person; of two at once the second finds what the first made of it. Raises NotFound."""
    case = _known(store.lock_cases(tx, [case_id]), case_id)
    changes = decide(case, setting_by_case(tx, book)(case))
    if isinstance(changes, Refusal):
        return Answered(case, tx.now, changes)
    save(tx, [[replace(changes[0], note=note), *changes[1:]]], {case_id: case})
    return Answered(changes[-1].case, tx.now)


def link_case(
    tx: Transaction, book: PolicyBook, case_id: str, parent_id: str, person: str, note: str | None
) -> Answered:
    """The case becomes part of the other one. Raises NotFound for either."""
    cases = store.lock_cases(tx, [case_id, parent_id])
    parent = _known(cases, parent_id)
    if store.has_parts(tx, case_id):
        return Answered(_known(cases, case_id), tx.now, Refusal.HAS_CHILDREN)
    return answer_case(tx, book, case_id, lambda case, setting: linking.link(case, parent, person, setting), note)


def _known(cases: dict[str, Case], case_id: str) -> Case:
    case = cases.get(case_id)
    if case is None or (case.facts is None and not case.is_forgotten):  # heard of, and never read
        raise NotFound(f"no case {case_id}")
    return case


def take_replies(
    tx: Transaction, cases: Mapping[str, Case], setting_of: Callable[[Case], Setting], events: Iterable[AlertAnswered]
) -> None:
    """Recipients who answered where their alert came; cases: locked. One that changes nothing is noted: its sender was
    told that they took the case.
    """
    now = dict(cases)
    for event in events:
        case = now.get(event.case_id)
        if case is None or event.what != ACKNOWLEDGE:
            continue
        changes = _answer_by_reply(tx, case, event, setting_of(case))
        if isinstance(changes, Refusal):
            store.add_events(tx, [announcements.row_of(_refused(case, event, changes), tx.now)])
            continue
        save(tx, [changes], now)
        now[case.id] = changes[-1].case


def _answer_by_reply(tx: Transaction, case: Case, event: AlertAnswered, setting: Setting) -> answers.Answer:
    changes = answers.acknowledge(case, event.by, setting)
    return changes if isinstance(changes, Refusal) or _is_meant(tx, case, event) else Refusal.OUTDATED


def _refused(case: Case, event: AlertAnswered, refusal: Refusal) -> Change:
    """A row of the timeline, and no step of the case: its revision stays."""
    details = {"channel": event.how, "escalation_id": event.escalation_id}
    key = f"{What.REPLY_REFUSED}:{event.alert_id}"[:100]
    return Change(case, What.REPLY_REFUSED, event.by, refusal, details, key)


def _is_meant(tx: Transaction, case: Case, event: AlertAnswered) -> bool:
    """Like a link, an alert of a level before can still be answered, as its sender was told that they took the case."""
    if event.escalation_id == case.escalation_id:
        return True
    if case.state not in CALLING:
        return False
    rows = store.timeline(tx, case.id)
    alerted = {row["details"].get("escalation_id") for row in rows if row["what"] == What.ESCALATED}
    dealt_with = max((row["at"] for row in rows if row["what"] in _DEALT_WITH), default=None)
    return event.escalation_id in alerted and (dealt_with is None or event.at > dealt_with)

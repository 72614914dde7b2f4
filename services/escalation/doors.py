"""Between HTTP and the use cases: who asks, a case as JSON, and the page behind a link. Called by service.py."""

from typing import Any

from werkzeug.wrappers import Request

from services.escalation import schemas, store, supervisors
from services.escalation.answer_schemas import WorklistQuery
from services.escalation.domain.case import Case, CaseState
from services.escalation.domain.clocks import Clock, has_kept
from services.escalation.domain.people import EVERYWHERE
from services.escalation.domain.worklist import Wish, mark_of
from shared.contracts.event import to_text
from shared.database import Transaction
from shared.errors import NotFound
from shared.summary import plumbing_counts

_TOLD = ("at", "actor", "what", "level", "reason", "policy_version", "details", "note")


def case_data(case: Case) -> dict[str, Any]:
    """The case as JSON, without what only the ladder needs."""
    facts = case.facts
    return {
        "id": case.id,
        "state": case.state,
        "case_revision": case.revision,
        "severity": case.severity,
        "ladder": case.ladder or None,
        "level": case.level,
        "round": case.round,
        "reason": case.reason,
        "trigger": case.trigger,
        "escalation_id": case.escalation_id,
        "recipients": case.recipients,
        "confirmed_by": case.confirmed_by,
        "policy_version": case.policy_version,
        "category": facts.category if facts else None,
        "region": facts.region if facts else None,
        "product": facts.product if facts else None,
        "agent_id": case.owner.agent_id,
        "parent_id": case.parent_id,
        "is_major": case.is_major,
        "clocks": [_clock_data(clock) for clock in case.clocks],
        "paused_until": to_text(max((pause.end for pause in case.pauses), default=None)),
        **{name: to_text(getattr(case, name)) for name in _INSTANTS},
        "acknowledged_by": case.acknowledged_by,
        "closed_by": case.closed_by,
        "outcome": case.outcome,
        "remedies": case.remedies,
        "ending": case.ending,
    }


_INSTANTS = (
    "due_at",
    "overdue_since",
    "respond_by",
    "follow_up_by",
    "opened_at",
    "since",
    "escalated_at",
    "acknowledged_at",
    "closed_at",
)


def _clock_data(clock: Clock) -> dict[str, Any]:
    return {
        "name": clock.name,
        "started_at": to_text(clock.started_at),
        "due_at": to_text(clock.due_at),
        "told": clock.told,
        "stopped_at": to_text(clock.stopped_at),
        "kept": has_kept(clock),
    }


def case_with_timeline(tx: Transaction, case_id: str) -> dict[str, Any]:
    case = known_case(tx, case_id)
    return case_data(case) | {"agent": case.owner.agent_name, "timeline": timeline(tx, case_id)}


def known_case(tx: Transaction, case_id: str) -> Case:
    case = store.find_case(tx, case_id)
    if case is None:
        raise NotFound(f"no case {case_id}")
    return case


def timeline(tx: Transaction, case_id: str) -> list[dict[str, Any]]:
    """Everything that happened, in order, with what people wrote about it."""
    notes = store.notes_of(tx, case_id)
    rows = ({**row, "at": to_text(row["at"]), "note": notes.get(row["key"])} for row in store.timeline(tx, case_id))
    return [{name: row[name] for name in _TOLD} for row in rows]


def only_timeline(tx: Transaction, case_id: str) -> dict[str, Any]:
    known_case(tx, case_id)
    return {"case_id": case_id, "timeline": timeline(tx, case_id)}


def worklist(tx: Transaction, request: Request) -> dict[str, Any]:
    """A page of cases; `next`: what to say as `after` for the next page, null on the last."""
    wish = _wish(tx, request)
    cases = store.list_cases(tx, wish)
    more = mark_of(cases[-1], wish.sort) if len(cases) == wish.limit else None
    return {"cases": [case_data(case) for case in cases], "next": more}


def _wish(tx: Transaction, request: Request) -> Wish:
    asked = schemas.load(WorklistQuery(), dict(request.args))
    me = request.caller.name  # type: ignore[attr-defined]
    of = me if asked.pop("mine") else asked["of"]
    own = supervisors.find(tx, [me]).get(me) if asked.pop("my_region") else None
    regions = asked.pop("region")
    if own and EVERYWHERE not in own.regions:
        regions = own.regions
    return Wish(**asked | {"of": of, "regions": tuple(regions) if regions else None})


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
        "plumbing": plumbing_counts(tx),
    }

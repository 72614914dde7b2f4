"""Cases as they are shown: one, its timeline, the worklist. Called by service.py and the door of answers."""

from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request

from services.escalation import schemas
from services.escalation.cases import store
from services.escalation.cases.worklist import list_cases
from services.escalation.domain.case import Case
from services.escalation.domain.clocks import Clock, has_kept, is_paused
from services.escalation.domain.people import EVERYWHERE
from services.escalation.domain.worklist import Filter, mark_of
from services.escalation.doors.query_schemas import WorklistQuery
from services.escalation.people import supervisors
from shared.contracts.event import to_text
from shared.database import Transaction
from shared.errors import NotFound, Rejected

_TOLD = ("at", "actor", "what", "level", "reason", "policy_version", "details", "note")


def case_document(case: Case, now: datetime) -> dict[str, Any]:
    """The case as JSON, without what only the ladder needs."""
    facts, pause = case.facts, is_paused(case.pauses, now)
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
        "clocks": [_clock_document(clock) for clock in case.clocks],
        "paused_until": to_text(pause.end if pause else None),
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


def _clock_document(clock: Clock) -> dict[str, Any]:
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
    return case_document(case, tx.now) | {"agent": case.owner.agent_name, "timeline": timeline(tx, case_id)}


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
    wanted = _filter(tx, request)
    cases = list_cases(tx, wanted)
    more = mark_of(cases[-1], wanted.sort) if len(cases) == wanted.limit else None
    return {"cases": [case_document(case, tx.now) for case in cases], "next": more}


def _filter(tx: Transaction, request: Request) -> Filter:
    asked = schemas.load_query(WorklistQuery(), request.args)
    me = request.caller.name  # type: ignore[attr-defined]
    mine, of = asked.pop("mine"), asked.pop("of")
    regions = asked.pop("region")
    if asked.pop("my_region"):
        regions = _among_own(tx, me, regions)
    untaken = asked.pop("unanswered")
    return Filter(**asked, of=me if mine else of, untaken=untaken, regions=None if regions is None else tuple(regions))


def _among_own(tx: Transaction, me: str, wanted: list[str] | None) -> list[str] | None:
    """The regions that were asked for and are the caller's; None = all."""
    person = supervisors.find(tx, [me]).get(me)
    if person is None:
        raise Rejected("the query does not fit", [{"pointer": "/my_region", "detail": f"{me} is no supervisor"}])
    if EVERYWHERE in person.regions:
        return wanted
    return [region for region in person.regions if wanted is None or region in wanted]

"""Between HTTP and the use cases: who asks, a case as JSON, and the page behind a link. Called by service.py."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from services.escalation import schemas, store, supervisors, usecases
from services.escalation.domain.case import Case, CaseState
from services.escalation.domain.ladder import Supervisor
from services.escalation.pages import page
from services.escalation.usecases import Answer, Outcome, take_case
from shared.codes import each_once, language_code, region_code
from shared.contracts.event import Instant
from shared.database import Database, Transaction
from shared.errors import Conflict, Forbidden, NotFound
from shared.links import BadLink, Claim, check
from shared.parts import only_checks
from shared.summary import plumbing_counts
from shared.web import BadRequest, json_body, json_response

_INSTANT = Instant()
MOST_LISTED = 500
_TOLD = ("at", "actor", "what", "level", "reason", "policy_version", "details")


def person_of(request: Request) -> str:
    """Who takes the case: the holder of the token, or whom an operator names in the body."""
    caller = request.caller  # type: ignore[attr-defined]
    body = schemas.load(schemas.AcknowledgeBody(), json_body(request) if request.get_data() else {})
    by: str | None = body["by"]
    if by is None or by == caller.name:
        return str(caller.name)
    if not caller.may("operator"):
        raise Forbidden("only an operator may answer for somebody else")
    return by


def answered(answer: Answer) -> Response:
    """Who has the case now, whether or not this answer was the first."""
    if answer.outcome is Outcome.ALREADY_RESOLVED:
        case = answer.case
        raise Conflict(f"the case was resolved at {case.closed_at:%Y-%m-%d %H:%M} UTC by {case.closed_by}")
    return json_response(case_data(answer.case) | {"already": answer.outcome is Outcome.ALREADY_TAKEN})


def supervisor_of(supervisor_id: str, request: Request) -> Supervisor:
    if len(supervisor_id) > 100:
        raise BadRequest("the id may have 100 characters")
    return _supervisor(supervisor_id, schemas.load(schemas.SupervisorBody(), json_body(request)))


def supervisors_of(request: Request) -> dict[str, Supervisor]:
    """By id; raises Rejected with every fault of every entry by its path."""
    body = schemas.load(schemas.SupervisorsBody(), json_body(request))
    return {entry["id"]: _supervisor(entry["id"], entry) for entry in body["supervisors"]}


def _supervisor(id_: str, entry: dict[str, Any]) -> Supervisor:
    regions, languages = each_once(region_code, entry["regions"]), each_once(language_code, entry["languages"])
    return Supervisor(id_, entry["name"], entry["role"], regions, languages)


def put_supervisors(db: Database, request: Request) -> Response:
    """Stores all of a list or nothing, or only says what it would change."""
    people = supervisors_of(request)
    if only_checks(request.args):
        with db.read() as tx:
            return json_response(usecases.check_supervisors(tx, people))
    return json_response(db.run(lambda tx: usecases.save_supervisors(tx, people)))


def supervisor_data(person: Supervisor) -> dict[str, Any]:
    return vars(person) | {"role": person.role.value}


def case_data(case: Case) -> dict[str, Any]:
    """The case as JSON, without what only the ladder needs."""
    facts = case.facts
    return {
        "id": case.id,
        "state": case.state,
        "case_revision": case.revision,
        "severity": case.severity,
        "level": case.level,
        "round": case.round,
        "reason": case.reason,
        "trigger": case.trigger,
        "escalation_id": case.escalation_id,
        "recipients": case.recipients,
        "policy_version": case.policy_version,
        "category": facts.category if facts else None,
        "region": facts.region if facts else None,
        **{
            name: _INSTANT._serialize(getattr(case, name), None, None)
            for name in ("due_at", "since", "escalated_at", "acknowledged_at", "closed_at")
        },
        "acknowledged_by": case.acknowledged_by,
        "closed_by": case.closed_by,
        "ending": case.ending,
    }


def case_with_timeline(tx: Transaction, case_id: str) -> dict[str, Any]:
    case = store.find_case(tx, case_id)
    if case is None:
        raise NotFound(f"no case {case_id}")
    agent = store.agents_of(tx, [case_id]).get(case_id)
    rows = [{**row, "at": _INSTANT._serialize(row["at"], None, None)} for row in store.timeline(tx, case_id)]
    return case_data(case) | {"agent": agent, "timeline": [{name: row[name] for name in _TOLD} for row in rows]}


def case_list(tx: Transaction, arguments: Mapping[str, str]) -> list[dict[str, Any]]:
    """`?state=` one of the states, `?limit=` at most MOST_LISTED."""
    try:
        state = CaseState(arguments["state"]) if arguments.get("state") else None
        limit = int(arguments.get("limit", "100"))
    except ValueError as error:
        raise BadRequest(f"state is one of {', '.join(CaseState)}; limit is a number") from error
    return [case_data(case) for case in store.list_cases(tx, state, max(1, min(limit, MOST_LISTED)))]


def summary(tx: Transaction) -> dict[str, Any]:
    """Counted from the tables; a case that only an early event made is not among the cases."""
    states, by_reason = store.count_by_state(tx), store.count_escalations(tx)
    return {
        "cases": sum(states.values()) - states[CaseState.EARLY],
        "early": states[CaseState.EARLY],
        "open": states[CaseState.OPEN],
        "escalated_now": states[CaseState.ESCALATED],
        "acknowledged": states[CaseState.ACKNOWLEDGED],
        "resolved": states[CaseState.RESOLVED],
        "exhausted": states[CaseState.EXHAUSTED],
        "escalated": store.count_escalated(tx),
        "escalations": sum(by_reason.values()),
        "by_reason": {reason.value: n for reason, n in by_reason.items()},
        "plumbing": plumbing_counts(tx),
    }


# -- the signed link ----------------------------------------------------------------------------------------------


class Links:
    """Checks the links that notify minted."""

    def __init__(self, keys: tuple[str, ...], max_age: timedelta):
        self._keys, self._max_age = keys, max_age

    def claim(self, token: str) -> Claim:
        return check(self._keys, token, self._max_age)


def show_page(db: Database, links: Links, token: str) -> Response:
    """The page of the case; looking at it changes nothing, because mail scanners look at every link."""
    try:
        claim = links.claim(token)
    except BadLink as error:
        return page.bad_link(error.reason)
    with db.read() as tx:
        return _page(tx, claim)


def answer_by_link(db: Database, links: Links, token: str) -> Response:
    """The person named in the link takes the case, and sees what came of it."""
    try:
        claim = links.claim(token)
        db.run(lambda tx: take_case(tx, claim.case_id, claim.person))
    except BadLink as error:
        return page.bad_link(error.reason)
    except NotFound:
        return page.bad_link("unknown")
    with db.read() as tx:
        return _page(tx, claim)


def _page(tx: Transaction, claim: Claim) -> Response:
    case = store.find_case(tx, claim.case_id)
    if case is not None and case.is_forgotten:
        return page.erased()
    if case is None or case.facts is None:
        return page.bad_link("unknown")
    people = {person.id: person.name for person in supervisors.everybody(tx)}
    agent = store.agents_of(tx, [case.id]).get(case.id)
    view = page.View(case, case.facts, claim, people, agent, tuple(store.timeline(tx, case.id)), tx.now)
    return page.case_page(view)

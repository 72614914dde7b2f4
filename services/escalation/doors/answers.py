"""Answers to cases by HTTP: who answers, what, and what came of it. Called by service.py."""

from typing import Any

from marshmallow import Schema
from werkzeug.wrappers import Request, Response

from services.escalation.answers import answer_schemas as forms
from services.escalation.answers import deciding
from services.escalation.answers.answering import Answered, answer_case, link_case
from services.escalation.answers.deciding import Body, Make
from services.escalation.domain.answers import Refusal
from services.escalation.doors.cases import case_document
from services.escalation.people import supervisors
from services.escalation.policy.policybook import PolicyBook
from services.escalation.schemas import load
from shared.contracts.escalation import EscalationReason
from shared.database import Database
from shared.errors import Conflict, Forbidden, Rejected
from shared.web import json_body, json_response


def acknowledge(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _take(db, book, request, case_id, deciding.acknowledged)


def take_over(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _take(db, book, request, case_id, deciding.taken_over)


def resolve(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.ResolveBody(), deciding.resolved)


def hand_back(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.HandBackBody(), deciding.handed_back)


def escalate(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    body, person = _read(request, forms.EscalateBody())
    return _save(db, book, case_id, person, _as_who_asks(request, body), deciding.escalated)


def snooze(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.UntilBody(), deciding.snoozed)


def add_note(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.NoteBody(), deciding.remarked)


def pause(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.PauseBody(), deciding.paused)


def resume(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.AnswerBody(), deciding.resumed)


def correct(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.CorrectBody(), deciding.corrected)


def unlink(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.AnswerBody(), deciding.unlinked)


def link(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    body, person = _read(request, forms.LinkBody())
    parent, note = body["parent"], body["note"]
    return _told(db.run(lambda tx: link_case(tx, book, case_id, parent, person, note)))


def _take(db: Database, book: PolicyBook, request: Request, case_id: str, make: Make) -> Response:
    """Nobody is reminded of a case that somebody has whom nobody knows, so a slip of an operator is refused."""
    body, person = _read(request, forms.AnswerBody())
    if person != _caller(request).name:
        with db.read() as tx:
            known = supervisors.find(tx, [person])
        if not known:
            raise Rejected(
                "the body does not fit", [{"pointer": "/by", "detail": "is no supervisor whom the service knows"}]
            )
    return _save(db, book, case_id, person, body, make)


def _answer(db: Database, book: PolicyBook, request: Request, case_id: str, form: Schema, make: Make) -> Response:
    body, person = _read(request, form)
    return _save(db, book, case_id, person, body, make)


def _save(db: Database, book: PolicyBook, case_id: str, person: str, body: Body, make: Make) -> Response:
    decide = make(person, body)
    return _told(db.run(lambda tx: answer_case(tx, book, case_id, decide, body["note"])))


def _read(request: Request, form: Schema) -> tuple[Body, str]:
    """The checked body, and who answers: the holder of the token, or whom an operator names."""
    body = load(form, json_body(request) if request.get_data() else {})
    caller, by = _caller(request), body["by"]
    if by is not None and by != caller.name and not caller.may("operator"):
        raise Forbidden("only an operator may answer for somebody else")
    return body, str(by or caller.name)


def _as_who_asks(request: Request, body: Body) -> Body:
    """A system asks, whatever reason it gives, and the policy says whether and to which level; people choose."""
    caller = _caller(request)
    if not caller.may("person"):
        if body["level"] is not None:
            raise Forbidden("a source may ask; which level that is for, the policy says: leave level out")
        return body | {"reason": EscalationReason.UPSTREAM_REQUEST}
    if body["reason"] is EscalationReason.UPSTREAM_REQUEST and not caller.may("source"):
        raise Forbidden("only a source may ask in the name of an upstream system")
    return body


def _caller(request: Request) -> Any:
    return request.caller  # type: ignore[attr-defined]


def _told(answered: Answered) -> Response:
    """The case as it is now; of two who take it at once the second hears who has it, and that is no fault."""
    if answered.refusal not in (None, Refusal.ALREADY_TAKEN):
        raise Conflict(deciding.why_not(answered.case, answered.refusal))
    document = case_document(answered.case, answered.at)
    return json_response(document | {"already": answered.refusal is Refusal.ALREADY_TAKEN})

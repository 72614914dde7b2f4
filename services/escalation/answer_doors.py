"""Answers to cases by HTTP: who answers, what, and what came of it. Called by service.py."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from marshmallow import Schema
from werkzeug.wrappers import Request, Response

from services.escalation import answer_schemas as forms
from services.escalation.answering import Answered, Decide, answer_case, link_case
from services.escalation.domain import answers
from services.escalation.domain.answers import Correction, Refusal
from services.escalation.domain.case import Case
from services.escalation.domain.steps import Setting
from services.escalation.doors import case_data
from services.escalation.policybook import PolicyBook
from services.escalation.schemas import load
from shared.codes import language_code, region_code
from shared.contracts.escalation import EscalationReason
from shared.database import Database
from shared.errors import Conflict, Forbidden
from shared.web import json_body, json_response

Body = dict[str, Any]
Make = Callable[[str, Body], Decide]


def acknowledge(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.AnswerBody(), _acknowledged)


def take_over(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.AnswerBody(), _taken_over)


def resolve(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.ResolveBody(), _resolved)


def hand_back(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.HandBackBody(), _handed_back)


def escalate(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.EscalateBody(), _escalated)


def snooze(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.UntilBody(), _snoozed)


def add_note(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.NoteBody(), _remarked)


def pause(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.PauseBody(), _paused)


def resume(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.AnswerBody(), _resumed)


def correct(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.CorrectBody(), _corrected)


def unlink(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    return _answer(db, book, request, case_id, forms.AnswerBody(), _unlinked)


def link(db: Database, book: PolicyBook, request: Request, case_id: str) -> Response:
    body, person = _read(request, forms.LinkBody())
    parent, note = body["parent"], body["note"]
    return _told(db.run(lambda tx: link_case(tx, book, case_id, parent, person, note)))


def _answer(db: Database, book: PolicyBook, request: Request, case_id: str, form: Schema, make: Make) -> Response:
    body, person = _read(request, form)
    decide = make(person, body)
    return _told(db.run(lambda tx: answer_case(tx, book, case_id, decide, body["note"])))


def _read(request: Request, form: Schema) -> tuple[Body, str]:
    """The checked body, and who answers: the holder of the token, or whom an operator names."""
    body = load(form, json_body(request) if request.get_data() else {})
    caller, by = request.caller, body["by"]  # type: ignore[attr-defined]
    if by is not None and by != caller.name and not caller.may("operator"):
        raise Forbidden("only an operator may answer for somebody else")
    return body, str(by or caller.name)


def _acknowledged(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.acknowledge(case, person, setting)


def _taken_over(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.take_over(case, person, setting)


def _resolved(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.resolve(case, person, body["outcome"], tuple(body["remedies"]), setting)


def _handed_back(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.hand_back(case, person, body["needs"], setting)


def _escalated(person: str, body: Body) -> Decide:
    reason: EscalationReason = body["reason"]
    return lambda case, setting: answers.escalate(case, person, body["level"], reason, setting)


def _snoozed(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.snooze(case, person, _until(body, setting), setting)


def _remarked(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.remark(case, person, setting)


def _paused(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.pause(case, person, body["reason"], _until(body, setting), setting)


def _resumed(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.resume(case, person, setting)


def _corrected(person: str, body: Body) -> Decide:
    language, region = language_code(body["language"]), region_code(body["region"])
    correction = Correction(body["severity"], body["category"], language, region)
    return lambda case, setting: answers.correct(case, person, correction, setting)


def _unlinked(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.unlink(case, person, setting)


def _until(body: Body, setting: Setting) -> datetime:
    until: datetime = body["until"] or setting.now + body["for_"]
    return until


def _told(answered: Answered) -> Response:
    """The case as it is now; of two who take it at once the second hears who has it, and that is no fault."""
    if answered.refusal not in (None, Refusal.ALREADY_TAKEN):
        raise Conflict(why_not(answered.case, answered.refusal))
    return json_response(case_data(answered.case) | {"already": answered.refusal is Refusal.ALREADY_TAKEN})


def why_not(case: Case, refusal: Refusal | None) -> str:
    """The refusal as a sentence, with what has happened meanwhile."""
    match refusal:
        case Refusal.ALREADY_RESOLVED:
            at = f" at {case.closed_at:%Y-%m-%d %H:%M} UTC" if case.closed_at else ""
            return f"the case was resolved{at} by {case.closed_by}"
        case Refusal.ALREADY_TAKEN:
            return f"{case.acknowledged_by} has taken the case"
        case Refusal.PART_OF_ANOTHER:
            return f"the case is part of {case.parent_id}: answer that one, or unlink this one first"
        case _:
            return _WHY_NOT.get(refusal, "nothing was changed") if refusal else ""


_WHY_NOT = {
    Refusal.NOT_READ: "the complaint has not been read yet",
    Refusal.NO_SUCH_LEVEL: "the ladder of the case has no such level",
    Refusal.TOO_LATE: "that time lies in the past",
    Refusal.TOO_LONG: "the policy does not allow so long a time",
    Refusal.NOT_PAUSED: "the case is not paused",
    Refusal.NO_RULE: "the policy has no rule that escalates for such a request",
    Refusal.ITSELF: "a case cannot be part of itself, or of a part of itself",
    Refusal.PARENT_ENDED: "the other case is not open",
    Refusal.HAS_CHILDREN: "other cases are part of this one: it cannot be part of another",
    Refusal.NOT_LINKED: "the case is not part of another one",
}

"""What the doors of answers and the page behind the link take and answer."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from services.escalation.answers import answer_schemas as forms
from services.escalation.documents.cases import ONE, CaseDocument
from services.escalation.domain.policy import PauseReason
from services.escalation.pages.acts import NEEDS, Act
from shared.api import A_THIRD_COMPLAINT, HTML, PAGE, Operation
from shared.contracts.escalation import Outcome, Remedy


@dataclass(frozen=True)
class AnsweredCase(CaseDocument):
    """already: somebody had taken it before."""

    already: bool


# What the forms of the page send; `act` says which it is, and without it the case is taken.
PAGE_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "act": {"enum": [*Act]},
        "note": {"type": "string"},
        "outcome": {"enum": [*Outcome]},
        "remedies": {"type": "array", "items": {"enum": [*Remedy]}},
        "for": {"type": "string", "examples": ["4h"]},
        "reason": {"enum": [*PauseReason]},
        "until": {"type": "string", "description": "in UTC, such as 2026-11-27T09:00"},
        **{name: {"type": "string"} for name in NEEDS},
    },
}


def _answer(summary: str, form: type[Schema], example: dict[str, Any], needs_body: bool = True) -> Operation:
    return Operation(
        summary,
        body=form(),
        needs_body=needs_body,
        answer=AnsweredCase,
        problems=(404, 409),
        example=example,
        example_path=ONE,
    )


OPERATIONS = {
    "show_page": Operation("The page behind the link of an alert", answer=PAGE, answers=HTML, pages=(404, 410)),
    "answer_by_link": Operation(
        "A form of the page: take the case, or go on with it, as the person of the link; a link works once",
        answer=PAGE,
        answers=HTML,
        body={"application/x-www-form-urlencoded": PAGE_FORM},
        needs_body=False,
        pages=(303, 404, 409, 410, 422),
    ),
    "acknowledge": _answer(
        "Take a case: the ladder's clock stops, the follow-up clock starts",
        forms.AnswerBody,
        {"by": "petr"},
        needs_body=False,
    ),
    "take_over": _answer(
        "Take a case, also from somebody who has it", forms.AnswerBody, {"by": "karin"}, needs_body=False
    ),
    "escalate": _answer(
        "Move a case to a level, or to the next one",
        forms.EscalateBody,
        {"level": 2, "note": "He wants to go to the press."},
        needs_body=False,
    ),
    "snooze": _answer(
        "Put a case off: nobody is alerted until then, but for a new alarm", forms.UntilBody, {"for": "2h"}
    ),
    "add_note": _answer("Add a note to the record of a case", forms.NoteBody, {"note": "Called her, no answer."}),
    "pause": _answer(
        "Stop the clocks that the policy stops for that reason",
        forms.PauseBody,
        {"for": "1d", "reason": "waiting_for_customer"},
    ),
    "resume": _answer("Let the clocks of a case run again", forms.AnswerBody, {}, needs_body=False),
    "correct": _answer(
        "Say how the complaint should have been read", forms.CorrectBody, {"severity": "high", "category": "safety"}
    ),
    "link": _answer(
        "Make a case part of another one, whose alerts speak for it", forms.LinkBody, {"parent": A_THIRD_COMPLAINT}
    ),
    "unlink": _answer("Let a case stand for itself again", forms.AnswerBody, {}, needs_body=False),
    "hand_back": _answer(
        "Give a complaint back to routing",
        forms.HandBackBody,
        {"needs": {"skill": "safety", "language": "cs"}},
        needs_body=False,
    ),
    "resolve": _answer(
        "Resolve a case, with its outcome and what the customer got",
        forms.ResolveBody,
        {"outcome": "upheld", "remedies": ["apology", "refund"]},
    ),
}

"""What the doors of answers and the page behind the link take and answer."""

from dataclasses import dataclass
from typing import Any

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
    "acknowledge": Operation(
        "Take a case: the ladder's clock stops, the follow-up clock starts",
        body=forms.AnswerBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={"by": "petr"},
        example_path=ONE,
    ),
    "take_over": Operation(
        "Take a case, also from somebody who has it",
        body=forms.AnswerBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={"by": "karin"},
        example_path=ONE,
    ),
    "escalate": Operation(
        "Move a case to a level, or to the next one",
        body=forms.EscalateBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={"level": 2, "note": "He wants to go to the press."},
        example_path=ONE,
    ),
    "snooze": Operation(
        "Put a case off: nobody is alerted until then, but for a new alarm",
        body=forms.UntilBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"for": "2h"},
        example_path=ONE,
    ),
    "add_note": Operation(
        "Add a note to the record of a case",
        body=forms.NoteBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"note": "Called her, no answer."},
        example_path=ONE,
    ),
    "pause": Operation(
        "Stop the clocks that the policy stops for that reason",
        body=forms.PauseBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"for": "1d", "reason": "waiting_for_customer"},
        example_path=ONE,
    ),
    "resume": Operation(
        "Let the clocks of a case run again",
        body=forms.AnswerBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={},
        example_path=ONE,
    ),
    "correct": Operation(
        "Say how the complaint should have been read",
        body=forms.CorrectBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"severity": "high", "category": "safety"},
        example_path=ONE,
    ),
    "link": Operation(
        "Make a case part of another one, whose alerts speak for it",
        body=forms.LinkBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"parent": A_THIRD_COMPLAINT},
        example_path=ONE,
    ),
    "unlink": Operation(
        "Let a case stand for itself again",
        body=forms.AnswerBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={},
        example_path=ONE,
    ),
    "hand_back": Operation(
        "Give a complaint back to routing",
        body=forms.HandBackBody(),
        needs_body=False,
        answer=AnsweredCase,
        problems=(404, 409),
        example={"needs": {"skill": "safety", "language": "cs"}},
        example_path=ONE,
    ),
    "resolve": Operation(
        "Resolve a case, with its outcome and what the customer got",
        body=forms.ResolveBody(),
        answer=AnsweredCase,
        problems=(404, 409),
        example={"outcome": "upheld", "remedies": ["apology", "refund"]},
        example_path=ONE,
    ),
}

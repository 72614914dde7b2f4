"""From a checked form to the decision about a case, from a refusal to a sentence. Used by the doors and the page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.escalation.answers.answering import Decide
from services.escalation.domain import answers, linking
from services.escalation.domain.answers import Correction, Refusal
from services.escalation.domain.case import Case
from services.escalation.domain.rungs import Setting
from shared.codes import language_code, region_code
from shared.contracts.escalation import EscalationReason

Body = dict[str, Any]
Make = Callable[[str, Body], Decide]


def acknowledged(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.acknowledge(case, person, setting)


def taken_over(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.take_over(case, person, setting)


def resolved(person: str, body: Body) -> Decide:
    remedies = tuple(dict.fromkeys(body["remedies"]))
    return lambda case, setting: answers.resolve(case, person, body["outcome"], remedies, setting)


def handed_back(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.hand_back(case, person, body["needs"], setting)


def escalated(person: str, body: Body) -> Decide:
    reason: EscalationReason = body["reason"]
    return lambda case, setting: answers.escalate(case, person, body["level"], reason, setting)


def snoozed(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.snooze(case, person, _until(body, setting), setting)


def remarked(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.remark(case, person, setting)


def paused(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.pause(case, person, body["reason"], _until(body, setting), setting)


def resumed(person: str, body: Body) -> Decide:
    return lambda case, setting: answers.resume(case, person, setting)


def corrected(person: str, body: Body) -> Decide:
    language, region = language_code(body["language"]), region_code(body["region"])
    correction = Correction(body["severity"], body["category"], language, region)
    return lambda case, setting: answers.correct(case, person, correction, setting)


def unlinked(person: str, body: Body) -> Decide:
    return lambda case, setting: linking.unlink(case, person, setting)


def _until(body: Body, setting: Setting) -> datetime:
    until: datetime = body["until"] or setting.now + body["for_"]
    return until


def why_not(case: Case, refusal: Refusal | None) -> str:
    """The refusal as a sentence, with what has happened meanwhile."""
    match refusal:
        case Refusal.ALREADY_RESOLVED:
            return f"the case was resolved{_at(case.closed_at)} by {case.closed_by}"
        case Refusal.ALREADY_TAKEN if case.acknowledged_by:
            return f"{case.acknowledged_by} took the case{_at(case.acknowledged_at)}"
        case Refusal.PART_OF_ANOTHER:
            return f"the case is part of {case.parent_id}: answer that one, or unlink this one first"
        case _:
            return WHY_NOT[refusal] if refusal else ""


def _at(at: datetime | None) -> str:
    return f" at {at:%Y-%m-%d %H:%M} UTC" if at else ""


WHY_NOT = {
    Refusal.ALREADY_TAKEN: "you have answered already, and others must, too",
    Refusal.NOT_READ: "the complaint has not been read yet",
    Refusal.NO_SUCH_LEVEL: "the ladder of the case has no such level",
    Refusal.TOO_LATE: "that time lies in the past",
    Refusal.TOO_LONG: "the policy does not allow so long a time",
    Refusal.NOT_PAUSED: "the case is not paused",
    Refusal.NO_RULE: "the policy has no rule that escalates for such a request",
    Refusal.ITSELF: "a case cannot be part of itself, or of a part of itself",
    Refusal.PARENT_ENDED: "the other case is not open",
    Refusal.PARENT_IS_PART: "the other case is itself part of another one: link to that one",
    Refusal.HAS_CHILDREN: "other cases are part of this one: it cannot be part of another",
    Refusal.NOT_LINKED: "the case is not part of another one",
    Refusal.OUTDATED: "the case has moved on since that alert",
}

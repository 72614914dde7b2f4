"""The forms of answers to cases by HTTP. Used by the doors of answers."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.escalation.domain.policy import PauseReason
from shared.codes import language_code, region_code
from shared.contracts.escalation import EscalationReason, Outcome, Remedy
from shared.contracts.event import Instant, Severity
from shared.policy.fields import Period
from shared.policy.words import NONE

NO_NUL = validate.ContainsNoneOf("\0", error="no NUL, please")  # PostgreSQL cannot keep it
REQUESTS = (EscalationReason.MANUAL, EscalationReason.AGENT_REQUEST, EscalationReason.UPSTREAM_REQUEST)
LONGEST_NOTE = 10_000


def _text(longest: int, **options: Any) -> fields.String:
    return fields.String(validate=[validate.Length(1, longest), NO_NUL], **options)


class AnswerBody(Schema):
    """What every answer may say: who answers, if an operator does it for somebody, and a note for the record."""

    by = _text(200, load_default=None, allow_none=True)
    note = _text(LONGEST_NOTE, load_default=None, allow_none=True)


class ResolveBody(AnswerBody):
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    remedies = fields.List(fields.Enum(Remedy, by_value=True), load_default=list, validate=validate.Length(max=5))


# As routing and intake know them; whatever else is written is nobody's language or region.
_LANGUAGE, _LANGUAGE_SAYS = "[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}", "a language such as cs"
_REGION, _REGION_SAYS = "[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "a region such as CZ"


def _form(pattern: str, example: str) -> validate.Regexp:
    return validate.Regexp(rf"(?:{pattern})\Z", error=f"cannot be used; write {example}")


def _need(pattern: str, example: str) -> fields.String:
    return fields.String(validate=_form(f"none|{pattern}", example))


class NeedsBody(Schema):
    """What the next agent must bring, beside what routing's rules ask for; `none` = plays no part."""

    skill = _need(r"[a-z0-9][a-z0-9_]{0,39}", "a word in small letters, such as billing")
    skill_level = _need("[1-5]", "1 to 5")
    language = _need(_LANGUAGE, _LANGUAGE_SAYS)
    language_level = _need("[1-5]", "1 to 5")
    region = _need(_REGION, _REGION_SAYS)
    team = _need(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "a team such as recall")

    @post_load
    def _in_one_spelling(self, data: dict[str, str], **_: Any) -> dict[str, str]:
        spelled = {"language": language_code, "region": region_code}
        return {name: text if text == NONE else spelled.get(name, str)(text) or NONE for name, text in data.items()}


class HandBackBody(AnswerBody):
    needs = fields.Nested(NeedsBody, load_default=dict)


class EscalateBody(AnswerBody):
    """level: from 1; without it the next one. reason: who asks for it."""

    level = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 5))
    reason = fields.Enum(EscalationReason, by_value=True, load_default=EscalationReason.MANUAL)

    @validates_schema
    def _is_a_request(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["reason"] not in REQUESTS:
            raise ValidationError({"reason": [f"is none of {', '.join(REQUESTS)}"]})


class UntilBody(AnswerBody):
    """until: an instant; for: a length of time such as 90m or 4h, instead."""

    until = Instant(load_default=None)
    for_ = Period(data_key="for", load_default=None)

    @validates_schema
    def _one_of_them(self, data: Mapping[str, Any], **_: Any) -> None:
        if (data["until"] is None) == (data["for_"] is None):
            raise ValidationError({"until": ["say either until or for"]})


class PauseBody(UntilBody):
    reason = fields.Enum(PauseReason, by_value=True, load_default=PauseReason.WAITING_FOR_CUSTOMER)


class NoteBody(Schema):
    by = _text(200, load_default=None, allow_none=True)
    note = _text(LONGEST_NOTE, required=True)


class CorrectBody(AnswerBody):
    """What was read wrongly; at least one of them."""

    severity = fields.Enum(Severity, by_value=True, load_default=None)
    category = fields.String(
        load_default=None, validate=_form("[a-z][a-z0-9_]{0,39}", "a word in small letters, such as billing")
    )
    language = fields.String(load_default=None, validate=_form(_LANGUAGE, _LANGUAGE_SAYS))
    region = fields.String(load_default=None, validate=_form(_REGION, _REGION_SAYS))

    @validates_schema
    def _says_something(self, data: Mapping[str, Any], **_: Any) -> None:
        if not any(data[name] for name in ("severity", "category", "language", "region")):
            raise ValidationError("say what was read wrongly: severity, category, language or region")
        if data["language"] and language_code(data["language"]) is None:
            raise ValidationError({"language": ["names nothing"]})


class LinkBody(AnswerBody):
    parent = fields.String(required=True, validate=[validate.Length(1, 36), NO_NUL])

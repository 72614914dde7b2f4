"""The forms of what comes in from outside: HTTP bodies and the policy file. Used by the doors and the policy reader."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.escalation.domain.ladder import ASK_KINDS, MAX_LEVELS, Role
from shared.contracts.event import Severity
from shared.errors import Rejected

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SEVERITIES = tuple(s.value for s in Severity)
_CHOICES = {"severity": _SEVERITIES, "asked": ASK_KINDS}


class Period(fields.Field[timedelta]):
    """A length of time such as 90s, 10m, 4h or 2d."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> timedelta:
        match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", str(value))
        if match is None:
            raise ValidationError(f"{value!r} is not a time; write 90s, 10m, 4h or 2d")
        return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


_NO_NUL = validate.ContainsNoneOf("\0", error="no NUL, please")  # PostgreSQL cannot keep it


def _text(longest: int, **options: Any) -> fields.String:
    return fields.String(validate=[validate.Length(1, longest), _NO_NUL], **options)


class _BySeverity(Schema):
    low = Period(required=True)
    medium = Period(required=True)
    high = Period(required=True)
    critical = Period(required=True)


class _Level(Schema):
    name = _text(60, required=True)
    recipients = fields.List(fields.Enum(Role, by_value=True), required=True, validate=validate.Length(1))
    respond_within = fields.Nested(_BySeverity, required=True)


class _Trigger(Schema):
    when = fields.String(required=True, validate=validate.OneOf(tuple(_CHOICES)))
    is_ = fields.List(fields.String(), data_key="is", required=True, validate=validate.Length(1))

    @validates_schema
    def _values_fit(self, data: Mapping[str, Any], **_: Any) -> None:
        allowed = _CHOICES[data["when"]]
        wrong = {i: [f"{v!r} is none of {', '.join(allowed)}"] for i, v in enumerate(data["is_"]) if v not in allowed}
        if wrong:
            raise ValidationError({"is": wrong})


class PolicyFile(Schema):
    """policy.yml."""

    name = fields.String(load_default="", validate=validate.Regexp(r"[A-Za-z0-9._-]{0,60}$"))
    triggers = fields.List(fields.Nested(_Trigger), required=True)
    first_answer_within = fields.Nested(_BySeverity, required=True)
    ladder = fields.List(fields.Nested(_Level), required=True, validate=validate.Length(1, MAX_LEVELS))

    @validates_schema
    def _no_name_twice(self, data: Mapping[str, Any], **_: Any) -> None:
        for field, key in (("ladder", "name"), ("triggers", "when")):
            names = [one[key] for one in data[field]]
            twice = {i: {key: [f"{n!r} stands here twice"]} for i, n in enumerate(names) if n in names[:i]}
            if twice:
                raise ValidationError({field: twice})


class AcknowledgeBody(Schema):
    """POST /v1/cases/{id}/acknowledge; the body may be left out."""

    by = _text(200, load_default=None, allow_none=True)


def load(schema: Schema, data: Any) -> dict[str, Any]:
    """The checked body; raises Rejected with every fault by its path."""
    try:
        loaded: dict[str, Any] = schema.load(data)
        return loaded
    except ValidationError as error:
        faults = [{"pointer": "".join(f"/{p}" for p in path), "detail": text} for path, text in faults_of(error)]
        raise Rejected("the body does not fit", faults) from error


def faults_of(error: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """Every fault as (path, what), in the order of the paths."""
    return list(_walk(error.messages, ()))


def _walk(messages: Any, path: tuple[str | int, ...]) -> Any:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _walk(inner, path if key == "_schema" else (*path, key))
        return
    for text in messages if isinstance(messages, list) else [messages]:
        yield path, str(text)

"""What the quarantine's doors accept: filters and bodies. An unknown name is refused, as a filter misspelt is none."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from shared.contracts.event import Instant, to_text
from shared.quarantine.letters import Place, Wanted
from shared.quarantine.ways import Correction

UNUSABLE = "this cannot be used"  # what a refusal begins with
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_INSTANT = Instant()
_NO_NUL = validate.ContainsNoneOf("\0", error="no NUL, please")  # PostgreSQL cannot keep it


class Since(fields.Field[datetime | timedelta]):
    """An RFC 3339 time, or how long ago: 30m, 12h, 2d."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime | timedelta:
        text = str(value)
        try:
            if text[-1:] in _UNITS and text[:-1].isdecimal():
                return timedelta(**{_UNITS[text[-1]]: min(int(text[:-1]), 100_000)})
            return _INSTANT.deserialize(text)
        except (ValidationError, ValueError) as error:
            raise ValidationError("Not a time (RFC 3339 with its offset), nor how long ago (30m, 12h, 2d).") from error


class After(fields.Field[Place]):
    """The `next` of the page before."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Place:
        at, _tilde, id_ = str(value).partition("~")
        try:
            return Place(_INSTANT.deserialize(at), id_)
        except ValidationError as error:
            raise ValidationError("Not the `next` of a page.") from error


def next_after(row: Any) -> str:
    return f"{to_text(row.dead_at)}~{row.id}"


def _text(limit: int, **options: Any) -> fields.String:
    return fields.String(validate=[validate.Length(min=1, max=limit), _NO_NUL], **options)


def _string(description: str) -> dict[str, str]:
    """What the API document says of a field that is text with a form of its own."""
    return {"type": "string", "description": description}


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class WantedSchema(_Strict):
    reason, type, queue, source = _text(40), _text(80), _text(80), _text(200)
    since = Since(metadata=_string("An RFC 3339 time with its offset, or how long ago: 30m, 12h, 2d."))
    contains = _text(200)
    after = After(metadata=_string("The `next` of the page before."))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Wanted:
        return Wanted(**data)


class CorrectionSchema(_Strict):
    """body: the text as it is to be read, or JSON to be written as text."""

    body = fields.Raw(allow_none=True)
    type = _text(80, allow_none=True)
    content_type = _text(255, allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Correction:
        body = data.pop("body", None)
        written = None if body is None else body.encode() if isinstance(body, str) else orjson.dumps(body)
        return Correction(written, **data)


class DiscardSchema(_Strict):
    why = _text(500, required=True)
    by = _text(100, load_default=None, allow_none=True)

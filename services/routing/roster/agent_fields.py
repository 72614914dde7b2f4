"""The kinds of values in what is told of agents, as fields of marshmallow; used by schemas.py."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from services.routing.domain.needs import HIGHEST, LOWEST
from services.routing.roster.agent_rows import DEFAULT_LEVEL, levels

MOST_WORDS = 200
ID = validate.Regexp(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z",
    error="letters, digits, '.', '_' and '-', at most 64, beginning with a letter or a digit",
)
SKILL = validate.Regexp(r"[a-z0-9][a-z0-9_]{0,39}\Z", error="a category in small letters, such as billing")
LANGUAGE = validate.Regexp(r"[A-Za-z]{2,3}\Z", error="a language of two or three letters, such as en")
PLACE = validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z", error="a region such as CZ; null for any")
REGION = validate.Regexp(r"(\*|[A-Za-z0-9][A-Za-z0-9_-]{0,39})\Z", error="a region such as CZ, or * for everywhere")
TEAM = validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z", error="a team such as recall")
NAME = [validate.Length(min=1, max=200), validate.ContainsNoneOf("\0\r\n", error="one line, please")]
NOTE = [validate.Length(max=1000), validate.ContainsNoneOf("\0", error="no NUL, please")]


def string_described(text: str) -> dict[str, str]:
    """What the API document says of a field that is text with a form of its own."""
    return {"type": "string", "description": text}


class Words(fields.List[str]):
    """Some words, none of them twice."""

    def __init__(self, check: validate.Validator, **options: Any):
        super().__init__(fields.String(validate=check), validate=validate.Length(max=MOST_WORDS), **options)


class Levels(fields.Field[dict[str, int]]):
    """Words with levels from 1 to 5, as a mapping; or a list of words, whose levels are DEFAULT_LEVEL."""

    def __init__(self, check: validate.Regexp, **options: Any):
        super().__init__(metadata=_levels_described(check), **options)
        self._list = Words(check)
        self._mapping = fields.Dict(
            keys=fields.String(validate=check),
            values=fields.Integer(strict=True, validate=validate.Range(LOWEST, HIGHEST)),
            validate=validate.Length(max=MOST_WORDS),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, list):
            return levels([str(word) for word in self._list.deserialize(value)])
        if not isinstance(value, Mapping):
            raise ValidationError("a mapping of words to levels from 1 to 5, or a list of words")
        try:
            return self._mapping.deserialize(value)
        except ValidationError as error:
            raise ValidationError(_plain(error.messages)) from error


def _levels_described(check: validate.Regexp) -> dict[str, Any]:
    """For the API document."""
    word = {"pattern": f"^(?:{str(check.regex.pattern).removesuffix(chr(92) + 'Z')})$"}
    level = {"type": "integer", "minimum": LOWEST, "maximum": HIGHEST}
    mapping = {"type": "object", "maxProperties": MOST_WORDS, "propertyNames": word, "additionalProperties": level}
    words = {"type": "array", "maxItems": MOST_WORDS, "items": {"type": "string"} | word}
    return {"anyOf": [mapping, words], "description": f"Words with levels; those of a list have level {DEFAULT_LEVEL}."}


def _plain(messages: Any) -> Any:
    """marshmallow tells the faults of a mapping by key and by value: which of the two it was goes without saying."""
    if not isinstance(messages, Mapping):
        return messages
    return {key: inner.get("value") or inner.get("key") for key, inner in messages.items()}

"""Reads what comes from outside by a schema, with every fault named by its path. Used by doors and decoders."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from shared.errors import Rejected

_SAID = {"Invalid input type.": "Not an object."}  # marshmallow's words, where they say too little


def load(schema: Schema, data: Any, what: str, at: str = "") -> Any:
    """What the schema makes of it; raises Rejected, which says what, with a JSON pointer for each fault, below `at`."""
    try:
        return schema.load(data)
    except ValidationError as error:
        raise Rejected(what, faults_of(error, at)) from error


def faults_of(error: ValidationError, at: str = "") -> list[dict[str, str]]:
    return _faults(error.normalized_messages(), at)  # type: ignore[no-untyped-call]


def _faults(messages: Any, at: str) -> list[dict[str, str]]:
    if isinstance(messages, Mapping):
        return [f for key, inner in messages.items() for f in _faults(inner, at if key == "_schema" else f"{at}/{key}")]
    return [{"pointer": at or "/", "detail": _SAID.get(str(text), str(text))} for text in messages]

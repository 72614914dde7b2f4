"""Reads what comes in from outside into what a form says. Used by the doors."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from shared.errors import Rejected


def load_query(schema: Schema, query: MultiDict[str, str]) -> dict[str, Any]:
    """The checked query; raises Rejected, also for what is said twice: one of the two would be passed over."""
    twice = [{"pointer": f"/{name}", "detail": "is said twice"} for name in query if len(query.getlist(name)) > 1]
    if twice:
        raise Rejected("the query does not fit", twice)
    return load(schema, query.to_dict(), "query")


def load(schema: Schema, data: Any, of: str = "body") -> dict[str, Any]:
    """The checked body; raises Rejected with every fault by its path."""
    try:
        loaded: dict[str, Any] = schema.load(data)
        return loaded
    except ValidationError as error:
        faults = [{"pointer": "".join(f"/{p}" for p in path), "detail": text} for path, text in faults_of(error)]
        raise Rejected(f"the {of} does not fit", faults) from error


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

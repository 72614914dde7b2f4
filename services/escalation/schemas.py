"""Reads what comes in from outside into what a form says. Used by the doors."""

from typing import Any

from marshmallow import Schema
from werkzeug.datastructures import MultiDict

from shared import loading
from shared.errors import Rejected


def load_query(schema: Schema, query: MultiDict[str, str]) -> dict[str, Any]:
    """The checked query; raises Rejected, also for what is said twice: one of the two would be passed over."""
    twice = [{"pointer": f"/{name}", "detail": "is said twice"} for name in query if len(query.getlist(name)) > 1]
    if twice:
        raise Rejected("the query does not fit", twice)
    return load(schema, query.to_dict(), "query")


def load(schema: Schema, data: Any, of: str = "body") -> dict[str, Any]:
    """The checked body; raises Rejected with every fault by its path."""
    loaded: dict[str, Any] = loading.load(schema, data, f"the {of} does not fit")
    return loaded

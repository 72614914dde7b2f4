"""What the doors that take a part of the roster as one list have in common; used by their doors, schemas and api.py."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from eventlet import tpool
from marshmallow import ValidationError, fields

from shared.errors import Rejected

MAX_PART_BYTES = 16 * 1024 * 1024  # 800 bytes for each of the most agents that are taken at once
P = TypeVar("P")
CHECK = {"check": fields.Boolean(load_default=False)}


def read_part(read: Callable[[Any], P], body: Any) -> P:
    """What `read` makes of a body, in a thread of its own: for many people it takes seconds. The service goes on."""
    people: P = tpool.execute(read, body)
    return people


def only_checks(query: Mapping[str, str]) -> bool:
    """Whether the caller wants the answer and nothing stored; raises Rejected for neither true nor false."""
    wish = query.get("check", "false")
    if wish not in ("true", "false"):
        raise Rejected("the query cannot be used", [{"pointer": "/check", "detail": "is true or false"}])
    return wish == "true"


def refuse_twice(body: Any, part: str, key: str) -> None:
    """Raises marshmallow's ValidationError for entries of body[part] whose id stands there before; body: unchecked."""
    entries = body.get(part) if isinstance(body, dict) else None
    first: dict[str, int] = {}
    faults = {}
    for place, entry in enumerate(entries if isinstance(entries, list) else ()):
        id_ = entry.get(key) if isinstance(entry, dict) else None
        if isinstance(id_, str) and first.setdefault(id_, place) != place:
            faults[place] = {key: [f"{id_!r} stands here twice, first in /{part}/{first[id_]}"]}
    if faults:
        raise ValidationError({part: faults})

"""What an HTTP door says about itself beside its path and scope; each service has a table of it, `api.py`.

Read by `python -m apidocs`, which writes the documents, and by nothing while a service runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema
from marshmallow.fields import Field

JSON, HTML = "application/json", "text/html"
# What a body or an answer looks like: a marshmallow schema, a frozen dataclass, or a JSON Schema as it is.
Shape = Schema | type | dict[str, Any]
Parameters = Mapping[str, Field[Any]]
ANY_OBJECT: dict[str, Any] = {"type": "object"}
PAGE: dict[str, Any] = {"type": "string"}
# The complaint of the examples: what intake makes of source `webshop` and external id `A-1`.
A_COMPLAINT = "88af8099-701a-55c8-a32f-2b476e62270a"
# An alert of the examples; the tests put one that there is in its place.
AN_ALERT = "7f6d4d5e-3c5b-5d0c-9f51-0a4f8f1f6a11"
# The one of external id `A-2`.
ANOTHER_COMPLAINT = "e75e0ffd-e2c2-5c28-84ff-0084ef568a7b"
# The one of external id `A-3`, which is neither merged nor forgotten.
A_THIRD_COMPLAINT = "41b3a1e6-1005-5f03-aba2-f5634e491b58"


@dataclass(frozen=True)
class Operation:
    """One door. answer: all fields of a dataclass are always there; `answers`: its type if it is no JSON.

    other_answers: what the answer may be instead, by media type. body: by media type, or one shape for JSON.
    problems: statuses with a problem body, beside those that follow from scope and body. pages: further statuses in the
    form of the answer. The example is in the document, and the tests send it: it must succeed.
    """

    summary: str
    answer: Shape
    status: int = 200
    answers: str = JSON
    other_answers: Mapping[str, Shape] = field(default_factory=dict)
    answer_headers: tuple[str, ...] = ()
    body: Shape | Mapping[str, Shape] | None = None
    needs_body: bool = True
    path: Parameters = field(default_factory=dict)
    query: Parameters = field(default_factory=dict)
    headers: Parameters = field(default_factory=dict)
    problems: tuple[int, ...] = ()
    pages: tuple[int, ...] = ()
    example: Any = None
    example_path: Mapping[str, str] = field(default_factory=dict)

    @property
    def bodies(self) -> dict[str, Shape]:
        """What may be sent, by media type."""
        if self.body is None:
            return {}
        if isinstance(self.body, Mapping) and all("/" in key for key in self.body):
            return dict(self.body)
        return {JSON: self.body}  # type: ignore[dict-item]  # not a mapping by media type, so a shape


@dataclass(frozen=True)
class Plumbing:
    """Rows still on their way (outbox, retries) and put aside (dead_letters)."""

    outbox: int
    retries: int
    dead_letters: int


THIS_DOCUMENT = Operation("This document", answer=ANY_OBJECT)

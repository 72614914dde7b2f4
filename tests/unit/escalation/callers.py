"""Callers of escalation's HTTP doors, as they are after their tokens were checked. Used by the tests of the doors."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from services.escalation.policy.policybook import PolicyBook
from shared.database import Database
from shared.errors import Rejected
from shared.tokens import Caller
from tests.unit.escalation.desk import Desk

Door = Callable[[Database, PolicyBook, Request, str], Response]


def a_request(body: Any = None, name: str = "anna", *scopes: str, query: str = "", raw: bytes = b"") -> Request:
    data = raw if body is None else json.dumps(body).encode()
    request = Request(EnvironBuilder(method="POST", data=data, query_string=query).get_environ())
    request.caller = Caller(name, frozenset(scopes or ("person",)))  # type: ignore[attr-defined]
    return request


def ask(desk: Desk, door: Door, case_id: str, body: Any = None, name: str = "anna", *scopes: str) -> dict[str, Any]:
    """What a door answers."""
    answer: dict[str, Any] = json.loads(door(desk.db, desk.book, a_request(body, name, *scopes), case_id).get_data())
    return answer


def refusal(desk: Desk, door: Door, case_id: str, body: Any = None, name: str = "anna", *scopes: str) -> Rejected:
    """Why a door refuses; nothing was changed."""
    before = len(desk.announced)
    with pytest.raises(Rejected) as caught:
        ask(desk, door, case_id, body, name, *scopes)
    assert len(desk.announced) == before
    return caught.value


def pointers(error: Rejected) -> set[str]:
    return {fault["pointer"] for fault in error.errors}


def misfit(door: Door, body: Any = None, raw: bytes = b"") -> Rejected:
    """Why a door refuses a body; it does so before it looks at anything."""
    with pytest.raises(Rejected) as caught:
        door(None, None, a_request(body, raw=raw), "any")  # type: ignore[arg-type]
    return caught.value
